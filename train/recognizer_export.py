"""Writes a recognizer as ONNX in the form of InsightFace's exports, with weights stored as floats, half floats, or 8-bit integers.

Input `input.1` [None,3,112,112], numbered values, a BatchNormalization that follows a convolution folded into it, one that precedes it kept, then Flatten,
Gemm, BatchNormalization; the embedding is not scaled to length 1. Half floats are cast to floats in the graph, integers come with one scale for each
output channel (DequantizeLinear); whoever loads the file computes both once.
"""
import operator
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import fx, nn

from .backbones import SIDE, GlobalDepthwise

STORAGES = ("float", "half", "int8")
OPSET, OPSET_INT8 = 11, 13  # DequantizeLinear has an axis since 13
SMALL = 1024  # weights below this many elements (biases, slopes, normalizations) stay floats


class Tracer(fx.Tracer):
    def is_leaf_module(self, m, module_qualified_name):
        return isinstance(m, GlobalDepthwise) or super().is_leaf_module(m, module_qualified_name)


def affine_of(norm):
    """A BatchNorm in evaluation -> (scale, shift)"""
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().double()
    return scale, norm.bias.detach().double() - norm.running_mean.double() * scale


def scales_of(matrix, steps=40):
    """[O,K] -> for each row the scale with the least squared error of rounding to -127..127, among those that clip a little"""
    highest = np.abs(matrix).max(1)
    highest[highest == 0] = 1
    best, scales = np.full(len(matrix), np.inf), highest / 127
    for share in np.linspace(1, 0.6, steps):
        scale = highest * share / 127
        error = ((np.clip(np.round(matrix / scale[:, None]), -127, 127) * scale[:, None] - matrix) ** 2).sum(1)
        scales = np.where(error < best, scale, scales)
        best = np.minimum(best, error)
    return scales.astype(np.float32)


class Writer:
    """Nodes and weights of the graph that is being put together; values have numbers as names."""

    def __init__(self, storage):
        self.storage, self.nodes, self.weights, self.count = storage, [], [], 0

    def name(self):
        self.count += 1
        return str(self.count)

    def node(self, kind, inputs, **attributes):
        output = self.name()
        self.nodes.append(helper.make_node(kind, inputs, [output], f"{kind}_{len(self.nodes)}", **attributes))
        return output

    def initializer(self, name, values):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weight(self, name, values):
        """A weight whose first axis are output channels, stored as wanted"""
        values = np.asarray(values.detach().cpu().numpy() if torch.is_tensor(values) else values, np.float32)
        if self.storage == "float" or values.size < SMALL:
            return self.initializer(name, values)
        if self.storage == "half":
            return self.node("Cast", [self.initializer(name, values.astype(np.float16))], to=TensorProto.FLOAT)
        scales = scales_of(values.reshape(len(values), -1))
        rounded = np.round(values / scales.reshape(-1, *[1] * (values.ndim - 1)))
        integers = self.initializer(name, np.clip(rounded, -127, 127).astype(np.int8))
        return self.node("DequantizeLinear", [integers, self.initializer(name + ".scale", scales)], axis=0)


class Exporter:
    def __init__(self, network, storage):
        self.writer = Writer(storage)
        self.graph = Tracer().trace(network)
        self.modules = dict(network.named_modules())
        self.values = {}

    def module_of(self, node):
        return self.modules[node.target] if node.op == "call_module" else None

    def folded(self, node):
        """The BatchNorm that alone uses this convolution, and its node"""
        users = list(node.users)
        module = self.module_of(users[0]) if len(users) == 1 else None
        return (module, users[0]) if isinstance(module, nn.BatchNorm2d) else (None, None)

    def convolution(self, node, module, x):
        weight, bias = module.weight.detach().double(), module.bias.detach().double() if module.bias is not None else None
        norm, norm_node = self.folded(node)
        if norm is not None:
            scale, shift = affine_of(norm)
            weight, bias = weight * scale[:, None, None, None], shift if bias is None else bias * scale + shift
        inputs = [x, self.writer.weight(node.target + ".weight", weight.float())]
        if bias is not None:
            inputs.append(self.writer.initializer(node.target + ".bias", bias.float().numpy()))
        output = self.writer.node("Conv", inputs, kernel_shape=list(module.kernel_size), strides=list(module.stride), dilations=list(module.dilation),
                                  pads=[*module.padding, *module.padding], group=module.groups)
        if norm_node is not None:
            self.values[norm_node] = output
        return output

    def global_depthwise(self, node, module, x):
        scale, shift = affine_of(module.bn)
        weight = module.weight.detach().double() * scale[:, None, None, None]
        inputs = [x, self.writer.weight(node.target + ".weight", weight.float()), self.writer.initializer(node.target + ".bias", shift.float().numpy())]
        side = list(weight.shape[2:])
        pooled = self.writer.node("Conv", inputs, kernel_shape=side, strides=[1, 1], dilations=[1, 1], pads=[0] * 4, group=len(weight))
        return self.writer.node("Flatten", [pooled], axis=1)

    def normalization(self, node, module, x):
        parts = (("weight", module.weight), ("bias", module.bias), ("mean", module.running_mean), ("var", module.running_var))
        names = [self.writer.initializer(f"{node.target}.{name}", values.detach().float().numpy()) for name, values in parts]
        return self.writer.node("BatchNormalization", [x, *names], epsilon=module.eps)

    def slopes(self, node, module, x):
        if isinstance(module, nn.LeakyReLU):
            channels = self.channels(node.args[0])
            values = np.full((channels, 1, 1), module.negative_slope, np.float32)
        else:
            values = module.weight.detach().float().numpy().reshape(-1, 1, 1)
        return self.writer.node("PRelu", [x, self.writer.initializer(node.target + ".slope", values)])

    def channels(self, node):
        """Of a value, found by going back to a layer that says so"""
        while True:
            module = self.module_of(node)
            if isinstance(module, nn.Conv2d):
                return module.out_channels
            node = next(each for each in node.args if isinstance(each, fx.Node))

    def gemm(self, node, module, x):
        bias = module.bias if module.bias is not None else torch.zeros(module.out_features)
        return self.writer.node("Gemm", [x, self.writer.weight(node.target + ".weight", module.weight),
                                         self.writer.initializer(node.target + ".bias", bias.detach().float().numpy())], alpha=1.0, beta=1.0, transB=1)

    def call(self, node):
        """One layer -> the name of its value"""
        x = self.values[node.args[0]]
        if node.op == "call_function":
            if node.target in (operator.add, torch.add):
                return self.writer.node("Add", [x, self.values[node.args[1]]])
            if node.target is torch.flatten:
                return self.writer.node("Flatten", [x], axis=1)
            raise NotImplementedError(f"{node.name}: {node.target} has no form in ONNX here")
        module = self.module_of(node)
        kinds = ((nn.Conv2d, self.convolution), (GlobalDepthwise, self.global_depthwise), ((nn.BatchNorm1d, nn.BatchNorm2d), self.normalization),
                 ((nn.PReLU, nn.LeakyReLU), self.slopes), (nn.Linear, self.gemm), (nn.Dropout, lambda *_: x))
        for kind, write in kinds:
            if isinstance(module, kind):
                return write(node, module, x)
        raise NotImplementedError(f"{node.target}: {type(module).__name__} has no form in ONNX here")

    def model(self, facts):
        last = None
        for node in self.graph.nodes:
            if node.op == "placeholder":
                self.values[node] = "input.1"
            elif node.op == "output":
                last = self.values[node.args[0]]
            elif node.op != "get_attr" and node not in self.values:
                self.values[node] = self.call(node)
        length = next(module.out_features for module in reversed(list(self.modules.values())) if isinstance(module, nn.Linear))
        graph = helper.make_graph(self.writer.nodes, "recognizer", [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, ["None", 3, SIDE, SIDE])],
                                  [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["None", length])], self.writer.weights)
        opset = OPSET_INT8 if self.writer.storage == "int8" else OPSET
        model = helper.make_model(graph, producer_name="cameo", opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
        helper.set_model_props(model, {key: str(value) for key, value in facts.items()})
        onnx.checker.check_model(model, full_check=True)
        return model


def export(network, path, storage="float", facts=None):
    """Writes the file, whole or not at all -> its size in bytes. The network is put into evaluation."""
    if storage not in STORAGES:
        raise ValueError(f"storage \"{storage}\"; {', '.join(STORAGES)} are known")
    network = network.eval().cpu()
    data = Exporter(network, storage).model(facts or {}).SerializeToString()
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.replace(path + ".new", path)
    return len(data)


def compare(network, path, faces=8, seed=0):
    """Runs the file in ONNX Runtime on noise and on smooth pictures -> the least cosine between its embeddings and the network's"""
    import onnxruntime
    values = torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, (faces, 3, SIDE, SIDE)).astype(np.float32))
    values[faces // 2:] = nn.functional.avg_pool2d(values[faces // 2:], 9, 1, 4)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = network.eval()(values).numpy()
    found = session.run(None, {session.get_inputs()[0].name: values.numpy()})[0]
    lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(found, axis=1)
    return float(((expected * found).sum(1) / lengths).min())

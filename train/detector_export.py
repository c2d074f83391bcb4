"""Writes the detector as ONNX, in the form of InsightFace's SCRFD exports.

One input [1,3,H,W] of any size (multiples of 32), nine outputs: scores [N,1] after the sigmoid, boxes [N,4] and landmarks [N,10] in strides,
for strides 8, 16 and 32 each. BatchNormalization is folded into the convolutions.
"""

import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper

from . import recognizer_export
from .detector_anchors import STRIDES

INPUT, OPSET = "input.1", 13  # DequantizeLinear has an axis since 13

class GraphWriter(recognizer_export.Writer):
    """Convolutions and blocks, on top of nodes and weights."""

    def convolution(self, name, source, weight, bias, stride=1, groups=1):
        kernel = weight.shape[-1]
        inputs = [source, self.weight(name + ".weight", weight), self.initializer(name + ".bias", np.asarray(bias, np.float32))]
        return self.node("Conv", inputs, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4, group=groups)

    def folded(self, name, source, layer, norm):
        """A convolution and the BatchNormalization behind it, as one."""
        scale, shift = recognizer_export.affine_of(norm)
        weight = (layer.weight.detach().double() * scale[:, None, None, None]).float()
        return self.convolution(name, source, weight, shift.float().numpy(), layer.stride[0], layer.groups)

    def separable(self, name, source, block):
        x = self.node("Relu", [self.folded(name + ".depthwise", source, block.depthwise[0], block.depthwise[1])])
        x = self.folded(name + ".pointwise", x, block.pointwise, block.norm)
        return self.node("Relu", [self.node("Add", [x, source]) if block.residual else x])

    def chain(self, name, source, blocks):
        for i, block in enumerate(blocks):
            source = self.separable(f"{name}.{i}", source, block)
        return source


def write_pyramid(graph, network):
    x = graph.node("Relu", [graph.folded("stem", INPUT, network.stem[0], network.stem[1])])
    x = graph.chain("start", x, network.start)
    pyramid = []
    for i, (body, lateral) in enumerate(zip(network.stages, network.lateral)):
        x = graph.chain(f"stage{i}", x, body)
        pyramid.append(graph.folded(f"lateral{i}", x, lateral[0], lateral[1]))
    twice = graph.initializer("twice", np.array([1, 1, 2, 2], np.float32))
    for level in (1, 0):
        up = graph.node("Resize", [pyramid[level + 1], "", twice], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        pyramid[level] = graph.node("Add", [pyramid[level], up])
    return [graph.node("Relu", [level]) for level in pyramid]


def write_head(graph, head, source, stride):
    """-> names of the score, box and landmark outputs."""
    x = graph.chain(f"head{stride}", source, head.tower)
    names = []
    for kind, layer, scale, length in (("score", head.score, None, 1), ("box", head.box, head.box_scale, 4), ("points", head.points, head.points_scale, 10)):
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        if scale is not None:
            factor = np.repeat(np.array(scale, np.float32), length)
            weight, bias = weight * factor[:, None, None, None], bias * factor
        rows = graph.node("Transpose", [graph.convolution(f"{kind}{stride}", x, weight, bias)], perm=[0, 2, 3, 1])
        rows = graph.node("Reshape", [rows, graph.initializer(f"{kind}{stride}.shape", np.array([-1, length], np.int64))])
        names.append(graph.node("Sigmoid", [rows]) if kind == "score" else rows)
    return names


def export(network, path, storage="half", facts=None):
    """Writes `network` (a Detector, on the CPU), whole or not at all -> the file's size in bytes."""
    if storage not in recognizer_export.STORAGES:
        raise ValueError(f"storage \"{storage}\"; {', '.join(recognizer_export.STORAGES)} are known")
    network = network.eval()
    graph = GraphWriter(storage)
    heads = [write_head(graph, head, level, stride) for head, level, stride in zip(network.heads, write_pyramid(graph, network), STRIDES)]
    outputs = [helper.make_tensor_value_info(heads[level][kind], TensorProto.FLOAT, [f"rows{STRIDES[level]}", length])
               for kind, length in enumerate((1, 4, 10)) for level in range(len(STRIDES))]
    pictures = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 3, "height", "width"])
    made = helper.make_model(helper.make_graph(graph.nodes, "detector", [pictures], outputs, graph.weights), producer_name="cameo",
                             opset_imports=[helper.make_opsetid("", OPSET)], ir_version=7)
    helper.set_model_props(made, {key: str(value) for key, value in (facts or {}).items()})
    onnx.checker.check_model(made)
    with open(str(path) + ".new", "wb") as file:
        file.write(made.SerializeToString())
    os.replace(str(path) + ".new", path)
    return os.path.getsize(path)


def largest_difference(network, path, height=96, width=128, seed=0):
    """Runs the file in ONNX Runtime on noise -> the largest difference of its nine outputs from the network's own, in strides or of scores."""
    import onnxruntime
    pictures = np.random.default_rng(seed).uniform(-1, 1, (1, 3, height, width)).astype(np.float32)
    found = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {INPUT: pictures})
    with torch.no_grad():
        levels = network.eval()(torch.from_numpy(pictures))
    expected = [level[0].sigmoid()[0, :, None] for level in levels] + [level[kind][0] for kind in (1, 2) for level in levels]
    return max(float(np.abs(mine - theirs.numpy()).max()) for mine, theirs in zip(found, expected))

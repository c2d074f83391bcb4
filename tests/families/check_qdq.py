"""Networks of `cameo model make` in ONNX's QDQ form against ONNX Runtime: every instruction set, one picture and three, several threads.

usage: check_qdq.py LIBRARY PROGRAM
"""
import os
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper, version_converter

import binding
import oracle

# Model, side, signed activations, one weight scale a channel, every operator quantised (else only what convolutions read and write), opset.
CASES = [("r18", 112, False, True, True, 13), ("r18", 112, True, True, False, 13), ("r18", 112, True, False, False, 21),
         ("mbf", 112, False, True, False, 13), ("scrfd_500m", 96, False, True, False, 13), ("scrfd_500m", 96, True, True, True, 13)]
PRODUCTS = ["Conv", "Gemm"]
OTHERS = ["PRelu", "Relu", "Add", "BatchNormalization"]
# Lowest cosine to ONNX Runtime's answers, the nearer ones of those with and without its optimisations: roundings that go the other way are passed on by
# some fifty layers of invented weights.
LEAST = {"r18": 0.997, "mbf": 0.99, "scrfd_500m": 0.9999}


def noise(side, batch, random):
    waves = numpy.sin(numpy.arange(side) * random.uniform(0.02, 0.2, (batch, 3, 1, 1)) + random.uniform(0, 6, (batch, 3, side, 1)) * 0.2)
    return (0.6 * waves + 0.2 * random.standard_normal((batch, 3, side, side))).astype(numpy.float32)


def ranges(model, names, x):
    """{value: lowest and highest number} of a run."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    copy.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(copy.SerializeToString(), providers=["CPUExecutionProvider"])
    return {name: (min(float(a.min()), 0.0), max(float(a.max()), 0.0)) for name, a in zip(names, session.run(None, {model.graph.input[0].name: x}))}


class Quantiser:
    """Writes Q and DQ pairs around operators, 8-bit weights and 32-bit biases."""

    def __init__(self, model, x, signed, per_channel, everything):
        self.model, self.signed, self.per_channel = model, signed, per_channel
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        self.made, self.nodes, self.pairs, self.scales = [], [], {}, {}
        wanted = PRODUCTS + (OTHERS if everything else ["Add"])
        chosen = [node for node in model.graph.node if node.op_type in wanted]
        fuses = {node.input[0] for node in model.graph.node if node.op_type in ["PRelu", "Relu"] and not everything}
        values = [name for node in chosen for name in [node.input[0], node.output[0]] if name not in fuses]
        values += [name for node in chosen if node.op_type == "Add" for name in node.input if name not in self.constants]
        values += [node.output[0] for node in model.graph.node if node.input and node.input[0] in fuses]
        self.values = dict.fromkeys(values)
        self.ranges = ranges(model, list(self.values), x)

    def constant(self, name, array):
        self.made.append(numpy_helper.from_array(numpy.asarray(array, order="C"), name))
        return name

    def pair(self, value):
        """The value quantised and back."""
        if value not in self.values:
            return value
        if value not in self.pairs:
            low, high = self.ranges[value]
            scale = numpy.float32(max(high - low, 1e-6) / 255)
            zero = int(numpy.clip(round(-low / float(scale)), 0, 255)) - (128 if self.signed else 0)
            names = [self.constant(value + "_scale", scale), self.constant(value + "_zero", numpy.asarray(zero, numpy.int8 if self.signed else numpy.uint8))]
            self.nodes.append(helper.make_node("QuantizeLinear", [value, *names], [value + "_q"]))
            self.nodes.append(helper.make_node("DequantizeLinear", [value + "_q", *names], [value + "_dq"]))
            self.pairs[value], self.scales[value] = value + "_dq", scale
        return self.pairs[value]

    def weights(self, node):
        x, name = node.input[0], node.input[1]
        w = self.constants[name]
        axes = tuple(range(1, w.ndim)) if self.per_channel else None
        scale = (numpy.abs(w).max(axis=axes) / 127 + 1e-12).astype(numpy.float32)
        column = scale.reshape([-1] + [1] * (w.ndim - 1)) if self.per_channel else scale
        parts = [(name, numpy.clip(numpy.rint(w / column), -127, 127).astype(numpy.int8), scale)]
        if len(node.input) > 2 and x in self.scales:
            step = numpy.broadcast_to(scale * self.scales[x], w.shape[:1]).astype(numpy.float32)
            parts.append((node.input[2], numpy.rint(self.constants[node.input[2]] / step).astype(numpy.int32), step))
        found = []
        for part, numbers, scales in parts:
            own = f"{part}_{node.output[0]}"
            names = [self.constant(own + "_q", numbers), self.constant(own + "_s", scales), self.constant(own + "_z", numpy.zeros_like(scales, numbers.dtype))]
            self.nodes.append(helper.make_node("DequantizeLinear", names, [own], **({"axis": 0} if scales.ndim else {})))
            found.append(own)
        return found + list(node.input[1 + len(found):])

    def written(self):
        for node in self.model.graph.node:
            inputs = [self.pair(name) for name in node.input]
            if node.op_type in PRODUCTS and node.input[1] in self.constants:
                inputs = [inputs[0], *self.weights(node)]
            del node.input[:]
            node.input.extend(inputs)
            self.nodes.append(node)
        graph = self.model.graph
        nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in self.nodes]
        del graph.node[:]
        graph.node.extend(nodes)
        graph.initializer.extend(self.made)
        return self.model.SerializeToString()


def runtime(model, x, optimised):
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})


def same(one, other):
    return all((a == b).all() for a, b in zip(one, other))


def compare(library, model, x, tiers, exact, lowest):
    """Sentences about what is wrong for one batch, the last tier's outputs, and the lowest cosine. exact: only the last operator computes in floats."""
    plain, optimised = runtime(model, x, False), runtime(model, x, True)
    wrong, least, got = [], 1.0, None
    for tier in tiers:
        before, got = got, library.run(model, [x], tier)[0]
        if exact and before is not None and not all(oracle.cosine(a, b) > 1 - 1e-9 for a, b in zip(before, got)):
            wrong.append(f"{tier}: not the answers of the tier below it, from which only the last operator may differ")
        for i, (ours, one, other) in enumerate(zip(got, plain, optimised)):
            found = max(oracle.cosine(ours, one), oracle.cosine(ours, other))
            least = min(least, found)
            if not found >= lowest:
                wrong.append(f"{tier}, output {i}: cosine {found:.5f}, wanted is {lowest}")
    for threads in [2, 7]:
        if not same(got, library.run(model, [x], tiers[-1], threads)[0]):
            wrong.append(f"{threads} threads give other bits than one")
    return wrong, got, least


def main():
    library, program = binding.Library(sys.argv[1]), sys.argv[2]
    random, wrong, tiers = numpy.random.default_rng(3), [], library.tiers()
    with tempfile.TemporaryDirectory() as folder:
        for model, side, signed, per_channel, everything, opset in CASES:
            path = os.path.join(folder, model + ".onnx")
            subprocess.run([program, "model", "make", model, "-o", path], check=True)
            made = version_converter.convert_version(onnx.load(path), opset)
            quantised = Quantiser(made, noise(side, 1, random), signed, per_channel, everything).written()
            about, singles = f"{model}, {'int8' if signed else 'uint8'}, opset {opset}", []
            batch = 3 if model == "mbf" else 1
            x = noise(side, batch, random)
            for i in range(batch):
                found, outputs, least = compare(library, quantised, x[i:i + 1], tiers if i == 0 else tiers[-1:], model == "r18" and everything, LEAST[model])
                wrong += [f"{about}: {sentence}" for sentence in found]
                singles.append(outputs)
            if batch > 1:
                together = library.run(quantised, [x], tiers[-1])[0]
                if any((numpy.concatenate(parts) != whole).any() for parts, whole in zip(zip(*singles), together)):
                    wrong.append(f"{about}: a batch gives other bits than its pictures one by one")
            print(f"{about}: cosine to ONNX Runtime {least:.5f}")
    for sentence in wrong:
        print(sentence)
    print(f"{len(CASES)} networks under {', '.join(tiers)}: {len(wrong)} differences")
    sys.exit(1 if wrong else 0)


main()

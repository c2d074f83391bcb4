"""Networks of `cameo model make` in ONNX's QDQ form against ONNX Runtime: every instruction set, one picture and three, several threads.

A whole network says little by its cosine: a rounding that goes the other way is passed on by some fifty layers. So each convolution and fully
connected layer is also compared alone, on the numbers that reach it: then a rounding may go the other way only where the sum lies on the border.

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
# Of a layer's outputs so many may differ, by one step of the coarsest rounding on their way.
MOST_DIFFERING = 0.0003
# Kernels that give the same bits at every tier, and those of the one operator before each output that is left in floats: CLOSE is how near it comes.
EXACT = ["_qgemm_", "_qdwconv_", "_qmap_", "_quantize_", "_dequantize_", "_transpose_", "plain_resize_nearest"]
LAST = ["_map_", "_igemm_"]
CLOSE = 1e-5


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


def part(model, nodes, source, shape, end):
    """The model of some nodes, from a value to another."""
    used = {name for node in nodes for name in node.input}
    initializers = [tensor for tensor in model.graph.initializer if tensor.name in used]
    graph = helper.make_graph(nodes, "part", [helper.make_tensor_value_info(source, onnx.TensorProto.FLOAT, shape)],
                              [helper.make_empty_tensor_value_info(end)], initializers)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version).SerializeToString()


class Layers:
    """The products of a quantised model, each with what quantises its input and its output."""

    def __init__(self, model):
        self.model = onnx.load_model_from_string(model)
        self.makers = {name: node for node in self.model.graph.node for name in node.output}
        self.readers = {}
        for node in self.model.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.constants = {tensor.name: tensor for tensor in self.model.graph.initializer}

    def only_reader(self, value):
        readers = self.readers.get(value, [])
        return readers[0] if len(readers) == 1 else None

    def layer(self, product):
        """Its nodes, the value that they begin with, and the last QuantizeLinear; None: its output is not quantised."""
        back = self.makers.get(product.input[0])
        if back is None or back.op_type != "DequantizeLinear" or back.input[0] not in self.makers:
            return None
        quantize = self.makers[back.input[0]]
        nodes = [quantize, back] + [self.makers[name] for name in product.input[1:] if name in self.makers] + [product]
        follower = self.only_reader(product.output[0])
        while follower is not None and follower.op_type in ["PRelu", "Relu", "DequantizeLinear", "QuantizeLinear"]:
            nodes.append(follower)
            if follower.op_type == "QuantizeLinear":
                last = follower
                follower = self.readers[follower.output[0]][0]
                nodes.append(follower)
                if self.only_reader(follower.output[0]) is None or self.only_reader(follower.output[0]).op_type not in ["PRelu", "Relu"]:
                    return nodes, quantize.input[0], last
            follower = self.only_reader(follower.output[0])
        return None

    def scale(self, node):
        return float(numpy_helper.to_array(self.constants[node.input[1]]))

    def all(self):
        return [found for found in map(self.layer, [node for node in self.model.graph.node if node.op_type in PRODUCTS]) if found]

    def reached_by(self, values, x):
        """{value: its numbers} of a run."""
        copy = onnx.ModelProto()
        copy.CopyFrom(self.model)
        graph_input = copy.graph.input[0].name
        copy.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in values if name != graph_input)
        return {graph_input: x, **dict(zip([output.name for output in copy.graph.output], runtime(copy.SerializeToString(), x, False)))}


def compare_layers(library, model, x, tiers):
    """Sentences about what is wrong, how many layers there were, and of which share of a layer's outputs at most the rounding goes the other way."""
    layers, wrong, most = Layers(model), [], 0.0
    found = layers.all()
    numbers = layers.reached_by({source for _, source, _ in found}, x)
    for nodes, source, last in found:
        alone = part(layers.model, nodes, source, numbers[source].shape, nodes[-1].output[0])
        step, coarsest = layers.scale(last), max(layers.scale(node) for node in nodes[1:] if node.op_type == "QuantizeLinear")
        theirs = runtime(alone, numbers[source], False)[0]
        ours = library.run(alone, [numbers[source]], tiers[-1])[0][0]
        apart = numpy.abs(numpy.rint((ours.astype(numpy.float64) - theirs) / step))
        most = max(most, float((apart > 0).mean()))
        if apart.max() > numpy.ceil(coarsest / step) or (apart > 0).mean() > MOST_DIFFERING:
            wrong.append(f"layer of {nodes[-1].output[0]}: {(apart > 0).mean():.5f} of its outputs differ from ONNX Runtime's, "
                         f"by {apart.max():.0f} steps at most")
        for tier in tiers[:-1]:
            if not (library.run(alone, [numbers[source]], tier)[0][0] == ours).all():
                wrong.append(f"layer of {nodes[-1].output[0]}: {tier} and {tiers[-1]} give different bits")
    return wrong, len(found), most


def runtime(model, x, optimised):
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})


def same(one, other):
    return all((a == b).all() for a, b in zip(one, other))


def compare(library, model, x, tiers, lowest):
    """Sentences about what is wrong for one batch, the last tier's outputs, and the lowest cosine."""
    plain, optimised = runtime(model, x, False), runtime(model, x, True)
    floats = [kernel for kernel in library.kernels(model, x.shape, tiers[-1]) if not any(name in kernel for name in EXACT)]
    wrong, least, got = [], 1.0, None
    if len(floats) > len(plain) or not all(any(name in kernel for name in LAST) for kernel in floats):
        wrong.append(f"not only what comes last computes in floats: {', '.join(floats)}")
    for tier in tiers:
        before, got = got, library.run(model, [x], tier)[0]
        if before is not None and not all(numpy.abs(a - b).max() <= CLOSE * numpy.abs(a).max() for a, b in zip(before, got)):
            wrong.append(f"{tier}: not the answers of the tier below it, from which only the last operators may differ")
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
            found, layers, differing = compare_layers(library, quantised, x[:1], tiers if model == "mbf" else tiers[1:])
            wrong += [f"{about}: {sentence}" for sentence in found]
            if layers < 10:
                wrong.append(f"{about}: only {layers} layers could be compared alone")
            for i in range(batch):
                found, outputs, least = compare(library, quantised, x[i:i + 1], tiers if i == 0 else tiers[-1:], LEAST[model])
                wrong += [f"{about}: {sentence}" for sentence in found]
                singles.append(outputs)
            if batch > 1:
                together = library.run(quantised, [x], tiers[-1])[0]
                if any((numpy.concatenate(parts) != whole).any() for parts, whole in zip(zip(*singles), together)):
                    wrong.append(f"{about}: a batch gives other bits than its pictures one by one")
            print(f"{about}: cosine to ONNX Runtime {least:.5f}; of {layers} layers alone at most {100 * differing:.4f}% of the outputs differ")
    for sentence in wrong:
        print(sentence)
    print(f"{len(CASES)} networks under {', '.join(tiers)}: {len(wrong)} differences")
    sys.exit(1 if wrong else 0)


main()

"""A network written by hand with oneDNN's primitives: what its makers' kernels can do if nobody's graph compiler stands in between.

Convolutions read and write signed bytes, channels last; what follows one is done to its sums before they are stored (PReLU; the addition, in
place on the other summand), a BatchNormalization is one multiplication and addition from bytes to bytes, the last one is folded into the fully connected
layer. Memory is used again as soon as nobody reads what it holds. The steps are called one after the other from Python, which takes some 0.1 ms a run.
"""
from __future__ import annotations

from typing import Dict, List, Tuple

import numpy

import onednn_calls as calls
from bench_cases import Case
from peer_engines import SIGNED, Job, Unavailable

FORMAT = "onnx"
PACKAGE = ""


def settings(case: Case) -> List[str]:
    if case.type != "int8":
        raise Unavailable("written for eight bits only")
    return [f"{SIGNED}, hand-made"]


class Blocks:
    """Memory that is taken and given back while a plan is made."""

    def __init__(self, dnnl: calls.Dnnl) -> None:
        self.dnnl = dnnl
        self.sizes: Dict[int, int] = {}
        self.free: List[int] = []

    def take(self, bytes_: int) -> int:
        fit = [block for block in self.free if self.sizes[block] >= bytes_]
        if fit:
            block = min(fit, key=lambda address: self.sizes[address])
            self.free.remove(block)
            return block
        block = self.dnnl.space(bytes_)
        self.sizes[block] = bytes_
        return block


class Engine:
    def __init__(self, job: Job, inputs: numpy.ndarray) -> None:
        from quantised_graph import Graph
        self.dnnl = calls.Dnnl(job.threads)
        self.version = self.dnnl.version()
        self.graph = Graph(job.model)
        self.blocks = Blocks(self.dnnl)
        self.shapes: Dict[str, Tuple[int, ...]] = {self.graph.input: inputs.shape}
        self.addresses: Dict[str, int] = {}
        self.waiting = {layer.output: len(self.graph.readers(layer.output)) for layer in self.graph.layers}
        self.waiting[self.graph.input] = len(self.graph.readers(self.graph.input))
        self.steps: List[Tuple] = []
        self.products: List[str] = []  # implementations of convolutions and fully connected layers
        self.inputs = inputs
        self.plan()

    def run(self) -> None:
        self.dnnl.run(self.steps)

    def answers(self) -> List[numpy.ndarray]:
        return [self.embeddings.copy()]

    def integer_layers(self) -> Tuple[int, int]:
        return sum("ref" not in name for name in self.products), len(self.products)

    def plan(self) -> None:
        self.read_picture()
        done = set()
        for layer in self.graph.layers:
            if layer.output in done:
                continue
            if layer.kind == "Conv":
                done |= self.plan_convolution(layer)
            elif layer.kind == "BatchNormalization":
                self.plan_normalization(layer)
            elif layer.kind == "Gemm":
                done |= self.plan_fully_connected(layer)
            else:
                raise Unavailable(f"{layer.kind} stands alone: not written by hand")

    def place(self, name: str, shape: Tuple[int, ...], at: int = 0) -> None:
        self.shapes[name] = tuple(shape)
        self.addresses[name] = at or self.blocks.take(int(numpy.prod(shape)))

    def bytes_of(self, name: str) -> Tuple:
        """(description, memory) of a tensor between layers."""
        description = self.dnnl.description(self.shapes[name], calls.S8, calls.NHWC)
        return description, self.dnnl.memory(description, self.addresses[name])

    def finish(self, name: str) -> None:
        """One reader less; the last one gives the memory back."""
        self.waiting[name] -= 1
        if self.waiting[name] == 0:
            self.blocks.free.append(self.addresses[name])

    def read_picture(self) -> None:
        name, dnnl = self.graph.input, self.dnnl
        self.place(name, self.inputs.shape)
        floats = dnnl.description(self.inputs.shape, calls.F32, calls.NCHW)
        target, memory = self.bytes_of(name)
        how = dnnl.primitive_description("reorder", floats, dnnl.engine, target, dnnl.engine, dnnl.attributes({calls.TARGET: 0}, []))
        self.steps.append(dnnl.step(how, {calls.SOURCE: dnnl.memory(floats, self.inputs.ctypes.data), calls.TARGET: memory,
                                          calls.SCALES | calls.TARGET: dnnl.scalars(self.graph.scales[name])}))

    def plan_convolution(self, layer) -> set:
        """Returns the names of what was computed along with it."""
        dnnl, graph = self.dnnl, self.graph
        weight, bias = graph.weights[layer.inputs[1]], graph.constants[layer.inputs[2]]
        groups, strides, pads = layer.attributes.get("group", 1), layer.attributes["strides"], layer.attributes.get("pads", [0] * 4)
        batch, _, *size = self.shapes[layer.inputs[0]]
        kernel = weight.levels.shape[2:]
        shape = (batch, len(bias), *((size[i] + pads[i] + pads[2 + i] - kernel[i]) // strides[i] + 1 for i in (0, 1)))
        output, readers = layer.output, graph.readers(layer.output)
        post_ops, memories, at = [], {}, 0
        if len(readers) == 1 and readers[0].kind == "PRelu":
            output = readers[0].output
            slopes = dnnl.constant(numpy.broadcast_to(graph.constants[readers[0].inputs[1]].ravel(), bias.shape), calls.VECTOR)[1]
            post_ops, memories = [("prelu", 2)], {calls.POST_OP | calls.WEIGHTS: slopes}
        elif len(readers) == 1 and readers[0].kind == "Add":
            other = next(name for name in readers[0].inputs if name != layer.output)
            if other in self.addresses and self.waiting[other] == 1:
                output, at = readers[0].output, self.addresses[other]
                post_ops = [("sum", graph.scales[other], calls.S8)]
        source, source_memory = self.bytes_of(layer.inputs[0])
        self.place(output, shape, at)
        target, target_memory = self.bytes_of(output)
        dims = weight.levels.shape if groups == 1 else (groups, len(bias) // groups, *weight.levels.shape[1:])
        tag = calls.NCHW if groups == 1 else calls.GOIHW
        biases = dnnl.constant(bias, calls.VECTOR)
        how = dnnl.primitive_description(
            "convolution_forward", dnnl.engine, calls.INFERENCE, calls.DIRECT, source, dnnl.description(dims, calls.S8, calls.ANY), biases[0], target,
            calls.dims_of(strides), calls.dims_of([0, 0]), calls.dims_of(pads[:2]), calls.dims_of(pads[2:]),
            dnnl.attributes({calls.SOURCE: 0, calls.WEIGHTS: 1 if groups == 1 else 3, calls.TARGET: 0}, post_ops))
        self.products.append(dnnl.implementation(how))
        weights = dnnl.packed(how, dnnl.constant(weight.levels.reshape(dims), tag, calls.S8))
        self.steps.append(dnnl.step(how, {
            calls.SOURCE: source_memory, calls.WEIGHTS: weights, calls.BIAS: biases[1], calls.TARGET: target_memory, **memories,
            calls.SCALES | calls.SOURCE: dnnl.scalars(graph.scales[layer.inputs[0]]), calls.SCALES | calls.WEIGHTS: dnnl.scalars(weight.scales),
            calls.SCALES | calls.TARGET: dnnl.scalars(graph.scales[output])}))
        self.finish(layer.inputs[0])
        return {output}

    def factors(self, layer) -> Tuple[numpy.ndarray, numpy.ndarray]:
        """BatchNormalization as (multiply by, then add)."""
        scale, bias, mean, variance = (self.graph.constants[name].astype(numpy.float64) for name in layer.inputs[1:5])
        factor = scale / numpy.sqrt(variance + layer.attributes.get("epsilon", 1e-5))
        return factor, bias - mean * factor

    def plan_normalization(self, layer) -> None:
        dnnl, scales = self.dnnl, self.graph.scales
        factor, addend = self.factors(layer)
        source, source_memory = self.bytes_of(layer.inputs[0])
        self.place(layer.output, self.shapes[layer.inputs[0]])
        target, target_memory = self.bytes_of(layer.output)
        channels = (1, len(factor), 1, 1)
        factors = dnnl.constant((factor * scales[layer.inputs[0]] / scales[layer.output]).reshape(channels), calls.NCHW)
        addends = dnnl.constant((addend / scales[layer.output]).reshape(channels), calls.NCHW)
        how = dnnl.primitive_description("binary", dnnl.engine, calls.BINARY_MUL, source, factors[0], target,
                                         dnnl.attributes({}, [("binary", calls.BINARY_ADD, addends[0])]))
        self.steps.append(dnnl.step(how, {calls.SOURCE: source_memory, calls.SOURCE_1: factors[1], calls.TARGET: target_memory,
                                          calls.POST_OP | calls.SOURCE_1: addends[1]}))
        self.finish(layer.inputs[0])

    def plan_fully_connected(self, layer) -> set:
        """Its answers are floats; a BatchNormalization behind it is part of its scales and biases."""
        dnnl, graph = self.dnnl, self.graph
        weight, bias = graph.weights[layer.inputs[1]], graph.constants[layer.inputs[2]]
        rows = weight.levels if layer.attributes.get("transB", 0) else weight.levels.T
        readers = graph.readers(layer.output)
        if any(reader.kind != "BatchNormalization" for reader in readers):
            raise Unavailable(f"{readers[0].kind} behind a fully connected layer: not written by hand")
        factor, addend = self.factors(readers[0]) if readers else (numpy.ones(len(bias)), numpy.zeros(len(bias)))
        source, source_memory = self.bytes_of(layer.inputs[0])
        shape = self.shapes[layer.inputs[0]]
        self.embeddings = numpy.zeros((shape[0], len(bias)), numpy.float32)
        target = dnnl.description(self.embeddings.shape, calls.F32, calls.MATRIX)
        dims = (len(bias), *shape[1:])
        biases = dnnl.constant(bias * factor + addend, calls.VECTOR)
        how = dnnl.primitive_description(
            "inner_product_forward", dnnl.engine, calls.INFERENCE, source, dnnl.description(dims, calls.S8, calls.ANY), biases[0], target,
            dnnl.attributes({calls.SOURCE: 0, calls.WEIGHTS: 1}, []))
        self.products.append(dnnl.implementation(how))
        # A scale must not be negative: where the factor is, the weights change sides. They are symmetric.
        levels = rows * numpy.where(factor < 0, -1, 1).astype(numpy.int8)[:, None]
        self.steps.append(dnnl.step(how, {
            calls.SOURCE: source_memory, calls.WEIGHTS: dnnl.packed(how, dnnl.constant(levels.reshape(dims), calls.NCHW, calls.S8)), calls.BIAS: biases[1],
            calls.TARGET: dnnl.memory(target, self.embeddings.ctypes.data),
            calls.SCALES | calls.SOURCE: dnnl.scalars(graph.scales[layer.inputs[0]]),
            calls.SCALES | calls.WEIGHTS: dnnl.scalars(weight.scales * numpy.abs(factor))}))
        return {reader.output for reader in readers}

"""An ONNX network in QDQ form as somebody sees it who writes it down by hand: the layers that compute, the scales of what lies between them, constants."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List

import numpy
import onnx
from onnx import numpy_helper


@dataclass
class Layer:
    kind: str  # "Conv", "PRelu", "Add", "BatchNormalization" or "Gemm"
    inputs: List[str]
    output: str
    attributes: Dict[str, Any]


@dataclass
class Weight:
    """Signed bytes and a scale for each output channel."""
    levels: numpy.ndarray
    scales: numpy.ndarray


class Graph:
    """Signed symmetric activations are taken for granted. Names are those of the floats that were rounded; Flatten changes no name."""

    def __init__(self, path: str) -> None:
        graph = onnx.load(path).graph
        stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self.constants: Dict[str, numpy.ndarray] = dict(stored)
        self.weights: Dict[str, Weight] = {}
        self.scales: Dict[str, float] = {}
        self.layers: List[Layer] = []
        same: Dict[str, str] = {}  # what QuantizeLinear, DequantizeLinear and Flatten give -> what they read
        for node in graph.node:
            inputs = [same.get(name, name) for name in node.input]
            if node.op_type == "DequantizeLinear" and inputs[0] in stored:
                self.keep_weight(node.output[0], stored[inputs[0]], stored[inputs[1]])
            elif node.op_type in ("QuantizeLinear", "DequantizeLinear", "Flatten"):
                if node.op_type == "QuantizeLinear":
                    self.scales.setdefault(inputs[0], float(stored[inputs[1]]))
                same[node.output[0]] = inputs[0]
            else:
                attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
                self.layers.append(Layer(node.op_type, inputs, node.output[0], attributes))
        self.input, self.output = graph.input[0].name, same.get(graph.output[0].name, graph.output[0].name)

    def keep_weight(self, name: str, levels: numpy.ndarray, scales: numpy.ndarray) -> None:
        self.weights[name] = Weight(levels, scales)
        along = scales.reshape([-1] + [1] * (levels.ndim - 1)) if scales.ndim and scales.size > 1 else scales
        self.constants[name] = (levels.astype(numpy.float32) * along).astype(numpy.float32)

    def readers(self, name: str) -> List[Layer]:
        return [layer for layer in self.layers if name in layer.inputs]

"""An ncnn network of floats -> one of eight bits, as ncnn's tools ncnn2table and ncnn2int8 would write it; the published package does not bring them.

usage: quantise_ncnn.py FLOAT.param WRITTEN.param (the weights lie beside them, in .bin files)

Convolutions and fully connected layers get weights of signed bytes, symmetric, with a scale for each output channel (depthwise ones: for each group), and
one scale for what they read: the greatest value that the calibration pictures reach becomes 127. Everything else stays as it is; between two layers
ncnn's values are floats. Unlike ncnn2table, weights of 3x3 convolutions get all eight bits too, not six: answers with Winograd and without are the same.
"""
from __future__ import annotations

import sys
from typing import Dict, List

import ncnn
import numpy

from peer_answers import calibration_pictures

QUANTISED = ("Convolution", "ConvolutionDepthWise", "InnerProduct")
WITHOUT_WEIGHTS = ("Input", "Split", "BinaryOp", "Flatten")
RAW_FLOATS, SIGNED_BYTES = 0, 0x000D4B38  # what a file's blocks of weights begin with
SCALE_TERM = {"Convolution": 2, "ConvolutionDepthWise": 1, "InnerProduct": 2}  # parameter 8: where scales are, and how many


class Layer:
    """One line of a .param file: type, name, counts of inputs and outputs, their names, numbered parameters."""

    def __init__(self, line: str) -> None:
        self.words = line.split()
        self.type, self.name = self.words[:2]
        inputs, outputs = int(self.words[2]), int(self.words[3])
        self.inputs = self.words[4:4 + inputs]
        self.parameters = dict(word.split("=") for word in self.words[4 + inputs + outputs:])

    def number(self, key: int, default: int = 0) -> int:
        return int(self.parameters.get(str(key), default))


class Weights:
    """The .bin file, read from its beginning to its end."""

    def __init__(self, path: str) -> None:
        self.words = numpy.fromfile(path, numpy.float32)
        self.at = 0

    def take(self, count: int) -> numpy.ndarray:
        if count > len(self.words) - self.at:
            raise ValueError("the .bin file is shorter than the .param file says")
        self.at += count
        return self.words[self.at - count:self.at]

    def take_tagged(self, count: int) -> numpy.ndarray:
        tag = self.take(1).view(numpy.uint32)[0]
        if tag != RAW_FLOATS:
            raise ValueError(f"weights are stored as {tag:#x}, not as floats")
        return self.take(count)


def greatest_inputs(param: str, layers: List[Layer]) -> Dict[str, float]:
    """{layer: greatest magnitude of what it reads} for those that will be quantised."""
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    if net.load_param(param) != 0 or net.load_model(param.replace(".param", ".bin")) != 0:
        raise ValueError("ncnn could not load the float network")
    greatest: Dict[str, float] = {}
    for picture in calibration_pictures():
        extractor = net.create_extractor()
        extractor.set_light_mode(False)  # keeps what lies between the layers
        picture = numpy.ascontiguousarray(picture)
        extractor.input(net.input_names()[0], ncnn.Mat(picture))
        for layer in layers:
            if layer.type in QUANTISED:
                values = numpy.array(extractor.extract(layer.inputs[0])[1])
                greatest[layer.name] = max(greatest.get(layer.name, 0.0), float(numpy.abs(values).max()))
    return greatest


def quantised_layer(layer: Layer, weights: Weights, greatest: float) -> bytes:
    """What the .bin file holds of it: weights, biases, the weights' scales, the input's scale."""
    outputs = layer.number(0)
    bias, count = (layer.number(1), layer.number(2)) if layer.type == "InnerProduct" else (layer.number(5), layer.number(6))
    rows = layer.number(7) if layer.type == "ConvolutionDepthWise" else outputs
    values = weights.take_tagged(count).reshape(rows, -1)
    biases = weights.take(outputs if bias else 0)
    scales = (127 / numpy.maximum(numpy.abs(values).max(1), 1e-30)).astype(numpy.float32)
    levels = numpy.clip(numpy.rint(values * scales[:, None]), -127, 127).astype(numpy.int8).tobytes()
    padding = b"\0" * (-len(levels) % 4)
    return b"".join([numpy.uint32(SIGNED_BYTES).tobytes(), levels, padding, biases.tobytes(), scales.tobytes(),
                     numpy.float32(127 / max(greatest, 1e-30)).tobytes()])


def main(source: str, target: str) -> None:
    with open(source, encoding="utf-8") as file:
        lines = file.read().splitlines()
    layers = [Layer(line) for line in lines[2:] if line.strip()]
    weights = Weights(source.replace(".param", ".bin"))
    greatest = greatest_inputs(source, layers)
    written: List[bytes] = []
    for layer in layers:
        if layer.type in QUANTISED:
            written.append(quantised_layer(layer, weights, greatest[layer.name]))
            layer.words.append(f"8={SCALE_TERM[layer.type]}")
        elif layer.type == "PReLU":
            written.append(weights.take(layer.number(0)).tobytes())
        elif layer.type == "BatchNorm":
            written.append(weights.take(4 * layer.number(0)).tobytes())
        elif layer.type not in WITHOUT_WEIGHTS:
            raise ValueError(f"what {layer.type} has in a .bin file is not known here")
    if weights.at != len(weights.words):
        raise ValueError("the .bin file is longer than the .param file says")
    with open(target.replace(".param", ".bin"), "wb") as file:
        file.write(b"".join(written))
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(lines[:2] + [" ".join(layer.words) for layer in layers]) + "\n")


main(*sys.argv[1:])

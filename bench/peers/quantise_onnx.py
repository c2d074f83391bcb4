"""A float network as an ONNX file of eight bits (QDQ), written by ONNX Runtime's static quantiser.

usage: quantise_onnx.py MODEL.onnx WRITTEN.onnx unsigned|signed

Weights are signed, symmetric, with a scale for each output channel. Activations are unsigned bytes with a zero point, which is what ONNX Runtime's kernels
read, or signed and symmetric, which is what OpenVINO's own quantiser writes. Ranges are all that the calibration pictures reach.
"""
from __future__ import annotations

import os
import sys
import tempfile
from typing import Dict, Iterator, Optional

import numpy
import onnx
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from peer_answers import calibration_pictures

OPSET = 13  # the first with a scale for each channel
FORMS = {"unsigned": {"activation_type": QuantType.QUInt8}, "signed": {"activation_type": QuantType.QInt8, "extra_options": {"ActivationSymmetric": True}}}


class Pictures(CalibrationDataReader):
    def __init__(self, input_name: str) -> None:
        self.waiting: Iterator[numpy.ndarray] = iter(calibration_pictures())
        self.input_name = input_name

    def get_next(self) -> Optional[Dict[str, numpy.ndarray]]:
        picture = next(self.waiting, None)
        return None if picture is None else {self.input_name: picture[None]}


def main(source: str, target: str, form: str) -> None:
    with tempfile.TemporaryDirectory(dir=os.path.dirname(target)) as scratch:
        current, folded = os.path.join(scratch, "current.onnx"), os.path.join(scratch, "folded.onnx")
        model = version_converter.convert_version(onnx.load(source), OPSET)
        input_name = model.graph.input[0].name
        onnx.save(model, current)
        # What ONNX Runtime says to do first: BatchNormalization goes into the convolution in front of it. All shapes are known without inferring them.
        quant_pre_process(current, folded, skip_symbolic_shape=True, skip_onnx_shape=True)
        quantize_static(folded, target, Pictures(input_name), quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8, **FORMS[form])


main(*sys.argv[1:])

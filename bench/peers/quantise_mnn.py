"""An MNN network of floats -> one of eight bits, by MNN's own quantiser: activations by moving averages of their ranges (EMA), weights by their maxima.

usage: quantise_mnn.py FLOAT.mnn WRITTEN.mnn

The quantiser reads calibration pictures from files. It is called inside its library: the command `mnnquant` hands it its arguments in a form that the
library of the same package does not take, and would report the use to its makers.
"""
from __future__ import annotations

import json
import os
import sys
import tempfile

import MNN  # noqa: F401  (what the quantiser's library leans on)
import _tools
import numpy

from peer_answers import calibration_pictures


def main(source: str, target: str) -> None:
    with tempfile.TemporaryDirectory(dir=os.path.dirname(target)) as scratch:
        pictures = calibration_pictures()
        os.mkdir(os.path.join(scratch, "pictures"))
        for index, picture in enumerate(pictures):
            levels = numpy.rint(picture * 127.5 + 127.5).astype(numpy.uint8).transpose(1, 2, 0)
            with open(os.path.join(scratch, "pictures", f"{index}.ppm"), "wb") as file:
                file.write(f"P6\n{levels.shape[1]} {levels.shape[0]}\n255\n".encode() + levels.tobytes())
        settings = os.path.join(scratch, "settings.json")
        with open(settings, "w", encoding="utf-8") as file:
            json.dump({"format": "RGB", "mean": [127.5] * 3, "normal": [1 / 127.5] * 3, "width": pictures.shape[3], "height": pictures.shape[2],
                       "path": os.path.join(scratch, "pictures", ""), "used_image_num": len(pictures), "feature_quantize_method": "EMA",
                       "weight_quantize_method": "MAX_ABS"}, file)
        _tools.mnnquant(["mnnquant", source, target, settings])


main(*sys.argv[1:])

"""An installed package at work, without any model: usage: check_wheel.py [MODEL.onnx DIMENSION]

Prints where the native module lies and which shared libraries it has loaded, for whoever wants to see that they are its own."""
import os
import sys
import tempfile

import numpy

import cameo
from cameo import _native


def check_pictures(folder):
    y, x = numpy.mgrid[:60, :80]
    image = numpy.stack([x * 3, y * 4, x + y], axis=-1).astype(numpy.uint8)
    for ending, most in (("png", 0), ("ppm", 0), ("jpg", 12), ("webp", 16)):
        path = os.path.join(folder, "picture." + ending)
        cameo.imwrite(path, image)
        if numpy.abs(cameo.imread(path).astype(int) - image).max() > most:
            sys.exit(f"{ending}: the picture is another one after it was written and read")


def check_model(path, dimension):
    crop = numpy.zeros((112, 112, 3), numpy.uint8)
    embedding = cameo.FaceRecognizer(path).get_embedding(crop)
    if embedding.shape != (dimension,) or abs(float(numpy.linalg.norm(embedding)) - 1) > 1e-4:
        sys.exit(f"{path}: an embedding of shape {embedding.shape}")


def libraries():
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
        paths = {line.split(maxsplit=5)[-1].strip() for line in file if ".so" in line}
    return sorted(path for path in paths if any(name in os.path.basename(path) for name in ("libjpeg", "libpng", "libwebp", "libsharpyuv")))


with tempfile.TemporaryDirectory() as scratch:
    check_pictures(scratch)
if len(sys.argv) > 2:
    check_model(sys.argv[1], int(sys.argv[2]))
print("module", _native.__file__)
for library in libraries():
    print("library", library)

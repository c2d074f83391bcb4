"""Seeds for fuzzing the way of a model: the forms and networks of tests/families, and real models, with a sixteenth of their channels so that
thousands run in a second. What no longer fits together is as good a seed: libFuzzer keeps what reaches new code.

usage: make_seeds.py OUT [MODELS_FOLDER]   (with the Python of build/test-env)
"""
import glob
import itertools
import os
import sys

import onnx
from onnx import numpy_helper

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "families"))
import forms     # noqa: E402
import networks  # noqa: E402
import sketch    # noqa: E402

# Below LEAST are windows, and what detectors give for an anchor.
DIVISOR, LEAST = 16, 24
# Of each family of forms; largest seed (libFuzzer changes them as a whole).
MOST_FORMS, MOST_BYTES = 8, 200_000
PICTURE = 64


def fewer(number):
    """The same number for the same number, so that what had to be equal still is."""
    return number // DIVISOR if number >= LEAST else number


def shrunk_tensor(tensor):
    array = numpy_helper.to_array(tensor)
    if array.dtype.kind in "iu" and array.ndim <= 1:  # shapes of Reshape and the like
        array = numpy_helper.to_array(tensor).copy()
        array[...] = [fewer(int(number)) for number in array] if array.ndim else fewer(int(array))
    elif array.ndim:
        tokens = 1 if array.ndim == 3 and array.shape[0] == 1 else -1  # their number follows from the picture, not from the channels
        array = array[tuple(slice(size if axis == tokens else fewer(size)) for axis, size in enumerate(array.shape))]
    return numpy_helper.from_array(array, tensor.name)


def shrink(model):
    """A ModelProto with a sixteenth of the channels; pictures whose size is open get a small one."""
    for tensor in model.graph.initializer:
        tensor.CopyFrom(shrunk_tensor(tensor))
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "group":
                attribute.i = fewer(attribute.i)
            elif attribute.type == onnx.AttributeProto.TENSOR:
                attribute.t.CopyFrom(shrunk_tensor(attribute.t))
    del model.graph.value_info[:]
    initializers = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        dims = value.type.tensor_type.shape.dim
        for axis, dim in enumerate(dims):
            if axis and not dim.dim_value:
                dim.dim_value = PICTURE
            elif value.name in initializers:
                dim.dim_value = fewer(dim.dim_value)
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    return model.SerializeToString()


def seeds(models_folder):
    for name, opsets, generate in forms.FORMS:
        for opset in opsets:
            for i, s in enumerate(itertools.islice(generate(lambda: sketch.Sketch(opset)), MOST_FORMS)):
                yield f"form_{name}_{opset}_{i}", s.model()
    for generate in networks.NETWORKS:
        for name, s in generate(1):
            model = s.model()
            yield f"network_{name.replace(' ', '_').replace(',', '')}", model if len(model) <= MOST_BYTES else shrink(onnx.load_from_string(model))
    for path in sorted(glob.glob(os.path.join(models_folder, "*.onnx"))):
        yield "real_" + os.path.basename(path)[:-len(".onnx")], shrink(onnx.load(path))


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    count = 0
    for name, model in seeds(sys.argv[2] if len(sys.argv) > 2 else ""):
        if len(model) <= MOST_BYTES:
            with open(os.path.join(out, name + ".onnx"), "wb") as file:
                file.write(model)
            count += 1
    print(f"{count} seeds in {out}")


main()

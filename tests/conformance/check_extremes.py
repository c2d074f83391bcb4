"""Every integer that a model carries, at its extremes: the official backend tests of the operators that we claim, with what is fed in as integers or small
made constants of the graph, and then one or two of all integers (attributes, constants, sizes of inputs) replaced. A graph of them is run or refused;
nothing else may happen, which the sanitizers judge best.

usage: check_extremes.py PROGRAM REPLAY FOLDER...    (REPLAY: the fuzz target "plan" as a program that takes files)
"""
import os
import random
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import AttributeProto, numpy_helper

LARGEST, SMALLEST = 2**63 - 1, -2**63
OTHERS = (2**62, 2**59, 2**32, 2**31, 2**31 - 1, -2**31 - 1, -1, 0, 1, 3)
CONSTANT_ELEMENTS = 64      # what is fed in becomes a constant up to this size
ELEMENTS_CHANGED = 6        # of one constant, its first ones
SINGLES, PAIRS = 5, 5       # variants of one model beside those with LARGEST and SMALLEST in each place
MOST_BYTES = 60_000


def fold_inputs(model, folder):
    """Makes constants of the inputs that the test feeds; False if none is left to be an input."""
    graph, left = model.graph, []
    for number, value in enumerate(graph.input):
        try:
            tensor = onnx.TensorProto.FromString(open(os.path.join(folder, "test_data_set_0", f"input_{number}.pb"), "rb").read())
            array = numpy_helper.to_array(tensor)
        except Exception:  # not a tensor, or of a type that is unknown to this writer: the input stays one
            array = None
        if array is not None and array.size <= CONSTANT_ELEMENTS and (array.dtype in (bool, numpy.int32, numpy.int64) or number > 0):
            tensor.name = value.name
            graph.initializer.append(tensor)
        else:
            left.append(value)
    del graph.input[:]
    graph.input.extend(left)
    return bool(left)


def integers(graph):
    """Setters of all integers, each a function of a graph (of the same form) and the value."""
    for t, tensor in enumerate(graph.initializer):
        if tensor.data_type in (onnx.TensorProto.INT32, onnx.TensorProto.INT64):
            for element in range(min(numpy_helper.to_array(tensor).size, ELEMENTS_CHANGED)):
                yield lambda g, value, t=t, element=element: set_element(g.initializer[t], element, value)
    for n, node in enumerate(graph.node):
        for a, attribute in enumerate(node.attribute):
            if attribute.type == AttributeProto.INT:
                yield lambda g, value, n=n, a=a: setattr(g.node[n].attribute[a], "i", value)
            for element in range(len(attribute.ints)):
                yield lambda g, value, n=n, a=a, element=element: g.node[n].attribute[a].ints.__setitem__(element, value)
    for i, value_info in enumerate(graph.input):
        for axis in range(len(value_info.type.tensor_type.shape.dim)):
            yield lambda g, value, i=i, axis=axis: setattr(g.input[i].type.tensor_type.shape.dim[axis], "dim_value", value)


def set_element(tensor, element, value):
    array = numpy_helper.to_array(tensor).copy()
    limits = numpy.iinfo(array.dtype)
    array.reshape(-1)[element] = min(max(value, limits.min), limits.max)
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def variants(model, choose):
    places = list(integers(model.graph))
    plans = [[(place, value)] for place in places for value in (LARGEST, SMALLEST)]
    for count, times in ((1, SINGLES), (2, PAIRS)):
        for _ in range(times if len(places) >= count else 0):
            plans.append([(place, choose.choice((LARGEST, SMALLEST, *OTHERS))) for place in choose.sample(places, count)])
    for plan in plans:
        changed = onnx.ModelProto.FromString(model.SerializeToString())
        for place, value in plan:
            place(changed.graph, value)
        yield changed.SerializeToString()


def write_all(folders, operators, out):
    """-> paths of all variants"""
    paths = []
    for folder in sorted(os.path.join(parent, name) for parent in folders for name in os.listdir(parent)):
        path = os.path.join(folder, "model.onnx")
        if not os.path.exists(path) or os.path.getsize(path) > MOST_BYTES:
            continue
        model = onnx.load(path)
        if any(node.op_type not in operators for node in model.graph.node) or not fold_inputs(model, folder):
            continue
        for content in variants(model, random.Random(os.path.basename(folder))):
            paths.append(os.path.join(out, f"{len(paths):06}_{os.path.basename(folder)}.onnx"))  # folders of one name are in both sets
            with open(paths[-1], "wb") as file:
                file.write(content)
    return paths


def replay(program, paths):
    return subprocess.run([program, *paths], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)


def main():
    program, target, folders = sys.argv[1], sys.argv[2], [folder for folder in sys.argv[3:] if os.path.isdir(folder)]
    operators = set(subprocess.run([program, "info", "--operators"], stdout=subprocess.PIPE, check=True).stdout.decode().split())
    with tempfile.TemporaryDirectory() as out:
        paths = write_all(folders, operators, out)
        failed = [path for first in range(0, len(paths), 1000) if replay(target, paths[first:first + 1000]).returncode
                  for path in paths[first:first + 1000] if replay(target, [path]).returncode]
        for path in failed[:20]:
            print(f"{os.path.basename(path)}: {replay(target, [path]).stderr.decode(errors='replace').strip()}")
    print(f"{len(paths)} graphs, {len(failed)} of them end the program")
    sys.exit(1 if failed or not paths else 0)


main()

"""cameo through its C interface, as a program that links the shared library would use it."""
from __future__ import annotations

import ctypes
from typing import List, Tuple

import numpy

from bench_cases import Case
from peer_engines import SIGNED, UNSIGNED, Job, Unavailable

FORMAT = "onnx"
PACKAGE = ""
MAX_RANK = 8
# For each type the fields of cameo_network_options that ask for it; a type that is not listed is reported as not available.
TYPES = {"fp32": {}, "bf16": {"precision": 1}, "int8": {}}


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("message", ctypes.c_char * 1024)]


class Limits(ctypes.Structure):
    _fields_ = [("max_file_bytes", ctypes.c_uint64), ("max_memory_bytes", ctypes.c_uint64), ("max_macs", ctypes.c_uint64),
                ("max_nodes", ctypes.c_int)]


class NetworkOptions(ctypes.Structure):
    _fields_ = [("cpu", ctypes.c_char_p), ("precision", ctypes.c_int), ("memory", ctypes.c_int), ("limits", Limits), ("cache_folder", ctypes.c_char_p)]


class RoomyOptions(ctypes.Structure):
    """A newer library may know fields behind those above: its defaults must not be written beyond our memory."""
    _fields_ = [("options", NetworkOptions), ("later_fields", ctypes.c_char * 256)]


class TensorInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_char_p), ("rank", ctypes.c_int), ("dims", ctypes.c_int64 * MAX_RANK)]

    def shape(self) -> List[int]:
        return list(self.dims[:self.rank])


class PlanInfo(ctypes.Structure):
    _fields_ = [("layer_count", ctypes.c_int), *((name, ctypes.c_uint64) for name in (
        "macs", "arena_bytes", "activation_bytes", "activation_bytes_unshared", "weight_bytes", "cached_weight_bytes"))]


class LayerInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("op", ctypes.c_char_p), ("kernel", ctypes.c_char_p), ("algorithm", ctypes.c_char_p), ("rank", ctypes.c_int),
                ("dims", ctypes.c_int64 * MAX_RANK), *((name, ctypes.c_uint64) for name in (
                    "macs", "parameters", "products", "weight_bytes", "activation_bytes")), ("seconds", ctypes.c_double)]


def settings(case: Case) -> List[str]:
    if case.type not in TYPES:
        raise Unavailable(f"cameo does not compute in {case.type}")
    if case.type == "int8":
        return [UNSIGNED, SIGNED]
    way = "one network of the whole batch" if case.batch > 1 else "as it comes"
    return [way if case.type == "fp32" else f"{way}, computing in fp32 as it chooses to here"]


def load_library(path: str) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    library.cameo_version.restype = ctypes.c_char_p
    library.cameo_runner_input.restype = ctypes.c_void_p
    library.cameo_runner_output.restype = ctypes.c_void_p
    library.cameo_runner_plan.restype = PlanInfo
    library.cameo_runner_layer.restype = LayerInfo
    return library


class Engine:
    def __init__(self, job: Job, inputs: numpy.ndarray) -> None:
        self.library = load_library(job.library)
        self.version = self.library.cameo_version().decode()
        self.error = Error()
        self.output_count = len(job.output_names)
        self.network, self.runner = ctypes.c_void_p(), ctypes.c_void_p()

        roomy = RoomyOptions()
        self.library.cameo_network_options_default(ctypes.byref(roomy))
        for field, value in TYPES[job.type].items():
            setattr(roomy.options, field, value)
        self.check(self.library.cameo_network_open(ctypes.byref(self.network), job.model.encode(), ctypes.byref(roomy), ctypes.byref(self.error)))

        dims = (ctypes.c_int64 * MAX_RANK)(*inputs.shape)
        self.check(self.library.cameo_runner_create(ctypes.byref(self.runner), self.network, ctypes.byref(dims), job.threads, ctypes.byref(self.error)))
        info = TensorInfo()
        memory = self.library.cameo_runner_input(self.runner, 0, ctypes.byref(info))
        ctypes.memmove(memory, inputs.ctypes.data, inputs.nbytes)
        self.run_arguments = (self.runner, ctypes.byref(self.error))

    def check(self, status: int) -> None:
        if status != 0:
            raise Unavailable(self.error.message.decode())

    def run(self) -> None:
        self.check(self.library.cameo_runner_run(*self.run_arguments))

    def answers(self) -> List[numpy.ndarray]:
        found = []
        for index in range(self.output_count):
            info = TensorInfo()
            memory = self.library.cameo_runner_output(self.runner, index, ctypes.byref(info))
            values = ctypes.cast(memory, ctypes.POINTER(ctypes.c_float))
            found.append(numpy.ctypeslib.as_array(values, info.shape()).copy())
        return found

    def integer_layers(self) -> Tuple[int, int]:
        layers = [self.library.cameo_runner_layer(self.runner, index) for index in range(self.library.cameo_runner_plan(self.runner).layer_count)]
        products = [layer for layer in layers if layer.op.startswith((b"Conv", b"Gemm", b"MatMul"))]
        return sum(b"int8" in layer.algorithm for layer in products), len(products)

"""libcameo for Python, through ctypes: just what running a network takes."""
import ctypes
import os

import numpy

MAX_RANK = 8


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("message", ctypes.c_char * 1024)]


class TensorInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_char_p), ("rank", ctypes.c_int), ("dims", ctypes.c_int64 * MAX_RANK)]


class PlanInfo(ctypes.Structure):
    _fields_ = [("layer_count", ctypes.c_int), ("macs", ctypes.c_uint64), ("arena_bytes", ctypes.c_uint64),
                ("activation_bytes", ctypes.c_uint64), ("activation_bytes_unshared", ctypes.c_uint64), ("weight_bytes", ctypes.c_uint64),
                ("cached_weight_bytes", ctypes.c_uint64)]


class LayerInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("op", ctypes.c_char_p), ("kernel", ctypes.c_char_p), ("algorithm", ctypes.c_char_p),
                ("rank", ctypes.c_int), ("dims", ctypes.c_int64 * MAX_RANK), ("macs", ctypes.c_uint64), ("parameters", ctypes.c_uint64),
                ("products", ctypes.c_uint64), ("weight_bytes", ctypes.c_uint64), ("activation_bytes", ctypes.c_uint64),
                ("seconds", ctypes.c_double)]


class Refused(Exception):
    """The library's sentence."""


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        pointer = ctypes.c_void_p
        self.lib.cameo_network_free.argtypes = [pointer]
        self.lib.cameo_network_input_count.argtypes = [pointer]
        self.lib.cameo_network_output_count.argtypes = [pointer]
        self.lib.cameo_runner_free.argtypes = [pointer]
        for name in ["cameo_runner_input", "cameo_runner_output"]:
            function = getattr(self.lib, name)
            function.argtypes = [pointer, ctypes.c_int, ctypes.POINTER(TensorInfo)]
            function.restype = ctypes.POINTER(ctypes.c_float)
        self.lib.cameo_runner_plan.argtypes = [pointer]
        self.lib.cameo_runner_plan.restype = PlanInfo
        self.lib.cameo_runner_layer.argtypes = [pointer, ctypes.c_int]
        self.lib.cameo_runner_layer.restype = LayerInfo
        self.lib.cameo_cpu_tier.restype = ctypes.c_char_p

    def tiers(self):
        """The instruction set tiers that this machine has."""
        found = []
        for tier in ["ref", "avx2", "avxvnni", "avx512", "avx512vnni"]:
            os.environ["CAMEO_CPU"] = tier
            if self.lib.cameo_cpu_tier().decode() == tier:
                found.append(tier)
        return found

    def check(self, status, error):
        if status != 0:
            raise Refused(error.message.decode())

    def open(self, model, tier):
        """A network from the bytes of a model, or from a path."""
        os.environ["CAMEO_CPU"] = tier
        network, error = ctypes.c_void_p(), Error()
        if isinstance(model, bytes):
            status = self.lib.cameo_network_open_bytes(ctypes.byref(network), model, ctypes.c_size_t(len(model)), b"model", None,
                                                       ctypes.byref(error))
        else:
            status = self.lib.cameo_network_open(ctypes.byref(network), os.fsencode(model), None, ctypes.byref(error))
        self.check(status, error)
        return network

    def run(self, model, inputs, tier, threads=1):
        """Outputs of a model for a list of float arrays, how many layers the plan has, and whether some keep weights as half floats."""
        network, runner, error = self.open(model, tier), ctypes.c_void_p(), Error()
        try:
            count = self.lib.cameo_network_input_count(network)
            if count != len(inputs):
                raise Refused(f"{count} inputs, not {len(inputs)}")
            dims = (ctypes.c_int64 * MAX_RANK * max(count, 1))()
            for i, array in enumerate(inputs):
                dims[i][:array.ndim] = array.shape
            self.check(self.lib.cameo_runner_create(ctypes.byref(runner), network, dims, threads, ctypes.byref(error)), error)
            for i, array in enumerate(inputs):
                target = self.lib.cameo_runner_input(runner, i, None)
                ctypes.memmove(target, numpy.ascontiguousarray(array, numpy.float32).ctypes.data, 4 * array.size)
            self.check(self.lib.cameo_runner_run(runner, ctypes.byref(error)), error)
            outputs = [self.output(runner, i) for i in range(self.lib.cameo_network_output_count(network))]
            layers = self.lib.cameo_runner_plan(runner).layer_count
            halves = any(b"half" in self.lib.cameo_runner_layer(runner, i).algorithm for i in range(layers))
            return outputs, layers, halves
        finally:
            self.lib.cameo_runner_free(runner)
            self.lib.cameo_network_free(network)

    def kernels(self, model, shape, tier):
        """The kernels that layers of a model with one input are run by."""
        network, runner, error = self.open(model, tier), ctypes.c_void_p(), Error()
        try:
            dims = (ctypes.c_int64 * MAX_RANK * 1)()
            dims[0][:len(shape)] = shape
            self.check(self.lib.cameo_runner_create(ctypes.byref(runner), network, dims, 1, ctypes.byref(error)), error)
            return [self.lib.cameo_runner_layer(runner, i).kernel.decode() for i in range(self.lib.cameo_runner_plan(runner).layer_count)]
        finally:
            self.lib.cameo_runner_free(runner)
            self.lib.cameo_network_free(network)

    def output(self, runner, index):
        info = TensorInfo()
        source = self.lib.cameo_runner_output(runner, index, ctypes.byref(info))
        shape = list(info.dims[:info.rank])
        array = numpy.empty(shape, numpy.float32)
        ctypes.memmove(array.ctypes.data, source, 4 * array.size)
        return array

"""As much of oneDNN's C interface (version 3) as a network of eight bits takes, through ctypes: memory, attributes, primitives.

The published package onednn-cpu-gomp is the library alone; it lies in the environment's lib folder and computes with OpenMP's threads.
"""
from __future__ import annotations

import ctypes
import os
import sys
from typing import Any, Dict, List, Sequence, Tuple

import numpy

from peer_engines import Unavailable

F32, S8 = 3, 5                                        # dnnl_data_type_t
ANY, VECTOR, MATRIX, NCHW, GOIHW, NHWC = 1, 2, 3, 5, 6, 22  # dnnl_format_tag_t; a convolution's weights oihw are nchw
INFERENCE, DIRECT, BINARY_ADD, BINARY_MUL = 96, 1, 0x1fff0, 0x1fff1
WEIGHTS_DESCRIPTION, IMPLEMENTATION = 131, 8          # dnnl_query_t
SOURCE, SOURCE_1, TARGET, WEIGHTS, BIAS, SCALES, POST_OP = 1, 2, 17, 33, 41, 4096, 32768  # DNNL_ARG_...
MAX_DIMS = 12
NUMPY_TYPES = {F32: numpy.float32, S8: numpy.int8}


class Argument(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("memory", ctypes.c_void_p)]


def dims_of(values: Sequence[int]) -> Any:
    return (ctypes.c_int64 * MAX_DIMS)(*values)


def library_path() -> str:
    return os.path.join(sys.prefix, "lib", "libdnnl.so.3")


class Dnnl:
    """One engine and its stream. What is made lives as long as this object, which keeps the numbers that memory stands for."""

    def __init__(self, threads: int) -> None:
        if not os.path.isfile(library_path()):
            raise Unavailable("onednn-cpu-gomp is not installed")
        self.library = ctypes.CDLL(library_path())
        ctypes.CDLL("libgomp.so.1").omp_set_num_threads(threads)
        self.kept: List[Any] = []
        self.engine, self.stream = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("dnnl_engine_create", ctypes.byref(self.engine), 1, ctypes.c_size_t(0))
        self.call("dnnl_stream_create", ctypes.byref(self.stream), self.engine, 1)

    def call(self, name: str, *arguments: Any) -> None:
        status = getattr(self.library, name)(*arguments)
        if status != 0:
            raise Unavailable(f"oneDNN: {name} gave {status}")

    def version(self) -> str:
        self.library.dnnl_version.restype = ctypes.POINTER(ctypes.c_int)
        return ".".join(str(number) for number in self.library.dnnl_version()[:3])

    def description(self, shape: Sequence[int], type_: int, tag: int) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        self.call("dnnl_memory_desc_create_with_tag", ctypes.byref(made), len(shape), dims_of(shape), type_, tag)
        return made

    def memory(self, description: ctypes.c_void_p, address: int) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        self.call("dnnl_memory_create", ctypes.byref(made), description, self.engine, ctypes.c_void_p(address))
        return made

    def constant(self, values: Any, tag: int, type_: int = F32) -> Tuple[ctypes.c_void_p, ctypes.c_void_p]:
        """(description, memory) of numbers in row-major order."""
        values = numpy.ascontiguousarray(values, NUMPY_TYPES[type_])
        self.kept.append(values)
        description = self.description(values.shape, type_, tag)
        return description, self.memory(description, values.ctypes.data)

    def scalars(self, values: Any) -> ctypes.c_void_p:
        return self.constant(numpy.atleast_1d(values), VECTOR)[1]

    def space(self, bytes_: int) -> int:
        """The address of so many bytes, at the beginning of a line of the cache."""
        block = numpy.zeros(bytes_ + 64, numpy.uint8)
        self.kept.append(block)
        return (block.ctypes.data + 63) // 64 * 64

    def attributes(self, scale_masks: Dict[int, int], post_ops: Sequence[Tuple]) -> ctypes.c_void_p:
        """post_ops: ("prelu", mask), ("sum", scale, type) or ("binary", algorithm, description), in their order."""
        attributes, operations = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("dnnl_primitive_attr_create", ctypes.byref(attributes))
        for argument, mask in scale_masks.items():
            self.call("dnnl_primitive_attr_set_scales_mask", attributes, argument, mask)
        self.call("dnnl_post_ops_create", ctypes.byref(operations))
        for kind, *how in post_ops:
            if kind == "prelu":
                self.call("dnnl_post_ops_append_prelu", operations, how[0])
            elif kind == "sum":
                self.call("dnnl_post_ops_append_sum", operations, ctypes.c_float(how[0]), 0, how[1])
            else:
                self.call("dnnl_post_ops_append_binary", operations, how[0], how[1])
        self.call("dnnl_primitive_attr_set_post_ops", attributes, operations)
        return attributes

    def primitive_description(self, kind: str, *arguments: Any) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        self.call(f"dnnl_{kind}_primitive_desc_create", ctypes.byref(made), *arguments)
        return made

    def implementation(self, primitive_description: ctypes.c_void_p) -> str:
        text = ctypes.c_char_p()
        self.call("dnnl_primitive_desc_query", primitive_description, IMPLEMENTATION, 0, ctypes.byref(text))
        return (text.value or b"").decode()

    def step(self, primitive_description: ctypes.c_void_p, memories: Dict[int, ctypes.c_void_p]) -> Tuple:
        """The arguments of dnnl_primitive_execute."""
        primitive = ctypes.c_void_p()
        self.call("dnnl_primitive_create", ctypes.byref(primitive), primitive_description)
        arguments = (Argument * len(memories))(*[Argument(kind, memory.value) for kind, memory in memories.items()])
        return primitive, self.stream, len(memories), arguments

    def packed(self, primitive_description: ctypes.c_void_p, plain: Tuple[ctypes.c_void_p, ctypes.c_void_p]) -> ctypes.c_void_p:
        """Weights in the layout that the primitive wants."""
        self.library.dnnl_primitive_desc_query_md.restype = ctypes.c_void_p
        self.library.dnnl_memory_desc_get_size.restype = ctypes.c_size_t
        wanted = ctypes.c_void_p(self.library.dnnl_primitive_desc_query_md(primitive_description, WEIGHTS_DESCRIPTION, 0))
        memory = self.memory(wanted, self.space(self.library.dnnl_memory_desc_get_size(wanted)))
        reorder = self.primitive_description("reorder", plain[0], self.engine, wanted, self.engine, None)
        self.run([self.step(reorder, {SOURCE: plain[1], TARGET: memory})])
        return memory

    def run(self, steps: List[Tuple]) -> None:
        execute = self.library.dnnl_primitive_execute
        for step in steps:
            if execute(*step) != 0:
                raise Unavailable("oneDNN: a primitive failed")
        self.library.dnnl_stream_wait(self.stream)

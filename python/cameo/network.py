"""Any supported ONNX model on raw tensors."""
from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from . import _native
from .errors import ClosedError
from .handles import HandlePool, call, most_at_once, thread_count

__all__ = ["Network", "TensorInfo"]

KEPT_SHAPES = 8


class TensorInfo(NamedTuple):
    """An input or output: its name, element type ("float32", "int64", ...) and shape, None where the model leaves a dimension open."""

    name: str
    type: str
    shape: Tuple[Optional[int], ...]


def native_options(options: Dict[str, Any]) -> Dict[str, Any]:
    """Options as the native module takes them: strings and paths as bytes, None left out."""
    return {
        name: os.fsencode(value) if isinstance(value, (str, os.PathLike)) else value for name, value in options.items() if value is not None
    }


class Network:
    """A checked ONNX model, shared by any number of threads.

    model: a path, or the bytes of a file. threads: how many each run uses; 0 for all processors; results are the same bit for bit.
    options: cpu, precision ("fp32", "bf16"), memory ("fast", "compact"), cache_folder ("": none), max_file_bytes, max_memory_bytes, max_macs,
    max_nodes, as cameo.h describes them.
    Raises MissingFileError, FormatError (with what the file is instead), UnsupportedError (operator and node named), LimitError.
    """

    def __init__(self, model: Union[str, "os.PathLike[str]", bytes], *, threads: int = 0, **options: Any) -> None:
        self._arguments = (model, threads, options)
        self.threads = thread_count(threads)
        with call():
            if isinstance(model, (bytes, bytearray, memoryview)):
                self._handle = _native.network_open_bytes(model, b"model bytes", native_options(options))
            elif isinstance(model, (str, os.PathLike)):
                self._handle = _native.network_open(os.fsencode(os.path.expanduser(model)), native_options(options))
            else:
                raise TypeError(f"the model is of type {type(model).__name__}; a path or the bytes of an ONNX file are needed")
        self.inputs: List[TensorInfo] = self._tensors(False)
        self.outputs: List[TensorInfo] = self._tensors(True)
        self._pools: "OrderedDict[Tuple[Tuple[int, ...], ...], HandlePool]" = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> Any:
        model, threads, options = self._arguments
        return _reopen, (model, threads, options)

    def __repr__(self) -> str:
        return f"<cameo.Network {self.info['path']!r}>" if self._handle is not None else "<cameo.Network, closed>"

    def _open(self) -> Any:
        if self._handle is None:
            raise ClosedError("this network was closed")
        return self._handle

    def close(self) -> None:
        """Lets the memory go, once calls that are under way have ended. Later calls raise ClosedError."""
        self._handle = None
        self._pools.clear()

    def __enter__(self) -> "Network":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _tensors(self, outputs: bool) -> List[TensorInfo]:
        return [
            TensorInfo(name, kind, tuple(None if size < 0 else size for size in dims))
            for name, kind, dims in _native.network_tensors(self._open(), outputs)
        ]

    @property
    def info(self) -> Dict[str, Any]:
        """path, producer, graph_name, ir_version, opset, file_bytes, parameters, node_count."""
        facts: Dict[str, Any] = _native.network_info(self._open())
        return facts

    def contract(self, **overrides: Any) -> Dict[str, Any]:
        """What the network seems to be made for and how it wants its pixels: task, family, width, height, color, mean, std (in units of 0..255),
        output_name, output_index, dimension. Overrides: color, mean, std, input_width, input_height, output_name."""
        facts: Dict[str, Any] = _native.network_contract(self._open(), native_options(overrides))
        return facts

    def _pool(self, shapes: Tuple[Tuple[int, ...], ...]) -> HandlePool:
        network = self._open()
        with call(), self._lock:
            pool = self._pools.pop(shapes, None)
            if pool is None:
                threads = self.threads
                pool = HandlePool(lambda: _native.runner_create(network, list(shapes), threads), most_at_once(threads))
            self._pools[shapes] = pool
            while len(self._pools) > KEPT_SHAPES:
                self._pools.popitem(last=False)
        return pool

    def run(self, inputs: Sequence[Any], outputs: Optional[Sequence[int]] = None, out: Optional[Sequence[Any]] = None) -> List[Any]:
        """Runs the network. inputs: a float32 array for each input, of its shape; they are copied into the runner's memory.

        outputs: indexes of those that are wanted, None: all. out: arrays that receive them, each float32 of the right shape, or None for a new one.
        Memory is taken once for each shape (the last 8 are kept). Returns the outputs, float32, in the model's own order of axes.
        Raises MismatchError (a shape does not fit), TypeError, ValueError.
        """
        arrays = [check_input(value, info) for value, info in zip(inputs, self.inputs)]
        if len(inputs) != len(self.inputs):
            raise ValueError(f"the network has {len(self.inputs)} inputs, but {len(inputs)} arrays were given")
        wanted = range(len(self.outputs)) if outputs is None else outputs
        with self._pool(tuple(array.shape for array in arrays)).take() as runner:
            for index, array in enumerate(arrays):
                np.copyto(np.asarray(_native.runner_memory(runner, index, False)), array)
            _native.runner_run(runner)
            return [
                copy_out(np.asarray(_native.runner_memory(runner, index, True)), None if out is None else out[place], self.outputs[index].name)
                for place, index in enumerate(wanted)
            ]

    def plan(self, shapes: Sequence[Sequence[int]]) -> Dict[str, int]:
        """What a run with inputs of these shapes costs: macs (multiply-adds), arena_bytes, weight_bytes, and of these cached_weight_bytes, which
        are shared with other processes through the cache of packed weights."""
        with self._pool(tuple(tuple(int(size) for size in shape) for shape in shapes)).take() as runner:
            plan: Dict[str, int] = _native.runner_plan(runner)
        return plan


def _reopen(model: Any, threads: int, options: Dict[str, Any]) -> Network:
    return Network(model, threads=threads, **options)


def check_input(value: Any, info: TensorInfo) -> Any:
    """The value as a float32 array of the right rank, or TypeError / ValueError."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"input '{info.name}' is of type {type(value).__name__}; a numpy.ndarray is needed")
    if value.dtype != np.float32 or not value.dtype.isnative:
        raise TypeError(f"input '{info.name}' has dtype {value.dtype}; float32 in this machine's byte order is needed: .astype(numpy.float32)")
    if value.size == 0:
        raise ValueError(f"input '{info.name}' is empty: its shape is {value.shape}")
    if value.ndim != len(info.shape):
        raise ValueError(f"input '{info.name}' has shape {value.shape}; the model wants {len(info.shape)} dimensions: {info.shape}")
    for axis, (size, wanted) in enumerate(zip(value.shape, info.shape)):
        if wanted is not None and wanted != size and not (axis == 0 and wanted < 1):
            raise ValueError(f"input '{info.name}' has shape {value.shape}; the model wants {info.shape}: axis {axis} does not fit")
    return value


def copy_out(result: Any, place: Optional[Any], name: str) -> Any:
    """The result in memory of its own: `place`, or a new array."""
    if place is None:
        return result.copy()
    if not isinstance(place, np.ndarray) or place.dtype != np.float32 or not place.dtype.isnative:
        raise TypeError(f"the array for output '{name}' must be a numpy.ndarray of float32")
    if place.shape != result.shape:
        raise ValueError(f"the array for output '{name}' has shape {place.shape}; the output's is {result.shape}")
    if not place.flags.writeable:
        raise ValueError(f"the array for output '{name}' may not be written to")
    np.copyto(place, result)
    return place

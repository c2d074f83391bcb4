"""Inputs and outputs that stay where they are between runs: OrtValue and IOBinding of ONNX Runtime's Python interface."""
from __future__ import annotations

import ctypes
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

__all__ = ["IOBinding", "OrtValue"]


def _check_device(device_type: str) -> None:
    if device_type != "cpu":
        raise ValueError(f"device '{device_type}' is not there: cameo runs on the processor only, 'cpu'")


class OrtValue:
    """A float32 tensor in the processor's memory."""

    def __init__(self, array: Any) -> None:
        self._array = array

    @staticmethod
    def ortvalue_from_numpy(array: Any, device_type: str = "cpu", device_id: int = 0) -> "OrtValue":
        """The array itself, which is not copied: who writes to it changes the value."""
        _check_device(device_type)
        if not isinstance(array, np.ndarray):
            raise TypeError(f"a numpy.ndarray is needed, not {type(array).__name__}")
        return OrtValue(array)

    @staticmethod
    def ortvalue_from_shape_and_type(shape: Sequence[int], element_type: Any = np.float32, device_type: str = "cpu", device_id: int = 0) -> "OrtValue":
        """A new tensor of this shape."""
        _check_device(device_type)
        return OrtValue(np.zeros(tuple(shape), element_type))

    def numpy(self) -> Any:
        """The array."""
        return self._array

    def shape(self) -> List[int]:
        """Its sizes."""
        return list(self._array.shape)

    def data_type(self) -> str:
        """"tensor(float)" for float32."""
        return f"tensor({'float' if self._array.dtype == np.float32 else self._array.dtype})"

    def device_name(self) -> str:
        """"cpu"."""
        return "cpu"

    def is_tensor(self) -> bool:
        """True."""
        return True

    def has_value(self) -> bool:
        """True."""
        return True


class IOBinding:
    """What a session's run_with_iobinding reads and writes; made by InferenceSession.io_binding."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._inputs: Dict[str, Any] = {}
        self._places: Dict[str, Optional[Any]] = {}
        self._results: List[Any] = []

    def bind_cpu_input(self, name: str, arr_on_cpu: Any) -> None:
        """The array that is read under this name at the time of each run."""
        self._inputs[name] = arr_on_cpu

    def bind_ortvalue_input(self, name: str, ortvalue: OrtValue) -> None:
        """The same with a value."""
        self._inputs[name] = ortvalue.numpy()

    def bind_output(self, name: str, device_type: str = "cpu", device_id: int = 0, element_type: Any = np.float32, shape: Optional[Sequence[int]] = None,
                    buffer_ptr: Optional[int] = None) -> None:
        """An output that is wanted; with buffer_ptr it is written there, dense float32 of `shape`, which must stay as long as the binding."""
        _check_device(device_type)
        place = None
        if buffer_ptr is not None:
            if shape is None or (element_type is not None and np.dtype(element_type) != np.float32):
                raise ValueError(f"output '{name}': a buffer needs its shape, and float32 as its element_type")
            sizes = tuple(int(size) for size in shape)
            items: Any = (ctypes.c_float * int(np.prod(sizes, dtype=np.int64))).from_address(int(buffer_ptr))
            place = np.frombuffer(items, np.float32).reshape(sizes)
        self._places[name] = place

    def bind_ortvalue_output(self, name: str, ortvalue: OrtValue) -> None:
        """A value that receives an output."""
        self._places[name] = ortvalue.numpy()

    def run(self) -> None:
        """For InferenceSession.run_with_iobinding: reads and writes what is bound; without any output bound, all are wanted."""
        names = list(self._places) or [info.name for info in self._session.get_outputs()]
        self._results = self._session.run(names, self._inputs, out=[self._places.get(name) for name in names])

    def get_outputs(self) -> List[OrtValue]:
        """The outputs of the last run, in the order in which they were bound."""
        return [OrtValue(result) for result in self._results]

    def copy_outputs_to_cpu(self) -> List[Any]:
        """The same as arrays of their own."""
        return [result.copy() for result in self._results]

    def clear_binding_inputs(self) -> None:
        """Forgets the inputs."""
        self._inputs.clear()

    def clear_binding_outputs(self) -> None:
        """Forgets the outputs."""
        self._places.clear()
        self._results = []

    def synchronize_inputs(self) -> None:
        """Nothing is ever under way."""

    def synchronize_outputs(self) -> None:
        """Nothing is ever under way."""

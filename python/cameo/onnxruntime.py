"""ONNX Runtime's Python interface on cameo: `import cameo.onnxruntime as onnxruntime`.

Models are opened, described and run with the same calls and answers. What cameo does not run (an operator, integer inputs, graphs whose shapes depend on
values) raises cameo.UnsupportedError, which names the operator and the node; nothing falls back to anything else.
"""
from __future__ import annotations

import enum
import os
from typing import Any, Dict, List, Optional, Sequence, Union

import numpy as np

from . import _native
from .network import Network, TensorInfo
from .ort_values import IOBinding, OrtValue
from .providers import CPU, check_providers, threads_of

__all__ = ["ExecutionMode", "GraphOptimizationLevel", "IOBinding", "InferenceSession", "ModelMetadata", "NodeArg", "OrtValue", "RunOptions",
           "SessionOptions", "get_all_providers", "get_available_providers", "get_device", "set_default_logger_severity"]

__version__ = _native.facts()["version"]


class GraphOptimizationLevel(enum.Enum):
    """Accepted, and without effect: every graph is planned in the same way."""

    ORT_DISABLE_ALL = 0
    ORT_ENABLE_BASIC = 1
    ORT_ENABLE_EXTENDED = 2
    ORT_ENABLE_ALL = 99


class ExecutionMode(enum.Enum):
    """Accepted, and without effect: operators run one after the other, each on all threads."""

    ORT_SEQUENTIAL = 0
    ORT_PARALLEL = 1


class SessionOptions:
    """intra_op_num_threads is obeyed: exactly so many threads work for a run, 0 stands for all processors that the process may use. The other settings are
    accepted and have no effect on results."""

    def __init__(self) -> None:
        self.intra_op_num_threads = 0
        self.inter_op_num_threads = 0
        self.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
        self.execution_mode = ExecutionMode.ORT_SEQUENTIAL
        self.log_severity_level = 2
        self.log_verbosity_level = 0
        self.enable_mem_pattern = True
        self.enable_cpu_mem_arena = True
        self.enable_profiling = False
        self.logid = ""
        self._entries: Dict[str, str] = {}

    def add_session_config_entry(self, name: str, value: str) -> None:
        """Kept, and without effect."""
        self._entries[name] = value

    def get_session_config_entry(self, name: str) -> str:
        """What was kept under this name; RuntimeError if nothing was."""
        if name not in self._entries:
            raise RuntimeError(f"there is no session configuration entry '{name}'")
        return self._entries[name]


class RunOptions:
    """Accepted, and without effect."""

    def __init__(self) -> None:
        self.log_severity_level = 2
        self.logid = ""
        self.terminate = False


class NodeArg:
    """An input or output of a model: name, type ("tensor(float)") and shape, None where the model leaves a dimension open."""

    def __init__(self, info: TensorInfo) -> None:
        self.name = info.name
        self.type = f"tensor({'float' if info.type == 'float32' else 'double' if info.type == 'float64' else info.type})"
        self.shape: List[Optional[int]] = list(info.shape)

    def __repr__(self) -> str:
        return f"NodeArg(name={self.name!r}, type={self.type!r}, shape={self.shape})"


class ModelMetadata:
    """What the file says of itself."""

    def __init__(self, info: Dict[str, Any]) -> None:
        self.producer_name: str = info["producer"] or ""
        self.graph_name: str = info["graph_name"] or ""
        self.domain = ""
        self.description = ""
        self.version = 0
        self.custom_metadata_map: Dict[str, str] = {}


class InferenceSession:
    """A model that is ready to run.

    path_or_bytes: an ONNX file or its bytes. sess_options: SessionOptions. providers: must be None or contain "CPUExecutionProvider"; others beside it are
    warned of. May be used by several threads at a time, and is pickled by its path.
    Raises cameo.MissingFileError, cameo.FormatError, cameo.UnsupportedError, ValueError (providers).
    """

    def __init__(self, path_or_bytes: Union[str, bytes, "os.PathLike[str]"], sess_options: Optional[SessionOptions] = None,
                 providers: Optional[Sequence[Any]] = None, provider_options: Optional[Sequence[Any]] = None, **kwargs: Any) -> None:
        self._providers = check_providers(providers)
        self._provider_options: Dict[str, Dict[str, str]] = {CPU: {}}
        self._sess_options = sess_options or SessionOptions()
        self._network = Network(path_or_bytes, threads=threads_of(sess_options))
        self._inputs = [NodeArg(info) for info in self._network.inputs]
        self._outputs = [NodeArg(info) for info in self._network.outputs]

    def get_inputs(self) -> List[NodeArg]:
        """What `run` wants to be fed."""
        return self._inputs

    def get_outputs(self) -> List[NodeArg]:
        """What `run` can give."""
        return self._outputs

    def get_overridable_initializers(self) -> List[NodeArg]:
        """Always empty: weights that are listed as inputs, too, are weights."""
        return []

    def get_modelmeta(self) -> ModelMetadata:
        """What the file says of itself."""
        return ModelMetadata(self._network.info)

    def get_session_options(self) -> SessionOptions:
        """What the session was made with."""
        return self._sess_options

    def get_providers(self) -> List[str]:
        """["CPUExecutionProvider"]."""
        return list(self._providers)

    def get_provider_options(self) -> Dict[str, Dict[str, str]]:
        """No provider has any."""
        return self._provider_options

    def set_providers(self, providers: Optional[Sequence[Any]] = None, provider_options: Optional[Sequence[Any]] = None) -> None:
        """As in the constructor."""
        self._providers = check_providers(providers)

    def _index(self, name: str) -> int:
        for index, info in enumerate(self._outputs):
            if info.name == name:
                return index
        raise ValueError(f"the model has no output '{name}'; it has {[info.name for info in self._outputs]}")

    def run(self, output_names: Optional[Sequence[str]], input_feed: Dict[str, Any], run_options: Optional[RunOptions] = None, *,
            out: Optional[Sequence[Any]] = None) -> List[Any]:
        """Runs the model. output_names: which outputs, None or empty: all. input_feed: {name: float32 array}.

        out: an array for each wanted output, float32 of its shape, that receives it (None: a new array). Returns the outputs, float32.
        Raises TypeError (dtype), ValueError (a missing or unknown name, a shape), cameo.MismatchError.
        """
        names = [info.name for info in self._inputs]
        missing = [name for name in names if name not in input_feed]
        unknown = [name for name in input_feed if name not in names]
        if missing or unknown:
            raise ValueError(f"the model's inputs are {names}; " + (f"{missing} were not fed" if missing else f"{unknown} are not among them"))
        wanted = [self._index(name) for name in output_names] if output_names else list(range(len(self._outputs)))
        if out is not None and len(out) != len(wanted):
            raise ValueError(f"{len(wanted)} outputs are wanted, but {len(out)} arrays were given for them")
        results: List[Any] = self._network.run([np.asarray(input_feed[name]) for name in names], wanted, out)
        return results

    def run_with_ort_values(self, output_names: Optional[Sequence[str]], input_dict_ort_values: Dict[str, OrtValue],
                            run_options: Optional[RunOptions] = None) -> List[OrtValue]:
        """The same with OrtValues."""
        feed = {name: value.numpy() for name, value in input_dict_ort_values.items()}
        return [OrtValue(result) for result in self.run(output_names, feed, run_options)]

    def io_binding(self) -> IOBinding:
        """An empty binding for run_with_iobinding."""
        return IOBinding(self)

    def run_with_iobinding(self, iobinding: IOBinding, run_options: Optional[RunOptions] = None) -> None:
        """Runs the model on what is bound."""
        iobinding.run()


def get_available_providers() -> List[str]:
    """["CPUExecutionProvider"]."""
    return [CPU]


def get_all_providers() -> List[str]:
    """["CPUExecutionProvider"]."""
    return [CPU]


def get_device() -> str:
    """"CPU"."""
    return "CPU"


def set_default_logger_severity(severity: int) -> None:
    """Accepted, and without effect: cameo never prints."""

"""cameo: face recognition on the processor. Detect, align, embed, compare; any supported ONNX network.

    import cameo
    recognizer = cameo.FaceRecognizer()  # with the small models inside; or ("w600k_r50.onnx", detector="det_10g.onnx")
    print(recognizer.compare(cameo.imread("a.jpg"), cameo.imread("b.jpg")))

`cameo.insightface` and `cameo.onnxruntime` answer to the calls of these two packages.
"""
from __future__ import annotations

from . import _native
from .engines import Engine, Faces
from .errors import ClosedError, Error, FormatError, LimitError, MismatchError, MissingFileError, NoFaceError, UnsupportedError
from .folders import FaceTable, embed_folder
from .model_files import BUILTIN_DETECTOR, BUILTIN_RECOGNIZER, builtin_models, find_model, find_pack, known_models
from .network import Network, TensorInfo
from .pictures import annotate, imread, imwrite, norm_crop, resize, warp
from .recognizers import FaceRecognizer, similarity

__all__ = ["BUILTIN_DETECTOR", "BUILTIN_RECOGNIZER", "ClosedError", "Engine", "Error", "FaceRecognizer", "FaceTable", "Faces", "FormatError",
           "LimitError", "MismatchError", "MissingFileError", "Network", "NoFaceError", "TensorInfo", "UnsupportedError", "annotate", "builtin_models",
           "cpu_count", "cpu_tier", "embed_folder", "find_model", "find_pack", "imread", "imwrite", "known_models", "norm_crop", "resize", "similarity",
           "supported_operators", "warp"]

_facts = _native.facts()
__version__: str = _facts["version"]


def cpu_tier() -> str:
    """The instruction set that is used: "ref", "avx2", "avxvnni", "avx512", "avx512vnni", "neon" or "neondot". CAMEO_CPU in the environment lowers it."""
    tier: str = _facts["cpu_tier"]
    return tier


def cpu_count() -> int:
    """How many threads this process may use: its CPU affinity or cgroup quota, whichever is smaller."""
    count: int = _native.facts()["cpu_count"]
    return count


def supported_operators() -> "list[str]":
    """Names of the ONNX operators that are supported."""
    names: "list[str]" = _facts["operators"]
    return list(names)

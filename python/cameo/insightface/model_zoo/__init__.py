"""Models of a pack, each with the class that InsightFace has for it."""
from __future__ import annotations

import os
from typing import Any

from ...errors import MismatchError, MissingFileError
from ...model_files import is_builtin, pack_models
from ...network import Network
from ...providers import check_providers, threads_of
from .crops import Attribute, Landmark
from .detection import SCRFD
from .recognition import ArcFaceONNX

__all__ = ["ArcFaceONNX", "Attribute", "Landmark", "SCRFD", "get_model"]

CLASSES = {"detection": SCRFD, "recognition": ArcFaceONNX, "landmarks": Landmark, "genderage": Attribute}


def _find_file(name: str, root: str) -> str:
    if is_builtin(name):
        return name
    if name.endswith(".onnx"):
        path = os.path.expanduser(name)
        if not os.path.isfile(path):
            raise MissingFileError(f"{name}: there is no such file")
        return path
    files = pack_models(name, root)
    if not files:
        raise MissingFileError(f"{name}: there is no .onnx file in this folder")
    return files[-1]


def get_model(name: str, **kwargs: Any) -> Any:
    """The model of a file (or the last of a pack's folder, or a built-in one, by its name): SCRFD for any detector, ArcFaceONNX for any recognizer,
    Landmark, Attribute; None if it is none of these. providers, sess_options: as for cameo.onnxruntime.InferenceSession. threads: 0 for all processors.
    mean_shape: for Landmark. Nothing is downloaded."""
    check_providers(kwargs.get("providers"))
    threads = int(kwargs.get("threads") or threads_of(kwargs.get("sess_options")))
    path = _find_file(str(name), kwargs.get("root", "~/.insightface"))
    network = Network(path, threads=threads)
    try:
        contract = network.contract()
    except MismatchError:
        return None
    kind = CLASSES.get(contract["task"])
    if kind is Landmark:
        return Landmark(path, network=network, threads=threads, mean_shape=kwargs.get("mean_shape"))
    return None if kind is None else kind(path, network=network, threads=threads)

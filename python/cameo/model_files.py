"""Where models lie: inside the package, in $CAMEO_HOME/models (default ~/.cache/cameo/models), and in ~/.insightface/models."""
from __future__ import annotations

import glob
import os
from typing import Any, Dict, List, Optional

from . import _native
from .errors import MissingFileError

__all__ = ["BUILTIN_DETECTOR", "BUILTIN_RECOGNIZER", "builtin_models", "find_model", "find_pack", "known_models", "pack_models"]

# The pack, so to speak, of the models that are built in, and their names, which stand wherever a model's path is wanted.
BUILTIN_PACK = "builtin"
BUILTIN_DETECTOR = "builtin:detector"
BUILTIN_RECOGNIZER = "builtin:recognizer"


def known_models() -> List[Dict[str, Any]]:
    """Published models: name, pack, role, sha256, bytes, url, license, commercial_use, description, builtin (the name under which it opens without a
    file), threshold (the cosine that one pair of strangers in a thousand reaches); None (threshold: 0) where it is not known."""
    models: List[Dict[str, Any]] = _native.known_models()
    return models


def builtin_models() -> Dict[str, str]:
    """The SHA-256 of the models inside this package by their names, BUILTIN_DETECTOR and BUILTIN_RECOGNIZER; none where it was built without them."""
    return {model["builtin"]: model["sha256"] for model in known_models() if model["builtin"]}


def is_builtin(name: str) -> bool:
    """Whether a name stands for a model inside the package, be there one of that name or not."""
    return name.startswith(BUILTIN_PACK + ":")


def roots() -> List[str]:
    """The folders that are searched, cameo's first."""
    home = os.environ.get("CAMEO_HOME") or os.path.join(os.path.expanduser("~"), ".cache", "cameo")
    return [os.path.join(home, "models"), os.path.join(os.path.expanduser("~"), ".insightface", "models")]


def _advice(name: str) -> str:
    for model in known_models():
        if name in (model["name"], os.path.splitext(model["name"])[0]):
            pack = model["pack"] or model["name"]
            inside = {"pack": BUILTIN_PACK, "detection": BUILTIN_DETECTOR, "recognition": BUILTIN_RECOGNIZER}.get(model["role"])
            without = f'; "{inside}" needs no download' if inside and builtin_models() else ""
            return f"; `cameo model pull {pack}` fetches it (licence: {model['license']}){without}"
    return ""


def _inner_folder(folder: str) -> str:
    """A pack whose files lie one folder deeper, as antelopev2's do."""
    entries = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    if any(entry.endswith(".onnx") for entry in entries):
        return folder
    inner = [entry for entry in entries if os.path.isdir(entry)]
    return inner[0] if len(inner) == 1 else folder


def find_pack(name: str, root: Optional[str] = None) -> str:
    """The folder of a pack: a folder's path, or a name ("buffalo_l") below root/models or the usual places. The built-in models have no folder.

    Raises MissingFileError with the way to get it.
    """
    direct = os.path.expanduser(name)
    if os.path.isdir(direct):
        return _inner_folder(direct)
    places = ([os.path.join(os.path.expanduser(root), "models")] if root else []) + roots()
    for place in places:
        folder = os.path.join(place, name)
        if os.path.isdir(folder):
            return _inner_folder(folder)
    searched = ", ".join(dict.fromkeys(places))
    raise MissingFileError(f"there is no model pack '{name}' in {searched}{_advice(name)}")


def pack_models(name: str, root: Optional[str] = None) -> List[str]:
    """The models of a pack, sorted: those inside this package for "builtin", else the files of find_pack's folder."""
    if name == BUILTIN_PACK:
        return sorted(builtin_models())
    return sorted(glob.glob(os.path.join(glob.escape(find_pack(name, root)), "*.onnx")))


def find_model(name: str) -> str:
    """The file for a path, or for a name ("w600k_r50", with or without .onnx) in the usual places, at most one folder deep. BUILTIN_DETECTOR and
    BUILTIN_RECOGNIZER stay what they are.

    Raises MissingFileError with the way to get it.
    """
    if is_builtin(name):
        return name
    direct = os.path.expanduser(name)
    if os.path.exists(direct):
        return direct
    if os.path.dirname(name):
        raise MissingFileError(f"{name}: there is no such file")
    file = name if name.endswith(".onnx") else name + ".onnx"
    for root in roots():
        folders = [root]
        if os.path.isdir(root):
            folders += sorted(entry.path for entry in os.scandir(root) if entry.is_dir())
        for folder in folders:
            path = os.path.join(folder, file)
            if os.path.isfile(path):
                return path
    raise MissingFileError(f"{name}: there is no such file here, nor '{file}' in {', '.join(roots())}{_advice(file)}")

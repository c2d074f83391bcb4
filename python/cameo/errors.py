"""Exceptions. Each is of cameo's own family (`Error`) and of the Python type that stands for the same trouble, so that both can be caught."""
from __future__ import annotations

__all__ = ["ClosedError", "Error", "FormatError", "LimitError", "MismatchError", "MissingFileError", "NoFaceError", "UnsupportedError"]


class Error(Exception):
    """What the library says went wrong: one sentence that names the file, the node, the value, and what would have been right."""


class ArgumentError(Error, ValueError):
    """A value that cannot be worked with."""


class OutOfMemoryError(Error, MemoryError):
    """The machine has no memory left for this."""


class FileError(Error, OSError):
    """A file or folder that cannot be read or written."""


class MissingFileError(Error, FileNotFoundError):
    """A file that is not there."""


class FormatError(Error, ValueError):
    """A file that is damaged, or not what it is taken for: an HTML page named .onnx, a truncated JPEG."""


class UnsupportedError(Error, NotImplementedError):
    """Something that cameo does not do: an ONNX operator, a kind of picture."""


class LimitError(Error, ValueError):
    """A limit on size, memory or work was exceeded."""


class MismatchError(Error, ValueError):
    """A model or shape of another kind than is needed."""


class NoFaceError(Error, LookupError):
    """No face was found."""


class InternalError(Error, RuntimeError):
    """A mistake of cameo's own. Please report it."""


class ClosedError(Error, ValueError):
    """The object was closed before."""


_BY_STATUS = {
    "CAMEO_ERROR_ARGUMENT": ArgumentError,
    "CAMEO_ERROR_MEMORY": OutOfMemoryError,
    "CAMEO_ERROR_IO": FileError,
    "CAMEO_ERROR_NOT_FOUND": MissingFileError,
    "CAMEO_ERROR_FORMAT": FormatError,
    "CAMEO_ERROR_UNSUPPORTED": UnsupportedError,
    "CAMEO_ERROR_LIMIT": LimitError,
    "CAMEO_ERROR_MISMATCH": MismatchError,
    "CAMEO_ERROR_NO_FACE": NoFaceError,
}


def from_status(status: int, message: str) -> Error:
    """The exception for a status of cameo.h; called by the native module."""
    from . import _native

    for name, value in _native.facts()["statuses"].items():
        if value == status:
            return _BY_STATUS.get(name, InternalError)(message)
    return InternalError(message)

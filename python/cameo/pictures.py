"""Pictures as NumPy arrays: uint8, [height, width, 3] in OpenCV's order (BGR) unless `color="rgb"` is said, or [height, width] in grey."""
from __future__ import annotations

import os
from typing import Any, Optional, Sequence, Tuple, Union

import numpy as np

from . import _native
from .handles import call

__all__ = ["imread", "imwrite", "norm_crop", "resize", "warp"]

Path = Union[str, "os.PathLike[str]"]
Picture = Any  # numpy.ndarray of uint8; spelled so for Python 3.9 with any NumPy


def is_bgr(color: str) -> bool:
    if color not in ("bgr", "rgb"):
        raise ValueError(f"color is {color!r}; it must be 'bgr' (OpenCV's order) or 'rgb'")
    return color == "bgr"


def lend(image: Picture, what: str = "the picture") -> Picture:
    """The array itself where the library can read it in its place, else (odd strides) a copy. Says what is wrong with anything else."""
    if image is None:
        raise TypeError(f"{what} is None; cv2.imread returns that for a file that it cannot read")
    if not isinstance(image, np.ndarray):
        raise TypeError(f"{what} is of type {type(image).__name__}; a numpy.ndarray is needed (cameo.imread makes one from a file)")
    if image.dtype != np.uint8:
        raise TypeError(f"{what} has dtype {image.dtype}; uint8 with values 0 to 255 is needed")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 3)):
        hint = "; drop its alpha channel, image[:, :, :3]" if image.ndim == 3 and image.shape[2] == 4 else ""
        raise ValueError(f"{what} has shape {image.shape}; (height, width, 3) or (height, width) is needed{hint}")
    if image.size == 0:
        raise ValueError(f"{what} is empty: its shape is {image.shape}")
    channels = image.shape[2] if image.ndim == 3 else 1
    steps = image.strides
    in_place = steps[1] == channels and steps[0] >= image.shape[1] * channels and (channels == 1 or steps[2] in (1, -1))
    return image if in_place else np.ascontiguousarray(image)


def _array(memory: Any, color: str) -> Picture:
    rgb = np.asarray(memory)
    return np.ascontiguousarray(rgb[:, :, ::-1]) if is_bgr(color) else rgb


def imread(source: Union[Path, bytes], color: str = "bgr", *, max_pixels: int = 0, threads: int = 1) -> Picture:
    """Reads JPEG, PNG, WebP, BMP, PPM or PGM, told apart by content, upright (EXIF), as cv2.imread does.

    source: a path, or the bytes of a file. color: "bgr" or "rgb" (not copied). max_pixels: 0 for the default limit of 100 million.
    threads: at most so many decode a large JPEG with restart markers.
    Returns uint8 [height, width, 3]. Raises MissingFileError, FileError, FormatError (damaged), UnsupportedError, LimitError.
    """
    is_bgr(color)
    with call():
        if isinstance(source, (bytes, bytearray, memoryview)):
            return _array(_native.image_decode(source, b"picture", max_pixels, threads), color)
        return _array(_native.image_load(os.fsencode(source), max_pixels, threads), color)


def imwrite(path: Path, image: Picture, color: str = "bgr") -> None:
    """Writes a picture; the name's ending (.jpg, .png, .webp, .ppm) chooses the form. The file is complete or absent.

    image: uint8 [h, w, 3] or [h, w]. Raises UnsupportedError (another ending), FileError.
    """
    with call():
        _native.image_save(lend(image), is_bgr(color), os.fsencode(path))


def resize(image: Picture, size: Tuple[int, int], color: str = "bgr") -> Picture:
    """The picture at size (width, height) in pixels: bilinear, as cv2.resize. Returns uint8 [height, width, 3], colours in the same order."""
    width, height = size
    with call():
        return _array(_native.image_resize(lend(image), is_bgr(color), int(width), int(height)), color)


def warp(image: Picture, matrix: Any, size: Tuple[int, int], color: str = "bgr") -> Picture:
    """An affine warp with a black border, as cv2.warpAffine. matrix: [2, 3], from the picture's coordinates to those of the result.

    size: (width, height) in pixels. Returns uint8 [height, width, 3], colours in the same order.
    """
    rows = np.asarray(matrix, dtype=np.float64)
    if rows.shape != (2, 3):
        raise ValueError(f"the matrix has shape {rows.shape}; (2, 3) is needed")
    width, height = size
    with call():
        return _array(_native.image_warp(lend(image), is_bgr(color), tuple(rows.ravel().tolist()), int(width), int(height)), color)


def landmark_rows(landmarks: Any) -> Any:
    """float32 [n, 5, 2], dense, from [5, 2] or [n, 5, 2]."""
    points = np.ascontiguousarray(landmarks, dtype=np.float32)
    if points.shape == (5, 2):
        points = points[None]
    if points.ndim != 3 or points.shape[1:] != (5, 2):
        raise ValueError(f"landmarks have shape {points.shape}; (5, 2) or (n, 5, 2) is needed: eyes, nose, mouth corners as x, y in pixels")
    return points


def norm_crop(image: Picture, landmarks: Any, image_size: int = 112, color: str = "bgr") -> Picture:
    """Cuts a face out upright: the similarity that brings its five landmarks [5, 2] (x, y in pixels) to ArcFace's template.

    image_size: a multiple of 16; where it is none of 112 or 128, the template of 112 is scaled. Returns uint8
    [image_size, image_size, 3], colours in the picture's order, black where the picture ends.
    """
    points = landmark_rows(landmarks)
    size = int(image_size)
    if len(points) != 1:
        raise ValueError(f"landmarks of {len(points)} faces were given; norm_crop cuts one face out")
    if size < 1 or size > 8192:
        raise ValueError(f"image_size is {size}; a multiple of 16 up to 8192 is needed")
    crop = np.empty((size, size, 3), np.uint8)
    with call():
        _native.align(lend(image), is_bgr(color), points, size, crop)
    return _array(crop, color)


def annotate(image: Picture, boxes: Any, landmarks: Optional[Any] = None, labels: Optional[Sequence[str]] = None, color: str = "bgr") -> Picture:
    """A copy of the picture with boxes [n, 4] (x0, y0, x1, y1), landmarks [n, 5, 2] and a label a face (ASCII) drawn into it."""
    rows = np.full((len(boxes), 14), np.nan, np.float32)
    if len(boxes):
        rows[:, :4] = np.asarray(boxes, np.float32)
    if landmarks is not None and len(boxes):
        rows[:, 4:] = np.asarray(landmarks, np.float32).reshape(len(boxes), 10)
    texts = [""] * len(boxes) if labels is None else list(labels)
    if len(texts) != len(boxes):
        raise ValueError(f"{len(texts)} labels were given for {len(boxes)} faces")
    encoded = [text.encode("ascii", "replace") for text in texts]
    with call():
        return _array(_native.image_annotate(lend(image), is_bgr(color), rows, encoded), color)

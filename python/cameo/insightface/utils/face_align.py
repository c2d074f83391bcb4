"""Cutting faces out, as insightface.utils.face_align does."""
from __future__ import annotations

from typing import Any, Tuple

import numpy as np

from ... import pictures

__all__ = ["arcface_dst", "estimate_norm", "norm_crop", "norm_crop2", "square_crop", "trans_points", "trans_points2d", "trans_points3d", "transform"]

arcface_dst = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], dtype=np.float32)


def estimate_norm(lmk: Any, image_size: int = 112, mode: str = "arcface") -> Any:
    """The similarity [2, 3] that brings landmarks [5, 2] nearest to the template, in the sense of least squares (Umeyama 1991, without reflection)."""
    points = np.asarray(lmk, np.float64)
    if points.shape != (5, 2):
        raise ValueError(f"landmarks have shape {points.shape}; (5, 2) is needed")
    if image_size < 1 or (image_size % 112 and image_size % 128):
        raise ValueError(f"image_size is {image_size}; a multiple of 112 or 128 is needed")
    ratio = image_size / (128.0 if image_size % 112 else 112.0)
    target = arcface_dst.astype(np.float64) * ratio
    target[:, 0] += 8.0 * ratio if image_size % 112 else 0.0
    # Points as complex numbers: a rotation with a scale is one factor, and least squares give it in closed form.
    p, q = (xy[:, 0] + 1j * xy[:, 1] for xy in (points, target))
    spread = np.sum(np.abs(p - p.mean()) ** 2)
    if spread == 0:
        raise ValueError("all landmarks lie at the same place")
    factor = np.sum(np.conj(p - p.mean()) * (q - q.mean())) / spread
    shift = q.mean() - factor * p.mean()
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def norm_crop(img: Any, landmark: Any, image_size: int = 112, mode: str = "arcface") -> Any:
    """The face upright: uint8 [image_size, image_size, 3], BGR as the picture."""
    return pictures.norm_crop(img, landmark, image_size)


def norm_crop2(img: Any, landmark: Any, image_size: int = 112, mode: str = "arcface") -> Tuple[Any, Any]:
    """norm_crop, and its matrix [2, 3]."""
    return norm_crop(img, landmark, image_size, mode), estimate_norm(landmark, image_size, mode)


def square_crop(im: Any, S: int) -> Tuple[Any, float]:
    """The picture resized to fit into S x S pixels, at the top left of black, and the scale."""
    height, width = im.shape[:2]
    scale = S / max(height, width)
    size = (int(width / height * S), S) if height > width else (S, int(height / width * S))
    square = np.zeros((S, S, 3), np.uint8)
    square[: size[1], : size[0]] = pictures.resize(im, size)
    return square, scale


def transform(data: Any, center: Any, output_size: int, scale: float, rotation: float) -> Tuple[Any, Any]:
    """The square of output_size pixels around center (x, y), scaled, then turned by `rotation` degrees, and its matrix [2, 3]."""
    turn = scale * np.exp(1j * np.deg2rad(rotation))
    shift = output_size / 2 * (1 + 1j) - turn * (center[0] + 1j * center[1])
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    return pictures.warp(data, matrix, (output_size, output_size)), matrix


def trans_points2d(pts: Any, M: Any) -> Any:
    """Points [n, 2] through a matrix [2, 3]: float32 [n, 2]."""
    return (np.asarray(pts) @ M[:, :2].T + M[:, 2]).astype(np.float32)


def trans_points3d(pts: Any, M: Any) -> Any:
    """Points [n, 3] through a matrix [2, 3], depth by its scale: float32 [n, 3]."""
    points = np.asarray(pts)
    depth = points[:, 2:3] * np.sqrt(M[0, 0] ** 2 + M[0, 1] ** 2)
    return np.hstack([trans_points2d(points[:, :2], M), depth]).astype(np.float32)


def trans_points(pts: Any, M: Any) -> Any:
    """trans_points2d or trans_points3d."""
    return trans_points2d(pts, M) if pts.shape[1] == 2 else trans_points3d(pts, M)

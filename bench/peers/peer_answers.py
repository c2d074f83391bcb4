"""What goes into the networks, and whether what comes out agrees."""
from __future__ import annotations

from typing import List, Tuple

import numpy

SEED = 20240229
FACE = (3, 112, 112)
CALIBRATION = 8, 64  # so many pictures, from this one on: beyond those of the largest batch


def pictures(count: int, shape: Tuple[int, int, int], first: int = 0) -> numpy.ndarray:
    """[count, 3, height, width], 8-bit levels scaled to -1..1 as a camera's pixels would be: broad shades, finer ones, noise; no face. Picture N is
    the same for every count."""
    channels, height, width = shape
    made = numpy.empty((count, *shape), numpy.float32)
    for index in range(count):
        random = numpy.random.default_rng([SEED, first + index])
        picture = numpy.zeros(shape)
        for cells, strength in ((4, 0.5), (16, 0.3)):
            grid = random.uniform(-1, 1, (channels, cells, cells))
            rows = numpy.linspace(0, cells - 1, height)
            columns = numpy.linspace(0, cells - 1, width)
            picture += strength * bilinear(grid, rows, columns)
        picture += random.normal(0, 0.04, shape)
        levels = numpy.clip(numpy.rint(picture * 127.5 + 127.5), 0, 255)
        made[index] = (levels - 127.5) / 127.5
    return made


def bilinear(grid: numpy.ndarray, rows: numpy.ndarray, columns: numpy.ndarray) -> numpy.ndarray:
    """grid: [channels, cells, cells], read between its cells -> [channels, rows, columns]"""
    top = numpy.minimum(rows.astype(int), grid.shape[1] - 2)
    left = numpy.minimum(columns.astype(int), grid.shape[2] - 2)
    down, right = (rows - top)[:, None], columns - left
    upper = grid[:, top][:, :, left] * (1 - right) + grid[:, top][:, :, left + 1] * right
    lower = grid[:, top + 1][:, :, left] * (1 - right) + grid[:, top + 1][:, :, left + 1] * right
    return upper * (1 - down) + lower * down


def calibration_pictures() -> numpy.ndarray:
    """For those who choose ranges for eight bits: none of them is measured."""
    count, first = CALIBRATION
    return pictures(count, FACE, first)


def save_pictures(path: str, count: int, shape: Tuple[int, int, int]) -> None:
    numpy.save(path, pictures(count, shape))


def load_answers(path: str) -> List[numpy.ndarray]:
    with numpy.load(path) as file:
        return [file[f"arr_{index}"].astype(numpy.float64) for index in range(len(file.files))]


def compare(reference: List[numpy.ndarray], reference_batch: int, answers: List[numpy.ndarray], batch: int) -> Tuple[float, float]:
    """(lowest cosine, greatest relative error |a - r| / |r|) over all outputs and faces; the reference may hold more faces. Answers of another size,
    or that are not numbers, give (0, inf)."""
    if len(reference) != len(answers):
        return 0.0, float("inf")
    lowest, greatest = 1.0, 0.0
    for expected, found in zip(reference, answers):
        expected = expected.reshape(reference_batch, -1)[:batch]
        if expected.size != found.size or not numpy.isfinite(found).all():
            return 0.0, float("inf")
        found = found.reshape(batch, -1)
        lengths = numpy.linalg.norm(expected, axis=1), numpy.linalg.norm(found, axis=1)
        cosines = (expected * found).sum(1) / numpy.maximum(lengths[0] * lengths[1], 1e-300)
        errors = numpy.linalg.norm(expected - found, axis=1) / numpy.maximum(lengths[0], 1e-300)
        lowest, greatest = min(lowest, float(cosines.min())), max(greatest, float(errors.max()))
    return lowest, greatest

"""New people out of old ones, for a student that learns a teacher's function: whatever face is made, the teacher says where it belongs.

Aligned faces lie on each other, so that their blends (mixup, Zhang et al. 2018), exchanged parts with soft edges (CutMix, Yun et al. 2019) and bent
shapes look like faces. Function matching on such mixes: Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and consistent".
"""
import cv2
import numpy as np

from .augment import EYES_TO_MOUTH
from .face_crops import CANVAS

Y, X = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32)
MIDDLE_X, MIDDLE_Y = CANVAS / 2, CANVAS / 2 + EYES_TO_MOUTH
FACE = np.s_[30:140, 40:120]  # where colours are compared


def soft_edge(distance, width):
    """Distance from an edge, positive inside -> 0..1"""
    return (1 / (1 + np.exp(-np.clip(distance / width, -30, 30)))).astype(np.float32)


def oval(x, y, width, height, edge):
    return soft_edge(1 - np.hypot((X - x) / width, (Y - y) / height), edge)


def part_mask(rng):
    """Which part comes from which face: [CANVAS,CANVAS,1] in 0..1"""
    kind, edge = rng.integers(0, 7), rng.uniform(1.5, 8)
    if kind == 0:  # upper and lower part
        mask = soft_edge(Y - rng.uniform(70, 110), edge)
    elif kind == 1:  # halves
        mask = soft_edge(X - rng.normal(MIDDLE_X, 8), edge)
    elif kind == 2:  # eyes
        mask = soft_edge(rng.uniform(14, 24) - np.abs(Y - 76), edge)
    elif kind == 3:  # mouth and chin
        mask = oval(MIDDLE_X, 118, rng.uniform(24, 34), rng.uniform(14, 24), edge / 20)
    elif kind == 4:  # nose
        mask = oval(MIDDLE_X, 92, rng.uniform(12, 20), rng.uniform(16, 26), edge / 20)
    elif kind == 5:  # the face and what is around it
        mask = oval(MIDDLE_X, MIDDLE_Y, rng.uniform(32, 44), rng.uniform(38, 54), edge / 30)
    else:  # any line through the face
        angle = rng.uniform(0, 2 * np.pi)
        mask = soft_edge(np.cos(angle) * (X - MIDDLE_X) + np.sin(angle) * (Y - MIDDLE_Y - 2) - rng.normal(0, 12), edge)
    return (mask if rng.random() < 0.5 else 1 - mask)[:, :, None]


def with_colours_of(image, other):
    """Mean and contrast of each channel as in the other's face."""
    here, there = image[FACE].reshape(-1, 3), other[FACE].reshape(-1, 3)
    gain = np.clip((there.std(0) + 4) / (here.std(0) + 4), 0.6, 1.7)
    return (image - here.mean(0)) * gain + there.mean(0)


def bend(image, rng):
    """Another shape of the face: one to three smooth bumps of displacement."""
    across, down = np.zeros_like(X), np.zeros_like(Y)
    for _ in range(rng.integers(1, 4)):
        x, y, width = rng.uniform(45, 115), rng.uniform(55, 135), rng.uniform(12, 30)
        bump = np.exp(-((X - x) ** 2 + (Y - y) ** 2) / (2 * width * width))
        across += bump * rng.normal(0, 3.2)
        down += bump * rng.normal(0, 3.2)
    return cv2.remap(image, X + across, Y + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def new_face(draw, rng):
    """draw() gives a canvas uint8 [CANVAS,CANVAS,3] -> another: 4 of 10 as they are, the others of two or three people; 3 of 10 bent."""
    image, kind = draw(), rng.random()
    if kind < 0.60:
        face, other = image.astype(np.float32), draw().astype(np.float32)
        if rng.random() < 0.6:
            other = with_colours_of(other, face)
        if kind < 0.28:
            share = rng.uniform(0.2, 0.8)
            face = face * share + other * (1 - share)
        elif kind < 0.5:
            mask = part_mask(rng)
            face = face * mask + other * (1 - mask)
        else:
            mask = part_mask(rng) * rng.uniform(0.6, 1) * rng.uniform(0.3, 0.7)
            face = face * (1 - mask) + other * mask
            mask = part_mask(rng)
            face = face * mask + draw().astype(np.float32) * (1 - mask)
        image = np.clip(face, 0, 255).astype(np.uint8)
    return bend(image, rng) if rng.random() < 0.3 else image

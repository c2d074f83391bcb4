"""What happens to a face between the camera and the network: small errors of alignment, light, colour, blur, low resolution, JPEG, occlusion.

Pictures are uint8 RGB. `rng` is a numpy Generator: the same seed gives the same pictures.
"""
from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 112
EYES_TO_MOUTH = 14  # how far below the crop's middle the face's middle lies, in pixels of the 112
Y, X = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)


@dataclass(frozen=True)
class Strength:
    """Chances (0..1) and sizes of changes."""
    flip: float = 0.5
    turn: float = 3.5        # degrees, standard deviation
    scale: float = 0.035     # standard deviation
    stretch: float = 0.03    # width against height, standard deviation; three times that in 3 of 10
    shift: float = 1.6       # pixels, standard deviation
    light: float = 0.5
    blur: float = 0.08
    low_resolution: float = 0.10
    jpeg: float = 0.08
    occlusion: float = 0.08


MILD = Strength(turn=1.5, scale=0.015, stretch=0.01, shift=0.8, light=0.3, blur=0.03, low_resolution=0.04, jpeg=0.04, occlusion=0.02)
NONE = Strength(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def move(image, rng, strength):
    """Canvas of any size with the template in its middle -> 112 x 112, turned, scaled, stretched and shifted a little."""
    angle = np.deg2rad(rng.normal(0, 1) * strength.turn)
    scale = 1 + rng.normal(0, 1) * strength.scale
    stretch = 1 + rng.normal(0, 1) * strength.stretch * (1 if rng.random() < 0.7 else 3)
    turn = scale * np.array([[np.cos(angle) * stretch, -np.sin(angle)], [np.sin(angle) * stretch, np.cos(angle)]])
    height, width = image.shape[:2]
    here = np.array([width / 2, height / 2 + EYES_TO_MOUTH])
    there = np.array([SIDE / 2, SIDE / 2 + EYES_TO_MOUTH]) + rng.normal(0, 1, 2) * strength.shift
    matrix = np.hstack([turn, (there - turn @ here)[:, None]])
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def relight(image, rng):
    """Contrast, brightness, colour, gamma, grey, noise, light from one side."""
    light = (image.astype(np.float32) - 110) * rng.uniform(0.65, 1.35) + 110 + rng.normal(0, 18)
    light *= 1 + rng.normal(0, 0.06, 3).astype(np.float32)
    if rng.random() < 0.3:
        light = 255 * (np.clip(light, 0, 255) / 255) ** np.float32(np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.15:
        light[:] = light.mean(2, keepdims=True)
    if rng.random() < 0.15:
        light += rng.normal(0, rng.uniform(2, 10), light.shape)
    if rng.random() < 0.2:
        angle = rng.uniform(0, 2 * np.pi)
        across = (np.cos(angle) * (X - SIDE / 2) + np.sin(angle) * (Y - SIDE / 2)) / (SIDE / 2)
        light *= 1 + rng.uniform(0.1, 0.5) * across[:, :, None]
    return np.clip(light, 0, 255).astype(np.uint8)


def degrade(image, rng, strength):
    """At most one of blur, low resolution, JPEG."""
    chance = rng.random()
    if chance < strength.blur:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.8))
    if chance < strength.blur + strength.low_resolution:
        side = int(rng.uniform(32, 90))
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    if chance < strength.blur + strength.low_resolution + strength.jpeg:
        return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(15, 80))])[1], cv2.IMREAD_COLOR)
    return image


def occlude(image, rng):
    image = image.copy()
    width, height = rng.integers(15, 50, 2)
    left, top = rng.integers(0, SIDE - width), rng.integers(0, SIDE - height)
    image[top:top + height, left:left + width] = rng.integers(0, 255, 3)
    return image


def augment(image, rng, strength=Strength()):
    """Canvas -> 112 x 112"""
    if rng.random() < strength.flip:
        image = np.ascontiguousarray(image[:, ::-1])
    image = move(image, rng, strength)
    if rng.random() < strength.light:
        image = relight(image, rng)
    image = degrade(image, rng, strength)
    return occlude(image, rng) if rng.random() < strength.occlusion else image

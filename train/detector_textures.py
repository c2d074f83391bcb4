"""Pictures of no face, drawn: noise, leaves, stripes, text, shapes, gradients. What a detector must stay silent on."""

import cv2
import numpy as np

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;%&?!"


def _colour(random):
    return tuple(int(v) for v in random.integers(0, 256, 3))


def _gradient(random, height, width):
    corners = random.integers(0, 256, (2, 2, 3)).astype(np.float32)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def noise(random, height, width):
    """Octaves of value noise, as clouds, bark and stone have them."""
    total = np.zeros((height, width, 3), np.float32)
    cells, weight = int(random.integers(2, 6)), 1.0
    grey = random.random() < 0.5
    fall = random.uniform(0.4, 0.9)
    while cells < max(height, width):
        grid = random.standard_normal((cells, cells, 1 if grey else 3)).astype(np.float32)
        total += weight * cv2.resize(np.broadcast_to(grid, (cells, cells, 3)).copy(), (width, height), interpolation=cv2.INTER_CUBIC)
        cells, weight = cells * 2, weight * fall
    tint = random.uniform(0.4, 1.3, 3)
    return np.clip(128 + total * random.uniform(15, 70) * tint + random.uniform(-60, 60), 0, 255).astype(np.uint8)


def leaves(random, height, width):
    """Foliage, gravel, crowds of things: many small ellipses of kindred colours."""
    picture = _gradient(random, height, width)
    base, size = random.integers(0, 256, 3), random.uniform(0.015, 0.15) * max(height, width)
    for _ in range(int(random.integers(60, 400))):
        centre = (int(random.integers(-10, width + 10)), int(random.integers(-10, height + 10)))
        axes = tuple(max(1, int(size * random.uniform(0.3, 1.2) * part)) for part in (1.0, random.uniform(0.3, 1.0)))
        colour = tuple(int(v) for v in np.clip(base + random.normal(0, 45) + random.normal(0, 12, 3), 0, 255))
        cv2.ellipse(picture, centre, axes, float(random.uniform(0, 360)), 0, 360, colour, -1, cv2.LINE_AA)
    return picture


def stripes(random, height, width):
    """Bricks, blinds, checks, fabric."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, other = random.uniform(0, np.pi), random.uniform(0, np.pi)
    period = random.uniform(4, 60)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
    if random.random() < 0.6:
        wave = wave * np.sin((x * np.cos(other) + y * np.sin(other)) * 2 * np.pi / random.uniform(4, 60))
    if random.random() < 0.5:
        wave = np.sign(wave)
    low, high = random.integers(0, 256, (2, 3))
    return np.clip(low + (high - low) * (wave[..., None] * 0.5 + 0.5), 0, 255).astype(np.uint8)


def text(random, height, width):
    picture = _gradient(random, height, width)
    scale = random.uniform(0.3, 2.5)
    font = int(random.integers(0, 8))
    step = max(8, int(30 * scale))
    for y in range(0, height + step, step):
        line = "".join(random.choice(list(LETTERS + "   "), int(width / (8 * scale)) + 1))
        cv2.putText(picture, line, (int(random.integers(-20, 5)), y), font, scale, _colour(random), int(random.integers(1, 4)), cv2.LINE_AA)
    return picture


def shapes(random, height, width):
    """Discs, boxes, rings and lines: wheels, windows, plates, buttons; also pairs of dark discs, which are not yet eyes."""
    picture = _gradient(random, height, width) if random.random() < 0.6 else noise(random, height, width)
    for _ in range(int(random.integers(4, 40))):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        size = max(2, int(random.uniform(0.02, 0.35) * min(height, width)))
        kind, colour, line = random.integers(0, 5), _colour(random), int(random.choice([-1, -1, 1, 2, 4]))
        if kind == 0:
            cv2.circle(picture, (x, y), size, colour, line, cv2.LINE_AA)
        elif kind == 1:
            cv2.rectangle(picture, (x, y), (x + size, y + int(size * random.uniform(0.3, 2))), colour, line)
        elif kind == 2:
            cv2.line(picture, (x, y), (int(random.integers(0, width)), int(random.integers(0, height))), colour, max(1, abs(line)), cv2.LINE_AA)
        elif kind == 3:
            cv2.ellipse(picture, (x, y), (size, max(1, size // 2)), float(random.uniform(0, 180)), 0, 360, colour, line, cv2.LINE_AA)
        else:
            for side in (-1, 1):
                cv2.circle(picture, (x + side * size // 2, y), max(1, size // 6), colour, -1, cv2.LINE_AA)
    return picture


KINDS = (noise, leaves, stripes, text, shapes)


def texture(random, height, width):
    """A drawn picture of no face, RGB [height,width,3]; sometimes two of them mixed."""
    kinds = [KINDS[i] for i in random.integers(0, len(KINDS), 2)]
    picture = kinds[0](random, height, width)
    if random.random() < 0.3:
        share = random.uniform(0.2, 0.8)
        picture = cv2.addWeighted(picture, share, kinds[1](random, height, width), 1 - share, 0)
    return picture


def drawn(seed, count):
    """So many pictures of 200 to 640 pixels a side: each kind by itself, and between them whatever `texture` makes."""
    random = np.random.default_rng(seed)
    cv2.setRNGSeed(seed)
    for i in range(count):
        height, width = (int(side) for side in random.integers(200, 640, 2))
        yield KINDS[i % len(KINDS)](random, height, width) if i % 2 else texture(random, height, width)

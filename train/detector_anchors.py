"""Where the detector looks for faces, and which of these places answers for which face.

A place is an anchor: a cell of a feature map, at (column * stride, row * stride) as in SCRFD's exports, and one of the two sizes of its stride.
A face is given to anchors by adaptive training sample selection (ATSS; Zhang et al. 2020): the nine cells nearest to the face's centre are
candidates in each of the six grids, and those become positive whose overlap with the face is above the candidates' mean plus standard deviation.
"""

import numpy as np

STRIDES = (8, 16, 32)
ANCHOR_SIZES = ((16, 32), (64, 128), (256, 512))  # pixels; sides of a square
ANCHORS_A_CELL = 2

NEGATIVE, IGNORED = -1, -2


def anchor_centres(height, width):
    """-> centres [N,2] and sizes [N] in pixels and strides [N], in the order of the network's rows, all strides one below the other."""
    centres, sizes, strides = [], [], []
    for stride, pair in zip(STRIDES, ANCHOR_SIZES):
        rows, columns = height // stride, width // stride
        y, x = np.mgrid[:rows, :columns] * float(stride)
        cells = np.stack([x, y], -1).reshape(-1, 2).repeat(ANCHORS_A_CELL, 0)
        centres.append(cells)
        sizes.append(np.tile(np.array(pair, float), rows * columns))
        strides.append(np.full(len(cells), float(stride)))
    return np.concatenate(centres), np.concatenate(sizes), np.concatenate(strides)


def overlaps(boxes, others):
    """Intersection over union of boxes [..., 4] (x1, y1, x2, y2) with others, broadcast."""
    corner = np.maximum(boxes[..., :2], others[..., :2])
    extent = np.clip(np.minimum(boxes[..., 2:], others[..., 2:]) - corner, 0, None)
    common = extent[..., 0] * extent[..., 1]
    area = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    other = (others[..., 2] - others[..., 0]) * (others[..., 3] - others[..., 1])
    return common / np.maximum(area + other - common, 1e-9)


def candidates(faces, height, width):
    """Anchors near the centres of faces [M,4] -> indexes [M,54] (-1: outside the picture) and the anchors' boxes [M,54,4]."""
    middle = (faces[:, :2] + faces[:, 2:]) / 2
    indexes, boxes, first = [], [], 0
    dy, dx = (offset.reshape(1, -1) for offset in np.mgrid[-1:2, -1:2])
    for stride, pair in zip(STRIDES, ANCHOR_SIZES):
        rows, columns = height // stride, width // stride
        column = np.rint(middle[:, :1] / stride).astype(int) + dx
        row = np.rint(middle[:, 1:] / stride).astype(int) + dy
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        centre = np.stack([column, row], -1) * float(stride)
        for k, size in enumerate(pair):
            indexes.append(np.where(inside, first + (row * columns + column) * ANCHORS_A_CELL + k, -1))
            boxes.append(np.concatenate([centre - size / 2, centre + size / 2], -1))
        first += rows * columns * ANCHORS_A_CELL
    return np.concatenate(indexes, 1), np.concatenate(boxes, 1)


def assign(faces, ignored, height, width):
    """faces [M,4] and regions [K,4] that may or may not be faces, pixels -> for each anchor the index of its face, NEGATIVE or IGNORED."""
    centres, _, _ = anchor_centres(height, width)
    owner = np.full(len(centres), NEGATIVE, np.int64)
    for x1, y1, x2, y2 in ignored:
        owner[(centres[:, 0] >= x1) & (centres[:, 0] <= x2) & (centres[:, 1] >= y1) & (centres[:, 1] <= y2)] = IGNORED
    if len(faces) == 0:
        return owner
    indexes, boxes = candidates(faces, height, width)
    overlap = np.where(indexes >= 0, overlaps(boxes, faces[:, None]), 0.0)
    threshold = overlap.mean(1) + overlap.std(1)
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    inside = ((middle > faces[:, None, :2]) & (middle < faces[:, None, 2:])).all(-1)
    positive = (overlap >= threshold[:, None]) & inside & (indexes >= 0)
    positive[np.arange(len(faces)), overlap.argmax(1)] = True  # even a face so small that no cell lies inside has one anchor
    best = np.zeros(len(centres))
    for face in range(len(faces)):
        for candidate in np.flatnonzero(positive[face] & (indexes[face] >= 0)):
            anchor = indexes[face, candidate]
            if overlap[face, candidate] >= best[anchor]:
                best[anchor], owner[anchor] = overlap[face, candidate], face
    return owner

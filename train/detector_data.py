"""Batches for the detector: pages drawn in a process beside the training, each batch from its own number, so that a run that was cut off goes on
with the very pages it would have had."""

import json

import cv2
import numpy as np
import torch

from .detector_anchors import assign
from .detector_labels import hard_faces, is_validation, split
from .detector_scene import Faces, Source, page

# Sides of a page in pixels, and how many pages make a batch: about as much work each.
PAGES = ((192, 10), (256, 6), (320, 4), (320, 4), (384, 3), (448, 2))
MOST_FACES = 48


def load(folder, name, validation):
    """The stored pictures of held-out people, or of all others, with their faces."""
    labels = json.loads((folder / f"{name}.json").read_text())
    pictures = np.load(folder / f"{name}.npy", mmap_mode="r")
    chosen = [i for i, entry in enumerate(labels) if is_validation(entry["person"]) == validation]
    faces, hard = [], []
    for place, i in enumerate(chosen):
        boxes, points, ignored = split(labels[i]["faces"])
        faces.append(Faces(boxes, points, np.ones((len(points), 5), bool), ignored))
        hard += [(place, face) for face in hard_faces(labels[i]["faces"])]
    return Source(pictures[chosen], faces, hard)


def batch(photos, portraits, seed, number, size, count):
    """-> pictures [B,size,size,3] (bytes), owners [B,N], boxes [B,M,4], points [B,M,5,2], visible [B,M,5]."""
    random = np.random.default_rng((seed, number))
    cv2.setRNGSeed(int(random.integers(1 << 30)))
    pictures = np.empty((count, size, size, 3), np.uint8)
    boxes = np.zeros((count, MOST_FACES, 4), np.float32)
    points = np.zeros((count, MOST_FACES, 5, 2), np.float32)
    visible = np.zeros((count, MOST_FACES, 5), np.float32)
    owners = []
    for i in range(count):
        pictures[i], faces = page(random, photos, portraits, size, size)
        used = min(len(faces.boxes), MOST_FACES)
        boxes[i, :used], points[i, :used], visible[i, :used] = faces.boxes[:used], faces.points[:used], faces.visible[:used]
        owners.append(assign(faces.boxes[:used], np.concatenate([faces.ignored, faces.boxes[used:]]), size, size))
    return tuple(torch.from_numpy(array) for array in (pictures, np.stack(owners), boxes, points, visible))


class Batches(torch.utils.data.Dataset):
    """Batch number `first + i`."""

    def __init__(self, photos, portraits, seed, first, last, pages=PAGES):
        self.photos, self.portraits, self.seed, self.first, self.last, self.pages = photos, portraits, seed, first, last, pages

    def __len__(self):
        return self.last - self.first

    def __getitem__(self, index):
        cv2.setNumThreads(1)
        number = self.first + index
        size, count = self.pages[number % len(self.pages)]
        return batch(self.photos, self.portraits, self.seed, number, size, count)


def as_input(pictures):
    """Bytes [B,H,W,3] -> the network's input [B,3,H,W], channels last in memory."""
    return ((pictures.float() - 127.5) / 128).permute(0, 3, 1, 2)

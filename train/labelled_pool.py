"""Faces that the teacher has answered for, in files that the trainer and a process that makes new ones share.

The pool is a ring: new faces replace the oldest. Each face is used about `reuse` times before its place is taken, since asking the teacher costs as much as
a step of a small student. The files stay for the next run.
"""
import os
import signal
import sys
import time
import traceback

import numpy as np

from .augment import SIDE, Strength, augment
from .face_crops import as_canvas
from .face_mixing import new_face

MADE, USED = 0, 1
FIRST_FACES = 4000  # there must be, before a trainer begins


class Pool:
    """pixels [size,112,112,3], embeddings [size,D], maps: list of [size,M]"""

    def __init__(self, folder, size, length, maps):
        os.makedirs(folder, exist_ok=True)
        self.size = size
        self.pixels = self.array(folder, "pixels", (size, SIDE, SIDE, 3), np.uint8)
        self.embeddings = self.array(folder, "embeddings", (size, length), np.float32)
        self.maps = [self.array(folder, f"maps{number}", (size, each), np.float16) for number, each in enumerate(maps)]
        self.counts = self.array(folder, "count", (4,), np.int64)

    @staticmethod
    def array(folder, name, shape, kind):
        path, bytes_ = os.path.join(folder, name), int(np.prod(shape)) * np.dtype(kind).itemsize
        fits = os.path.exists(path) and os.path.getsize(path) == bytes_
        return np.memmap(path, kind, "r+" if fits else "w+", shape=shape)

    @property
    def filled(self):
        return int(min(self.counts[MADE], self.size))

    def add(self, pixels, embeddings, maps):
        places = (self.counts[MADE] + np.arange(len(pixels))) % self.size
        self.pixels[places], self.embeddings[places] = pixels, embeddings
        for kept, new in zip(self.maps, maps):
            kept[places] = new
        self.counts[MADE] += len(pixels)

    def take(self, rng, count):
        """-> pixels, embeddings, maps, of different faces"""
        places = np.unique(rng.integers(0, self.filled, count))
        self.counts[USED] += len(places)
        return self.pixels[places], self.embeddings[places], [each[places].astype(np.float32) for each in self.maps]

    def wants_more(self, reuse):
        return self.counts[MADE] < 2 * FIRST_FACES or self.counts[MADE] - FIRST_FACES < self.counts[USED] / reuse


def produce(pool, source, pictures, teacher, reuse, seed, strength=Strength(), batch=32):
    """Makes faces from the given pictures of the source and has them labelled, until the process that began this one is gone."""
    rng, parent = np.random.default_rng(seed), os.getppid()

    def draw():
        image = as_canvas(source.picture(pictures[rng.integers(len(pictures))]))
        return np.ascontiguousarray(image[:, ::-1]) if rng.random() < 0.5 else image

    while os.getppid() == parent:
        if not pool.wants_more(reuse):
            time.sleep(0.05)
            continue
        faces = np.stack([augment(new_face(draw, rng), rng, strength) for _ in range(batch)])
        pool.add(faces, *teacher(faces))


def start_producer(pool, source, pictures, open_teacher, reuse, seed):
    """A process of its own -> its id. Begin it before PyTorch's threads run."""
    process = os.fork()
    if process:
        pool.counts[USED] = int(pool.counts[MADE] * reuse)
        return process
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        produce(pool, source, pictures, open_teacher(), reuse, seed)
        os._exit(0)
    except BaseException:  # a child must not return into the trainer's code
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def wait_until_filled(pool, process):
    while pool.counts[MADE] < FIRST_FACES:
        time.sleep(0.2)
        if os.waitpid(process, os.WNOHANG)[0]:
            raise RuntimeError("the process that makes labelled faces ended; what it said is above")

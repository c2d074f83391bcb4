"""Where training pictures come from: one interface over folders by person, InsightFace's .rec/.idx, tar shards, and files of aligned crops.

A source has `len()`, `people[i]` (number of the person in picture i, 0..count-1), `names` (of the people, by number), `picture(i)` (uint8 RGB [H,W,3]).
"""
import glob
import os

import cv2
import numpy as np

from .recordio import RecordFile
from .tar_shards import PICTURE, TarFile

CROPS, CROPS_NAMES = "crops.npy", "people.txt"


class BadSource(ValueError):
    """What was given, and what would have been right."""


def decode(data, where):
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise BadSource(f"{where}: no picture that can be decoded")
    return np.ascontiguousarray(image[:, :, ::-1])


def numbered(names):
    """Names of the people in the pictures -> (number of each, names in the order of numbers)."""
    order = sorted(set(names))
    numbers = {name: number for number, name in enumerate(order)}
    return np.array([numbers[name] for name in names], np.int64), order


class FolderSource:
    """FOLDER/PERSON/*.jpg"""

    def __init__(self, folder):
        self.files = [path for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*", "*"))) if PICTURE.search(path)]
        if not self.files:
            raise BadSource(f"{folder}: no pictures; FOLDER/PERSON/PICTURE.jpg was expected")
        self.people, self.names = numbered([os.path.basename(os.path.dirname(path)) for path in self.files])

    def __len__(self):
        return len(self.files)

    def picture(self, number):
        with open(self.files[number], "rb") as file:
            return decode(file.read(), self.files[number])


class RecordSource:
    """InsightFace's .rec with .idx beside it. Reading all labels once costs a walk over the file's pages."""

    def __init__(self, path):
        self.file = RecordFile(path)
        self.people, self.names = numbered([f"{self.file.read(number)[0]:010d}" for number in range(len(self.file))])

    def __len__(self):
        return len(self.file)

    def picture(self, number):
        return decode(self.file.read(number)[1], f"{self.file.path}, picture {number}")


class TarSource:
    """One tar or several."""

    def __init__(self, paths):
        self.shards = [TarFile(path) for path in paths]
        self.places = [(shard, number) for shard in self.shards for number in range(len(shard))]
        if not self.places:
            raise BadSource(f"{', '.join(paths)}: no picture inside")
        self.people, self.names = numbered([person for shard in self.shards for person in shard.people])

    def __len__(self):
        return len(self.places)

    def picture(self, number):
        shard, place = self.places[number]
        return decode(shard.read(place), f"{shard.path}, picture {place}")


class CropSource:
    """What `train crops` writes: aligned faces with some of what lies around them, all of one size, mapped into memory."""

    def __init__(self, folder):
        self.crops = np.load(os.path.join(folder, CROPS), mmap_mode="r", allow_pickle=False)
        with open(os.path.join(folder, CROPS_NAMES), encoding="utf-8") as file:
            people = file.read().splitlines()
        if self.crops.ndim != 4 or self.crops.shape[3] != 3 or self.crops.dtype != np.uint8 or len(people) != len(self.crops):
            raise BadSource(f"{folder}: {self.crops.dtype} {self.crops.shape} and {len(people)} names do not go together; make it anew with `train crops`")
        self.people, self.names = numbered(people)

    def __len__(self):
        return len(self.crops)

    def picture(self, number):
        return np.ascontiguousarray(self.crops[number])


def open_source(path):
    """The kind is told by what is there; {000..999} in a tar's name is written as a shell pattern (shard-*.tar)."""
    if os.path.isdir(path):
        return CropSource(path) if os.path.exists(os.path.join(path, CROPS)) else FolderSource(path)
    if path.endswith(".rec"):
        return RecordSource(path)
    found = [path] if os.path.exists(path) else sorted(glob.glob(path))
    if path.endswith(".tar") and found:
        return TarSource(found)
    raise BadSource(f"{path}: a folder of people's folders, a .rec with its .idx, .tar (also as a pattern), or a folder made by `train crops` was expected")


def split_people(people, held_out, seed, most_pictures=8):
    """Chooses people with two pictures or more for validation -> (training pictures, validation pictures), both as indexes, without a common person."""
    count = np.bincount(people)
    several = np.flatnonzero(count >= 2)
    chosen = np.random.default_rng(seed).permutation(several)[:held_out]
    apart = np.isin(people, chosen)
    validation = [index for person in chosen for index in np.flatnonzero(people == person)[:most_pictures]]
    return np.flatnonzero(~apart), np.array(sorted(validation), np.int64)

"""Tar files of pictures: WebDataset shards, where KEY.jpg goes with KEY.cls (a number) or KEY.json ({"label": number}), and packed folders by person.

A shard is read once for its table of contents; pictures are then read from their places in it.
"""
import json
import os
import re
import tarfile

PICTURE = re.compile(r"\.(jpe?g|png|bmp|webp)$", re.IGNORECASE)
MOST_LABEL_BYTES = 1 << 16


class BadShard(ValueError):
    """The file and the member, and what is wrong there."""


def label_of(data, suffix, where):
    try:
        value = json.loads(data) if suffix == ".json" else int(data.decode("ascii").strip())
        value = value.get("label") if isinstance(value, dict) else value
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:012d}"
        if isinstance(value, str):
            return value
    except (ValueError, RecursionError):
        pass
    raise BadShard(f"{where}: holds no label; a number, or in .json {{\"label\": number or name}}, was expected")


class TarFile:
    """The pictures of one tar, in its order; `people[i]` is the name of the person in picture i."""

    def __init__(self, path):
        self.path, self.places, self.people = path, [], []
        labels, pictures = {}, []
        size = os.path.getsize(path)
        try:
            with tarfile.open(path, "r:") as tar:
                for member in tar:
                    self.add_member(tar, member, size, labels, pictures)
        except tarfile.TarError as error:
            raise BadShard(f"{path}: {error}") from error
        for name, offset, length in pictures:
            person = labels.get(PICTURE.sub("", name)) or os.path.basename(os.path.dirname(name))
            if not person:
                raise BadShard(f"{path}: {name} lies in no person's folder and has neither .cls nor .json beside it")
            self.people.append(person)
            self.places.append((offset, length))

    def add_member(self, tar, member, size, labels, pictures):
        if not member.isreg() or member.issparse():
            return
        stem, suffix = os.path.splitext(member.name)
        if member.offset_data + member.size > size:
            raise BadShard(f"{self.path}: {member.name} claims {member.size} bytes, which the file has not")
        if PICTURE.search(member.name):
            pictures.append((member.name, member.offset_data, member.size))
        elif suffix in (".cls", ".json"):
            if member.size > MOST_LABEL_BYTES:
                raise BadShard(f"{self.path}: {member.name} has {member.size} bytes, a label has at most {MOST_LABEL_BYTES}")
            labels[stem] = label_of(tar.extractfile(member).read(), suffix, f"{self.path}: {member.name}")

    def __len__(self):
        return len(self.places)

    def read(self, number):
        offset, length = self.places[number]
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(length)

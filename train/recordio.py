"""InsightFace's training sets: NAME.rec holds records in MXNet's RecordIO form, NAME.idx says where each begins.

A record: magic 0xced7230a, a word whose upper three bits say whether the record is whole (0) or the first (1), a middle (2) or the last (3) part of one
that contained the magic itself, and whose lower 29 bits are the part's length; then its bytes, filled up to a multiple of four. The bytes of a picture's
record: flag (uint32), label (float32), two ids (uint64); if flag > 0, so many float32 labels; then the JPEG or PNG file. Record 0 of InsightFace's sets
is no picture: its first label is the key where the pictures end.
Nothing in the files is trusted: every length is compared with what is there.
"""
import mmap
import os
import struct

import numpy as np

MAGIC = 0xCED7230A
HEADER = struct.Struct("<IfQQ")
MOST_LABELS = 1 << 16
WHOLE, FIRST, MIDDLE, LAST = range(4)


class BadRecord(ValueError):
    """The file and the place in it, and what is wrong there."""


def read_part(data, offset, name):
    """One part of a record -> (kind, bytes, where the next begins)."""
    if offset < 0 or offset % 4 or offset + 8 > len(data):
        raise BadRecord(f"{name}: no record can begin at byte {offset} of {len(data)}")
    magic, word = struct.unpack_from("<II", data, offset)
    if magic != MAGIC:
        raise BadRecord(f"{name}: byte {offset} begins with {magic:#010x}, a record with {MAGIC:#010x}")
    kind, length = word >> 29, word & 0x1FFFFFFF
    if kind > LAST or offset + 8 + length > len(data):
        raise BadRecord(f"{name}: the record at byte {offset} claims kind {kind} and {length} bytes, {len(data) - offset - 8} are left")
    return kind, bytes(data[offset + 8:offset + 8 + length]), offset + 8 + (length + 3) // 4 * 4


def read_record(data, offset, name):
    """A whole record; parts are joined by the magic that stood between them."""
    kind, content, offset = read_part(data, offset, name)
    if kind == WHOLE:
        return content
    if kind != FIRST:
        raise BadRecord(f"{name}: a record begins with part {kind}, 0 or 1 was expected")
    parts = [content]
    while kind != LAST:
        kind, content, offset = read_part(data, offset, name)
        if kind not in (MIDDLE, LAST):
            raise BadRecord(f"{name}: part {kind} in the middle of a record")
        parts.append(content)
    return struct.pack("<I", MAGIC).join(parts)


def unpack(record, name):
    """-> (labels, file)"""
    if len(record) < HEADER.size:
        raise BadRecord(f"{name}: a record of {len(record)} bytes, {HEADER.size} are its header alone")
    flag, label, _, _ = HEADER.unpack_from(record)
    if flag == 0:
        return np.array([label], np.float32), record[HEADER.size:]
    if flag > MOST_LABELS or HEADER.size + 4 * flag > len(record):
        raise BadRecord(f"{name}: a record of {len(record)} bytes claims {flag} labels")
    return np.frombuffer(record, "<f4", flag, HEADER.size), record[HEADER.size + 4 * flag:]


def read_index(path, size):
    """Lines `key <tab> offset` -> {key: offset}"""
    index = {}
    with open(path, encoding="ascii", errors="replace") as file:
        for number, line in enumerate(file, 1):
            words = line.split()
            if len(words) != 2 or not all(word.isdigit() and len(word) < 20 for word in words):
                raise BadRecord(f"{path}:{number}: \"key <tab> offset\" was expected")
            if int(words[1]) >= size:
                raise BadRecord(f"{path}:{number}: offset {words[1]} lies behind the end of the .rec file ({size} bytes)")
            index[int(words[0])] = int(words[1])
    if not index:
        raise BadRecord(f"{path}: is empty")
    return index


class RecordFile:
    """The pictures of NAME.rec by number; `read(i)` -> (person, bytes of the picture's file)."""

    def __init__(self, path):
        self.path = path
        size = os.path.getsize(path)
        if size == 0:
            raise BadRecord(f"{path}: is empty")
        self.offsets = read_index(os.path.splitext(path)[0] + ".idx", size)
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.keys = sorted(self.offsets)
        if self.keys[0] == 0:
            labels, _ = unpack(read_record(self.data, self.offsets[0], path), path)
            end = float(labels[0])
            if len(labels) > 1 and 1 <= end < 2 ** 53:
                self.keys = [key for key in self.keys if 1 <= key < int(end)]
        if not self.keys:
            raise BadRecord(f"{path}: holds no picture")

    def __len__(self):
        return len(self.keys)

    def read(self, number):
        key = self.keys[number]
        labels, file = unpack(read_record(self.data, self.offsets[key], self.path), f"{self.path}, key {key}")
        if not (0 <= labels[0] < 2 ** 31 and float(labels[0]).is_integer()):
            raise BadRecord(f"{self.path}, key {key}: the label {labels[0]} is no person's number")
        return int(labels[0]), file


def pack(labels, file):
    """What `unpack` reads: for tests, and for whoever makes such a set."""
    labels = np.atleast_1d(np.asarray(labels, "<f4"))
    if len(labels) == 1:
        return HEADER.pack(0, float(labels[0]), 0, 0) + file
    return HEADER.pack(len(labels), 0.0, 0, 0) + labels.tobytes() + file


def write_records(path, records):
    """Writes NAME.rec and NAME.idx from (key, record) pairs."""
    with open(path, "wb") as out, open(os.path.splitext(path)[0] + ".idx", "w", encoding="ascii") as index:
        for key, record in records:
            index.write(f"{key}\t{out.tell()}\n")
            parts = split_at_magic(record)
            for number, part in enumerate(parts):
                kind = WHOLE if len(parts) == 1 else FIRST if number == 0 else LAST if number == len(parts) - 1 else MIDDLE
                out.write(struct.pack("<II", MAGIC, kind << 29 | len(part)) + part + bytes(-len(part) % 4))


def split_at_magic(record):
    """A magic on a multiple of four would look like a record's beginning: it is left out there, and the reader puts it back."""
    magic, parts, first, at = struct.pack("<I", MAGIC), [], 0, 0
    while (at := record.find(magic, at)) >= 0:
        if at % 4 == 0:
            parts.append(record[first:at])
            first = at = at + 4
        else:
            at += 1
    return parts + [record[first:]]

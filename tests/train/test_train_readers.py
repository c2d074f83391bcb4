"""Sources of training pictures: .rec/.idx, tar shards, folders, crops; and that bad files are refused by name instead of believed."""
import io
import json
import os
import random
import struct
import tarfile
import tempfile
import unittest

import cv2
import numpy as np

from train import face_sources, recordio, tar_shards


def picture(colour, side=24):
    """A PNG of one colour, RGB"""
    return cv2.imencode(".png", np.full((side, side, 3), colour[::-1], np.uint8))[1].tobytes()


COLOURS = [(200, 10, 10), (10, 200, 10), (10, 10, 200)]


class Scratch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def write_set(self, pictures=3):
        """As InsightFace's: record 0 says that pictures have keys 1 to `pictures`; records of people follow those."""
        records = [(0, recordio.pack([pictures + 1, pictures + 3], b""))]
        records += [(key, recordio.pack([key % 2], picture(COLOURS[key % 3]))) for key in range(1, pictures + 1)]
        records += [(pictures + 1 + each, recordio.pack([1, 2], b"")) for each in range(2)]
        recordio.write_records(self.path("train.rec"), records)
        return self.path("train.rec")


class Records(Scratch):
    def test_a_set_as_insightface_writes_it(self):
        source = face_sources.open_source(self.write_set())
        self.assertEqual(len(source), 3)
        self.assertEqual([source.names[person] for person in source.people], ["0000000001", "0000000000", "0000000001"])
        for number in range(3):
            self.assertEqual(source.picture(number).shape, (24, 24, 3))
            self.assertEqual(tuple(source.picture(number)[5, 5]), COLOURS[(number + 1) % 3])

    def test_the_magic_inside_a_record(self):
        magic = struct.pack("<I", recordio.MAGIC)
        for content in (magic, magic * 3, b"abcd" + magic + b"ef", b"abc" + magic, b"", b"x" + magic * 2 + b"yz"):
            recordio.write_records(self.path("a.rec"), [(0, recordio.pack([7], content)), (1, b"behind")])
            with open(self.path("a.rec"), "rb") as file:
                data = file.read()
            self.assertEqual(recordio.unpack(recordio.read_record(data, 0, "a"), "a")[1], content)
            with open(self.path("a.idx"), encoding="ascii") as file:
                second = int(file.read().split()[3])
            self.assertEqual(recordio.read_record(data, second, "a"), b"behind")

    def test_several_labels(self):
        labels, rest = recordio.unpack(recordio.pack([3, 1.5, 2.5], b"picture"), "a")
        self.assertEqual((labels.tolist(), rest), ([3, 1.5, 2.5], b"picture"))

    def assert_refused(self, words):
        with self.assertRaises(recordio.BadRecord) as caught:
            file = recordio.RecordFile(self.path("train.rec"))
            for number in range(len(file)):
                file.read(number)
        self.assertIn(words, str(caught.exception))

    def test_what_is_wrong_is_named(self):
        path = self.write_set()
        with open(path, "rb") as file:
            data = file.read()
        with open(self.path("train.idx"), encoding="ascii") as file:
            index = file.read()
        cases = [(data[:60], "1\t40\n", "claims kind"), (data[:9], "0\t0\n", "claims kind"), (b"", index, "is empty"),
                 (data, "", "is empty"), (data, "0\tx\n", "was expected"), (data, "1\t99999999\n", "lies behind"), (data, "1\t2\n", "no record can begin"),
                 (data, "1\t-4\n", "was expected"), (data, "1\t4\n", "begins with"), (b"\0" * len(data), index, "begins with"),
                 (struct.pack("<III", recordio.MAGIC, 4, 1), "1\t0\n", "its header alone"),
                 (struct.pack("<II", recordio.MAGIC, 24) + recordio.HEADER.pack(9, 0, 0, 0), "1\t0\n", "claims 9 labels"),
                 (struct.pack("<II", recordio.MAGIC, 2 << 29), "1\t0\n", "begins with part 2"),
                 (struct.pack("<II", recordio.MAGIC, 24) + recordio.HEADER.pack(0, float("nan"), 0, 0), "1\t0\n", "no person's number"),
                 (struct.pack("<II", recordio.MAGIC, 24) + recordio.HEADER.pack(0, -1.0, 0, 0), "1\t0\n", "no person's number")]
        for changed, lines, words in cases:
            with self.subTest(words=words, lines=lines[:20]):
                with open(path, "wb") as file:
                    file.write(changed)
                with open(self.path("train.idx"), "w", encoding="ascii") as file:
                    file.write(lines)
                self.assert_refused(words)

    def test_random_damage_is_refused_or_harmless(self):
        path = self.write_set()
        with open(path, "rb") as file:
            data = file.read()
        chance = random.Random(1)
        for _ in range(400):
            damaged = bytearray(data)
            for _ in range(chance.randint(1, 6)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            with open(path, "wb") as file:
                file.write(damaged[:chance.randint(1, len(damaged))] if chance.random() < 0.3 else damaged)
            try:
                source = face_sources.open_source(path)
                for number in range(len(source)):
                    source.picture(number)
            except (recordio.BadRecord, face_sources.BadSource):
                pass


class Tars(Scratch):
    def write_tar(self, members, name="a.tar"):
        with tarfile.open(self.path(name), "w") as tar:
            for member, content in members:
                info = tarfile.TarInfo(member)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return self.path(name)

    def test_webdataset_shards(self):
        self.write_tar([("0001.jpg", picture(COLOURS[0])), ("0001.cls", b"12\n"), ("0002.json", b'{"label": 3}'), ("0002.png", picture(COLOURS[1]))], "s-0.tar")
        self.write_tar([("0003.png", picture(COLOURS[2])), ("0003.cls", b"12")], "s-1.tar")
        source = face_sources.open_source(self.path("s-*.tar"))
        self.assertEqual([source.names[person] for person in source.people], ["000000000012", "000000000003", "000000000012"])
        self.assertEqual([tuple(source.picture(number)[0, 0]) for number in range(3)], COLOURS)

    def test_packed_folders(self):
        source = face_sources.open_source(self.write_tar([("set/Ada/1.png", picture(COLOURS[0])), ("set/Bo/1.png", picture(COLOURS[1])), ("README", b"x")]))
        self.assertEqual((source.names, source.people.tolist()), (["Ada", "Bo"], [0, 1]))

    def test_what_is_wrong_is_named(self):
        cases = [([("1.png", picture(COLOURS[0]))], "neither .cls nor .json"), ([("1.png", b""), ("1.cls", b"a")], "holds no label"),
                 ([("1.json", b"[" * 60000), ("1.png", b"x")], "holds no label"), ([("1.cls", b"1" * 70000), ("1.png", b"x")], "has 70000 bytes"),
                 ([("x", b"")], "no picture inside")]
        for members, words in cases:
            with self.subTest(words=words), self.assertRaises(ValueError) as caught:
                face_sources.open_source(self.write_tar(members))
            self.assertIn(words, str(caught.exception))

    def test_a_tar_that_is_none(self):
        with open(self.path("a.tar"), "wb") as file:
            file.write(b"no tar at all" * 100)
        with self.assertRaises(tar_shards.BadShard):
            face_sources.open_source(self.path("a.tar"))

    def test_a_cut_tar(self):
        path = self.write_tar([("a/1.png", picture(COLOURS[0])), ("b/2.png", bytes(5000))])
        os.truncate(path, 2600)
        with self.assertRaises(tar_shards.BadShard):
            face_sources.open_source(path)

    def test_a_picture_that_cannot_be_decoded_is_named(self):
        source = face_sources.open_source(self.write_tar([("a/1.png", b"nothing"), ("a/2.png", b"")]))
        for number in range(2):
            with self.assertRaises(face_sources.BadSource) as caught:
                source.picture(number)
            self.assertIn(f"a.tar, picture {number}", str(caught.exception))


class Folders(Scratch):
    def test_people_are_numbered_by_name(self):
        for person, name in (("b [1]", "1.png"), ("a", "2.png"), ("a", "1.PNG"), ("a", "notes.txt")):
            os.makedirs(self.path("set", person), exist_ok=True)
            with open(self.path("set", person, name), "wb") as file:
                file.write(picture(COLOURS[0]))
        source = face_sources.open_source(self.path("set"))
        self.assertEqual((source.names, source.people.tolist()), (["a", "b [1]"], [0, 0, 1]))
        self.assertEqual(source.picture(2).shape, (24, 24, 3))

    def test_crops(self):
        crops = np.random.default_rng(0).integers(0, 255, (3, 8, 8, 3), np.uint8)
        np.save(self.path("crops.npy"), crops)
        with open(self.path("people.txt"), "w", encoding="utf-8") as file:
            file.write("x\ny\nx\n")
        source = face_sources.open_source(self.folder.name)
        self.assertEqual(source.people.tolist(), [0, 1, 0])
        np.testing.assert_array_equal(source.picture(1), crops[1])
        with open(self.path("people.txt"), "w", encoding="utf-8") as file:
            file.write("x\n")
        with self.assertRaises(face_sources.BadSource):
            face_sources.open_source(self.folder.name)

    def test_nothing_that_is_known(self):
        os.makedirs(self.path("empty"))
        for path in (self.path("none"), self.path("empty"), self.path("x-*.tar")):
            with self.assertRaises(face_sources.BadSource):
                face_sources.open_source(path)

    def test_held_out_people_are_nowhere_else(self):
        people = np.repeat(np.arange(40), [1, 2, 3, 12] * 10)
        training, validation = face_sources.split_people(people, 10, 3, most_pictures=8)
        self.assertFalse(set(people[training]) & set(people[validation]))
        self.assertEqual(len(set(people[validation])), 10)
        self.assertGreaterEqual(np.bincount(people[validation])[np.unique(people[validation])].min(), 2)
        self.assertLessEqual(np.bincount(people[validation]).max(), 8)
        np.testing.assert_array_equal(validation, face_sources.split_people(people, 10, 3, most_pictures=8)[1])


class Json(unittest.TestCase):
    def test_labels(self):
        self.assertEqual(tar_shards.label_of(json.dumps({"label": "Ada"}).encode(), ".json", "a"), "Ada")
        for bad in (b'{"label": true}', b"{}", b"\xff", b"null"):
            with self.assertRaises(tar_shards.BadShard):
                tar_shards.label_of(bad, ".json", "a")


unittest.main()

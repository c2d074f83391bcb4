"""Model packs: a zip as a model, and zips that mean harm, fetched or named: refused in one line, with nothing left behind."""
import hashlib
import os
import random
import shutil
import stat
import time

import onnx_sketch as sketch
import typed
import zip_sketch
from typed import Typed, made, portraits
from zip_sketch import archive, deflated, entry

MODEL = sketch.convolution()


def links():
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK):
        yield archive([entry("m.onnx", MODEL), entry("l.onnx", b"/etc/passwd", host=zip_sketch.UNIX, attributes=(kind | 0o777) << 16)]), "is a link or a device"


def bombs():
    zeroes = deflated(bytes(20_000_000))
    yield archive([entry("m.onnx", MODEL), entry("b.onnx", bytes(20_000_000))]), "grows more than a hundredfold"
    yield archive([entry("b.onnx", packed=zeroes, size=1000, crc=0)]), "longer than it says"
    yield archive([entry("b.onnx", MODEL, size=0xfffffff0)]), "grows more than a hundredfold"
    yield archive([entry("b.onnx", MODEL, size=len(MODEL) + 5)]), "damaged"
    many = [entry(f"{i}.onnx", bytes(1 << 20)) for i in range(200)]
    yield archive(many), "together grow more than a hundredfold"
    shared = entry("0.onnx", bytes(2_000_000))
    yield archive([shared] + [{**shared, "name": b"%d.onnx" % i, "at": 0} for i in range(1, 200)]), "damaged"
    large = entry("0.bin", bytes(100), method=zip_sketch.STORED, packed_size=100, size=100)
    yield archive([large] * 2), "damaged"


def counts():
    yield archive([entry(f"{i}.txt") for i in range(257)]), "has 257 entries (256 at most)"
    yield archive([entry(f"{i}.txt") for i in range(60000)]), "has 60000 entries"
    yield archive([entry("m.onnx", MODEL)], count=65535), "has 65535 entries"
    yield archive([entry("m.onnx", MODEL)], count=0), "damaged"
    for huge in (1 << 40, (1 << 63) + 5):
        yield archive([entry("m.onnx", MODEL)], count64=huge), f"has {huge} entries"


def names():
    for name in ("../e.onnx", "a/../../e.onnx", "a/..", "..", "/e.onnx", "/", "\\\\host\\e.onnx", "a\\e.onnx", "C:e.onnx"):
        yield archive([entry("m.onnx", MODEL), entry(name, MODEL)]), "would land outside its folder"
    yield archive([entry("m.onnx", MODEL), entry("x" * 300 + ".onnx", MODEL)]), "too long a name"
    yield archive([entry("\x1b[31m.onnx", MODEL, flags=0x800)]), ""
    yield archive([entry("m.onnx", MODEL), entry("m.onnx", MODEL)]), "damaged: File already exists"
    yield archive([entry("a/m.onnx", MODEL), entry("b/m.onnx", MODEL)]), "the same name as another one"
    yield archive([entry("m.onnx", MODEL, local_name=b"../m.onnx")]), "damaged"
    yield archive([entry(b"m\xff\xfe.onnx", MODEL, flags=0x800)]), "damaged"


def contents():
    yield archive([entry("m.onnx", MODEL, flags=1)]), "encrypted"
    for method in (1, 9, 14, 93, 95, 98, 99):
        yield archive([entry("m.onnx", MODEL, method=method, packed=MODEL)]), ""
    yield archive([entry("m.onnx", MODEL, crc=1)]), "damaged"
    yield archive([entry("m.onnx", MODEL, local_size=3)]), "damaged"
    yield archive([entry("m.onnx", MODEL)], tail=b"x" * 100), "damaged"
    yield archive([entry("m.onnx", MODEL)])[:-10], "damaged"
    yield b"PK\3\4" + bytes(60), "damaged"
    yield archive([]), "holds no ONNX file"
    yield archive([entry("read.me", b"hello"), entry("m.onnx/", b"")]), "holds no ONNX file"


class Hostile(Typed):
    def environment(self, changes):
        return super().environment({"CAMEO_HOME": self.path("store"), **changes})

    def refused(self, cases):
        """As a download and as a model; the words of the complaint may be left to the library where any refusal will do."""
        seen = 0
        for content, words in cases:
            seen += 1
            path = self.write("pack.zip", content)
            with self.subTest(words, number=seen):
                self.type("model", "pull", "pack", "--url", "file://" + path, "--sha256", hashlib.sha256(content).hexdigest(), code=3, says=words)
                self.type("info", path, code=3, says=("pack.zip", words))
                self.assertEqual(self.files(), ["pack.zip"])
        self.assertGreater(seen, 4)

    def test_links(self):
        self.refused(links())

    def test_bombs(self):
        self.refused(bombs())

    def test_counts(self):
        self.refused(counts())

    def test_names(self):
        self.refused(names())

    def test_contents(self):
        self.refused(contents())

    def test_cut_and_changed(self):
        """Cut anywhere, or with bits of its headers changed: refused, or what comes out is whole; nothing beside it ever."""
        whole, dice = archive([entry("f/m.onnx", MODEL), entry("read.me", b"hello" * 99)]), random.Random(1)
        for number in range(60):
            content = bytearray(whole)
            if number % 3 == 0:
                del content[dice.randrange(4, len(content)):]
            else:
                for _ in range(dice.randrange(1, 5)):
                    content[dice.choice([dice.randrange(4, 60), -dice.randrange(1, 140)])] ^= 1 << dice.randrange(8)
            path = self.write("pack.zip", bytes(content))
            process = self.start("info", path)
            _, err = process.communicate(timeout=typed.SECONDS)
            self.assertIn(process.returncode, (0, 3), err)
            left = [name for name in self.files() if name != "pack.zip"]
            for name in left:
                self.assertRegex(name, r"^store/unpacked/pack-[0-9a-f]{16}/[^/]+$")
                with open(self.path(name), "rb") as file:
                    self.assertIn(file.read(), (MODEL, b"hello" * 99))
            shutil.rmtree(self.path("store"), ignore_errors=True)

    def test_full_disk(self):
        with open(made("mbf"), "rb") as file:
            content = archive([entry("m.onnx", file.read(), method=zip_sketch.STORED)])
        path = self.write("pack.zip", content)

        def small_disk():
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
        self.type("info", path, code=4, says=("m.onnx", "File too large"), preexec_fn=small_disk)
        self.assertEqual(self.files(), ["pack.zip"])


class Zipped(Typed):
    """`--model pack.zip`: members are told by their graphs."""
    def pack(self, *members, name="pack.zip"):
        """members: (name in the zip, architecture or bytes)"""
        entries = []
        for member, content in members:
            if isinstance(content, str):
                with open(made(content), "rb") as file:
                    content = file.read()
            entries.append(entry(member, content, method=zip_sketch.STORED))
        return self.write(name, archive(entries))

    def environment(self, changes):
        return super().environment({"CAMEO_HOME": self.path("store"), **changes})

    OPTIONS = ["--det-size", "128", "--det-threshold", "0", "--max-faces", "2"]

    def test_members_by_their_graphs(self):
        """Nested, with names that say nothing or the wrong thing, beside what systems leave behind."""
        path = self.pack(("a/b/one.onnx", "scrfd_500m"), ("a/b/two.onnx", "mbf"), ("__MACOSX/a/b/._one.onnx", b"x"), (".DS_Store", b"x"), ("read.me", b"x"))
        both = self.type("embed", "--model", path, "--detector", path, *self.OPTIONS, portraits()[0])
        self.assertEqual(typed.nameless(both.out), typed.nameless(self.embed(portraits()[0]).out))
        self.assertEqual(self.type("embed", "--model", path, *self.OPTIONS, portraits()[0]).out, both.out)  # the detector beside it is taken
        self.assertEqual(self.type("info", path, "--json").json()["task"], "recognition")
        self.type("detect", "--detector", path, *self.OPTIONS, portraits()[0])
        self.assertEqual([name for name in self.files() if name != "pack.zip"],
                         sorted(name for name in self.files() if name.endswith(("/one.onnx", "/two.onnx", "/read.me"))))

    def test_attributes_beside_the_detector(self):
        path = self.pack(("deep/one.onnx", "scrfd_500m"), ("deep/two.onnx", "genderage"))
        face = self.type("detect", "--attributes", "--json", "--detector", path, *self.OPTIONS, portraits()[0]).json()["faces"][0]
        self.assertIn(face["gender"], ("female", "male"))

    def test_names_that_lie(self):
        path = self.pack(("w600k_r50.onnx", "scrfd_500m"), ("det_10g.onnx", "mbf"))
        self.assertEqual(typed.nameless(self.type("embed", "--model", path, *self.OPTIONS, portraits()[0]).out), typed.nameless(self.embed(portraits()[0]).out))

    def test_which_of_several(self):
        path = self.pack(("a.onnx", "mbf"), ("b.onnx", "r18"), ("d.onnx", "scrfd_500m"))
        self.type("info", path, code=3, says=(path, "several", "'a.onnx' and 'b.onnx'"))
        self.type("detect", "--detector", path, *self.OPTIONS, portraits()[0])
        known = self.pack(("a.onnx", "r18"), ("w600k_mbf.onnx", "mbf"), name="known.zip")
        self.assertEqual(self.type("info", known, "--json").json()["file"].rsplit("/", 1)[1], "w600k_mbf.onnx")

    def test_what_is_not_in_it(self):
        path = self.pack(("one.onnx", "scrfd_500m"))
        self.type("embed", "--model", path, portraits()[0], code=3, says=(path, "holds no recognition model"))
        self.assertEqual(self.type("info", path, "--json").json()["task"], "detection")
        path = self.pack(("two.onnx", "mbf"), name="two.zip")
        if typed.built_in():
            self.assertEqual(len(self.type("embed", "--model", path, portraits()[0]).json()["embedding"]), 512)
        else:
            self.type("embed", "--model", path, portraits()[0], code=3, says="no detection model")
        self.type("info", self.pack(("page.onnx", b"<html></html>"), name="page.zip"), code=3, says="holds no recognition or detection model")

    def test_unpacked_once(self):
        path = self.pack(("one.onnx", "mbf"))
        self.type("info", path)
        first = {name: os.stat(self.path(name)).st_ino for name in self.files()}
        self.type("info", path)
        self.assertEqual({name: os.stat(self.path(name)).st_ino for name in self.files()}, first)
        self.pack(("one.onnx", "r18"))
        self.assertEqual(self.type("info", path, "--json").json()["parameters"] // 1000000, 24)  # another file: unpacked anew
        self.assertEqual(len([name for name in self.files() if name.endswith("one.onnx")]), 2)

    def test_what_killed_processes_left(self):
        for name, age in ((".pack-0.AbCdEf", 7200), (".pack-0.GhIjKl", 60)):
            self.write(f"store/unpacked/{name}/one.onnx", b"half")
            then = time.time() - age
            os.utime(self.path("store/unpacked", name), (then, then))
        self.type("info", self.pack(("one.onnx", "mbf")))
        self.assertEqual([name for name in self.files() if "/." in name], ["store/unpacked/.pack-0.GhIjKl/one.onnx"])

    def test_zip64(self):
        with open(made("mbf"), "rb") as file:
            content = archive([entry("one.onnx", file.read(), method=zip_sketch.STORED)], count64=1)
        self.type("info", self.write("large.zip", content))

    def test_name_does_not_matter(self):
        path = self.pack(("one.onnx", "mbf"), name="a pack.bin")
        self.assertEqual(self.type("info", "a pack.bin", "--json").json()["task"], "recognition")
        self.assertTrue(os.path.exists(path))

    def test_nowhere_to_unpack(self):
        path = self.pack(("one.onnx", "mbf"))
        self.type("info", path, environment={"HOME": None, "CAMEO_HOME": None}, code=4, says="neither CAMEO_HOME nor HOME")
        self.write("file", b"x")
        self.type("info", path, environment={"CAMEO_HOME": self.path("file")}, code=4, says="the folder cannot be made")

    def test_together(self):
        """Several at once: one unpacks, all go on."""
        path = self.pack(("one.onnx", "mbf"), ("two.onnx", "scrfd_500m"))
        processes = [self.start("embed", "--model", path, *self.OPTIONS, portraits()[0]) for _ in range(4)]
        answers = [process.communicate(timeout=typed.SECONDS) for process in processes]
        self.assertEqual({process.returncode for process in processes}, {0}, answers)
        self.assertEqual(len({out for out, _ in answers}), 1)
        self.assertEqual(len([name for name in self.files() if name.endswith("one.onnx")]), 1)


if __name__ == "__main__":
    typed.main()

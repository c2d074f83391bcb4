"""Where results go: files are complete or as they were before, whatever happens, and nobody's pictures are overwritten."""
import os
import resource
import shutil
import signal
import subprocess
import time

import typed
from typed import Typed, made, portraits


def small_disk():
    """Run in the child: its files cannot grow beyond 8 KiB, as on a disk that is nearly full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


class Complete(Typed):
    def commands(self, place):
        """One command for each way of writing a file to `place`, all of them with more than 8 KiB to write."""
        wide = self.write("wide.png", typed.plain_png(300, 300)) if not os.path.exists(self.path("wide.png")) else self.path("wide.png")
        noise = self.write("noise.ppm", b"P6 200 200 255\n" + os.urandom(200 * 200 * 3))
        embed = ["embed", "--model", made("mbf"), *self.detector(), "--max-faces", "6"]
        return [[*embed, wide, "-o", place],
                [*embed, wide, "--format", "csv", "-o", place],
                [*embed, wide, "--format", "npy", "-o", place],
                ["detect", *self.detector(), "--max-faces", "1", noise, "--draw", place + ".png"],
                ["align", *self.detector(), "--max-faces", "1", noise, "-o", place + ".d", "--size", "224"],
                ["compare", "--aligned", "--matrix", "--model", made("mbf"), *portraits(), "--draw", place + ".png"],
                ["model", "make", "mbf", "-o", place]]

    def test_full_disk(self):
        for command in self.commands("out"):
            with self.subTest(command[0]):
                before = self.files()
                self.type(*command, code=4, says=("out", "cannot"), preexec_fn=small_disk)
                self.assertEqual(self.files(), before)

    def test_full_disk_leaves_what_was_there(self):
        for command in self.commands("out"):
            for name in ("out", "out.png"):
                self.write(name, "precious")
            with self.subTest(command[0]):
                self.type(*command, code=4, says=("out", "cannot"), preexec_fn=small_disk)
                for name in ("out", "out.png"):
                    with open(self.path(name), encoding="utf-8") as file:
                        self.assertEqual(file.read(), "precious")

    def test_no_such_folder(self):
        for command in self.commands("nowhere/out"):
            if command[0] == "align":
                continue  # makes it
            with self.subTest(command[0]):
                self.type(*command, code=4, says=("nowhere/out", "No such file"))

    def test_a_folder_in_the_way(self):
        for name in ("out", "out.png"):
            os.mkdir(self.path(name))
        for command in self.commands("out"):
            if command[0] in ("embed", "model"):
                self.type(*command, code=4, says=("out", "directory"))
        self.write("file", "precious")
        self.type("align", *self.detector(), portraits()[0], "-o", "file", code=4, says=("file", "the folder cannot be made"))
        self.type("align", *self.detector(), portraits()[0], "-o", "file/below", code=4, says=("file", "the folder cannot be made"))

    def test_standard_output(self):
        commands = [["--help"], ["--version"], ["embed", "--help"], ["model", "list"], ["model", "make", "--list"], ["info", made("mbf")],
                    ["info", "--operators"], ["detect", *self.detector(), portraits()[0]],
                    ["align", *self.detector(), portraits()[0], "-o", "crops"],
                    ["embed", "--model", made("mbf"), *self.detector(), portraits()[0]],
                    ["compare", "--threshold", "-1", "--model", made("mbf"), *self.detector(), *portraits()[:2]]]
        with open("/dev/full", "wb") as full:
            for command in commands:
                with self.subTest(" ".join(command[:2])):
                    self.type(*command, stdout=full, code=4, says=("standard output", "No space left"))

    def test_files_keep_permissions_and_links(self):
        old = os.umask(0o027)
        self.addCleanup(os.umask, old)
        self.embed(portraits()[0], "-o", "new.jsonl")
        self.assertEqual(os.stat(self.path("new.jsonl")).st_mode & 0o777, 0o640)
        self.write("real", "old")
        os.symlink("real", self.path("link"))
        self.embed(portraits()[0], "-o", "link")
        self.assertTrue(os.path.islink(self.path("link")))
        with open(self.path("real"), encoding="utf-8") as real, open(self.path("new.jsonl"), encoding="utf-8") as new:
            self.assertEqual(real.read(), new.read())
        self.write("real", "precious")
        big = self.commands("link")[0]
        self.type(*big, code=4, says=("link", "cannot"), preexec_fn=small_disk)
        with open(self.path("real"), encoding="utf-8") as real:
            self.assertEqual(real.read(), "precious")

    def test_nothing_read_nothing_written(self):
        """Where no picture could be worked on, an older result stays."""
        self.write("faces.jsonl", "precious")
        self.embed("missing.jpg", "-o", "faces.jsonl", code=3)
        self.embed("-", "-o", "faces.jsonl", code=3, says="is empty")
        self.type("embed", "--aligned", "--model", self.write("bad.onnx", "x"), portraits()[0], "-o", "faces.jsonl", code=3)
        with open(self.path("faces.jsonl"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")
        self.assertEqual(self.files(), ["bad.onnx", "faces.jsonl"])
        self.type("embed", "--model", made("mbf"), "--detector", made("scrfd_500m"), portraits()[0], "-o", "faces.jsonl", code=1, says="no face found")
        self.assertEqual(os.path.getsize(self.path("faces.jsonl")), 0)

    def test_closed_streams(self):
        """A stream that the parent closed must not be taken for the first file that is opened."""
        def close(number):
            return lambda: os.close(number)
        self.write("list", portraits()[0] + "\n")
        self.embed("-", "-o", "out", code=3, says=("standard input", "cannot be read"), stdin=None, preexec_fn=close(0))
        self.assertEqual(self.files(), ["list"])
        self.embed(portraits()[0], code=4, says=("standard output", "cannot be written"), stdout=None, preexec_fn=close(1))
        self.type("align", *self.detector(), "--max-faces", "1", portraits()[0], "-o", "crops", code=4, says="standard output", stdout=None,
                  preexec_fn=close(1))
        self.embed(portraits()[0], "missing.jpg", "-o", "out", code=3, says=[], stderr=None, preexec_fn=close(2))
        with open(self.path("out"), encoding="utf-8") as file:
            self.assertEqual(len([typed.strict_json(line) for line in file]), 2)


class Originals(Typed):
    """Pictures that are read are not written over."""
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("photos"))
        for source, name in zip(portraits(), ("a.jpg", "b.jpg", "a.jpeg", "c.JPG")):
            shutil.copy(source, self.path("photos", name))
        self.before = self.contents()

    def contents(self):
        def read(name):
            with open(self.path("photos", name), "rb") as file:
                return file.read()
        return {name: read(name) for name in ("a.jpg", "b.jpg", "a.jpeg", "c.JPG")}

    def test_drawings(self):
        once = [*self.detector(), "--max-faces", "1"]
        self.type("detect", *once, "photos", "--draw", "photos", code=2, says=("photos/a.jpg", "is one of the pictures to read"))
        self.type("detect", *once, "photos/a.jpg", "photos/b.jpg", "--draw", "photos/", code=2, says="photos/a.jpg")
        self.type("detect", *once, "photos/a.jpeg", "photos/a.jpg", "--draw", "photos/", code=2, says="photos/a.jpg")
        self.type("detect", *once, "-", "--draw", "photos", input=b"photos/b.jpg\n", code=2, says="photos/b.jpg")
        self.type("detect", *once, "photos/a.jpg", "--draw", "photos/a.jpg", code=2, says="photos/a.jpg")
        os.symlink("photos/b.jpg", self.path("alias.jpg"))
        self.type("detect", *once, "photos/b.jpg", "--draw", "alias.jpg", code=2, says="alias.jpg")
        os.link(self.path("photos", "b.jpg"), self.path("hard.jpg"))
        self.type("detect", *once, "photos/b.jpg", "--draw", "hard.jpg", code=2, says="hard.jpg")
        self.assertEqual(self.contents(), self.before)

    def test_other_outputs(self):
        shutil.copy(portraits()[0], self.path("a_0.png"))
        with open(self.path("a_0.png"), "rb") as file:
            before = file.read()
        shutil.copy(portraits()[0], self.path("a.jpg"))
        self.type("align", *self.detector(), "--max-faces", "1", "a.jpg", "a_0.png", "-o", ".", code=2, says="./a_0.png")
        self.embed("photos/a.jpg", "-o", "photos/a.jpg", code=2, says="photos/a.jpg")
        self.type("compare", "--aligned", "--matrix", "--model", made("mbf"), "photos", "--draw", "photos/b.jpg", code=2, says="photos/b.jpg")
        with open(self.path("a_0.png"), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(self.contents(), self.before)

    def test_each_picture_gets_files_of_its_own(self):
        once = [*self.detector(), "--max-faces", "1"]
        os.mkdir(self.path("more"))
        shutil.copy(portraits()[0], self.path("more", "a.jpg"))
        for _ in range(2):  # the second time over the first one's results, which are no originals
            self.type("detect", *once, "photos", "more", "--draw", "drawn/")
            self.assertEqual(sorted(os.listdir(self.path("drawn"))), ["a-2.jpg", "a-3.jpg", "a.jpg", "b.jpg", "c.jpg"])
        crops = self.type("align", *once, "photos", "more", "-o", "crops").lines
        self.assertEqual(sorted(crops), sorted(f"crops/{name}_0.png" for name in ("a", "a-2", "a-3", "b", "c")))
        self.assertEqual(sorted(os.listdir(self.path("crops"))), sorted(os.path.basename(crop) for crop in crops))

    def test_what_cannot_become_a_picture_is_said_first(self):
        start = time.monotonic()
        self.type("compare", "--aligned", "--matrix", "--model", made("r18"), *["photos"] * 200, "--draw", "m.gif", code=2, says="m.gif")
        self.assertLess(time.monotonic() - start, 20)
        answer = self.type("detect", *self.detector(), "photos/a.jpg", "--draw", "a.bmp", code=2, says="a.bmp")
        self.assertEqual(answer.out, "")


class Broken(Typed):
    def test_reader_goes_away(self):
        """As in `cameo embed photos | head -1`: dead of SIGPIPE without a word, or where that is ignored, exit code 4 without a word."""
        commands = [["embed", "--model", made("mbf"), *self.detector(), "--max-faces", "6", *portraits() * 5],
                    ["detect", *self.detector(), *portraits() * 5], ["info", made("mbf"), "--layers"]]
        for command in commands:
            for ignored in (False, True):
                process = self.start(*command, stdin=subprocess.DEVNULL, restore_signals=not ignored)
                process.stdout.close()
                err = process.stderr.read()
                self.assertEqual((process.wait(), err), (4 if ignored else -signal.SIGPIPE, b""), command[0])

    def test_signals_leave_nothing_unfinished(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for form in ("jsonl", "npy", "csv"):
                self.write("out", "precious")
                process = self.start("embed", "--model", made("mbf"), *self.detector(), "--max-faces", "2", "--format", form, "-o", "out", "-")
                process.stdin.write(os.fsencode(portraits()[0]) + b"\n")
                process.stdin.flush()
                self.wait_until(lambda: len(self.files()) > 1)  # the file on its way is there
                process.send_signal(number)
                self.assertEqual(process.wait(typed.SECONDS), -number)
                self.assertEqual(process.stderr.read(), b"")
                self.assertEqual(self.files(), ["out"])
                with open(self.path("out"), encoding="utf-8") as file:
                    self.assertEqual(file.read(), "precious")

    def test_ignored_interrupt_is_ignored(self):
        """As under nohup or in a background job."""
        process = self.start("embed", "--model", made("mbf"), *self.detector(), "--max-faces", "2", "-o", "out", "-",
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        process.stdin.write(os.fsencode(portraits()[0]) + b"\n")
        process.stdin.flush()
        self.wait_until(lambda: self.files())
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        self.assertEqual(process.wait(typed.SECONDS), 0)
        self.assertEqual(self.files(), ["out"])

    def wait_until(self, condition):
        end = time.monotonic() + typed.SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


if __name__ == "__main__":
    typed.main()

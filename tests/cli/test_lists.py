"""Lists of pictures on standard input, folders, and names as they come."""
import csv
import io
import os
import shutil

import typed
from typed import Typed, made, portraits

ODD_NAMES = [b"with space.jpg", b"new\nline.jpg", "gr\u00fc\u00dfe \u263a.jpg".encode(), b"not\xff\xfeutf8.jpg", b'quote",comma.jpg', b"-dash.jpg",
             b"--json.jpg", b"a.b.c.jpeg", b"UPPER.JPG", b"tab\there.png", b"%s%n.jpg", b"back\\slash.jpg", b"*.jpg"]


class Lists(Typed):
    def detect(self, *arguments, **options):
        return self.type("detect", *self.detector(), "--max-faces", "1", "--json", *arguments, **options)

    def named(self, answer):
        return [line["file"] for line in answer.json_lines()]

    def test_list(self):
        a, b, c, d = map(os.fsencode, portraits())
        self.assertEqual(self.named(self.detect("-", input=b"\n".join([a, b, b"", c]))), portraits()[:3])  # also without a last line feed
        self.assertEqual(self.named(self.detect(portraits()[3], "-", portraits()[2], input=a + b"\n" + b + b"\n")),
                         [portraits()[3], portraits()[0], portraits()[1], portraits()[2]])

    def test_missing_files_are_named_and_skipped(self):
        lines = "\n".join([portraits()[0], "missing.jpg", self.folder, portraits()[1], ""]).encode()
        answer = self.detect("-", input=lines, code=3, says=[("missing.jpg", "No such file"), (self.folder, "is a folder")])
        self.assertEqual(self.named(answer), portraits()[:2])

    def test_nothing_in_it(self):
        for command in (["detect"], ["embed", "--model", made("mbf")], ["align", "-o", "crops"], ["compare", "--matrix", "--model", made("mbf")]):
            for empty in (b"", b"\n\n"):
                self.type(*command, *self.detector(), "-", input=empty, code=3, says=("standard input", "is empty"))
        self.assertEqual(self.named(self.detect("-", portraits()[0], input=b"", code=3, says="is empty")), portraits()[:1])

    def test_not_a_list(self):
        folder = os.open(self.folder, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        self.detect("-", stdin=folder, code=3, says=("standard input", "Is a directory"))

    def test_answers_come_while_the_list_grows(self):
        process = self.start("detect", *self.detector(), "--max-faces", "1", "--json", "-")
        for path in portraits():
            process.stdin.write(os.fsencode(path) + b"\n")
            process.stdin.flush()
            self.assertEqual(typed.strict_json(process.stdout.readline())["file"], path)  # hangs if it waited for more
        process.stdin.close()
        self.assertEqual(process.wait(typed.SECONDS), 0)

    def test_names_that_end_with_nul(self):
        shutil.copy(portraits()[0], self.path("new\nline.jpg"))
        for option in ("--null", "-0"):
            self.assertEqual(self.named(self.detect(option, "-", input=b"new\nline.jpg\0" + os.fsencode(portraits()[1]))), ["new\nline.jpg", portraits()[1]])
        self.detect("-", input=b"new\nline.jpg\n", code=3, says=["new", "line.jpg"])

    def test_carriage_return(self):
        """A list that was written elsewhere: the message shows what stands at the end of the name."""
        self.detect("-", input=os.fsencode(portraits()[0]) + b"\r\n", code=3, says=(".jpg?: cannot open",))


class Names(Typed):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("odd"))
        for name in ODD_NAMES:
            shutil.copy(portraits()[0], os.path.join(os.fsencode(self.folder), b"odd", name))
        self.write("odd/.hidden.jpg", "no picture")
        self.write("odd/notes.txt", "no picture")

    def test_folder(self):
        answer = self.type("detect", *self.detector(), "--max-faces", "1", "--json", "odd")
        wanted = [os.path.join(b"odd", name).decode(errors="replace") for name in sorted(ODD_NAMES)]
        self.assertEqual([line["file"] for line in answer.json_lines()], wanted)
        crops = self.type("align", *self.detector(), "--max-faces", "1", "odd", "-o", "crops").bytes
        for name in ODD_NAMES:
            stem = name.rsplit(b".", 1)[0]
            self.assertTrue(os.path.exists(os.path.join(os.fsencode(self.folder), b"crops", stem + b"_0.png")), name)
            self.assertIn(b"crops/" + stem + b"_0.png\n", crops)

    def test_arguments(self):
        for name in ODD_NAMES:
            path = os.path.join(b"odd", name)
            answer = self.type("detect", *self.detector(), "--max-faces", "1", "--json", path)
            self.assertEqual(answer.json()["file"], path.decode(errors="replace"))
            self.type("detect", *self.detector(), path + b".gone", code=3)  # one line, whatever the name
        shutil.copy(portraits()[0], self.path("-dash.jpg"))
        self.assertEqual(self.type("detect", *self.detector(), "--json", "--", "-dash.jpg").json()["file"], "-dash.jpg")

    def test_table(self):
        out = self.type("embed", "--aligned", "--model", made("mbf"), "--format", "csv", "odd").bytes
        rows = list(csv.reader(io.StringIO(out.decode(errors="surrogateescape"), newline="")))
        self.assertEqual({len(row) for row in rows}, {18 + 512})
        self.assertEqual([os.fsencode(row[0]) for row in rows[1:]], [os.path.join(b"odd", name) for name in sorted(ODD_NAMES)])

    def test_picture_without_an_ending(self):
        shutil.copy(portraits()[0], self.path("picture"))
        self.type("detect", *self.detector(), "picture")
        shutil.copy(portraits()[0], self.path("picture.png"))  # told by content
        self.type("detect", *self.detector(), "picture.png")

    def test_folders(self):
        for name in ("f/b/2.jpg", "f/a/1.jpg", "f/3.jpg"):
            os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
            shutil.copy(portraits()[0], self.path(name))
        os.symlink("..", self.path("f", "a", "loop"))
        os.symlink("3.jpg", self.path("f", "4.jpg"))
        os.symlink("nowhere.jpg", self.path("f", "5.jpg"))
        files = [line["file"] for line in self.type("detect", *self.detector(), "--json", "f/").json_lines()]
        self.assertEqual(files, ["f/3.jpg", "f/4.jpg", "f/a/1.jpg", "f/b/2.jpg"])
        self.type("align", *self.detector(), "--max-faces", "1", "f", "-o", "crops")
        self.assertTrue(os.path.exists(self.path("crops", "a", "1_0.png")))
        os.mkdir(self.path("empty"))
        self.type("detect", *self.detector(), "empty", code=3, says=("empty", "no picture in this folder"))


if __name__ == "__main__":
    typed.main()

# labels: slow
"""The demonstration: every step runs, with the models that are built in or, where there are none, with made weights, and what it leaves can be looked at."""
import html.parser
import os
import re
import shutil
import subprocess

import typed
from typed import Typed

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "demo.sh")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.pictures, self.open = [], []

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.pictures.append(dict(attributes)["src"])
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


class Demo(Typed):
    def demo(self, code=0, **environment):
        programs = self.path("programs")
        os.makedirs(programs, exist_ok=True)
        for name, path in (("cameo", typed.CAMEO), ("cameo-portraits", os.environ["CAMEO_PORTRAITS"])):
            if not os.path.exists(os.path.join(programs, name)):
                os.symlink(path, os.path.join(programs, name))
        process = subprocess.run(["sh", SCRIPT, programs, self.path("out")], env=self.environment(environment), stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=typed.SECONDS, check=False)
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        return process

    def read_page(self):
        page = Page()
        with open(self.path("out", "index.html"), encoding="utf-8") as file:
            page.feed(file.read())
        self.assertEqual(page.open, [])
        return page

    def check_what_is_left(self, said, timings):
        self.assertEqual(said.stderr, "")
        for step in ("== faces", "== embeddings", "== who is who", "== timings", "faces/s", "pictures/s"):
            self.assertIn(step, said.stdout)
        for name in ("found", "faces.jsonl", "matrix.png", "matrix.txt", timings, "index.html"):
            self.assertIn(self.path("out", name), said.stdout)
            self.assertTrue(os.path.exists(self.path("out", name)))
        pictures = self.read_page().pictures
        self.assertEqual(len(pictures), 26)
        self.type("detect", *self.detector(), "--max-faces", "1", *(os.path.join("out", picture) for picture in pictures))  # all can be read

    def test_built_in_models(self):
        """Real recognition with nothing but the program: everybody is found, and told from the others."""
        typed.need_built_in()
        said = self.demo()
        self.assertIn("models: builtin:recognizer, builtin:detector", said.stdout.splitlines()[0])
        self.assertIn("group.jpg: 6 faces", said.stdout)
        self.assertIn("30 embeddings", said.stdout)
        self.check_what_is_left(said, "bench-builtin-recognizer.txt")
        right = re.search(r"nearest picture is of the same person: (\d+) of 24; told apart by one threshold: ([\d.]+) % of the pairs", said.stdout)
        self.assertGreaterEqual(int(right[1]), 23, said.stdout)
        self.assertGreaterEqual(float(right[2]), 90, said.stdout)
        for name in ("buffalo_l", "auraface_glintr100", "face_recognition_sface_2021dec"):
            self.assertIn(f"cameo model pull {name}", said.stdout)

    def test_made_weights(self):
        if typed.built_in():
            print("SKIP demo/made: the program has models inside")
            self.skipTest("demo/made")
        said = self.demo()
        self.assertIn("made weights stand in, which know no faces", said.stdout.splitlines()[0])
        self.assertIn("24 embeddings", said.stdout)
        self.check_what_is_left(said, "bench-r50.txt")

    def test_real_models_and_pictures_of_ones_own(self):
        models = {"CAMEO_MODEL": typed.real("models", "mobilefacenet_arcface.onnx"), "CAMEO_DETECTOR": typed.real("models", "det_500m.onnx")}
        os.mkdir(self.path("my pictures"))
        for source, name in ((typed.real("scenes", "biden.jpg"), "a & b.jpg"), (typed.real("scenes", "obama1.jpg"), "<i>.jpg"),
                             (typed.real("scenes", "no_face.png"), "100%#nobody?.png")):
            shutil.copy(source, self.path("my pictures", name))
        self.write("my pictures/broken.jpg", "no picture")
        said = self.demo(PICTURES=self.path("my pictures"), **models)
        self.assertIn("2 embeddings", said.stdout)
        self.assertIn("\n0 pairs of pictures seem to show the same person", said.stdout)
        self.assertIn("broken.jpg: is no known kind of picture", said.stderr)
        self.assertEqual(self.read_page().pictures, ["found/100%25%23nobody%3F.jpg", "found/<i>.jpg", "found/a & b.jpg", "matrix.png"])

    def test_nothing_found(self):
        os.mkdir(self.path("pictures"))
        shutil.copy(typed.real("scenes", "no_face.png"), self.path("pictures"))
        self.write("out/matrix.png", "of another time")
        said = self.demo(PICTURES=self.path("pictures"), CAMEO_MODEL=typed.real("models", "mobilefacenet_arcface.onnx"),
                         CAMEO_DETECTOR=typed.real("models", "det_500m.onnx"))
        self.assertIn("0 embeddings", said.stdout)
        self.assertNotIn("similarity matrix", said.stdout)
        self.assertFalse(os.path.exists(self.path("out", "matrix.png")))
        shutil.rmtree(self.path("pictures"))
        os.mkdir(self.path("pictures"))
        self.assertIn("no picture in", self.demo(code=3, PICTURES=self.path("pictures")).stderr)


if __name__ == "__main__":
    typed.main()

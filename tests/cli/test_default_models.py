"""The models inside the program: found where nothing else is named or installed, known by hash, good enough for drawn and real people."""
import hashlib
import itertools
import math
import os
import pty
import shutil
import subprocess

import typed
from typed import Typed, made, portraits, real

DETECTOR, RECOGNIZER = "builtin:detector", "builtin:recognizer"
BOTH = ["--detector", DETECTOR, "--model", RECOGNIZER]
PEOPLE, PICTURES = 6, 4


def cosine(a, b):
    return math.fsum(x * y for x, y in zip(a, b)) / math.hypot(*a) / math.hypot(*b)


class NothingBuiltIn(Typed):
    def test_names_without_models(self):
        """Whatever the program was built with, a name it does not know is refused with those it knows."""
        says = ("builtin:nothing", "there are builtin:detector" if typed.built_in() else "CAMEO_DEFAULT_MODELS")
        self.type("info", "builtin:nothing", code=3, says=says)
        self.type("detect", "--detector", "builtin:nothing", portraits()[0], code=3, says=says)
        self.type("model", "export", "builtin:nothing", code=3, says="builtin:nothing")
        self.type("model", "path", DETECTOR, code=1, says="cameo model export")
        self.type("model", "pull", "builtin", code=2, says="need not be fetched")

    def test_a_file_is_meant_by_its_path(self):
        shutil.copy(made("mbf"), self.path("builtin:recognizer"))
        self.assertEqual(self.type("info", "./builtin:recognizer", "--json").json()["file"], "./builtin:recognizer")
        if typed.built_in():
            self.assertEqual(self.type("info", "builtin:recognizer", "--json").json()["contract"]["dimension"], 128)


class BuiltIn(Typed):
    def setUp(self):
        super().setUp()
        typed.need_built_in()

    def install(self):
        """A pack where `cameo model pull` puts it: made models under published names."""
        os.makedirs(self.path("home/.cache/cameo/models/buffalo_sc"))
        for made_as, name in (("mbf", "w600k_mbf"), ("scrfd_500m", "det_500m")):
            shutil.copy(made(made_as), self.path(f"home/.cache/cameo/models/buffalo_sc/{name}.onnx"))

    def test_list_and_export(self):
        written = self.type("model", "export", "-o", "out").lines
        self.assertEqual(written, ["out/cameo_detector.onnx", "out/cameo_recognizer.onnx"])
        for path, name in zip(written, (DETECTOR, RECOGNIZER)):
            with open(self.path(path), "rb") as file:
                content = file.read()
            known = typed.built_in()[name]
            digest = hashlib.sha256(content).hexdigest()
            self.assertEqual((known["name"], known["sha256"], known["bytes"]), (os.path.basename(path), digest, len(content)))
            self.assertEqual((known["license"], known["commercial_use"]), ("Apache-2.0", True))
            for file in (path, name):
                self.assertEqual(self.type("model", "verify", file).lines, [f"{digest}  {file}", f"known as {known['name']}; licence: Apache-2.0"])
            self.assertRegex(self.type("model", "list").out, rf"(?m)^{known['name']} .* {name} \(built in\)$")
        self.assertEqual(self.type("model", "export", RECOGNIZER).lines, ["./cameo_recognizer.onnx"])
        self.assertEqual(self.type("model", "export", "builtin", "-o", "out").lines, written)
        self.type("model", "export", "-o", "/dev/null/x", code=4)

    def test_size(self):
        self.assertLessEqual(typed.built_in()[DETECTOR]["bytes"], 400000)
        self.assertLessEqual(typed.built_in()[RECOGNIZER]["bytes"], 1500000)

    def test_info(self):
        self.assertEqual(self.type("info", "builtin").out.replace("packed now", ""), self.type("info", RECOGNIZER).out.replace("packed now", ""))
        recognizer, detector = (self.type("info", name, "--json").json() for name in (RECOGNIZER, DETECTOR))
        for info, name in ((recognizer, RECOGNIZER), (detector, DETECTOR)):
            self.assertEqual((info["file"], info["sha256"], info["known"]["name"]), (name, typed.built_in()[name]["sha256"], typed.built_in()[name]["name"]))
            self.assertEqual(info["plan"]["cached_weight_bytes"], 0)
        self.assertEqual(recognizer["contract"], {"width": 112, "height": 112, "color": "RGB", "mean": [127.5] * 3, "std": [127.5] * 3,
                                                  "output": recognizer["outputs"][0]["name"], "dimension": 128})
        self.assertLessEqual(recognizer["macs"], 100e6)
        self.assertEqual((detector["task"], detector["family"], detector["contract"]["width"]), ("detection", "scrfd", None))
        self.type("bench", "builtin", "--seconds", "0.01")

    def test_the_file_gives_the_same(self):
        self.type("model", "export")
        files = ["--detector", "cameo_detector.onnx", "--det-size", "160,320", "--model", "cameo_recognizer.onnx"]
        inside, outside = (self.type("embed", *models, *portraits()).json_lines() for models in (BOTH, files))
        self.assertEqual({face.pop("model") for face in inside}, {RECOGNIZER})
        self.assertEqual({face.pop("model") for face in outside}, {"cameo_recognizer.onnx"})
        self.assertEqual(inside, outside)

    def test_used_where_nothing_is_named(self):
        self.assertEqual(self.type("detect", "--json", *portraits()).out, self.type("detect", "--json", "--detector", DETECTOR, *portraits()).out)
        self.assertEqual(self.type("embed", *portraits()).out, self.type("embed", *BOTH, *portraits()).out)
        self.assertEqual(self.type("embed", "--aligned", *portraits()).json_lines()[0]["model"], RECOGNIZER)
        self.type("align", portraits()[0], "-o", "crops")
        self.type("compare", "--matrix", *portraits())
        pipeline = self.type("bench", "--pipeline", portraits()[0], "--seconds", "0.01", "--json").json()
        self.assertEqual((pipeline["detector"], pipeline["model"]), (DETECTOR, RECOGNIZER))

    def test_order_of_precedence(self):
        """Named, then the environment's, then what is installed, then what is built in."""
        def model(*arguments, **environment):
            return self.type("embed", "--aligned", portraits()[0], *arguments, environment=environment).json()["model"]
        self.assertEqual(model(), RECOGNIZER)
        self.install()
        self.assertEqual(model(), "w600k_mbf.onnx")
        self.assertEqual(model(CAMEO_MODEL=made("r18")), "r18.onnx")
        self.assertEqual(model("--model", "builtin", CAMEO_MODEL=made("r18")), RECOGNIZER)
        self.assertEqual(model(CAMEO_MODEL="builtin"), RECOGNIZER)

    def test_only_one_is_named(self):
        picture = portraits()[0]
        boxes = [face["box"] for face in self.type("detect", "--json", picture).json()["faces"]]
        self.assertEqual(len(boxes), 1)
        face = self.type("embed", "--model", made("mbf"), picture).json()
        self.assertEqual((face["box"], face["model"]), (boxes[0], "mbf.onnx"))
        face = self.type("embed", *self.detector(), "--max-faces", "1", picture).json()
        self.assertEqual((face["model"], len(face["embedding"])), (RECOGNIZER, 128))
        self.install()  # what is built in belongs together, as a pack does
        face = self.type("embed", "--model", "builtin", picture).json()
        self.assertEqual(face["box"], boxes[0])

    def test_said_where_somebody_looks(self):
        def on_terminal(*arguments):
            master, slave = pty.openpty()
            process = self.start(*arguments, stderr=slave)
            os.close(slave)
            self.assertIn(process.wait(typed.SECONDS), (0, 1))
            try:
                return os.read(master, 4096).decode()
            except OSError:
                return ""
            finally:
                os.close(master)
        said = on_terminal("compare", *portraits()[:2])
        self.assertEqual(said.count("cameo: using the built-in detector and recognizer; "), 1, said)
        self.assertIn("using the built-in detector; ", on_terminal("detect", portraits()[0]))
        self.assertIn("using the built-in recognizer; ", on_terminal("embed", "--aligned", portraits()[0]))
        self.assertEqual(on_terminal("detect", "--detector", "builtin", portraits()[0]), "")
        self.assertEqual(on_terminal("compare", *BOTH, *portraits()[:2]), "")

    def test_threshold(self):
        """`cameo compare` takes the recognizer's own, unless one is given or another recognizer is used."""
        own = typed.built_in()[RECOGNIZER]["threshold"]
        self.assertTrue(0.2 < own < 0.6)
        self.assertIsNone(typed.built_in()[DETECTOR]["threshold"])
        for options, wanted in (([], own), (["--threshold", "0.25"], 0.25), (["--model", made("mbf")], 0.3)):
            answer = self.type("compare", "--json", *options, portraits()[0], portraits()[0]).json()
            self.assertEqual((answer["threshold"], answer["same"]), (wanted, True))

    def test_wrong_role(self):
        self.type("embed", "--model", DETECTOR, portraits()[0], code=3, says=DETECTOR)
        self.type("detect", "--detector", RECOGNIZER, portraits()[0], code=3, says=RECOGNIZER)

    def test_drawn_people(self):
        """Every drawn head is found, and the picture most like it is of the same person."""
        subprocess.run([os.environ["CAMEO_PORTRAITS"], "-o", self.path("drawn"), "--people", str(PEOPLE), "--pictures", str(PICTURES), "--size", "256"],
                       check=True, timeout=typed.SECONDS)
        faces = self.type("embed", "drawn").json_lines()
        people = [os.path.basename(face["file"])[:8] for face in faces]
        self.assertEqual((len(faces), len(set(people))), (PEOPLE * PICTURES, PEOPLE))
        right = 0
        for i, face in enumerate(faces):
            others = [(cosine(face["embedding"], other["embedding"]), people[j]) for j, other in enumerate(faces) if j != i]
            right += max(others)[1] == people[i]
        self.assertGreaterEqual(right, len(faces) - 1)


class RealPeople(Typed):
    def setUp(self):
        super().setUp()
        typed.need_built_in()

    def test_who_is_who(self):
        obama, small, biden = (real("scenes", name) for name in ("obama1.jpg", "obama-240p.jpg", "biden.jpg"))
        matrix = self.type("compare", "--matrix", "--json", obama, small, biden).json()["similarity"]
        self.assertGreater(matrix[0][1], max(matrix[0][2], matrix[1][2]) + 0.2)

    def test_as_many_faces_as_there_are(self):
        found = {os.path.basename(line["file"]): len(line["faces"]) for line in self.type(
            "detect", "--json", *(real("scenes", name) for name in ("t1.jpg", "biden.jpg", "obama_and_biden.jpg"))).json_lines()}
        self.assertTrue(found["biden.jpg"] == 1 and 5 <= found["t1.jpg"] <= 7, found)
        self.assertGreaterEqual(found["obama_and_biden.jpg"], 2)  # people in the background, some of them
        self.type("detect", real("scenes", "no_face.png"), code=1)

    def test_strangers_and_friends(self):
        """Fifty people of Labeled Faces in the Wild, two pictures each: the two are more alike than pictures of different people."""
        root = real("lfw")
        people = [person for person in sorted(os.listdir(root)) if len(os.listdir(os.path.join(root, person))) > 1][:50]
        paths = [os.path.join(root, person, picture) for person in people for picture in sorted(os.listdir(os.path.join(root, person)))[:2]]
        out = self.start("embed", "--max-faces", "1", "--rank", "center", *paths, stderr=subprocess.DEVNULL).communicate(timeout=typed.SECONDS)[0]
        faces = [typed.strict_json(line) for line in out.decode().splitlines()]
        self.assertGreaterEqual(len(faces), 0.97 * len(paths))
        same, different = [], []
        for a, b in itertools.combinations(faces, 2):
            together = os.path.dirname(a["file"]) == os.path.dirname(b["file"])
            (same if together else different).append(cosine(a["embedding"], b["embedding"]))
        best = max((sum(s >= t for s in same) / len(same) + sum(s < t for s in different) / len(different)) / 2 for t in same)
        self.assertGreater(best, 0.93)


if __name__ == "__main__":
    typed.main()

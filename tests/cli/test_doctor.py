"""cameo doctor: what it counts, what it computes, and what it refuses, with made models and drawn people."""
import json
import math
import os
import random
import shutil

import onnx_sketch as sketch
import typed
from typed import Typed, made, portraits

ROWS = {"RGB, (x - 127.5) / 127.5": ["rgb", "127.5", "127.5"], "RGB, (x - 127.5) / 128": ["rgb", "127.5", "128"], "RGB, x / 255": ["rgb", "0", "255"],
        "RGB, x as it is (0..255)": ["rgb", "0", "1"],
        "RGB, ImageNet's mean and std": ["rgb", "123.675,116.28,103.53", "58.395,57.12,57.375"],
        "BGR, (x - 127.5) / 127.5": ["bgr", "127.5", "127.5"], "BGR, (x - 127.5) / 128": ["bgr", "127.5", "128"], "BGR, x / 255": ["bgr", "0", "255"],
        "BGR, x as it is (0..255)": ["bgr", "0", "1"],
        "BGR, ImageNet's mean and std": ["bgr", "103.53,116.28,123.675", "57.375,57.12,58.395"]}


def spread(values):
    mean = sum(values) / len(values)
    return mean, math.sqrt(max(0, sum(value * value for value in values) / len(values) - mean * mean))


def separation(pairs):
    same = [score for score, a, b in pairs if a == b]
    different = [score for score, a, b in pairs if a != b]
    return (spread(same)[0] - spread(different)[0]) / spread(different)[1]


def measure(embeddings, normalise=True):
    """The same numbers from [(person, vector)], each straight from its definition."""
    vectors = []
    for person, vector in embeddings:
        length = math.sqrt(sum(x * x for x in vector)) if normalise else 1
        vectors.append((person, [x / length for x in vector]))
    pairs = [(sum(x * y for x, y in zip(vectors[i][1], vectors[j][1])), vectors[i][0], vectors[j][0]) for i in range(len(vectors)) for j in range(i)]
    same = [score for score, a, b in pairs if a == b]
    different = [score for score, a, b in pairs if a != b]
    auc = sum((s > d) + (s == d) / 2 for s in same for d in different) / len(same) / len(different)
    rates = [(sum(d >= t for d in different) / len(different), sum(s < t for s in same) / len(same)) for t in sorted(different) + [math.inf]]
    eer = sum(min(rates, key=lambda rate: abs(rate[0] - rate[1]))) / 2
    far = max((step for step in (1e-1, 1e-2, 1e-3) if len(different) * step >= 10), key=lambda step: -step, default=None)
    tar = None
    if far:
        threshold = sorted(different, reverse=True)[int(len(different) * far + 1e-9)]
        tar = sum(s > threshold for s in same) / len(same)
    people = sorted({person for person, _ in vectors})
    return {"separation": separation(pairs), "auc": auc, "eer": eer, "tar": tar, "same_mean": spread(same)[0], "different_mean": spread(different)[0],
            "same_deviation": spread(same)[1], "different_deviation": spread(different)[1],
            "without": [separation([pair for pair in pairs if gone not in pair[1:]]) for gone in people]}


def recognizer(*nodes, initializers):
    """An ONNX file that makes 64 numbers of a picture of 112x112."""
    graph = (b"".join(sketch.data(1, node) for node in nodes) + sketch.data(2, "sketch") + b"".join(sketch.data(5, one) for one in initializers) +
             sketch.data(11, sketch.value("in", ["n", 3, 112, 112])) + sketch.data(12, sketch.value("out", ["n", 64])))
    return sketch.number(1, 7) + sketch.data(7, graph) + sketch.data(8, sketch.data(1, "") + sketch.number(2, 11))


def small_recognizer():
    """Two convolutions with invented weights: quick also where every access is checked."""
    dice = random.Random(3)
    def weights(name, *dims):
        return sketch.tensor(name, dims, sketch.floats(*[dice.gauss(0, 0.1) for _ in range(math.prod(dims))]))
    strides = [sketch.ints("strides", [4, 4])]
    return recognizer(sketch.node("Conv", ["in", "w1"], ["a"], "conv1", strides), sketch.node("Relu", ["a"], ["b"], "relu"),
                      sketch.node("Conv", ["b", "w2"], ["c"], "conv2", strides), sketch.node("GlobalAveragePool", ["c"], ["d"], "pool"),
                      sketch.node("Flatten", ["d"], ["out"], "flat"), initializers=[weights("w1", 16, 3, 7, 7), weights("w2", 64, 16, 3, 3)])


class WithPeople(Typed):
    def setUp(self):
        super().setUp()
        self.model = self.write("small.onnx", small_recognizer())

    def people(self, count=6, folder="people"):
        """Drawn people, a folder for each."""
        for i, path in enumerate(portraits(count)):
            os.makedirs(self.path(folder, f"p{i // 2}"), exist_ok=True)
            shutil.copy(path, self.path(folder, f"p{i // 2}"))
        return folder

    def doctor(self, *arguments, **options):
        return self.type("doctor", "--model", self.model, "--aligned", "--json", *arguments, **options)

    def answer(self, *arguments, says=(), code=None):
        """The JSON answer, whatever it decides."""
        process = self.start("doctor", "--model", self.model, "--json", *arguments)
        out, err = process.communicate(timeout=typed.SECONDS)
        self.assertIn(process.returncode, (0, 1) if code is None else (code,), err)
        complaints = err.decode().splitlines()
        self.assertEqual(len(complaints), len(says), err)
        for line, word in zip(complaints, says):
            self.assertIn(word, line)
        return typed.strict_json(out.decode())


class Doctor(WithPeople):
    def embeddings(self, *options):
        lines = self.type("embed", "--aligned", "--raw", "--model", self.model, *options, "people").json_lines()
        return [(os.path.basename(os.path.dirname(line["file"])), line["embedding"]) for line in lines]

    def assertMeasured(self, row, wanted):
        """Rates may differ by a pair or two whose scores are equal but for rounding."""
        room = {"separation": 2e-4 * max(1, wanted["separation"]), "auc": 2e-3, "eer": 8e-3, "tar": 1e-6, "same_mean": 1e-5, "same_deviation": 1e-5,
                "different_mean": 1e-5, "different_deviation": 1e-5}
        for key, delta in room.items():
            if wanted[key] is None:
                self.assertIsNone(row[key], key)
            else:
                self.assertAlmostEqual(row[key], wanted[key], delta=delta * max(1, abs(wanted["same_mean"])), msg=f"{row['setting']}: {key}")

    def test_numbers(self):
        """Every setting's figures are those of `cameo embed` with the same options, computed anew."""
        self.people(9)
        answer = self.answer("--aligned", "people")
        rows = {row["setting"]: row for row in answer["settings"]}
        self.assertEqual(list(rows)[:10], list(ROWS))
        self.assertEqual((answer["pictures"], answer["people"], answer["people_with_pairs"]), (18, 9, 9))
        self.assertEqual((answer["pairs"], answer["far"]), ({"same": 9, "different": 144}, 0.1))
        measured = {}
        for name, (color, mean, std) in ROWS.items():
            measured[name] = measure(self.embeddings("--color", color, "--mean", mean, "--std", std))
            self.assertMeasured(rows[name], measured[name])
            self.assertEqual((rows[name]["face"], rows[name]["score"]), ("aligned", "cosine"))
            self.assertEqual(rows[name]["present"], name == "RGB, (x - 127.5) / 127.5")
        wanted = answer["wanted"] or max(answer["settings"][:10], key=lambda row: row["separation"])
        color, mean, std = ROWS[wanted["setting"]]
        options = ["--color", color, "--mean", mean, "--std", std]
        self.assertMeasured(rows["embeddings compared without normalising"], measure(self.embeddings(*options), normalise=False))
        self.assertNotIn("box cut out instead of alignment", rows)
        best = max(measured, key=lambda name: measured[name]["separation"])
        for name, row in measured.items():
            away = [a - b for a, b in zip(measured[best]["without"], row["without"])]
            error = math.sqrt(sum((x - sum(away) / 9) ** 2 for x in away) * 8 / 9)
            self.assertAlmostEqual(rows[name]["behind"]["separation"], measured[best]["separation"] - row["separation"], delta=1e-3)
            self.assertAlmostEqual(rows[name]["behind"]["standard_error"], error, delta=1e-3 + 1e-3 * error)

    def test_mirrored_crops(self):
        """The mirrored template is what the mirrored pictures give."""
        for person in range(5):
            for picture in range(2):
                rows = [[bytes([(x * (person + 2) + y * picture) % 256, x * x * (person + 1) % 251, y * (person + 3) % 256]) for x in range(112)]
                        for y in range(112)]
                for folder, turned in (("plain", rows), ("mirrored", [row[::-1] for row in rows])):
                    self.write(f"{folder}/{person}/{picture}.png", typed.png(112, 112, b"".join(b"\0" + b"".join(row) for row in turned)))
        plain, mirrored = (self.answer("--aligned", folder)["settings"] for folder in ("plain", "mirrored"))
        turned = next(row for row in plain if row["face"] == "mirrored")
        same = next(row for row in mirrored if (row["mean"], row["std"], row["color"]) == (turned["mean"], turned["std"], turned["color"]))
        keys = ("separation", "auc", "eer", "same_mean", "different_mean", "longest_embedding")
        self.assertEqual([turned[key] for key in keys], [same[key] for key in keys])
        self.assertNotEqual(turned["separation"], next(row for row in plain if row["std"] == turned["std"])["separation"])

    def test_present_setting_of_ones_own(self):
        self.people()
        answer = self.answer("--aligned", "people", "--mean", "100,110,120", "--std", "50")
        present = [row for row in answer["settings"] if row["present"]]
        self.assertEqual(len(present), 1)
        self.assertEqual((present[0]["setting"], present[0]["mean"], present[0]["std"]),
                         ("RGB, (x - [100 110 120]) / [50 50 50]", [100, 110, 120], [50, 50, 50]))
        self.assertMeasured(present[0], measure(self.embeddings("--mean", "100,110,120", "--std", "50")))
        self.assertEqual((len(answer["settings"]), answer["far"]), (11 + 2, None))

    def test_text_says_the_same(self):
        self.people()
        answer = self.answer("--aligned", "people")
        code = 0 if answer["verdict"] == "right" else 1
        lines = self.type("doctor", "--model", self.model, "--aligned", "people", code=code, says=[]).lines
        self.assertIn("pictures   12 of 6 people, 6 of them with two or more; aligned already; 6 pairs of one person, 60 of different people", lines)
        self.assertEqual(lines[-len(answer["says"]):], answer["says"])
        for row in answer["settings"]:
            line = next(line for line in lines if line[2:].startswith(row["setting"]))
            self.assertIn(f"{row['separation']:.2f}", line)
            self.assertIn(f"{100 * row['eer']:.2f}", line)
        shown = [line[2:] for line in lines if line[2:6] in ("RGB,", "BGR,")]
        ranked = sorted(answer["settings"][:10], key=lambda row: -row["separation"])
        for line, row in zip(shown, ranked):
            self.assertAlmostEqual(float(line.split(" <- present")[-1].split()[-7] if " <- " in line else line.split()[-7]), row["separation"], delta=0.011)

    def test_whole_pictures(self):
        """Detected, cut out in every way; the crops are those of `cameo align`."""
        self.people()
        best = ["--rank", "central"]
        answer = self.answer(*self.detector(), *best, "people")
        self.assertEqual([row["face"] for row in answer["settings"][10:]], ["box", "landmarks exchanged", "mirrored", "aligned"])
        self.type("align", *self.detector(), *best, "--max-faces", "1", "people", "-o", "crops")
        crops = self.answer("--aligned", "crops")
        self.assertFalse(answer["aligned"])
        for a, b in zip(answer["settings"][:10], crops["settings"][:10]):
            self.assertEqual({**a, "behind": None}, {**b, "behind": None})

    def test_pictures_that_say_nothing(self):
        self.people()
        shutil.copy(portraits(6)[0], self.path("people", "nobodys.jpg"))
        shutil.copy(portraits(6)[0], self.path("people", "p0", "again.jpg"))
        shutil.copy(portraits(6)[2], self.path("people", "p5", "p1.jpg"))
        os.mkdir(self.path("people", "empty"))
        self.write("people/p2/broken.jpg", "hello")
        answer = self.answer("--aligned", "people", says=["broken.jpg"], code=3)
        left_out = answer["left_out"]
        self.assertEqual((left_out["without_person"], left_out["unreadable"], left_out["over_limit"], left_out["without_face"]), (1, 1, 0, []))
        self.assertEqual([os.path.basename(path) for path in left_out["twice"]], ["person01_01.jpg"])
        self.assertEqual(sorted(path.split("/", 1)[1] for path in left_out["two_names"]), ["p1/person02_01.jpg", "p5/p1.jpg"])
        self.assertEqual((answer["pictures"], answer["people"], answer["people_with_pairs"]), (11, 6, 5))
        text = self.type("doctor", "--model", self.model, "--aligned", "people", code=3, says="broken.jpg").out
        self.assertIn("left out   1 in no person's folder, 1 not readable, 1 the same picture again, 2 the same picture under two names", text)

    def test_limit(self):
        self.people(9)
        for person in range(3):
            self.write(f"people/p{person}/more.png", typed.plain_png(112, 112, bytes([person * 80, 10, 200])))
        self.write("people/single/one.png", typed.plain_png(112, 112, b"\1\2\3"))
        pictures = {}
        for limit in (10, 11, 18, 20, 21, 22, 400):
            answer = self.answer("--aligned", "people", "--pictures", str(limit))
            pictures[limit] = (answer["pictures"], answer["people"], answer["people_with_pairs"], answer["left_out"]["over_limit"])
        self.assertEqual(pictures, {10: (10, 5, 5, 12), 11: (10, 5, 5, 12), 18: (18, 9, 9, 4), 20: (20, 9, 9, 2), 21: (21, 9, 9, 1), 22: (22, 10, 9, 0),
                                    400: (22, 10, 9, 0)})

    def test_nobody_finds_a_face(self):
        self.people()
        blind = ["--detector", made("scrfd_500m"), "--det-size", "128", "--det-threshold", "1"]
        self.type("doctor", "--model", self.model, *blind, "people", code=3,
                  says=("people: no person has two usable pictures", "12 pictures found, 0 used", "12 without a face", "say --aligned"))


class Refused(WithPeople):
    def refused(self, folder, *words, **options):
        self.doctor(folder, code=3, says=(folder, *words), **options)

    def test_too_few(self):
        self.people(4)
        self.refused("people", "people with two usable pictures or more: 4; at least 5", "8 pictures found, 8 used")
        shutil.copytree(self.path("people", "p0"), self.path("one", "p0"))
        self.refused("one", "all usable pictures show one person, 'p0'")
        for i, path in enumerate(portraits(6)[::2]):
            os.makedirs(self.path("single", str(i)))
            shutil.copy(path, self.path("single", str(i)))
        self.refused("single", "no person has two usable pictures", "6 pictures found, 6 used")
        os.mkdir(self.path("flat"))
        for path in portraits(6):
            shutil.copy(path, self.path("flat"))
        self.refused("flat", "no person has two usable pictures", "a folder for each person", "12 in no person's folder")

    def test_no_folder(self):
        self.refused("nothing", "No such file")
        os.mkdir(self.path("empty"))
        self.refused("empty", "no picture in this folder")
        self.write("file.jpg", "x")
        self.refused("file.jpg", "is no folder", "a folder of pictures for each person")

    def test_nothing_readable(self):
        for person in range(6):
            for picture in "ab":
                self.write(f"people/{person}/{picture}.png", typed.png(60000, 60000))
        self.type("doctor", "--model", self.model, "--aligned", "people", code=3, says=["limit of 100000000 pixels"] * 12)

    def test_wrong_models(self):
        self.people()
        self.type("doctor", "--model", made("scrfd_500m"), "--aligned", "people", code=3, says=("scrfd_500m.onnx", "not a recognizer"))
        self.type("doctor", "--model", "nix.onnx", "--aligned", "people", code=3, says="nix.onnx: no such file")
        self.type("doctor", "--model", self.model, "--detector", made("mbf"), "people", code=3, says=("mbf.onnx", "not a detector"))
        self.type("doctor", "--model", self.model, "--aligned", "people", "--output-name", "nix", code=3, says="no output 'nix'")

    def test_network_that_cannot_stand_a_setting(self):
        """The square root of the mean colours: no number for pixels below zero, which is a finding and no failure."""
        mean = [sketch.node("Conv", ["in", "w"], ["a"], "conv"), sketch.node("GlobalAveragePool", ["a"], ["b"], "pool"),
                sketch.node("Flatten", ["b"], ["c"], "flat"), sketch.node("Sqrt", ["c"], ["out"], "root")]
        weights = sketch.floats(*[1.0 if channel % 3 == plane else 0.001 * (channel % 7) for channel in range(64) for plane in range(3)])
        model = self.write("roots.onnx", recognizer(*mean, initializers=[sketch.tensor("w", [64, 3, 1, 1], weights)]))
        for person in range(6):  # each of one dark colour, with a little more or less of it
            for picture in range(2):
                shade = bytes([10 + 16 * (person % 3) + picture, 10 + 16 * (person // 3) + picture, 12])
                self.write(f"dark/{person}/{picture}.png", typed.plain_png(112, 112, shade))
        process = self.start("doctor", "--model", model, "--aligned", "dark", "--json")
        out, err = process.communicate(timeout=typed.SECONDS)
        self.assertEqual((process.returncode, err), (1, b""))
        answer = json.loads(out)
        rows = {row["setting"]: row for row in answer["settings"]}
        self.assertEqual(answer["verdict"], "wrong")
        self.assertIn("gave", rows["RGB, (x - 127.5) / 127.5"]["failure"])
        self.assertIsNone(rows["RGB, (x - 127.5) / 127.5"]["separation"])
        self.assertIsNone(rows["RGB, x / 255"]["failure"])
        self.assertIsNone(rows[answer["wanted"]["setting"]]["failure"])
        self.assertIn("What it costs: everything, the network answers with what is no number.", answer["says"])
        self.assertIn("no numbers come out", self.type("doctor", "--model", model, "--aligned", "dark", code=1, says=[]).out)


if __name__ == "__main__":
    typed.main()

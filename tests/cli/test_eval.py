"""cameo eval and cameo calibrate on drawn portraits and made models: what they take, say, count, keep and refuse. What the figures mean is tested by
tests/evaluation, and on real faces by test_eval_real.py."""
import fcntl
import math
import os
import pickle
import re
import shutil
import signal
import time
import xml.dom.minidom

import typed
from typed import Typed, made, portraits

PEOPLE = 9


class Faces(Typed):
    def setUp(self):
        super().setUp()
        self.environment_without_off = {"CAMEO_CACHE": None, "CAMEO_HOME": self.path("home")}
        self.pictures = portraits(PEOPLE)
        for i, picture in enumerate(self.pictures):
            shutil.copy(picture, self.write(f"people/p{i // 2}/p{i // 2}_{i % 2 + 1:04d}.jpg"))

    def eval(self, *arguments, code=0, says=None, **options):
        return self.type("eval", "--model", made("mbf"), *self.detector(), *arguments, code=code, says=says, **options)

    def crops(self):
        self.type("align", *self.detector(), "--max-faces", "1", "people", "-o", "crops")
        return "crops"


class Folders(Faces):
    def test_folders(self):
        answer = self.eval("people", "--json").json()
        self.assertEqual((answer["form"], answer["pictures"]["used"], answer["pairs"]["same"]["pairs"], answer["pairs"]["different"]["pairs"]),
                         ("folders", 18, 9, 144))
        self.assertIsNone(answer["folds"])
        points = answer["measures"]["points"]
        self.assertEqual([point["far"] for point in points], [0.1, 0.01, 0.001, 0.0001, 1e-05, 1e-06])
        self.assertEqual([point["resolvable"] for point in points], [True] + [False] * 5)
        first = points[0]
        self.assertLessEqual(first["accepted"], 14)
        self.assertAlmostEqual(first["tar"]["value"] + first["fnmr"]["value"], 1, places=6)
        self.assertTrue(first["tar"]["low"] <= first["tar"]["value"] <= first["tar"]["high"])
        self.assertTrue(answer["model"]["mirror"])
        self.assertEqual(len(answer["model"]["sha256"]), 64)
        text = self.eval("people").out
        for words in ("9 pairs of one person, 144 of different people", "not resolvable: 1000 pairs of different people are wanted at least", "EER", "AUC"):
            self.assertIn(words, text)

    def test_cosines_are_those_of_embeddings(self):
        for mirror in ([], ["--mirror"]):
            rows = self.type("embed", "--model", made("mbf"), *self.detector(), "--max-faces", "1", "--rank", "central", *mirror, "people").json_lines()
            same, different = [], []
            for i, a in enumerate(rows):
                for b in rows[:i]:
                    cosine = sum(x * y for x, y in zip(a["embedding"], b["embedding"]))
                    (same if os.path.dirname(a["file"]) == os.path.dirname(b["file"]) else different).append(cosine)
            answer = self.eval("people", "--json", *([] if mirror else ["--no-mirror"])).json()
            for kind, cosines in (("same", same), ("different", different)):
                self.assertAlmostEqual(answer["pairs"][kind]["mean"], sum(cosines) / len(cosines), places=5)
            threshold = answer["measures"]["points"][0]["threshold"]["value"]
            self.assertAlmostEqual(threshold, sorted(different)[-15], places=5)

    def test_what_is_left_out_is_counted(self):
        self.write("people/p0/broken.jpg", b"no picture")
        shutil.copy(self.pictures[0], self.write("people/p0/again.jpg"))
        for person in ("p1", "p2"):
            shutil.copy(portraits(PEOPLE)[5], self.write(f"people/{person}/shared.jpg"))
        shutil.copy(self.pictures[6], self.write("people/lonely.jpg"))
        self.write("people/p3/dark.png", typed.plain_png(160, 160, b"\0\0\0"))
        self.write(b"people/p3/odd \xff\x07<b>.png", typed.plain_png(150, 150, b"\x40\x40\x40"))
        answer = self.eval("people", "--json", "--report", "r.html", code=3, says=("people/p0/broken.jpg",)).json()
        self.assertEqual(answer["pictures"]["left_out"], {"over_limit": 0, "without_person": 1, "unreadable": 1, "without_face": 0, "repeated": 1,
                                                          "two_names": 3})
        self.assertEqual((answer["pictures"]["odd_names"], answer["pictures"]["used"]), (1, 18 - 1 + 2))
        text = self.eval("people", code=3, says=("people/p0/broken.jpg",)).out
        for words in ("1 in no person's folder, 1 not readable, or not there", "1 the same file again, for the same person",
                      "3 the same file under two people's names", "1 names hold control characters or no UTF-8"):
            self.assertIn(words, text)
        with open(self.path("r.html"), encoding="utf-8") as file:  # which is a test of its own
            page = file.read()
        self.assertNotIn("<b>.png", page)

    def test_no_face(self):
        options = ["--detector", made("scrfd_500m"), "--det-size", "128", "--det-threshold", "1"]
        answer = self.type("eval", "--model", made("mbf"), *options, "people", "--json", code=3,
                           says=("0 pairs of one person and 0 of different people",)).json()
        self.assertEqual((answer["pictures"]["left_out"]["without_face"], answer["measures"]), (18, None))

    def test_limit(self):
        answer = self.eval("people", "--json", "--pictures", "8").json()
        self.assertEqual((answer["pictures"]["used"], answer["pictures"]["left_out"]["over_limit"]), (8, 10))

    def test_one_kind_of_pairs_is_missing(self):
        for person in range(1, PEOPLE):
            shutil.rmtree(self.path("people", f"p{person}"))
        answer = self.eval("people", "--json", code=3, says=("1 pairs of one person and 0 of different people", "without pairs of different people"))
        self.assertIsNone(answer.json()["measures"])
        os.rename(self.path("people", "p0", "p0_0002.jpg"), self.write("people/q/0.jpg"))
        self.eval("people", code=3, says=("0 pairs of one person and 1 of different people", "without pairs of one person"))
        self.eval("people/q", code=3, says="all 1 pictures lie in the folder itself")
        self.eval("nowhere", code=3, says="nowhere")

    def test_threads_do_not_matter(self):
        one, two = (self.eval("people", "--json", "--threads", number).json()["measures"] for number in ("1", "2"))
        self.assertEqual(one, two)


class Lists(Faces):
    def pairs(self, folds=3):
        """LFW's form: of each fold three pairs of one person and three of different people."""
        lines = [f"{folds}\t3"]
        for fold in range(folds):
            lines += [f"p{3 * fold + i}\t1\t2" for i in range(3)] + [f"p{3 * fold + i}\t1\tp{(3 * fold + i + 4) % PEOPLE}\t2" for i in range(3)]
        return self.write("pairs.txt", "\n".join(lines) + "\n")

    def test_pairs(self):
        self.pairs()
        answer = self.eval("pairs.txt", "--faces", "people", "--json").json()
        self.assertEqual((answer["form"], answer["folds"]["count"], answer["folds"]["pairs"]), ("list", 3, 18))
        self.assertEqual((answer["pairs"]["same"]["pairs"], answer["pairs"]["different"]["pairs"], answer["pairs"]["lost"]), (9, 9, 0))
        self.assertTrue(0 <= answer["folds"]["accuracy"] <= 1)
        self.assertIn("accuracy", self.eval("pairs.txt", "--faces", "people").out)
        os.rename(self.path("pairs.txt"), self.path("people", "pairs.txt"))
        self.assertEqual(self.eval("people/pairs.txt", "--json").json()["folds"], answer["folds"])  # beside the pictures

    def test_missing_pictures(self):
        self.pairs()
        for i in range(8):
            os.remove(self.path("people", f"p{i}", f"p{i}_0001.jpg"))
        says = [f"p{i}_0001.jpg" for i in (0, 4, 1, 5, 2)]
        answer = self.eval("pairs.txt", "--faces", "people", "--json", code=3, says=[("cannot be read",)] * 5 + ["3 more pictures cannot be read"]).json()
        self.assertEqual((answer["pictures"]["left_out"]["unreadable"], len(says)), (8, 5))
        self.assertEqual(answer["pairs"]["lost"], 16)

    def test_paths(self):
        self.write("list.txt", "p0/p0_0001.jpg p0/p0_0002.jpg 1\np0/p0_0001.jpg p1/p1_0002.jpg 0\np2/p2_0001.jpg p2/p2_0001.jpg 1\n")
        answer = self.eval("list.txt", "--faces", "people", "--json").json()
        self.assertEqual((answer["pictures"]["used"], answer["pairs"]["of_equal_files"], answer["folds"]), (4, 1, None))
        self.assertIn("1 pairs compare a file with itself", self.eval("list.txt", "--faces", "people").out)

    def test_what_is_no_list(self):
        for text, says in (("", "no pair in this list"), ("10 2\n", "has 0 pairs; its first line promises 10 folds of 2 x 2"), ("a b c\n", "line 1: wanted is"),
                           ("1 1\np0 1 2\np0 1 p1 1\np0 1 p2 1\n", "line 4: there are more pairs"), ("p0 1 2 3 4\n", "line 1"), ("a\0b", "is no text"),
                           ("p0 1 -2\n", "line 1"), ("p0 1 99999999999999\n", "line 1"), ("p0\n", "line 1")):
            self.write("list.txt", text)
            self.eval("list.txt", "--faces", "people", code=3, says=says)
        self.eval("people", "--faces", "people", code=2, says="--faces and --templates go with a list")
        self.eval("pairs.txt", "--points", "x", code=2, says="--points goes with --templates")
        self.eval("people", "--mirror", "--no-mirror", code=2, says="contradict")
        self.eval(code=2, says="no argument given")

    def test_pickles_say_the_same_as_lists(self):
        """A pickle of crops, in every protocol, against the list of the same crops; pictures in it may be broken."""
        self.pairs(3)
        crops = self.crops()
        order, same, rows = [], [], []
        for fold in range(3):
            for i in range(3):
                a = 3 * fold + i
                order += [(a, 1), (a, 2)]
                same.append(True)
            for i in range(3):
                a = 3 * fold + i
                order += [(a, 1), ((a + 4) % PEOPLE, 2)]
                same.append(False)
        files = {}
        for name in self.files():
            found = re.search(r"crops/.*p(\d)_000(\d)", name)
            if found:
                files[int(found[1]), int(found[2])] = name
        for (a, b), label in zip(zip(order[::2], order[1::2]), same):
            rows.append(f"{os.path.relpath(files[a], crops)} {os.path.relpath(files[b], crops)} {int(label)}\n")
        self.write("list.txt", "".join(rows))
        wanted = self.type("eval", "--model", made("mbf"), "--aligned", "list.txt", "--faces", crops, "--json").json()
        self.assertEqual(wanted["folds"]["count"], 10)
        pictures = []
        for key in order:
            with open(self.path(files[key]), "rb") as file:
                pictures.append(file.read())
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            self.write("set.bin", pickle.dumps((pictures, same), protocol=protocol))
            answer = self.type("eval", "--model", made("mbf"), "set.bin", "--json").json()
            self.assertEqual((answer["form"], answer["folds"], answer["measures"]), ("bin", wanted["folds"], wanted["measures"]), protocol)
        self.write("set.bin", pickle.dumps(([b"no picture"] + pictures[1:], same)))
        answer = self.type("eval", "--model", made("mbf"), "set.bin", "--json", code=3, says=("set.bin#0",)).json()
        self.assertEqual((answer["pictures"]["left_out"]["unreadable"], answer["pairs"]["lost"]), (1, 1))

    def test_pickles_that_are_none(self):
        class Evil:
            def __reduce__(self):
                return os.system, ("touch executed",)
        for content, says in ((pickle.dumps(([b"x"] * 2, Evil())), "imported, which no set of pictures needs"),
                              (pickle.dumps({"a": 1}), "that no set of pictures does"), (pickle.dumps(([b"x"] * 3, [True])), "3 pictures for 1 pairs"),
                              (pickle.dumps(([b"x"] * 2, [True]))[:-4], "ends in the middle"), (pickle.dumps(([], [])), "holds no pair")):
            self.write("set.bin", content)
            self.type("eval", "--model", made("mbf"), "set.bin", code=3, says=("set.bin", says))
        self.assertNotIn("executed", self.files())

    def test_templates(self):
        """One picture a template is that picture; and landmarks stand for detection."""
        faces = self.type("detect", *self.detector(), "--max-faces", "1", "--rank", "central", "--json", "people").json_lines()
        members, points = "", ""
        for i, row in enumerate(faces):
            name = os.path.relpath(row["file"], "people")
            members += f"{name} {i} {i}\n"
            points += name + "".join(f" {x:.9g} {y:.9g}" for x, y in row["faces"][0]["landmarks"]) + " 1\n"
        self.write("members.txt", members)
        self.write("points.txt", points)
        self.write("pairs.txt", "".join(f"{i} {j} {int(i // 2 == j // 2)}\n" for i in range(18) for j in range(i)))
        wanted = self.eval("people", "--json").json()["pairs"]
        for extra in ([], ["--points", "points.txt"]):
            found = self.eval("pairs.txt", "--templates", "members.txt", "--faces", "people", *extra, "--json").json()
            for kind in ("same", "different"):
                self.assertEqual(found["pairs"][kind]["pairs"], wanted[kind]["pairs"])
                self.assertAlmostEqual(found["pairs"][kind]["mean"], wanted[kind]["mean"], places=5)
        both = "".join(line.rsplit(" ", 2)[0] + f" {i // 2} {i % 2}\n" for i, line in enumerate(members.splitlines()))
        self.write("members.txt", both)
        self.write("pairs.txt", "".join(f"{i} {j} {int(i % 3 == j % 3)}\n" for i in range(9) for j in range(i)))
        answer = self.eval("pairs.txt", "--templates", "members.txt", "--faces", "people", "--json", "--report", "r.html").json()
        self.assertEqual((answer["form"], answer["pairs"]["same"]["pairs"], answer["pairs"]["different"]["pairs"]), ("templates", 9, 27))
        for name, text, says in (("pairs.txt", "0 99 1\n", "no picture is in template 99"), ("members.txt", "x 1\n", "FILE TEMPLATE MEDIUM"),
                                 ("pairs.txt", "0 1 2\n", "TEMPLATE TEMPLATE 0|1")):
            self.write("members.txt", both)
            self.write(name, text)
            self.eval("pairs.txt", "--templates", "members.txt", "--faces", "people", code=3, says=says)


class Pages(Faces):
    def test_report(self):
        self.eval("people", "--report", "r.html", "--roc", "roc.svg", "--det", "det.svg")
        with open(self.path("r.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertTrue(page.startswith("<!doctype html>") and page.rstrip().endswith("</html>"))
        self.assertEqual(re.findall(r'(?:src|href)\s*=\s*"?([^">]*)', page), [])
        self.assertEqual(len(re.findall(r"url\(data:image/jpeg;base64,[A-Za-z0-9+/=]{500,}\)", page)), 2)
        self.assertEqual(page.count("url("), 2)
        self.assertEqual(page.count("<figure>"), 9 + 12)
        self.assertEqual(page.count("<svg"), 3)
        for name in ("roc.svg", "det.svg"):
            with open(self.path(name), encoding="utf-8") as file:
                drawing = xml.dom.minidom.parse(file)
            self.assertEqual(drawing.documentElement.tagName, "svg")
            self.assertGreaterEqual(len(drawing.getElementsByTagName("path")), 5)
        self.assertEqual([name for name in self.files() if name.startswith("r.html")], ["r.html"])

    def test_where_nothing_can_be_written(self):
        self.eval("people", "--report", "nowhere/r.html", code=4, says="nowhere/r.html")


class Cache(Faces):
    def cached(self, *arguments, **options):
        return self.eval("people", "--json", "--cache", "kept", *arguments, **options).json()

    def test_embeddings_are_kept(self):
        first, second = self.cached(), self.cached()
        self.assertEqual((first["embeddings"], second["embeddings"]),
                         ({"computed": 18, "remembered": 0, "damaged": 0}, {"computed": 0, "remembered": 18, "damaged": 0}))
        self.assertEqual(first["measures"], second["measures"])
        (kept,) = os.listdir(self.path("kept"))
        self.assertEqual(os.stat(self.path("kept", kept)).st_mode & 0o777, 0o600)
        for other in (["--no-mirror"], ["--color", "bgr"], ["--det-threshold", "0.01"], ["--rank", "score"]):
            self.assertEqual(self.cached(*other)["embeddings"]["computed"], 18, other)
        self.assertEqual(len(os.listdir(self.path("kept"))), 5)
        shutil.copy(self.pictures[0], self.path("people", "p8", "p8_0001.jpg"))  # a picture with another content
        self.assertEqual(self.cached()["embeddings"]["computed"], 0)

    def test_where_they_are_kept(self):
        self.eval("people", environment=self.environment_without_off)
        self.assertTrue(any(name.startswith("home/embeddings/") for name in self.files()))
        shutil.rmtree(self.path("home"))
        self.eval("people", "--no-cache", environment=self.environment_without_off)
        self.assertEqual([name for name in self.files() if "embeddings" in name], [])

    def test_damage_is_noticed(self):
        wanted = self.cached()
        (kept,) = os.listdir(self.path("kept"))
        with open(self.path("kept", kept), "rb") as file:
            whole = bytearray(file.read())
        size = (len(whole) - 56) // 18
        self.assertEqual(len(whole), 56 + 18 * size)
        for place, damaged, computed in ((56 + 5 * size + 200, 1, 1), (len(whole) - 10, 1, 1)):
            changed = bytearray(whole)
            changed[place] ^= 1
            self.write(f"kept/{kept}", bytes(changed))
            answer = self.cached()
            self.assertEqual(answer["embeddings"], {"computed": computed, "remembered": 18 - computed, "damaged": damaged})
            self.assertEqual(answer["measures"], wanted["measures"])
            self.assertEqual(self.cached()["embeddings"]["remembered"], 18)
        self.write(f"kept/{kept}", bytes(whole[:-30]))  # broken off
        self.assertEqual(self.cached()["embeddings"], {"computed": 1, "remembered": 17, "damaged": 1})
        self.assertEqual(self.cached()["embeddings"]["remembered"], 18)
        self.write(f"kept/{kept}", b"something else entirely, and longer than a head of 56 bytes is")
        answer = self.cached(says=("is damaged, it is begun anew",))
        self.assertEqual((answer["embeddings"]["computed"], answer["measures"]), (18, wanted["measures"]))

    def test_work_that_was_broken_off_goes_on(self):
        for i in range(60):
            for k, picture in enumerate(self.pictures[:2]):
                with open(picture, "rb") as file:
                    self.write(f"people/more{i}/{k}.jpg", file.read() + b"%d" % i)  # bytes behind a JPEG's end
        process = self.start("eval", "--model", made("mbf"), *self.detector(), "people", "--cache", "kept", "--threads", "1")

        def size():
            folder = self.path("kept")
            return sum(os.stat(os.path.join(folder, name)).st_size for name in os.listdir(folder)) if os.path.isdir(folder) else 0
        deadline = time.monotonic() + 120
        while size() < 20000 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertLess(process.returncode, 0)
        answer = self.cached()["embeddings"]
        self.assertGreaterEqual(answer["remembered"], 5)
        self.assertEqual(answer["remembered"] + answer["computed"], 138)

    def test_two_at_a_time(self):
        """The second one reads, and leaves writing to the first."""
        self.cached()
        (kept,) = os.listdir(self.path("kept"))
        with open(self.path("kept", kept), "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.assertEqual(self.cached(says=("another process adds to it",))["embeddings"]["remembered"], 18)


class Calibrations(Faces):
    def calibrate(self, *arguments, code=0, says=None, model="mbf"):
        return self.type("calibrate", "--model", made(model), *self.detector(), *arguments, code=code, says=says)

    def test_calibrate_and_use(self):
        text = self.calibrate("people", "-o", "cal.json", "--fmr", "0.1", "--gallery", "7").out
        for words in ("for a false match rate of 0.1: about 1 false accept in 10 comparisons", "probability 1 / (1 + exp(", "searching a gallery"):
            self.assertIn(words, text)
        with open(self.path("cal.json"), encoding="utf-8") as file:
            calibration = typed.strict_json(file.read())
        self.assertEqual(calibration["pairs"], {"same": 9, "different": 144})
        self.assertEqual([row["gallery"] for row in calibration["identification"]], [7, 10, 100, 1000, 10000, 100000])
        self.assertFalse(calibration["identification"][1]["extrapolated"])
        self.assertTrue(calibration["identification"][2]["extrapolated"])  # there are 16 strangers
        rates = [row["fpir"] for row in calibration["identification"]]
        self.assertEqual(rates, sorted(rates))
        self.assertFalse(calibration["model"]["mirror"])
        use = ["--model", made("mbf"), *self.detector(), "--calibration", "cal.json"]
        itself = [self.pictures[0]] * 2
        answer = self.type("compare", *use, "--json", *itself).json()
        self.assertEqual((answer["threshold"], answer["same"]), (calibration["threshold"]["value"], True))
        self.assertEqual(answer["fmr"], calibration["fmr_at_threshold"]["value"])
        mapping = calibration["probability"]
        self.assertAlmostEqual(answer["probability"], 1 / (1 + math.exp(-mapping["slope"] * answer["similarity"] - mapping["offset"])), places=5)
        self.assertIn("this threshold means about 1 false accept in 10 comparisons", self.type("compare", *use, *itself).out)
        self.assertIn("fewer than 1 false accept in 144", self.type("compare", *use, "--threshold", "0.9999", *itself).out)
        row = self.type("embed", *use, "--max-faces", "1", self.pictures[0], says=("this threshold means about 1 false accept in 10",)).json_lines()[0]
        self.assertEqual(row["threshold"], calibration["threshold"]["value"])

    def test_another_model_is_refused(self):
        self.calibrate("people", "-o", "cal.json", "--fmr", "0.1")
        for command, tail in (("compare", self.pictures[:2]), ("embed", self.pictures[:1])):
            for options, says in ((["--model", made("r18")], "belongs to a model with the SHA-256"), (["--color", "bgr"], "pixels RGB"),
                                  (["--mean", "0"], "pixels RGB"), (["--mirror"], "the mirrored face not added")):
                options = options if "--model" in options else ["--model", made("mbf"), *options]
                self.type(command, *options, *self.detector(), "--calibration", "cal.json", *tail, code=3, says=says)

    def test_files_that_are_no_calibration(self):
        self.calibrate("people", "-o", "cal.json", "--fmr", "0.1")
        with open(self.path("cal.json"), encoding="utf-8") as file:
            whole = file.read()
        for text, says in (("", "is no JSON"), ("[]", "'format' should be"), (whole[:400], "is no JSON"),
                           (whole.replace("calibration 1", "calibration 2"), "'format'"),
                           (re.sub(r'"slope": [-\d.e]+', '"slope": null', whole), "'slope' should be a number"),
                           (re.sub(r'"sha256": "\w+"', '"sha256": "abc"', whole), "64 hexadecimal digits"), (whole.replace('"curve"', '"curves"'), "'curve'"),
                           (whole.replace('"fmr": 0.1', '"fmr": 1e400'), "JSON"),
                           (re.sub(r'"curve": \[.*', '"curve": [1, 2]}', whole, flags=re.S), "should be")):
            self.write("bad.json", text)
            self.type("compare", "--model", made("mbf"), *self.detector(), "--calibration", "bad.json", *self.pictures[:2], code=3, says=("bad.json", says))
        self.type("compare", "--calibration", "nothing.json", *self.pictures[:2], code=3, says="nothing.json")
        self.type("compare", "--matrix", "--calibration", "cal.json", *self.pictures[:2], code=2, says="goes without --matrix")

    def test_too_few_pictures(self):
        self.calibrate("people", "-o", "cal.json", code=3, says=("144 pairs of different people are too few for a false match rate of 0.001", "--fmr 0.069"))
        self.assertNotIn("cal.json", self.files())
        self.calibrate("people", code=2, says="-o OUT.json is missing")
        self.calibrate("people", "-o", "cal.json", "--fmr", "0.7", code=2, says="--fmr wants a number")


if __name__ == "__main__":
    typed.main()

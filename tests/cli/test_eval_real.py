# labels: slow
"""cameo eval and cameo calibrate on Labeled Faces in the Wild with a trained network, against the stored figures of the reference implementation
($CAMEO_TEST_DATA/README.md): ONNX Runtime, OpenCV and NumPy, embeddings without the mirrored face."""
import json
import math
import os
import shutil
import tempfile

import typed
from typed import Typed, real

NAME = "mobilefacenet_arcface"
kept = tempfile.mkdtemp(prefix="cameo-kept-")


class Faces(Typed):
    def setUp(self):
        super().setUp()
        self.options = ["--model", real("models", NAME + ".onnx"), "--detector", real("models", "det_500m.onnx"), "--det-size", "640", "--rank", "center",
                        "--cache", kept]
        with open(real("ref", "accuracy.json"), encoding="utf-8") as file:
            self.reference = json.load(file)[NAME]

    def near(self, found, wanted, tolerance):
        self.assertLessEqual(abs(found - wanted), tolerance, (found, wanted))

    def eval(self, *arguments):
        return self.type("eval", *self.options, *arguments, "--json").json()

    def test_all_pairs(self):
        wanted, answer = self.reference["all_pairs"], self.eval(real("lfw"), "--no-mirror", "--report", "report.html")
        same, different, measures = answer["pairs"]["same"], answer["pairs"]["different"], answer["measures"]
        self.assertEqual((same["pairs"], different["pairs"]), (wanted["genuine"], wanted["impostor"]))
        self.assertEqual(answer["pictures"]["left_out"]["without_face"], 7)
        self.near(same["mean"], wanted["genuine_mean"], 1e-3)
        self.near(different["mean"], wanted["impostor_mean"], 1e-3)
        self.near(different["deviation"], wanted["impostor_std"], 1e-3)
        self.near(measures["eer"]["value"], wanted["EER"], 5e-4)
        self.near(measures["eer_threshold"], wanted["threshold@EER"], 3e-3)
        for point, far in ((measures["points"][1], "0.01"), (measures["points"][2], "0.001"), (measures["points"][3], "0.0001")):
            self.near(point["tar"]["value"], wanted["TAR@FAR=" + far], 1e-3)
            self.near(point["threshold"]["value"], wanted["threshold@FAR=" + far], 3e-3)
            self.assertTrue(point["tar"]["low"] < point["tar"]["value"] < point["tar"]["high"])
            self.assertLess(point["tar"]["high"] - point["tar"]["low"], 0.03)
        self.assertEqual([point["resolvable"] for point in measures["points"]], [True] * 5 + [False])  # 2.6 million pairs do not tell 1e-6
        self.assertGreater(os.path.getsize(self.path("report.html")), 100000)

    def test_pairs(self):
        """The figures of accuracy.json, whose thresholds are the scores themselves; and, with the protocol's thresholds, exactly what its scores give."""
        answer = self.eval(real("pairs.txt"), "--faces", real("lfw"), "--no-mirror")
        wanted = self.reference["pairs.txt"]
        self.assertEqual((answer["folds"]["pairs"], answer["folds"]["count"], answer["pairs"]["lost"]), (wanted["pairs"], 10, 22))
        self.near(answer["folds"]["accuracy"], wanted["accuracy_mean"], 1e-3)
        self.near(answer["measures"]["eer"]["value"], wanted["EER"], 1e-3)
        self.near(answer["folds"]["accuracy"], self.accuracy_of_stored_scores(), 7e-4)  # two pairs of 2978
        mirrored = self.eval(real("pairs.txt"), "--faces", real("lfw"))
        self.near(mirrored["folds"]["accuracy"], answer["folds"]["accuracy"], 4e-3)
        self.assertGreater(mirrored["pairs"]["same"]["mean"], answer["pairs"]["same"]["mean"])  # sums of two views vary less

    def accuracy_of_stored_scores(self):
        scores = {}
        with open(real("ref", "pair_scores.tsv"), encoding="utf-8") as file:
            column = file.readline().rstrip("\n").split("\t").index(NAME)
            for line in file:
                words = line.rstrip("\n").split("\t")
                scores[words[0].removeprefix("lfw/"), words[1].removeprefix("lfw/")] = float(words[column])
        folds = []
        with open(real("pairs.txt"), encoding="utf-8") as file:
            count, size = (int(word) for word in file.readline().split())
            for number, line in enumerate(file):
                words = line.split()
                same = len(words) == 3
                other = words[0] if same else words[2]
                pair = tuple(f"{name}/{name}_{int(index):04d}.jpg" for name, index in ((words[0], words[1]), (other, words[-1])))
                if number % (2 * size) == 0:
                    folds.append([])
                if pair in scores:
                    folds[-1].append((2 - 2 * scores[pair], same))
        self.assertEqual(len(folds), count)

        def right(threshold, pairs):
            return sum((distance < threshold) == same for distance, same in pairs)
        accuracies = []
        for i, fold in enumerate(folds):
            rest = [pair for j, other in enumerate(folds) for pair in other if j != i]
            best = max(range(400), key=lambda k: (right(k * 0.01, rest), -k))
            accuracies.append(right(best * 0.01, fold) / len(fold))
        return math.fsum(accuracies) / len(accuracies)

    def test_calibration(self):
        self.type("calibrate", *self.options, real("lfw"), "-o", "cal.json", "--fmr", "1e-4")
        with open(self.path("cal.json"), encoding="utf-8") as file:
            calibration = typed.strict_json(file.read())
        wanted = self.reference["all_pairs"]
        self.near(calibration["threshold"]["value"], wanted["threshold@FAR=0.0001"], 3e-3)
        self.near(calibration["fnmr"]["value"], 1 - wanted["TAR@FAR=0.0001"], 1e-3)
        self.assertTrue(calibration["fmr_at_threshold"]["low"] < 1e-4 < calibration["fmr_at_threshold"]["high"])
        probability = calibration["probability"]
        self.assertTrue(0 < probability["cllr_min"] <= probability["cllr"] < 0.06)
        self.assertLess(probability["cllr"] - probability["cllr_min"], 0.01)  # a straight line is enough
        # Ten times as many faces, about ten times as many strangers found: the rate of one comparison, while it is small.
        rates = {row["gallery"]: row["fpir"] for row in calibration["identification"]}
        self.near(rates[10] / 1e-3, 1, 0.1)
        self.near(rates[100] / 1e-2, 1, 0.2)


if __name__ == "__main__":
    try:
        typed.main()
    finally:
        shutil.rmtree(kept, ignore_errors=True)

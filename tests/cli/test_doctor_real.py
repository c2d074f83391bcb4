# labels: slow
"""cameo doctor on models whose convention is known ($CAMEO_TEST_DATA/README.md) and real faces: it finds the convention, and notices a wrong one."""
import os

import typed
from typed import Typed, real

RGB_127, IMAGENET = ("RGB", [127.5] * 3, [127.5] * 3), ("RGB", [123.675, 116.28, 103.53], [58.395, 57.12, 57.375])


class KnownConventions(Typed):
    def setUp(self):
        super().setUp()
        self.detector = ["--detector", real("models", "det_500m.onnx"), "--rank", "center", "--det-size", "640"]
        people = [name for name in sorted(os.listdir(real("lfw"))) if len(os.listdir(real("lfw", name))) >= 2]
        for name in people[::12][:60]:
            os.makedirs(self.path("faces", name))
            for file in sorted(os.listdir(real("lfw", name)))[:2]:
                os.symlink(real("lfw", name, file), self.path("faces", name, file))

    def doctor(self, model, *options, code=0, folder="faces"):
        return self.type("doctor", "--model", real("models", model + ".onnx"), *options, "--json", folder, code=code, says=[]).json()

    def wanted(self, answer):
        wanted = answer["wanted"]
        return wanted["color"], [round(value, 4) for value in wanted["mean"]], [round(value, 4) for value in wanted["std"]]

    def crops(self):
        self.type("align", *self.detector, "--max-faces", "1", "faces", "-o", "crops")
        return ["--aligned"]

    def test_from_pictures(self):
        answer = self.doctor("mobilefacenet_arcface", *self.detector)
        self.assertEqual((answer["verdict"], self.wanted(answer)), ("right", RGB_127))
        self.assertEqual((answer["people"], answer["pictures"], answer["pairs"]["same"], answer["pairs"]["different"]), (60, 120, 60, 60 * 118))
        rows = {row["setting"]: row for row in answer["settings"]}
        self.assertGreater(rows["RGB, (x - 127.5) / 127.5"]["tar"], 0.95)
        self.assertGreater(rows["box cut out instead of alignment"]["eer"], 0.03)
        self.assertGreater(rows["left and right landmarks exchanged"]["eer"], 0.25)
        self.assertGreater(rows["RGB, x as it is (0..255)"]["eer"], 0.2)
        for worse in ("box cut out instead of alignment", "left and right landmarks exchanged", "BGR, (x - 127.5) / 127.5", "RGB, x as it is (0..255)"):
            self.assertTrue(rows[worse]["behind"]["clear"], worse)
        self.assertFalse(rows["mirrored template"]["behind"]["clear"])  # faces are nearly symmetric, and this network was trained on both
        text = " ".join(answer["says"])
        for words in ("present setting is right", "Cutting the box out instead of aligning would cost", "aligned by their five landmarks",
                      "not normalised, their lengths lie between"):
            self.assertIn(words, text)

    def test_wrong_settings_are_noticed(self):
        """Also where the other setting would still work for most pairs."""
        aligned = self.crops()
        for options, cost in ((["--color", "bgr"], 0), (["--mean", "0", "--std", "255"], 0), (["--mean", "0", "--std", "1"], 0.5),
                              (["--mean", "32512.5", "--std", "255"], 0.5)):
            answer = self.doctor("mobilefacenet_arcface", *aligned, *options, code=1, folder="crops")
            self.assertEqual((answer["verdict"], self.wanted(answer)), ("wrong", RGB_127), options)
            self.assertEqual(answer["wanted"]["options"], "--color rgb --mean 127.5 --std 127.5")
            present = next(row for row in answer["settings"] if row["present"])
            right = next(row for row in answer["settings"] if row["setting"] == answer["wanted"]["setting"])
            self.assertGreaterEqual(right["tar"] - present["tar"], cost, options)
            self.assertTrue(present["behind"]["clear"])
            self.assertIn("The present setting is wrong", answer["says"][0])
            self.assertTrue(answer["says"][1].startswith("What it costs (in brackets" if cost else "What it costs"), answer["says"][1])

    def test_convention_that_no_file_tells(self):
        """Trained with ImageNet's mean and std, which cannot be seen in the graph."""
        aligned = self.crops()
        answer = self.doctor("mobilefacenet_foamliu_op11", *aligned, "--mean", "127.5", "--std", "255", code=1, folder="crops")
        self.assertEqual((answer["verdict"], self.wanted(answer)), ("wrong", IMAGENET))
        given = answer["wanted"]["options"].split()
        again = self.doctor("mobilefacenet_foamliu_op11", *aligned, *given, folder="crops")
        self.assertEqual((again["verdict"], self.wanted(again)), ("right", IMAGENET))

    def test_network_that_normalises_by_itself(self):
        aligned = self.crops()
        answer = self.doctor("mobilefacenet_arcface_mxnet", *aligned, folder="crops")
        self.assertEqual((answer["verdict"], self.wanted(answer)), ("right", ("RGB", [0] * 3, [1] * 3)))
        wrong = self.doctor("mobilefacenet_arcface_mxnet", *aligned, "--mean", "127.5", "--std", "128", code=1, folder="crops")
        self.assertEqual((wrong["verdict"], self.wanted(wrong)), ("wrong", ("RGB", [0] * 3, [1] * 3)))

    def test_network_that_knows_no_faces(self):
        self.crops()
        answer = self.type("doctor", "--model", typed.made("mbf"), "--aligned", "crops", "--json", code=1, says=[]).json()
        self.assertEqual((answer["verdict"], answer["wanted"]), ("undecided", None))
        self.assertIn("No setting tells these people apart", answer["says"][0])

    def test_detector_without_landmarks(self):
        self.type("doctor", "--model", real("models", "mobilefacenet_arcface.onnx"), "--detector", real("models", "version-RFB-320.onnx"), "faces", code=2,
                  says="this detector gives no landmarks")


if __name__ == "__main__":
    typed.main()

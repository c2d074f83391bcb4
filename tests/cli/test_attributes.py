"""cameo detect --attributes: what is beside the detector is taken, what is named goes before it, what is not there is null."""
import os
import shutil
import struct

import typed
from typed import Typed, made, portraits

PACK = {"2d106": "2d106det.onnx", "1k3d68": "1k3d68.onnx", "genderage": "genderage.onnx", "minifasnet_v2": "2.7_80x80_MiniFASNetV2.onnx",
        "minifasnet_v1se": "4_0_0_80x80_MiniFASNetV1SE.onnx"}
SCORES = ["overall", "size", "sharpness", "illumination", "pose"]
MEASURES = ["side", "laplacian", "brightness", "contrast", "uniformity", "exposure"]


def npy(*shape):
    """A float32 array of numbers that are no two alike."""
    count = 1
    for size in shape:
        count *= size
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{count}f", *[(i * i) % 97 for i in range(count)])


class Attributes(Typed):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("alone"))
        os.symlink(made("scrfd_500m"), self.path("alone", "det.onnx"))

    def pack(self, *architectures):
        """A folder as InsightFace's packs are, with a detector and these networks."""
        os.mkdir(self.path("pack"))
        os.symlink(made("scrfd_500m"), self.path("pack", "det_500m.onnx"))
        for name in architectures:
            os.symlink(made(name), self.path("pack", PACK[name]))
        return self.path("pack", "det_500m.onnx")

    def detect(self, detector, *options, picture=None, **how):
        return self.type("detect", "--detector", detector, "--det-size", "128", "--det-threshold", "0", "--max-faces", "2", *options,
                         picture or portraits()[0], **how)

    def test_quality_needs_no_model(self):
        faces = self.detect(self.path("alone", "det.onnx"), "--attributes", "--json").json()["faces"]
        self.assertEqual(len(faces), 2)
        for face in faces:
            for key in ["landmarks_106", "landmarks_68", "pose", "gender", "gender_scores", "age", "real", "spoof_scores"]:
                self.assertIsNone(face[key])
            quality = face["quality"]
            for key in SCORES:
                self.assertTrue(0 <= quality[key] <= 1, key)
            self.assertEqual(quality["overall"], min(quality[key] for key in SCORES[1:]))
            for key in MEASURES:
                self.assertGreaterEqual(quality[key], 0)
            self.assertEqual(sorted(quality["angles"]), ["pitch", "roll", "yaw"])
            self.assertIsNone(quality["norm"])
        plain = self.detect(self.path("alone", "det.onnx"), "--json").json()["faces"]
        self.assertNotIn("quality", plain[0])
        self.assertEqual([face["box"] for face in plain], [face["box"] for face in faces])
        text = self.detect(self.path("alone", "det.onnx"), "--attributes").lines
        self.assertEqual(len(text), 5)
        self.assertRegex(text[2], r"^    quality 0\.\d\d: size \d\.\d\d, sharpness \d\.\d\d, illumination \d\.\d\d, pose \d\.\d\d \(pitch -?\d+, yaw")

    def test_a_pack_gives_everything(self):
        detector = self.pack(*PACK)
        faces = self.detect(detector, "--attributes", "--json").json()["faces"]
        for face in faces:
            self.assertEqual([len(face["landmarks_106"]), len(face["landmarks_106"][0])], [106, 2])
            self.assertEqual([len(face["landmarks_68"]), len(face["landmarks_68"][0])], [68, 3])
            self.assertEqual(face["pose"], face["quality"]["angles"])
            female, male = face["gender_scores"]
            self.assertEqual(face["gender"], "male" if male > female else "female")
            self.assertTrue(0 <= face["age"] <= 200)
            self.assertEqual(face["real"], face["spoof_scores"][1])
            self.assertAlmostEqual(sum(face["spoof_scores"]), 1, places=5)
        text = self.detect(detector, "--attributes").lines
        self.assertRegex(text[3], r"^    (fe)?male, age \d+, real [01]\.\d\d, landmarks 106 68$")
        for threads in ["1", "3"]:
            self.assertEqual(self.detect(detector, "--attributes", "--json", "--threads", threads).json()["faces"], faces)

    def test_drawings_show_what_is_known(self):
        detector = self.pack("2d106", "genderage")
        self.detect(detector, "--draw", "plain.png")
        self.detect(detector, "--attributes", "--draw", "drawn.png")
        with open(self.path("plain.png"), "rb") as plain, open(self.path("drawn.png"), "rb") as drawn:
            self.assertNotEqual(plain.read(), drawn.read())

    def test_what_is_named_goes_before_what_is_beside(self):
        detector = self.pack("2d106", "minifasnet_v2")
        beside = self.detect(detector, "--attributes", "--json").json()["faces"][0]
        self.assertIsNone(beside["landmarks_68"])
        shutil.copy(made("minifasnet_v1se"), self.path("spoof.onnx"))
        named = self.detect(detector, "--antispoof", self.path("spoof.onnx") + ":4", "--json").json()["faces"][0]
        self.assertEqual(named["landmarks_106"], beside["landmarks_106"])
        self.assertNotEqual(named["real"], beside["real"])
        two = self.detect(detector, "--antispoof", f"{self.path('spoof.onnx')}:4,{self.path('pack', PACK['minifasnet_v2'])}", "--json").json()
        self.assertAlmostEqual(two["faces"][0]["real"], (named["real"] + beside["real"]) / 2, places=5)
        narrow = self.detect(detector, "--antispoof", self.path("spoof.onnx") + ":1.5", "--json").json()["faces"][0]
        self.assertNotEqual(narrow["real"], named["real"])

    def test_a_recognizer_gives_the_length(self):
        alone = self.path("alone", "det.onnx")
        face = self.detect(alone, "--attributes", "--model", made("mbf"), "--json").json()["faces"][0]
        self.assertEqual(self.detect(alone, "--model", made("mbf"), "--json").json()["faces"][0], face)
        embedding = self.type("embed", "--model", made("mbf"), "--detector", alone, "--det-size", "128", "--det-threshold", "0", "--max-faces", "1",
                              portraits()[0]).json()
        self.assertAlmostEqual(face["quality"]["norm"], embedding["norm"], places=3)
        self.assertEqual(self.detect(alone, "--attributes", "--json", environment={"CAMEO_MODEL": made("mbf")}).json()["faces"][0], face)
        self.assertIn(", norm ", self.detect(alone, "--attributes", "--model", made("mbf")).lines[2])

    def test_a_mean_shape_changes_the_pose(self):
        detector = self.pack("1k3d68")
        own = self.detect(detector, "--attributes", "--json").json()["faces"][0]
        self.write("shape.npy", npy(68, 3))
        other = self.detect(detector, "--mean-shape", "shape.npy", "--json").json()["faces"][0]
        self.assertEqual(own["landmarks_68"], other["landmarks_68"])
        self.assertNotEqual(own["pose"], other["pose"])
        self.write("small.npy", npy(5, 3))
        self.detect(detector, "--mean-shape", "small.npy", code=3, says=("small.npy", "[68, 3]"))
        self.detect(detector, "--mean-shape", "none.npy", code=3, says="none.npy")
        self.detect(detector, "--mean-shape", made("mbf"), code=3, says="mbf.onnx")

    def test_wrong_models_are_named(self):
        alone = self.path("alone", "det.onnx")
        self.detect(alone, "--landmarks-106", made("mbf"), code=3, says=("mbf.onnx", "recognition", "not for 106 landmarks"))
        self.detect(alone, "--landmarks-106", made("1k3d68"), code=3, says=("1k3d68.onnx", "3309", "212"))
        self.detect(alone, "--landmarks-68", made("2d106"), code=3, says=("2d106.onnx", "212", "3309"))
        self.detect(alone, "--gender-age", "nowhere.onnx", code=3, says="nowhere.onnx")
        self.detect(alone, "--antispoof", made("genderage"), code=3, says=("genderage.onnx", "anti-spoofing"))
        self.detect(alone, "--antispoof", f"{made('minifasnet_v2')},", code=2, says="empty")
        self.detect(alone, "--antispoof", ",".join([made("minifasnet_v2")] * 5), code=2, says="at most 4")

    def test_broken_neighbours_are_no_neighbours(self):
        detector = self.pack("2d106")
        self.write("pack/broken.onnx", b"no model at all")
        self.write("pack/readme.txt", b"")
        os.mkdir(self.path("pack", "folder.onnx"))
        face = self.detect(detector, "--attributes", "--json").json()["faces"][0]
        self.assertEqual(len(face["landmarks_106"]), 106)


if __name__ == "__main__":
    typed.main()

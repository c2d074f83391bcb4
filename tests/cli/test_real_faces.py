"""The main job on real faces, with the models and pictures of $CAMEO_TEST_DATA."""
import os

import typed
from typed import Typed, real


class RealFaces(Typed):
    def setUp(self):
        super().setUp()
        self.models = ["--detector", real("models", "det_500m.onnx"), "--model", real("models", "mobilefacenet_arcface.onnx")]
        self.detect_only = self.models[:2]

    def test_who_is_who(self):
        obama, small, biden = (real("scenes", name) for name in ("obama1.jpg", "obama-240p.jpg", "biden.jpg"))
        self.assertGreater(self.type("compare", *self.models, obama, small, "--json").json()["similarity"], 0.6)
        self.assertLess(self.type("compare", *self.models, obama, biden, "--json", code=1).json()["similarity"], 0.25)
        matrix = self.type("compare", "--matrix", "--json", *self.models, obama, small, biden).json()["similarity"]
        self.assertGreater(matrix[0][1], 0.6)
        self.assertLess(max(matrix[0][2], matrix[1][2]), 0.25)
        self.type("compare", *self.models, obama, real("scenes", "no_face.png"), code=3, says=("no_face.png", "no face found"))

    def test_everybody_is_found(self):
        found = {os.path.basename(line["file"]): line["faces"] for line in self.type(
            "detect", *self.detect_only, "--json", os.path.dirname(real("scenes", "t1.jpg"))).json_lines()}
        self.assertEqual((len(found["t1.jpg"]), len(found["biden.jpg"]), len(found["no_face.png"])), (6, 1, 0))
        self.assertEqual(len(found["Tom_Hanks_54745.png"]), 1)  # only at 128: it fills the picture
        at_640 = self.type("detect", *self.detect_only, "--json", "--det-size", "640", real("scenes", "Tom_Hanks_54745.png"), code=1)
        self.assertEqual(at_640.json()["faces"], [])
        for face in found["t1.jpg"]:
            left, right, nose = face["landmarks"][:3]
            self.assertTrue(face["box"][0] < left[0] < right[0] < face["box"][2])
            self.assertTrue(left[0] < nose[0] < right[0] or abs(left[1] - right[1]) > 10)
        self.assertEqual(self.type("detect", *self.detect_only, real("scenes", "no_face.png"), code=1).lines[0][-9:], ": 0 faces")

    def test_other_families(self):
        for name in ("scrfd_2.5g_bnkps", "yunet_n_dynamic", "version-RFB-320"):
            line = self.type("detect", "--detector", real("models", name + ".onnx"), "--json", real("scenes", "t1.jpg")).json()
            self.assertEqual(len(line["faces"]), 6, name)

    def test_every_form_of_a_picture_shows_the_same_person(self):
        """Turned by EXIF, grey, palette, 16 bit, alpha, CMYK: the embedding is that of the original."""
        folder = os.path.dirname(real("variants", "original.jpg"))
        answer = self.type("compare", "--matrix", "--json", *self.models, folder).json()
        names = [os.path.basename(face["file"]) for face in answer["faces"]]
        self.assertEqual(names, sorted(os.listdir(folder)))
        self.assertGreaterEqual(len(names), 19)
        for name, similarity in zip(names, answer["similarity"][names.index("original.jpg")]):
            self.assertGreater(similarity, 0.6 if name.startswith("gray") else 0.9, name)
        turned = [answer["faces"][names.index(f"exif_orientation_{i}.jpg")]["box"] for i in (3, 6, 8)]
        upright = answer["faces"][names.index("original.jpg")]["box"]
        for box in turned:
            self.assertLess(max(abs(a - b) for a, b in zip(box, upright)), 8)

    def test_aligned_chain(self):
        self.type("align", *self.detect_only, real("scenes", "t1.jpg"), "-o", "crops")
        crops = self.type("embed", "--aligned", *self.models[2:], "crops").json_lines()
        faces = self.type("embed", *self.models, real("scenes", "t1.jpg")).json_lines()
        self.assertEqual([face["embedding"] for face in crops], [face["embedding"] for face in faces])


if __name__ == "__main__":
    typed.main()

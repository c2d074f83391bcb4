"""The models inside the package: FaceRecognizer() and FaceAnalysis("builtin") work with nothing else at hand."""
import hashlib
import os
import unittest

import numpy

import package_data
from package_data import DATA, SCENES, made_model, scratch

NEEDS_DATA = unittest.skipUnless(package_data.has_data(), f"there are no models in {DATA}")


def picture(name):
    import cameo

    return cameo.imread(os.path.join(SCENES, name))


class Builtin(unittest.TestCase):
    def setUp(self):
        import cameo

        if len(cameo.builtin_models()) < 2:
            print("SKIP python/test_builtin: the package was built without models")
            self.skipTest("the package was built without models")

    def test_known(self):
        import cameo

        known = {model["builtin"]: model for model in cameo.known_models() if model["builtin"]}
        self.assertEqual(sorted(known), [cameo.BUILTIN_DETECTOR, cameo.BUILTIN_RECOGNIZER])
        self.assertEqual(cameo.builtin_models(), {name: model["sha256"] for name, model in known.items()})
        self.assertEqual(cameo.find_model(cameo.BUILTIN_DETECTOR), cameo.BUILTIN_DETECTOR)
        with self.assertRaisesRegex(cameo.MissingFileError, "there are builtin:detector"):
            cameo.Engine("builtin:nothing")

    def test_recognizer_without_arguments(self):
        import cameo

        black = numpy.zeros((112, 112, 3), numpy.uint8)
        with cameo.FaceRecognizer(threads=1) as recognizer:
            self.assertEqual(recognizer.dimension, 128)
            self.assertEqual(recognizer.engine.detector_contract["task"], "detection")
            with self.assertRaises(cameo.NoFaceError):
                recognizer.get_embedding(black)
        aligned = cameo.FaceRecognizer(cameo.BUILTIN_RECOGNIZER, threads=1)
        self.assertIsNone(aligned.engine.detector_contract)
        self.assertEqual(aligned.get_embedding(black).shape, (128,))
        other = cameo.FaceRecognizer(detector=made_model("scrfd_500m"), threads=1)
        numpy.testing.assert_array_equal(other.engine.embed_aligned([black]), aligned.engine.embed_aligned([black]))

    def test_pack_of_two(self):
        from cameo.insightface.app import FaceAnalysis
        from cameo.insightface.model_zoo import SCRFD, ArcFaceONNX, get_model

        self.assertEqual(set(FaceAnalysis("builtin").models), {"detection", "recognition"})
        self.assertEqual(set(FaceAnalysis("builtin", allowed_modules=["detection"]).models), {"detection"})
        self.assertIsInstance(get_model("builtin:detector"), SCRFD)
        self.assertIsInstance(get_model("builtin"), ArcFaceONNX)
        os.environ["CAMEO_HOME"] = scratch("nothing")
        self.addCleanup(os.environ.pop, "CAMEO_HOME")
        with self.assertRaisesRegex(FileNotFoundError, '"builtin" needs no download'):
            FaceAnalysis(root=scratch("nowhere"))

    @NEEDS_DATA
    def test_people(self):
        import cameo
        from cameo.insightface.app import FaceAnalysis

        recognizer = cameo.FaceRecognizer()
        obama, again, biden = (picture(name) for name in ("obama1.jpg", "obama-240p.jpg", "biden.jpg"))
        self.assertGreater(recognizer.compare(obama, again), recognizer.compare(obama, biden) + 0.2)
        app = FaceAnalysis("builtin")
        app.prepare()
        face = max(app.get(obama), key=lambda one: one.bbox[2] - one.bbox[0])
        self.assertGreater(cameo.similarity(face.normed_embedding, recognizer.get_embedding(obama)), 0.999)

    @NEEDS_DATA
    def test_folder_with_a_checkpoint(self):
        import cameo

        models = {"model": cameo.BUILTIN_RECOGNIZER, "detector": cameo.BUILTIN_DETECTOR}
        table = cameo.embed_folder(SCENES, checkpoint=scratch("checkpoint"), **models)
        self.assertEqual(table.embeddings.shape[1], 128)
        self.assertEqual(table.without_face, ["no_face.png"])
        again = cameo.embed_folder(SCENES, checkpoint=scratch("checkpoint"), **models)
        numpy.testing.assert_array_equal(again.embeddings, table.embeddings)

    def test_hash_is_the_files(self):
        import cameo

        folder = os.path.join(os.environ["CAMEO_SOURCE_DIR"], "models")
        for name, digest in cameo.builtin_models().items():
            with open(os.path.join(folder, name.split(":")[1] + ".onnx"), "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).hexdigest(), digest)


if __name__ == "__main__":
    package_data.main("test_builtin")

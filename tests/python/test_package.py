"""The package itself: pictures, the recognizer of every tutorial, engines, and what each says to those who err."""
import os
import pickle
import subprocess
import sys
import unittest

import numpy

import package_data
from package_data import DATA, DETECTOR, RECOGNIZER, SCENES, made_model, scratch

NEEDS_DATA = unittest.skipUnless(package_data.has_data(), f"there are no models in {DATA}")


def picture(width=90, height=70):
    """Smooth colours, all three channels different."""
    y, x = numpy.mgrid[:height, :width]
    return numpy.stack([x * 2, y * 3, (x + y) // 2 + 60], axis=-1).astype(numpy.uint8)


class Pictures(unittest.TestCase):
    def test_written_and_read_again(self):
        import cameo

        image = picture()
        for name, most in (("a.png", 0), ("a.ppm", 0), ("a.jpg", 12), ("a.webp", 16)):
            path = scratch(name)
            cameo.imwrite(path, image)
            with open(path, "rb") as file:
                content = file.read()
            for source in (path, content, bytearray(content), memoryview(content)):
                self.assertLessEqual(numpy.abs(cameo.imread(source).astype(int) - image).max(), most, name)
        rgb = cameo.imread(scratch("a.png"), color="rgb")
        numpy.testing.assert_array_equal(rgb, image[:, :, ::-1])
        rgb[0, 0] = 1  # the pixels are the array's own
        cameo.imwrite(scratch("b.png"), rgb, color="rgb")
        numpy.testing.assert_array_equal(cameo.imread(scratch("b.png")), rgb[:, :, ::-1])

    def test_pixels_are_lent_wherever_they_lie(self):
        import cameo

        image = picture()
        wide = numpy.zeros((70, 200, 3), numpy.uint8)
        wide[:, 50:140] = image
        expected = cameo.resize(image, (33, 44))
        channels_first = numpy.ascontiguousarray(image.transpose(2, 0, 1)).transpose(1, 2, 0)
        locked = image.copy()
        locked.flags.writeable = False
        for same in (wide[:, 50:140], image[::-1].copy()[::-1], numpy.repeat(image, 2, axis=1)[:, ::2], channels_first, locked,
                     image[:, :, ::-1].copy()[:, :, ::-1], numpy.asfortranarray(image)):
            numpy.testing.assert_array_equal(cameo.resize(same, (33, 44)), expected)
        numpy.testing.assert_array_equal(cameo.resize(image[:, :, ::-1], (33, 44), color="rgb"), expected[:, :, ::-1])
        grey = image[:, :, 0]
        numpy.testing.assert_array_equal(cameo.resize(grey, (20, 20)), cameo.resize(numpy.repeat(grey[:, :, None], 3, axis=2), (20, 20)))
        numpy.testing.assert_array_equal(cameo.resize(grey[:, :, None], (20, 20)), cameo.resize(grey, (20, 20)))

    def test_nothing_is_copied_in(self):
        from cameo.pictures import lend

        image = picture()
        for view in (image, image[10:40, 5:60], image[:, :, ::-1], image[:, :, 0].copy()):
            self.assertTrue(numpy.shares_memory(lend(view), view))
            self.assertIs(lend(view), view)

    def test_wrong_pictures(self):
        import cameo

        image = picture()
        for wrong, kind, words in (
                (None, TypeError, "cv2.imread"), ("a.jpg", TypeError, "imread makes one"), (image.astype(numpy.float32), TypeError, "float32; uint8"),
                (image.astype(numpy.int8), TypeError, "int8"), (image[:0], ValueError, "empty"), (image[:, :0], ValueError, "empty"),
                (image[None], ValueError, "shape"), (image[0, 0], ValueError, "shape"), (numpy.dstack([image, image[:, :, 0]]), ValueError, "alpha"),
                (image[:, :, :2], ValueError, "shape")):
            for function in (lambda p: cameo.resize(p, (9, 9)), lambda p: cameo.imwrite(scratch("w.png"), p), lambda p: cameo.norm_crop(p, LANDMARKS)):
                with self.assertRaisesRegex(kind, words):
                    function(wrong)
        with self.assertRaisesRegex(ValueError, "'bgr'"):
            cameo.resize(image, (9, 9), color="BGR")
        with self.assertRaisesRegex(ValueError, "0x9"):
            cameo.resize(image, (0, 9))
        with self.assertRaisesRegex(ValueError, "inverse"):
            cameo.warp(image, numpy.zeros((2, 3)), (9, 9))
        with self.assertRaisesRegex(ValueError, r"\(2, 3\)"):
            cameo.warp(image, numpy.eye(3), (9, 9))
        for landmarks in (LANDMARKS[:4], numpy.zeros((5, 2)), LANDMARKS * numpy.nan, numpy.stack([LANDMARKS, LANDMARKS])):
            with self.assertRaises(ValueError):
                cameo.norm_crop(image, landmarks)
        for size in (0, -112, 113, 1 << 40):
            with self.assertRaises(ValueError):
                cameo.norm_crop(image, LANDMARKS, size)

    def test_wrong_files(self):
        import cameo

        with self.assertRaisesRegex(FileNotFoundError, "nowhere.jpg"):
            cameo.imread("nowhere.jpg")
        with self.assertRaises(OSError):
            cameo.imread(package_data.SCRATCH.name)
        with self.assertRaises(cameo.FormatError):
            cameo.imread(b"this is no picture")
        cameo.imwrite(scratch("whole.png"), picture())
        with open(scratch("whole.png"), "rb") as file:
            content = file.read()
        with self.assertRaises(cameo.FormatError):
            cameo.imread(content[: len(content) // 2])
        with self.assertRaises(cameo.LimitError):
            cameo.imread(content, max_pixels=100)
        with self.assertRaises(cameo.UnsupportedError):
            cameo.imwrite(scratch("a.gif"), picture())
        with self.assertRaises(OSError):
            cameo.imwrite(scratch("no", "such", "folder.png"), picture())

    def test_drawing(self):
        import cameo

        image = picture(300, 200)
        boxes = [[40, 40, 120, 150], [150, 30, 220, 120]]
        drawn = cameo.annotate(image, boxes, [LANDMARKS + 30, numpy.full((5, 2), numpy.nan)], ["one", "zw\u00f6lf"])
        self.assertEqual(drawn.shape, image.shape)
        self.assertGreater((drawn != image).any(axis=2).sum(), 500)
        numpy.testing.assert_array_equal(cameo.annotate(image, []), image)
        with self.assertRaisesRegex(ValueError, "1 labels were given for 2"):
            cameo.annotate(image, boxes, labels=["one"])


LANDMARKS = numpy.array([[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]]) * 0.6


class Recognizer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import cameo

        cls.recognizer = cameo.FaceRecognizer(made_model("mbf"))

    def test_the_tutorials_class(self):
        """What they write by hand: resize, BGR to RGB, scale, run; our own steps give the same."""
        import cameo.onnxruntime

        image = picture(150, 130)
        blob = self.recognizer.preprocess(image)
        self.assertEqual((blob.shape, blob.dtype, blob.flags.c_contiguous), ((1, 3, 112, 112), numpy.float32, True))
        by_hand = (cameo.resize(image, (112, 112))[:, :, ::-1].transpose(2, 0, 1)[None].astype(numpy.float32) - 127.5) / 127.5
        numpy.testing.assert_allclose(blob, by_hand, atol=1e-6)
        session = cameo.onnxruntime.InferenceSession(made_model("mbf"))
        raw = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
        numpy.testing.assert_allclose(self.recognizer.get_embedding(image, normalize=False), raw, rtol=1e-4, atol=1e-5)
        embedding = self.recognizer.get_embedding(image)
        self.assertEqual((embedding.shape, embedding.dtype), ((512,), numpy.float32))
        numpy.testing.assert_allclose(embedding, raw / numpy.linalg.norm(raw), atol=1e-5)
        self.assertEqual(self.recognizer.dimension, 512)

    def test_comparisons(self):
        image, other = picture(112, 112), 255 - picture(112, 112)
        a, b = self.recognizer.get_embedding(image), self.recognizer.get_embedding(other)
        self.assertAlmostEqual(self.recognizer.compare(a, b), float(a @ b), places=5)
        self.assertAlmostEqual(self.recognizer.compare(image, other), float(a @ b), places=5)
        self.assertAlmostEqual(self.recognizer.compare(image, a), 1.0, places=5)
        self.assertAlmostEqual(self.recognizer.compare(a * 7, b.astype(numpy.float64)), float(a @ b), places=5)
        with self.assertRaisesRegex(ValueError, "512 and 128"):
            self.recognizer.compare(a, b[:128])

    def test_batches_change_nothing(self):
        crops = [numpy.roll(picture(112, 112), shift, axis=0) for shift in range(11)]
        rows = self.recognizer.embed(crops)
        self.assertEqual((rows.shape, rows.dtype), ((11, 512), numpy.float32))
        for crop, row in zip(crops, rows):
            numpy.testing.assert_array_equal(self.recognizer.get_embedding(crop), row)
        numpy.testing.assert_array_equal(self.recognizer.embed(numpy.stack(crops)), rows)
        self.assertEqual(self.recognizer.embed([]).shape, (0, 512))
        with self.assertRaisesRegex(TypeError, "picture 1 "):
            self.recognizer.embed([crops[0], None])

    def test_options(self):
        import cameo

        image = picture(112, 112)
        bgr = cameo.FaceRecognizer(made_model("mbf"), recognizer_color="bgr", threads=1)
        numpy.testing.assert_allclose(bgr.preprocess(image), self.recognizer.preprocess(image[:, :, ::-1]), atol=1e-6)
        numpy.testing.assert_array_equal(bgr.get_embedding(image), self.recognizer.get_embedding(image[:, :, ::-1]))
        scaled = cameo.FaceRecognizer(made_model("mbf"), recognizer_mean=(0, 0, 0), recognizer_std=(1, 2, 255), threads=1)
        self.assertEqual(scaled.engine.recognizer_contract["std"], (1.0, 2.0, 255.0))
        for wrong, kind, words in (
                ({"colour": "bgr"}, TypeError, "no option 'colour'"), ({"recognizer_color": "gbr"}, ValueError, "'gbr' is unknown"),
                ({"recognizer_std": (1, 2)}, ValueError, "3 numbers"), ({"threads": -1}, ValueError, "thread count"),
                ({"memory": 7}, TypeError, "memory must be a string"), ({"memory": "small"}, ValueError, "'small' is unknown"),
                ({"recognizer_output_name": "nothing"}, FileNotFoundError, "nothing"), ({"recognizer_std": (0, 0, 0)}, ValueError, "std"),
                ({"max_faces": 1 << 40}, ValueError, "out of range")):
            with self.assertRaisesRegex(kind, words):
                cameo.FaceRecognizer(made_model("mbf"), **wrong)

    def test_closed_and_missing(self):
        import cameo

        with cameo.FaceRecognizer(made_model("mbf"), threads=1) as recognizer:
            recognizer.get_embedding(picture())
        for use in (lambda: recognizer.get_embedding(picture()), lambda: recognizer.detect(picture())):
            with self.assertRaisesRegex(cameo.ClosedError, "closed"):
                use()
        network = cameo.Network(made_model("mbf"))
        network.close()
        with self.assertRaisesRegex(ValueError, "closed"):
            network.run([numpy.zeros((1, 3, 112, 112), numpy.float32)])
        with self.assertRaisesRegex(FileNotFoundError, "cameo model pull buffalo_l.*non-commercial"):
            cameo.FaceRecognizer("w600k_r50")
        with self.assertRaisesRegex(FileNotFoundError, "no/such.onnx"):
            cameo.FaceRecognizer("no/such.onnx")
        with self.assertRaises(cameo.MismatchError):
            cameo.FaceRecognizer(made_model("scrfd_500m"))
        with self.assertRaises(cameo.MismatchError):
            cameo.Engine(detector=made_model("mbf"))
        with self.assertRaises(cameo.MismatchError):
            cameo.Engine(made_model("mbf")).detect(picture())
        with self.assertRaises(cameo.MismatchError):
            cameo.Engine(detector=made_model("scrfd_500m")).embed(picture(), LANDMARKS)
        with self.assertRaisesRegex(ValueError, "neither a detector nor a recognizer"):
            cameo.Engine()

    def test_pickled(self):
        again = pickle.loads(pickle.dumps(self.recognizer))
        numpy.testing.assert_array_equal(again.get_embedding(picture()), self.recognizer.get_embedding(picture()))

    def test_models_are_found_by_name(self):
        import cameo

        home = scratch("home")
        os.makedirs(os.path.join(home, "models", "some_pack"), exist_ok=True)
        os.symlink(made_model("mbf"), os.path.join(home, "models", "some_pack", "my_model.onnx"))
        before = os.environ.get("CAMEO_HOME")
        os.environ["CAMEO_HOME"] = home
        try:
            for name in ("my_model", "my_model.onnx"):
                self.assertEqual(cameo.find_model(name), os.path.join(home, "models", "some_pack", "my_model.onnx"))
            self.assertEqual(cameo.find_pack("some_pack"), os.path.join(home, "models", "some_pack"))
        finally:
            os.environ.pop("CAMEO_HOME")
            if before is not None:
                os.environ["CAMEO_HOME"] = before


@NEEDS_DATA
class Photographs(unittest.TestCase):
    def test_people_are_known_again(self):
        import cameo

        recognizer = cameo.FaceRecognizer(RECOGNIZER, DETECTOR)
        same = recognizer.compare(*(cameo.imread(os.path.join(SCENES, name)) for name in ("obama1.jpg", "obama-240p.jpg")))
        other = recognizer.compare(*(cameo.imread(os.path.join(SCENES, name)) for name in ("obama1.jpg", "biden.jpg")))
        self.assertGreater(same, 0.7)
        self.assertLess(other, 0.3)
        with self.assertRaisesRegex(LookupError, "no face was found"):
            recognizer.get_embedding(cameo.imread(os.path.join(SCENES, "no_face.png")))

    def test_many_at_once(self):
        import cameo

        recognizer = cameo.FaceRecognizer(RECOGNIZER, DETECTOR, threads=1)
        images = [cameo.imread(path) for path in package_data.lfw(12)]
        rows = recognizer.embed(images)
        for image, row in zip(images, rows):
            numpy.testing.assert_array_equal(recognizer.get_embedding(image), row)

    def test_faces_of_an_engine(self):
        import cameo

        engine = cameo.Engine(RECOGNIZER, DETECTOR, detection_sizes=[(640, 640)], max_faces=4, rank="largest")
        image = cameo.imread(os.path.join(SCENES, "t1.jpg"))
        faces = engine.detect(image)
        self.assertEqual([part.shape for part in faces], [(4, 4), (4,), (4, 5, 2)])
        areas = numpy.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)
        self.assertTrue((numpy.diff(areas) <= 0).all())
        rows = engine.embed(image, faces.landmarks)
        self.assertEqual(rows.shape, (4, 128))
        crops = [cameo.norm_crop(image, points) for points in faces.landmarks]
        numpy.testing.assert_allclose(engine.embed_aligned(crops), rows, atol=1e-5)
        numpy.testing.assert_array_equal(engine.embed(image[:, :, ::-1], faces.landmarks, color="rgb"), rows)
        self.assertEqual(engine.embed(image, faces.landmarks[:0]).shape, (0, 128))
        grey = engine.detect(image[:, :, 1].copy())
        self.assertGreaterEqual(len(grey.boxes), 3)


@NEEDS_DATA
class Attributes(unittest.TestCase):
    def test_spoofing_and_quality(self):
        import cameo

        network = os.path.join(DATA, "models", "2.7_80x80_MiniFASNetV2.onnx")
        engine = cameo.Engine(detector=DETECTOR, detection_sizes=[(640, 640)], antispoof=[(network, 2.7)])
        image = cameo.imread(os.path.join(SCENES, "obama1.jpg"))
        faces = engine.detect(image)
        for found in (engine.analyze(image, faces.boxes, faces.landmarks), pickle.loads(pickle.dumps(engine)).analyze(image, faces.boxes)):
            self.assertEqual(len(found), 1)
            self.assertAlmostEqual(sum(found[0]["spoof_scores"]), 1.0, places=3)
            self.assertAlmostEqual(found[0]["real"], found[0]["spoof_scores"][1], places=5)
            self.assertTrue(0 < found[0]["quality"]["overall"] <= 1)
            self.assertIsNone(found[0]["landmarks_106"])
            self.assertEqual((found[0]["age"], found[0]["gender"]), (-1, -1))
        self.assertEqual(engine.analyze(image, faces.boxes[:0]), [])
        for wrong, kind in (({"antispoof": [(network,)]}, ValueError), ({"antispoof": [(network, 2.7)] * 9}, ValueError),
                            ({"mean_shape": numpy.zeros((68, 2))}, ValueError), ({"landmarks_106": DETECTOR}, ValueError),
                            ({"gender_age": "nowhere.onnx"}, FileNotFoundError)):
            with self.assertRaises(kind):
                cameo.Engine(detector=DETECTOR, **wrong)
        with self.assertRaises(ValueError):
            engine.analyze(image, [[5, 5, 5, numpy.nan]])


class Installed(unittest.TestCase):
    def test_only_numpy_is_needed(self):
        code = "import sys, cameo, cameo.insightface, cameo.onnxruntime; print(*{name.split('.')[0] for name in sys.modules})"
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        names = set(said.split())
        self.assertIn("numpy", names)
        self.assertFalse(names & {"cv2", "onnx", "onnxruntime", "insightface", "skimage", "scipy", "pyarrow", "cffi"})

    def test_facts(self):
        import cameo

        self.assertRegex(cameo.__version__, r"^\d+\.\d+\.\d+$")
        self.assertIn(cameo.cpu_tier(), ("ref", "avx2", "avxvnni", "avx512", "avx512vnni", "neon", "neondot"))
        self.assertGreaterEqual(cameo.cpu_count(), 1)
        self.assertIn("Conv", cameo.supported_operators())
        self.assertIn("buffalo_l", [model["name"] for model in cameo.known_models()])

    def test_everything_public_is_described(self):
        import inspect

        import cameo
        import cameo.insightface.app
        import cameo.insightface.model_zoo
        import cameo.insightface.utils.face_align
        import cameo.onnxruntime

        undescribed = []
        for module in (cameo, cameo.onnxruntime, cameo.insightface.app, cameo.insightface.model_zoo, cameo.insightface.utils.face_align):
            for name in module.__all__:
                value = getattr(module, name)
                if inspect.isfunction(value) or inspect.isclass(value):
                    members = [(name, value)]
                    if inspect.isclass(value):
                        members += [(f"{name}.{key}", item) for key, item in vars(value).items() if inspect.isfunction(item) and key[0] != "_"]
                    undescribed += [f"{module.__name__}.{key}" for key, item in members if not (item.__doc__ or "").strip()]
        self.assertEqual(undescribed, [])


if __name__ == "__main__":
    package_data.main("test_package")

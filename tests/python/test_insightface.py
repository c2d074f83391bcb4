"""cameo.insightface beside the package insightface: the same pictures and models through both."""
import os
import re
import subprocess
import sys
import unittest
from importlib import metadata

import numpy

import package_data
from package_data import RECOGNIZER, SCENES, pack, scratch

PIXELS = 0.5
SCENE_NAMES = ["t1.jpg", "obama_and_biden.jpg", "obama1.jpg", "biden.jpg", "obama-1080p.jpg", "newton.png", "no_face.png", "Tom_Hanks_54745.png"]


def modules():
    """(theirs, ours): the module of FaceAnalysis and the one of face_align, of each."""
    import insightface.app
    import insightface.utils.face_align

    import cameo.insightface.app
    import cameo.insightface.utils.face_align

    return (insightface.app, insightface.utils.face_align), (cameo.insightface.app, cameo.insightface.utils.face_align)


def analyses(folder, **settings):
    """FaceAnalysis of both, prepared alike."""
    both = []
    for app, _ in modules():
        analysis = app.FaceAnalysis(name=folder, providers=["CPUExecutionProvider"])
        analysis.prepare(ctx_id=-1, **settings)
        both.append(analysis)
    return both


def cosine(a, b):
    return float(numpy.dot(a, b) / numpy.linalg.norm(a) / numpy.linalg.norm(b))


def read(path):
    import cv2

    return cv2.imread(path)


class SameAnswers(unittest.TestCase):
    def check_faces(self, theirs, ours, name, least_cosine=0.999):
        self.assertEqual(len(theirs), len(ours), name)
        for a, b in zip(theirs, ours):
            numpy.testing.assert_allclose(b.bbox, a.bbox, atol=PIXELS, err_msg=name)
            numpy.testing.assert_allclose(b.kps, a.kps, atol=PIXELS, err_msg=name)
            self.assertAlmostEqual(b.det_score, a.det_score, delta=0.01, msg=name)
            self.assertGreaterEqual(cosine(a.embedding, b.embedding), least_cosine, name)
            self.assertAlmostEqual(float(b.embedding_norm), float(a.embedding_norm), delta=0.02 * float(a.embedding_norm), msg=name)
            self.assertAlmostEqual(float(numpy.linalg.norm(b.normed_embedding)), 1.0, delta=1e-5)
            for attribute in ("dtype", "shape"):
                for key in ("bbox", "kps", "embedding"):
                    self.assertEqual(getattr(a[key], attribute), getattr(b[key], attribute), (name, key))

    def test_scenes_at_the_usual_size(self):
        theirs, ours = analyses(pack(), det_size=(640, 640))
        found = 0
        for name in SCENE_NAMES:
            image = read(os.path.join(SCENES, name))
            faces = theirs.get(image)
            found += len(faces)
            self.check_faces(faces, ours.get(image), name)
        self.assertGreaterEqual(found, 12)

    def test_scenes_at_the_default_sizes(self):
        theirs, ours = analyses(pack())
        for name in SCENE_NAMES[:4]:
            image = read(os.path.join(SCENES, name))
            self.check_faces(theirs.get(image), ours.get(image), name)

    def test_portraits(self):
        theirs, ours = analyses(pack(), det_size=(320, 320), det_thresh=0.4)
        for path in package_data.lfw(40):
            image = read(path)
            self.check_faces(theirs.get(image), ours.get(image), path)

    def test_another_detector(self):
        larger = os.path.join(package_data.DATA, "models", "scrfd_2.5g_bnkps.onnx")
        theirs, ours = analyses(pack(RECOGNIZER, larger, name="larger"), det_size=(640, 480))
        for name in SCENE_NAMES[:3]:
            image = read(os.path.join(SCENES, name))
            self.check_faces(theirs.get(image), ours.get(image), name)

    def test_fewer_faces(self):
        theirs, ours = analyses(pack(), det_size=(640, 640))
        image = read(os.path.join(SCENES, "t1.jpg"))
        for metric in ("default", "max"):
            for most in (1, 3):
                self.check_faces(theirs.get(image, max_num=most, det_metric=metric), ours.get(image, max_num=most, det_metric=metric), metric)

    def test_the_same_crop(self):
        (_, their_align), (_, our_align) = modules()
        theirs, ours = analyses(pack(), det_size=(640, 640))
        for name in SCENE_NAMES[:4]:
            image = read(os.path.join(SCENES, name))
            for face in theirs.get(image):
                crop, their_matrix = their_align.norm_crop2(image, face.kps)
                our_crop, our_matrix = our_align.norm_crop2(image, face.kps)
                numpy.testing.assert_allclose(our_matrix, their_matrix, rtol=1e-4, atol=1e-3)
                difference = numpy.abs(crop.astype(int) - our_crop)
                self.assertLessEqual(difference.max(), 2, name)
                self.assertLess(difference.mean(), 0.1, name)
                a, b = (analysis.models["recognition"].get_feat(crop)[0] for analysis in (theirs, ours))
                self.assertGreaterEqual(cosine(a, b), 0.9999)
        a, b = (analysis.models["recognition"].get_feat([crop, crop[::-1]]) for analysis in (theirs, ours))
        self.assertEqual(a.shape, b.shape)
        self.assertAlmostEqual(ours.models["recognition"].compute_sim(a[0], a[1]), theirs.models["recognition"].compute_sim(a[0], a[1]), delta=1e-5)
        batch = numpy.stack([crop, crop]).transpose(0, 3, 1, 2).astype(numpy.float32)
        a, b = (analysis.models["recognition"].forward(batch) for analysis in (theirs, ours))
        self.assertGreaterEqual(cosine(a[0], b[0]), 0.9999)

    def test_alignment_of_other_sizes(self):
        (_, theirs), (_, ours) = modules()
        image = read(os.path.join(SCENES, "obama1.jpg"))
        landmarks = ours.arcface_dst * 1.7 + [30, 50]
        for size in (112, 128, 224, 256):
            difference = numpy.abs(theirs.norm_crop(image, landmarks, size).astype(int) - ours.norm_crop(image, landmarks, size))
            self.assertLess(difference.mean(), 0.1, size)
        for angle in (0, 30, -75):
            crop, matrix = theirs.transform(image, (150.5, 140.25), 192, 0.8, angle)
            our_crop, our_matrix = ours.transform(image, (150.5, 140.25), 192, 0.8, angle)
            numpy.testing.assert_allclose(our_matrix, matrix, atol=1e-9)
            self.assertLess(numpy.abs(crop.astype(int) - our_crop).mean(), 0.1)
        for points in (landmarks, numpy.hstack([landmarks, landmarks[:, :1]])):
            numpy.testing.assert_allclose(ours.trans_points(points, matrix), theirs.trans_points(points, matrix), rtol=1e-5)
        for picture in (image, image[:100], image[:, :90]):
            (square, scale), (our_square, our_scale) = theirs.square_crop(picture, 160), ours.square_crop(picture, 160)
            self.assertAlmostEqual(scale, our_scale)
            self.assertLess(numpy.abs(square.astype(int) - our_square).mean(), 0.1)

    def test_faces_answer_alike(self):
        (theirs, _), (ours, _) = modules()
        from insightface.app.common import Face as their_face

        from cameo.insightface.app.common import Face as our_face

        seen = []
        for kind in (their_face, our_face):
            face = kind(bbox=numpy.array([1.0, 2, 3, 4]), det_score=0.5)
            face.embedding = numpy.array([3.0, 4.0])
            face["gender"] = 1
            face.more = {"inner": 5}
            seen.append((face.sex, face.embedding_norm, face.normed_embedding.tolist(), face.age, face["bbox"].tolist(), sorted(face.keys()),
                         face.more.inner, face.nothing, isinstance(face, dict), kind().sex, kind().normed_embedding))
        self.assertEqual(seen[0], seen[1])


class CropModels(unittest.TestCase):
    """Landmarks, gender and age, with networks made here: what counts is what stands around them."""

    @staticmethod
    def write(path, size, outputs, first_node=""):
        import onnx
        from onnx import helper, numpy_helper

        random = numpy.random.default_rng(size + outputs)
        weights = {"w": random.normal(0, 0.2, (8, 3, 5, 5)), "v": random.normal(0, 0.05, (8, outputs)), "bias": random.uniform(0.2, 0.6, outputs)}
        nodes = [helper.make_node("Conv", ["data", "w"], ["c"], name=first_node or "conv", strides=[4, 4]), helper.make_node("Relu", ["c"], ["r"]),
                 helper.make_node("GlobalAveragePool", ["r"], ["p"]), helper.make_node("Flatten", ["p"], ["f"]),
                 helper.make_node("Gemm", ["f", "v", "bias"], ["out"])]
        graph = helper.make_graph(
            nodes, "made", [helper.make_tensor_value_info("data", onnx.TensorProto.FLOAT, [1, 3, size, size])],
            [helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [1, outputs])],
            [numpy_helper.from_array(value.astype(numpy.float32), name) for name, value in weights.items()])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6), path)

    def test_packs_with_all_models(self):
        files = [scratch(name) for name in ("2d106det.onnx", "1k3d68.onnx", "genderage.onnx")]
        for path, (size, outputs) in zip(files, ((192, 212), (192, 3309), (96, 3))):
            self.write(path, size, outputs)
        theirs, ours = analyses(pack(RECOGNIZER, package_data.DETECTOR, *files, name="whole"), det_size=(640, 640))
        self.assertEqual(sorted(ours.models), sorted(theirs.models))
        image = read(os.path.join(SCENES, "t1.jpg"))
        faces = list(zip(theirs.get(image), ours.get(image)))
        self.assertEqual(len(faces), 6)
        for a, b in faces:
            for key in ("landmark_2d_106", "landmark_3d_68"):
                self.assertEqual(a[key].shape, b[key].shape)
                numpy.testing.assert_allclose(b[key], a[key], atol=PIXELS)
            self.assertEqual((int(a.gender), a.sex), (b.gender, b.sex))
            self.assertLessEqual(abs(a.age - b.age), 1)
            self.assertEqual((b.pose.dtype, b.pose.shape), (a.pose.dtype, a.pose.shape))
        from insightface.data import get_object

        _, (app, _) = modules()
        with_their_head = app.FaceAnalysis(ours.model_dir, allowed_modules=["detection", "landmark_3d_68"], mean_shape=get_object("meanshape_68.pkl"))
        with_their_head.prepare(0, det_size=(640, 640))
        self.assertEqual(sorted(with_their_head.models), ["detection", "landmark_3d_68"])
        for (a, _), b in zip(faces, with_their_head.get(image)):
            numpy.testing.assert_allclose(b.pose, a.pose, atol=0.5)
            self.assertIsNone(b.embedding)
            self.assertIsNone(b.age)
        drawn = ours.draw_on(image, [b for _, b in faces])
        self.assertEqual((drawn.shape, drawn.dtype), (image.shape, image.dtype))
        self.assertTrue((drawn != image).any())


class OtherPeoplesCode(unittest.TestCase):
    def run_code(self, code, home):
        environment = dict(os.environ, HOME=home, PYTHONWARNINGS="ignore")
        done = subprocess.run([sys.executable, "-B", "-c", code], cwd=home, env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_the_readme_of_insightface(self):
        """Its example, word for word, then with the one changed import; its picture, and the pack where it looks for it."""
        text = metadata.metadata("insightface").get_payload() or metadata.metadata("insightface")["Description"]
        example = re.search(r"### Detect faces in an image.*?```python\n(.*?)```", text, re.DOTALL)[1]
        self.assertIn("from insightface.app import FaceAnalysis", example)
        example += "print([[round(float(v)) for v in f.bbox] for f in faces], [str(f.embedding.dtype) for f in faces])\n"
        said = []
        for name, code in (("theirs", example), ("ours", example.replace("from insightface.app", "from cameo.insightface.app"))):
            home = scratch(name)
            os.makedirs(os.path.join(home, ".insightface", "models"), exist_ok=True)
            os.symlink(pack(), os.path.join(home, ".insightface", "models", "buffalo_l"))
            said.append(self.run_code(code, home).splitlines()[-1])
            self.assertGreater(os.path.getsize(os.path.join(home, "t1_output.jpg")), 10000)
        self.assertEqual(said[0], said[1])
        self.assertIn("float32", said[0])

    def test_insightface_on_our_runtime(self):
        """The real package, with cameo.onnxruntime in the place of ONNX Runtime."""
        code = """
import sys
{swap}
import cv2, insightface, numpy
app = insightface.app.FaceAnalysis({folder!r}, providers=["CPUExecutionProvider"])
app.prepare(ctx_id=0, det_size=(640, 640))
faces = app.get(cv2.imread({picture!r}))
numpy.save({result!r}, numpy.array([numpy.concatenate([f.bbox, f.kps.ravel(), f.embedding]) for f in faces]))
print(sys.modules["onnxruntime"].__name__)
"""
        swap = "import cameo.onnxruntime; sys.modules['onnxruntime'] = cameo.onnxruntime"
        arrays = []
        for number, line in enumerate(("import onnxruntime", swap)):
            result = scratch(f"runtime{number}.npy")
            said = self.run_code(code.format(swap=line, folder=pack(), picture=os.path.join(SCENES, "t1.jpg"), result=result), package_data.SCRATCH.name)
            self.assertIn("cameo.onnxruntime" if number else "onnxruntime", said)
            arrays.append(numpy.load(result))
        self.assertEqual(arrays[0].shape, (6, 4 + 10 + 128))
        numpy.testing.assert_allclose(arrays[1], arrays[0], atol=0.02)


if __name__ == "__main__":
    package_data.main("test_insightface", needs_data=True, needs_module="insightface")

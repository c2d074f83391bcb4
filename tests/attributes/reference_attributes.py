"""Attributes as the reference implementations compute them: InsightFace's own classes, and the steps of Silent-Face-Anti-Spoofing."""
import sys
import types

import cv2
import numpy
import onnxruntime


class _Similarity:
    """All that InsightFace's face_align.transform takes of skimage.transform.SimilarityTransform: a matrix, and `+` for one after the other."""
    def __init__(self, scale=1.0, rotation=0.0, translation=(0.0, 0.0)):
        cosine, sine = scale * numpy.cos(rotation), scale * numpy.sin(rotation)
        self.params = numpy.array([[cosine, -sine, translation[0]], [sine, cosine, translation[1]], [0, 0, 1]], float)

    def __add__(self, other):
        both = _Similarity()
        both.params = other.params @ self.params
        return both


def _stand_ins():
    """What InsightFace imports for other purposes (downloads, progress, alignment by five points) is not installed with it."""
    for name in ["requests", "tqdm", "skimage", "skimage.transform"]:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["tqdm"].tqdm = None
    sys.modules["skimage"].transform = sys.modules["skimage.transform"]
    sys.modules["skimage.transform"].SimilarityTransform = _Similarity


_stand_ins()
from insightface.app.common import Face  # noqa: E402
from insightface.data import get_object  # noqa: E402
from insightface.model_zoo.attribute import Attribute  # noqa: E402
from insightface.model_zoo.landmark import Landmark  # noqa: E402
from insightface.utils import transform  # noqa: E402


def mean_shape():
    return numpy.asarray(get_object("meanshape_68.pkl"), numpy.float32)


def insightface(picture, box, landmark_models, attribute_model):
    """The face of this box with everything that InsightFace says about it. picture: BGR"""
    face = Face(bbox=numpy.asarray(box, numpy.float32))
    for path in landmark_models:
        Landmark(path).get(picture, face)
    Attribute(attribute_model).get(picture, face)
    return face


def pose(shape, points):
    """Pitch, yaw and roll of points against a mean shape."""
    return numpy.array(transform.matrix2angle(transform.P2sRt(transform.estimate_affine_matrix_3d23d(shape, points))[1]))


def rotation(pitch, yaw, roll):
    x, y, z = numpy.radians([pitch, yaw, roll])
    about_x = numpy.array([[1, 0, 0], [0, numpy.cos(x), -numpy.sin(x)], [0, numpy.sin(x), numpy.cos(x)]])
    about_y = numpy.array([[numpy.cos(y), 0, numpy.sin(y)], [0, 1, 0], [-numpy.sin(y), 0, numpy.cos(y)]])
    about_z = numpy.array([[numpy.cos(z), -numpy.sin(z), 0], [numpy.sin(z), numpy.cos(z), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def patch(picture, box, scale):
    """The crop of an anti-spoofing network: the box widened as far as the picture has room, pushed inside, cut at whole pixels, 80 x 80."""
    height, width = picture.shape[:2]
    x, y, w, h = int(box[0]), int(box[1]), int(box[2] - box[0] + 1), int(box[3] - box[1] + 1)
    scale = min((height - 1) / h, (width - 1) / w, scale)
    ends = []
    for first, length, size in [(x, w, width), (y, h, height)]:
        low, high = first + length / 2 - length * scale / 2, first + length / 2 + length * scale / 2
        low, high = (0, high - low) if low < 0 else (low, high)
        low, high = (low - (high - size + 1), size - 1) if high > size - 1 else (low, high)
        ends.append((int(low), int(high) + 1))
    (left, right), (top, bottom) = ends
    return cv2.resize(picture[top:bottom, left:right], (80, 80))


def liveness(picture, box, models):
    """Mean softmax of the networks. models: [(path, scale)]"""
    total = numpy.zeros(3)
    for path, scale in models:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        blob = patch(picture, box, scale).astype(numpy.float32).transpose(2, 0, 1)[None]
        logits = session.run(None, {session.get_inputs()[0].name: blob})[0][0].astype(float)
        total += numpy.exp(logits - logits.max()) / numpy.exp(logits - logits.max()).sum()
    return total / len(models)

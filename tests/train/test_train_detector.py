"""The detector's anchors, targets, loss and export against examples worked out by hand, and what the program makes of an exported file."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import torch

from train import detector_export, detector_operating
from train.detector_anchors import IGNORED, NEGATIVE, anchor_centres, assign, overlaps
from train.detector_loss import decode_boxes, decode_points, detector_loss, overlap_and_distance
from train.detector_network import Detector
from train.detector_run import judge
from train.detector_scene import Faces, Source

PROGRAM = os.environ["CAMEO_PROGRAM"]


def small_detector(seed=0):
    """A network with weights, means and variances that are not those of a beginning."""
    torch.manual_seed(seed)
    network = Detector(widths=(8, 16, 24, 32), blocks=(1, 1, 2, 1))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.2)
            torch.nn.init.normal_(module.running_mean, std=0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network.eval()


class Anchors(unittest.TestCase):
    def test_order(self):
        centres, sizes, strides = anchor_centres(64, 96)
        self.assertEqual(len(centres), 2 * (8 * 12 + 4 * 6 + 2 * 3))
        np.testing.assert_array_equal(centres[:4], [[0, 0], [0, 0], [8, 0], [8, 0]])
        np.testing.assert_array_equal(sizes[:4], [16, 32, 16, 32])
        np.testing.assert_array_equal(centres[-1], [64, 32])
        self.assertEqual((sizes[-1], strides[-1]), (512, 32))

    def test_overlap_by_hand(self):
        self.assertAlmostEqual(float(overlaps(np.array([0, 0, 4, 4.0]), np.array([2, 2, 6, 6.0]))), 4 / 28)

    def test_face_of_an_anchors_size(self):
        # A face exactly on the anchor of 64 pixels at column 3, row 2 of stride 16.
        owner = assign(np.array([[16, 0, 80, 64.0]], np.float32), np.zeros((0, 4)), 128, 128)
        first = 2 * 16 * 16
        anchor = first + (2 * 8 + 3) * 2
        self.assertEqual(owner[anchor], 0)
        centres, sizes, _ = anchor_centres(128, 128)
        chosen = owner == 0
        self.assertTrue((np.abs(centres[chosen] - [48, 32]) <= 16).all())
        self.assertNotIn(512, sizes[chosen])
        self.assertGreaterEqual(chosen.sum(), 4)

    def test_smallest_face_has_an_anchor(self):
        owner = assign(np.array([[2, 2, 5, 5.0]], np.float32), np.zeros((0, 4)), 64, 64)
        self.assertGreaterEqual((owner == 0).sum(), 1)

    def test_two_faces_and_a_doubtful_region(self):
        faces = np.array([[10, 10, 40, 45], [70, 60, 110, 110.0]], np.float32)
        owner = assign(faces, np.array([[60, 0, 128, 30.0]]), 128, 128)
        centres, _, _ = anchor_centres(128, 128)
        for face in (0, 1):
            inside = centres[owner == face]
            self.assertTrue(((inside > faces[face, :2]) & (inside < faces[face, 2:])).all())
        region = (centres[:, 0] >= 60) & (centres[:, 1] <= 30)
        self.assertTrue((owner[region] == IGNORED).all())
        self.assertEqual(set(np.unique(owner)), {IGNORED, NEGATIVE, 0, 1})


class Loss(unittest.TestCase):
    def test_decoding_by_hand(self):
        centre, stride = torch.tensor([[32.0, 48.0]]), torch.tensor([16.0])
        self.assertEqual(decode_boxes(centre, stride, torch.tensor([[1.0, 2.0, 0.5, 0.25]])).tolist(), [[16, 16, 40, 52]])
        points = decode_points(centre, stride, torch.arange(10.0)[None])
        self.assertEqual(points[0, 1].tolist(), [32 + 32, 48 + 48])

    def test_overlap_agrees_with_numpy(self):
        boxes = torch.tensor([[0, 0, 4, 4.0], [0, 0, 2, 2]])
        others = torch.tensor([[2, 2, 6, 6.0], [4, 0, 6, 2]])
        overlap, distance = overlap_and_distance(boxes, others)
        np.testing.assert_allclose(overlap, overlaps(boxes.numpy(), others.numpy()), atol=1e-6)
        self.assertAlmostEqual(distance[0].item(), 4 / 28 - 8 / 72, places=5)
        self.assertAlmostEqual(distance[1].item(), -16 / 40, places=5)

    def perfect(self):
        """Rows that are right on a page of one face, and what the loss wants besides."""
        box, marks = np.array([[20, 20, 60, 70]], np.float32), np.array([[30, 40], [50, 40], [40, 50], [32, 60], [48, 60]], np.float32)
        centres, _, strides = (torch.tensor(values, dtype=torch.float32) for values in anchor_centres(96, 96))
        owner = torch.from_numpy(assign(box, np.zeros((0, 4)), 96, 96))[None]
        scores = torch.where(owner == 0, 12.0, -12.0)
        truth = torch.from_numpy(box)
        boxes = torch.cat([centres - truth[:, :2], truth[:, 2:] - centres], 1) / strides[:, None]
        points = (torch.from_numpy(marks)[None] - centres[:, None]) / strides[:, None, None]
        faces = (truth[None], torch.from_numpy(marks)[None, None], torch.ones(1, 1, 5))
        return (scores, boxes[None], points.reshape(1, -1, 10)), (centres, strides), owner, faces

    def test_right_rows_cost_nothing(self):
        loss, _ = detector_loss(*self.perfect())
        self.assertLess(loss.item(), 1e-3)

    def test_each_mistake_costs(self):
        rows, anchors, owner, faces = self.perfect()
        for kind, part in ((0, 0), (1, 1), (2, 2)):
            worse = [values.clone() for values in rows]
            worse[kind] += 1.0 if kind else 12.0
            _, parts = detector_loss(tuple(worse), anchors, owner, faces)
            self.assertGreater(parts[part].item(), 0.01, f"part {part}")

    def test_ignored_anchors_cost_nothing(self):
        rows, anchors, owner, faces = self.perfect()
        scores, somewhere = rows[0].clone(), int(torch.nonzero(owner[0] == NEGATIVE)[0])
        scores[0, somewhere] = 12.0
        costly, _ = detector_loss((scores, *rows[1:]), anchors, owner, faces)
        owner = owner.clone()
        owner[0, somewhere] = IGNORED
        free, _ = detector_loss((scores, *rows[1:]), anchors, owner, faces)
        self.assertGreater(costly.item(), 0.5)
        self.assertLess(free.item(), 1e-3)

    def test_hidden_landmarks_cost_nothing(self):
        rows, anchors, owner, (boxes, marks, visible) = self.perfect()
        marks, visible = marks.clone(), visible.clone()
        marks[0, 0, 3] += 100
        visible[0, 0, 3] = 0
        loss, _ = detector_loss(rows, anchors, owner, (boxes, marks, visible))
        self.assertLess(loss.item(), 1e-3)

    def test_judge(self):
        rows, anchors, owner, faces = self.perfect()
        data = (None, owner, *faces)
        data = (torch.zeros(1), *data[1:])
        there, found, wrong, fired, false = judge(rows, anchors, data, 0)
        self.assertEqual((there, found, fired, false), (1, 1, int((owner == 0).sum()), 0))
        self.assertLess(wrong[0], 1e-5)
        rows[0][0, -1] = 5.0  # an anchor of 512 pixels in a corner, whose row is right all the same: moved away, it lies on nothing
        rows[1][0, -1] = torch.tensor([-1.0, -1.0, 2.0, 2.0])
        self.assertEqual(judge(rows, anchors, data, 0)[4], 1)


class Operating(unittest.TestCase):
    def test_scores_of_faces(self):
        """A network that sees a face of 64 pixels around each cell of stride 16, whatever is there: it finds one as large, not one of four times the area."""
        network = small_detector().eval()
        with torch.no_grad():
            for head in network.heads:
                for layer in (head.score, head.box):
                    layer.weight.zero_()
                head.score.bias.fill_(-8.0)
                head.box.bias.fill_(1.0)
            network.heads[1].score.bias[0] = 1.0
        faces = Faces([[16, 16, 48, 48], [0, 0, 64, 64]], np.zeros((2, 5, 2)), np.ones((2, 5)))  # in a picture of 64 pixels that is shown at 128
        source = Source(np.full((1, 64, 64, 3), 90, np.uint8), [faces], [(0, 1)])
        found, hard = detector_operating.scores_of_faces(network, source, 128)
        np.testing.assert_allclose(found, [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(8))], atol=1e-5)
        self.assertEqual(hard.tolist(), [False, True])
        detector_operating.move_scores(network, 1 / (1 + np.exp(-1)))
        np.testing.assert_allclose(detector_operating.scores_of_nothing(network, 3, 64), [0.5] * 3, atol=1e-5)
        with self.assertRaisesRegex(ValueError, "between 0 and 1"):
            detector_operating.move_scores(network, 1.0)

    def test_table(self):
        rows = {row[0]: row[1:] for row in detector_operating.table(np.array([0.9, 0.45, 0.3]), np.array([False, True, True]), np.array([0.5, 0.1]))}
        np.testing.assert_allclose(rows[0.45], (200 / 3, 50, 50))
        np.testing.assert_allclose(rows[0.6], (100 / 3, 0, 0))


class Export(unittest.TestCase):
    def test_equals_torch(self):
        network = small_detector()
        with tempfile.TemporaryDirectory() as folder:
            for storage, most in (("float", 1e-4), ("half", 0.05), ("int8", 0.5)):
                path = pathlib.Path(folder, storage + ".onnx")
                size = detector_export.export(network, path, storage)
                self.assertEqual(size, path.stat().st_size)
                for height, width in ((96, 128), (64, 32)):
                    self.assertLess(detector_export.largest_difference(network, path, height, width), most, storage)

    def test_program_reads_it(self):
        """A network that sees one face, wherever it looks, at an anchor of 64 pixels: the program must tell the very box."""
        network = small_detector()
        with torch.no_grad():
            for head in network.heads:
                for layer in (head.score, head.box, head.points):
                    layer.weight.zero_()
                head.score.bias.fill_(-8.0)
                head.points.bias.zero_()
            network.heads[1].score.bias[0] = 8.0
        with tempfile.TemporaryDirectory() as folder:
            path, picture = pathlib.Path(folder, "one.onnx"), pathlib.Path(folder, "grey.ppm")
            detector_export.export(network, path, "half")
            picture.write_bytes(b"P6 64 64 255\n" + bytes([90]) * (64 * 64 * 3))
            done = subprocess.run([PROGRAM, "detect", str(picture), "--detector", str(path), "--det-size", "64", "--nms", "0", "--json"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        faces = json.loads(done.stdout)["faces"]
        boxes = {tuple(round(value) for value in face["box"]) for face in faces}
        self.assertIn((-32, -32, 32, 32), boxes)
        for face in faces:
            self.assertAlmostEqual(face["box"][2] - face["box"][0], 64, delta=0.1)
            self.assertAlmostEqual(face["landmarks"][0][0], face["box"][0] + 32, delta=0.1)


if __name__ == "__main__":
    unittest.main()

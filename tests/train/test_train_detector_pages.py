"""The detector's training pictures: boxes and landmarks must follow every step, and what is no face must have none."""
import unittest

import cv2
import numpy as np

from train import detector_evaluate, detector_labels
from train.detector_data import batch
from train.detector_scene import Faces, Source, clip, face_tile, page, place, random_map, tiles_of, transform, turned_boxes
from train.detector_textures import KINDS, texture

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255)]
MARKS = np.array([[40, 45], [60, 45], [50, 58], [42, 70], [58, 70]], np.float32)


def marked_picture():
    """A grey picture with a disc of its own colour at each of five landmarks, and its face."""
    picture = np.full((120, 100, 3), 60, np.uint8)
    for (x, y), colour in zip(MARKS, COLOURS):
        cv2.circle(picture, (int(x), int(y)), 3, colour, -1)
    return picture, Faces([[32, 32, 68, 80]], [MARKS], [[True] * 5])


def middle_of(picture, colour):
    """Where a colour is, by the weight of its pixels."""
    near = (np.abs(picture.astype(int) - colour).sum(-1) < 150).astype(float)
    y, x = np.mgrid[:picture.shape[0], :picture.shape[1]]
    return np.array([(x * near).sum(), (y * near).sum()]) / max(near.sum(), 1e-9)


class Places(unittest.TestCase):
    def test_landmarks_stay_on_their_spots(self):
        picture, faces = marked_picture()
        random = np.random.default_rng(4)
        mirrored_seen = set()
        for _ in range(24):
            matrix, angle, mirrored = random_map(random, (160, 160), np.array([50, 56.0]), 42.0, float(random.uniform(40, 110)))
            tile, moved = place(picture, faces, matrix, angle, mirrored, (160, 160), (60, 60, 60))
            mirrored_seen.add(mirrored)
            if len(moved.boxes) == 0 or not moved.visible.all():
                continue
            colours = [COLOURS[i] for i in ([1, 0, 2, 4, 3] if mirrored else range(5))]
            for point, colour in zip(moved.points[0], colours):
                if (point > 6).all() and (point < 154).all():
                    np.testing.assert_allclose(middle_of(tile, colour), point, atol=1.0)
            self.assertLess(moved.points[0, 0, 0], moved.points[0, 1, 0])  # the first is the eye on the picture's left, mirrored or not
        self.assertEqual(mirrored_seen, {True, False})

    def test_shrinking_keeps_places(self):
        picture, faces = marked_picture()
        big = cv2.resize(picture, (800, 960), interpolation=cv2.INTER_NEAREST)
        grown = Faces(faces.boxes * 8, (faces.points + 0.5) * 8 - 0.5, faces.visible)
        matrix = np.array([[0.125, 0, 0.125 * 0.5 - 0.5], [0, 0.125, 0.125 * 0.5 - 0.5]])
        tile, moved = place(big, grown, matrix, 0.0, False, (100, 120), (60, 60, 60))
        for point, colour in zip(moved.points[0], COLOURS):
            np.testing.assert_allclose(middle_of(tile, colour), point, atol=0.5)

    def test_box_of_a_turned_head(self):
        quarter = np.array([[0, -1, 0], [1, 0, 0]], float)
        np.testing.assert_allclose(turned_boxes(np.array([[10, 20, 20, 50.0]]), quarter, 90.0), [[-50, 10, -20, 20]], atol=1e-4)
        still = turned_boxes(np.array([[10, 20, 20, 50.0]]), np.array([[2, 0, 1], [0, 2, 3.0]]), 0.0)
        np.testing.assert_allclose(still, [[21, 43, 41, 103]], atol=1e-4)

    def test_mirror_swaps_eyes_and_corners(self):
        _, faces = marked_picture()
        there = transform(faces, np.array([[-1, 0, 99], [0, 1, 0.0]]), 0.0, True)
        np.testing.assert_allclose(there.points[0, 0], [99 - 60, 45])
        back = transform(there, np.array([[-1, 0, 99], [0, 1, 0.0]]), 0.0, True)
        np.testing.assert_allclose(back.points, faces.points)

    def test_cut_faces(self):
        faces = Faces([[-10, 0, 20, 30], [-25, 0, 5, 30], [50, 50, 54, 54]], [MARKS - 45] * 3, np.ones((3, 5), bool))
        cut = clip(faces, 100, 100)
        np.testing.assert_allclose(cut.boxes, [[0, 0, 20, 30]])       # two thirds of the first are there
        self.assertEqual(cut.visible[0].tolist(), [False, True, True, False, True])
        self.assertEqual(len(cut.ignored), 2)                          # a sixth of the second; the third is tiny

    def test_cutting_maps(self):
        random = np.random.default_rng(6)
        for _ in range(40):
            matrix, _, _ = random_map(random, (160, 120), np.array([50, 56.0]), 42.0, 60.0, cut=True)
            middle = matrix[:, :2] @ [50, 56] + matrix[:, 2]
            nearest = np.concatenate([middle, [160, 120] - middle]).min()
            self.assertTrue(0 < nearest < 30, nearest)                 # inside, and less than half of the square's side from an edge

    def test_tiles_cover_the_page(self):
        for count in (1, 2, 5, 14):
            parts = tiles_of(np.random.default_rng(count), 256, 192, count)
            covered = np.zeros((192, 256), int)
            for x, y, w, h in parts:
                covered[y:y + h, x:x + w] += 1
            self.assertEqual((len(parts), covered.min(), covered.max()), (count, 1, 1))


class Pages(unittest.TestCase):
    def source(self):
        picture, faces = marked_picture()
        return Source(np.stack([picture] * 3), [faces] * 3)

    def test_page(self):
        random = np.random.default_rng(0)
        total = 0
        for _ in range(12):
            picture, faces = page(random, self.source(), self.source(), 192, 192)
            self.assertEqual((picture.shape, picture.dtype), ((192, 192, 3), np.uint8))
            self.assertTrue((faces.boxes[:, 2:] > faces.boxes[:, :2]).all())
            self.assertTrue((faces.boxes >= 0).all() and (faces.boxes <= 192).all())
            total += len(faces.boxes)
        self.assertGreater(total, 12)

    def test_hard_faces_are_seen_more_often(self):
        picture, faces = marked_picture()
        source = Source(np.stack([picture] * 9 + [picture + 120]), [faces] * 10, [(9, 0)])
        random = np.random.default_rng(3)
        bright = sum(np.median(face_tile(random, source, (64, 64))[0][20:44, 20:44]) > 150 for _ in range(400))
        self.assertGreater(bright, 100)  # 0.35 + 0.65 / 10 of them, less what other colours fill; 40 where each picture has its turn

    def test_batches_repeat(self):
        first, again, other = (batch(self.source(), self.source(), 1, number, 96, 3) for number in (7, 7, 8))
        for one, two in zip(first, again):
            self.assertTrue((one == two).all())
        self.assertFalse((first[0] == other[0]).all())
        self.assertEqual(first[1].shape, (3, 2 * (12 * 12 + 6 * 6 + 3 * 3)))

    def test_textures(self):
        random = np.random.default_rng(2)
        for draw in (*KINDS, texture):
            picture = draw(random, 90, 140)
            self.assertEqual((picture.shape, picture.dtype), ((90, 140, 3), np.uint8))
            self.assertGreater(picture.std(), 1.0, draw.__name__)


class Labels(unittest.TestCase):
    def face(self, x, score):
        return {"box": [x, 10, x + 40, 60], "score": score, "landmarks": (MARKS + [x, 0]).tolist()}

    def test_sizes_are_merged(self):
        merged = detector_labels.merge([[self.face(10, 0.9)], [self.face(14, 0.9), self.face(150, 0.5)], []])
        self.assertEqual([(face["votes"], face["score"]) for face in merged], [(2, 0.9), (1, 0.5)])
        np.testing.assert_allclose(merged[0]["box"], [12, 10, 52, 60])
        np.testing.assert_allclose(merged[0]["landmarks"], MARKS + [12, 0])

    def test_sure_and_doubtful(self):
        kinds = ((0, 0.9, 3), (60, 0.9, 1), (120, 0.5, 4), (180, 0.4, 1))
        faces = [{**self.face(x, score), "votes": votes} for x, score, votes in kinds]
        boxes, points, ignored = detector_labels.split(faces)
        self.assertEqual((boxes.shape, points.shape), ((1, 4), (1, 5, 2)))
        np.testing.assert_allclose(ignored[:, 0], [60, 120])

    def test_hard_faces(self):
        kinds = ((0, 0.95, 5), (60, 0.8, 1), (120, 0.75, 4))           # the second is no sure one
        faces = [{**self.face(x, score), "votes": votes} for x, score, votes in kinds]
        self.assertEqual(detector_labels.hard_faces(faces), [1])

    def test_held_out_people(self):
        held_out = sum(detector_labels.is_validation(f"Person_{i}") for i in range(4000))
        self.assertTrue(120 < held_out < 280, held_out)


class Evaluation(unittest.TestCase):
    def test_compare(self):
        reference = [{"bbox": box, "kps": MARKS.tolist()} for box in ([0, 0, 40, 50], [100, 0, 110, 10], [200, 0, 240, 50])]
        found = [{"box": [1, 0, 41, 50], "landmarks": (MARKS + [1, 0]).tolist()}, {"box": [2, 0, 42, 50], "landmarks": MARKS.tolist()}]
        results = detector_evaluate.compare(reference, found)
        self.assertEqual([matched for matched, _ in results], [True, False, False])
        self.assertAlmostEqual(results[0][1], 1 / 20)
        self.assertAlmostEqual(detector_evaluate.share(results), 1 / 3)
        self.assertEqual(len(detector_evaluate.compare(reference, found, 24.0)), 2)

    def test_pieces_touch_no_face(self):
        random = np.random.default_rng(0)
        picture = np.zeros((250, 250, 3), np.uint8)
        picture[80:180, 80:180] = 255
        pieces = [piece for _ in range(20) for piece in detector_evaluate.pieces_beside(picture, [{"bbox": [80, 80, 180, 180]}], random)]
        self.assertGreater(len(pieces), 3)
        self.assertEqual(max(int(piece.max()) for piece in pieces), 0)


if __name__ == "__main__":
    unittest.main()

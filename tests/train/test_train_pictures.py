"""Alignment, augmentation, mixing, the pool of labelled faces, figures of accuracy, curves."""
import json
import os
import tempfile
import unittest
import xml.etree.ElementTree

import numpy as np

from train import augment, curves, face_crops, face_mixing, labelled_pool, verification


class Alignment(unittest.TestCase):
    def test_a_similarity_is_found(self):
        turn = 1.7 * np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
        matrix = face_crops.similarity(face_crops.TEMPLATE, face_crops.TEMPLATE @ turn.T + [5, -3])
        np.testing.assert_allclose(matrix, np.hstack([turn, [[5], [-3]]]), atol=1e-9)

    def test_the_nearest_face_is_taken(self):
        faces = [{"box": [0, 0, 20, 20]}, {"box": [40, 40, 60, 62]}]
        self.assertIs(face_crops.nearest_to_middle({"width": 100, "height": 100, "faces": faces}), faces[1])
        self.assertIsNone(face_crops.nearest_to_middle({"width": 100, "height": 100, "faces": []}))

    def test_landmarks_come_to_the_template(self):
        image = np.zeros((300, 300, 3), np.uint8)
        landmarks = face_crops.TEMPLATE * 1.5 + [40, 60]
        for x, y in np.round(landmarks).astype(int):
            image[y - 2:y + 3, x - 2:x + 3] = 255
        found = face_crops.aligned(image, landmarks, 112)
        for x, y in np.round(face_crops.TEMPLATE).astype(int):
            self.assertGreater(int(found[y, x, 0]), 200)


def canvas(seed=0):
    return np.random.default_rng(seed).integers(0, 255, (face_crops.CANVAS, face_crops.CANVAS, 3), np.uint8)


class Augmentation(unittest.TestCase):
    def test_without_strength_it_is_the_middle(self):
        image = canvas()
        border = face_crops.BORDER
        np.testing.assert_array_equal(augment.augment(image, np.random.default_rng(0), augment.NONE), image[border:-border, border:-border])

    def test_a_seed_says_everything(self):
        for seed in range(30):
            first, again = (augment.augment(face_mixing.new_face(lambda: canvas(seed), rng), rng) for rng in
                            (np.random.default_rng(seed), np.random.default_rng(seed)))
            self.assertEqual((first.shape, first.dtype), ((112, 112, 3), np.uint8))
            np.testing.assert_array_equal(first, again)

    def test_all_changes_keep_the_kind(self):
        rng = np.random.default_rng(1)
        strength = augment.Strength(light=1, blur=0.4, low_resolution=0.3, jpeg=0.3, occlusion=1)
        for _ in range(40):
            found = augment.augment(canvas(), rng, strength)
            self.assertEqual((found.shape, found.dtype), ((112, 112, 3), np.uint8))

    def test_masks_are_shares(self):
        rng = np.random.default_rng(2)
        for _ in range(60):
            mask = face_mixing.part_mask(rng)
            self.assertTrue(0 <= mask.min() and mask.max() <= 1 and mask.shape == (160, 160, 1))

    def test_colours_are_taken_over(self):
        dark, bright = canvas(1).astype(np.float32) * 0.3, canvas(2).astype(np.float32) * 0.4 + 140
        moved = face_mixing.with_colours_of(dark, bright)
        np.testing.assert_allclose(moved[face_mixing.FACE].mean((0, 1)), bright[face_mixing.FACE].mean((0, 1)), atol=0.5)


class Pools(unittest.TestCase):
    def test_a_ring_of_faces(self):
        with tempfile.TemporaryDirectory() as folder:
            pool = labelled_pool.Pool(folder, 10, 4, [6])
            for first in (0, 4, 8):
                numbers = np.arange(first, first + 4)
                pool.add(np.broadcast_to(numbers[:, None, None, None], (4, 112, 112, 3)), np.tile(numbers[:, None], 4), [np.tile(numbers[:, None], 6)])
            self.assertEqual(pool.filled, 10)
            self.assertEqual(pool.embeddings[:, 0].tolist(), [10, 11, 2, 3, 4, 5, 6, 7, 8, 9])
            pixels, embeddings, maps = pool.take(np.random.default_rng(0), 8)
            np.testing.assert_array_equal(pixels[:, 0, 0, 0], embeddings[:, 0])
            np.testing.assert_array_equal(maps[0][:, 0], embeddings[:, 0])
            self.assertEqual(pool.counts[labelled_pool.USED], len(pixels))
            again = labelled_pool.Pool(folder, 10, 4, [6])
            self.assertEqual(again.filled, 10)
            np.testing.assert_array_equal(again.embeddings, pool.embeddings)

    def test_reuse_holds_the_producer_back(self):
        with tempfile.TemporaryDirectory() as folder:
            pool = labelled_pool.Pool(folder, 10, 4, [])
            self.assertTrue(pool.wants_more(2))
            pool.counts[labelled_pool.MADE] = 3 * labelled_pool.FIRST_FACES
            self.assertFalse(pool.wants_more(2))
            pool.counts[labelled_pool.USED] = 5 * labelled_pool.FIRST_FACES
            self.assertTrue(pool.wants_more(2))


class Accuracy(unittest.TestCase):
    def test_tar_at_far(self):
        impostor = np.linspace(0, 0.99, 100)
        self.assertEqual(verification.tar_at_far(np.array([0.5, 0.95, 0.985, 2.0]), impostor, 0.01), 0.5)
        self.assertEqual(verification.tar_at_far(np.array([0.5, 0.985, 0.995, 2.0]), impostor, 0.0), 0.5)

    def test_clean_and_hopeless_embeddings(self):
        people = np.repeat(np.arange(20), 3)
        clean = np.eye(20)[people]
        self.assertEqual(verification.measure(clean, people), {"tar_1e-2": 1.0, "tar_1e-3": 1.0, "accuracy": 1.0})
        noise = np.random.default_rng(0).normal(size=(60, 64))
        figures = verification.measure(noise / np.linalg.norm(noise, axis=1, keepdims=True), people)
        self.assertLess(figures["tar_1e-2"], 0.2)
        self.assertLess(figures["accuracy"], 0.7)

    def test_folds_use_the_others_threshold(self):
        scores, same = np.array([0.9, 0.8, 0.2, 0.1] * 3), np.array([1, 1, 0, 0] * 3, bool)
        self.assertEqual(verification.fold_accuracy(scores, same, np.repeat([0, 1, 2], 4)).tolist(), [1, 1, 1])
        scores[:4] = [0.4, 0.8, 0.45, 0.1]  # neither lies on the side that the others' threshold of 0.5 wants, but one
        self.assertEqual(verification.fold_accuracy(scores, same, np.repeat([0, 1, 2], 4))[0], 0.75)

    def test_thresholds(self):
        self.assertAlmostEqual(verification.best_threshold(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1], bool)), 0.5)
        self.assertLess(verification.best_threshold(np.array([0.1, 0.2]), np.array([1, 1], bool)), 0.1)
        self.assertGreaterEqual(verification.best_threshold(np.array([0.1, 0.2]), np.array([0, 0], bool)), 0.2)


    def test_lists_of_pairs(self):
        with tempfile.TemporaryDirectory() as folder:
            faces, pairs = os.path.join(folder, "faces.jsonl"), os.path.join(folder, "pairs.txt")
            vectors = {"A_0001": [2, 0], "A_0002": [1, 0.1], "B_0001": [0, 1], "B_0002": [0, 3], "C_0001": [-1, 0]}
            with open(faces, "w", encoding="utf-8") as file:
                for name, vector in vectors.items():
                    file.write(json.dumps({"file": f"x/{name[0]}/{name}.jpg", "embedding": vector}) + "\n")
            with open(pairs, "w", encoding="utf-8") as file:
                file.write("2\t1\nA\t1\t2\nA\t1\tB\t2\nB\t1\t2\nB\t1\tD\t2\n")
            rows, found = verification.read_embeddings(faces)
            listed = verification.read_pairs(pairs)
            self.assertEqual(listed[1], ("A/A_0001.jpg", "B/B_0002.jpg", False, 0))
            accuracies, count = verification.listed_accuracy(rows, found, listed)
            self.assertEqual((accuracies.tolist(), count, verification.people_of(rows).tolist()), ([0.5, 1.0], 3, [0, 0, 1, 1, 2]))
            for wrong in ("", "x\n", "1 1\nA 1\n", "1 1\nA 1 B\n"):
                with open(pairs, "w", encoding="utf-8") as file:
                    file.write(wrong)
                with self.assertRaises(ValueError):
                    verification.read_pairs(pairs)


class Curves(unittest.TestCase):
    def test_a_log_is_drawn(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log.jsonl")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"step": 20, "cosine": 0.3}\n{"step": 100, "cosine": 0.6}\n\n{"step": 100, "validation": {"accuracy": 0.9}}\n')
            log = curves.read_log(path)
        self.assertEqual(curves.series(log, "cosine"), [(0.2, 0.3), (1.0, 0.6)])
        self.assertEqual(curves.series(log, "validation.accuracy"), [(1.0, 0.9)])
        root = xml.etree.ElementTree.fromstring(curves.draw({"cosine": curves.series(log, "cosine")}, "a run"))
        self.assertEqual(len(root.findall("{http://www.w3.org/2000/svg}polyline")), 1)


unittest.main()

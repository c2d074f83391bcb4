"""Margins against their formulae; Partial FC against the plain softmax, alone and over two processes; distillation's losses; Muon."""
import math
import os
import tempfile
import unittest

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
import torch.nn.functional as F

from train import distillation, margins, partial_fc
from train.muon import Muon, orthogonal

ANGLES = torch.tensor([[0.3, 1.2, 2.0], [1.0, 2.9, 0.5], [1.5, 1.6, 1.7]])
COSINES = torch.cos(ANGLES)
TARGET = torch.tensor([0, 1, -1])
LENGTHS = torch.tensor([12.0, 25.0, 20.0])


class Margins(unittest.TestCase):
    def others_are_scaled_only(self, logits, scale):
        kept = torch.ones(3, 3, dtype=torch.bool)
        kept[0, 0] = kept[1, 1] = False
        torch.testing.assert_close(logits[kept], COSINES[kept] * scale)

    def test_arcface(self):
        logits = margins.ArcFace(64.0, 0.5)(COSINES, TARGET, LENGTHS)
        self.assertAlmostEqual(float(logits[0, 0]), 64 * math.cos(0.8), places=3)
        self.assertAlmostEqual(float(logits[1, 1]), 64 * (math.cos(2.9) - 0.5 * math.sin(0.5)), places=3)
        self.others_are_scaled_only(logits, 64)

    def test_arcface_falls_with_the_angle_everywhere(self):
        cosines = torch.cos(torch.linspace(0.01, 3.13, 300))[:, None]
        logits = margins.ArcFace()(cosines, torch.zeros(300, dtype=torch.long), torch.ones(300))
        self.assertLess(float(logits.diff(dim=0).max()), 0.0)

    def test_cosface(self):
        logits = margins.CosFace(64.0, 0.4)(COSINES, TARGET, LENGTHS)
        self.assertAlmostEqual(float(logits[1, 1]), 64 * (math.cos(2.9) - 0.4), places=3)
        self.others_are_scaled_only(logits, 64)

    def test_adaface(self):
        margin = margins.AdaFace(64.0, 0.4, 0.333).eval()
        margin.mean.fill_(20.0)
        margin.deviation.fill_(5.0)
        logits = margin(COSINES, TARGET, LENGTHS)
        for row, (angle, length) in enumerate(((0.3, 12.0), (2.9, 25.0))):
            quality = max(-1, min(1, (length - 20) / 5.001 * 0.333))
            expected = 64 * (math.cos(min(max(angle - 0.4 * quality, 1e-3), math.pi - 1e-3)) - 0.4 * (1 + quality))
            self.assertAlmostEqual(float(logits[row, row]), expected, places=2)
        self.others_are_scaled_only(logits, 64)
        before = margin.mean.clone()
        margin.train()(COSINES, TARGET, LENGTHS)
        self.assertNotEqual(float(before), float(margin.mean))


def batch(rows=12, people=30, length=16):
    generator = torch.Generator().manual_seed(3)
    return (torch.randn(rows, length, generator=generator), torch.randint(0, people, (rows,), generator=generator),
            torch.randn(people, length, generator=generator))


def one_process():
    """Loss, gradient of the embeddings and of the centres, as PyTorch's own softmax has them"""
    embeddings, people, centres = batch()
    embeddings.requires_grad_()
    centres.requires_grad_()
    logits = margins.CosFace()((F.normalize(embeddings) @ F.normalize(centres).T), people, embeddings.norm(dim=1))
    loss = F.cross_entropy(logits, people)
    loss.backward()
    return loss.detach(), embeddings.grad, centres.grad


def worker(rank, count, folder):
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=count)
    embeddings, people, centres = batch()
    rows = len(people) // count
    mine = slice(rank * rows, (rank + 1) * rows)
    head = partial_fc.PartialFC(margins.CosFace(), len(centres), 16)
    with torch.no_grad():
        head.weight.copy_(centres[head.first:head.first + head.count])
    own = embeddings[mine].clone().requires_grad_()
    loss = head(own, people[mine])
    loss.backward()
    torch.save((loss.detach(), own.grad, head.weight.grad), os.path.join(folder, f"{rank}.pt"))
    dist.destroy_process_group()


class Centres(unittest.TestCase):
    def test_all_centres_are_a_plain_softmax(self):
        expected, embeddings_gradient, centres_gradient = one_process()
        embeddings, people, centres = batch()
        embeddings.requires_grad_()
        head = partial_fc.PartialFC(margins.CosFace(), 30, 16)
        with torch.no_grad():
            head.weight.copy_(centres)
        loss = head(embeddings, people)
        loss.backward()
        torch.testing.assert_close(loss.detach(), expected)
        torch.testing.assert_close(embeddings.grad, embeddings_gradient, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(head.weight.grad, centres_gradient, atol=1e-5, rtol=1e-4)

    def test_two_processes_are_one(self):
        expected, embeddings_gradient, centres_gradient = one_process()
        with tempfile.TemporaryDirectory() as folder:
            multiprocessing.spawn(worker, (2, folder), 2)
            found = [torch.load(os.path.join(folder, f"{rank}.pt"), weights_only=True) for rank in range(2)]
        for loss, _, _ in found:
            torch.testing.assert_close(loss, expected)
        # Twice as large: DistributedDataParallel takes the mean over two processes.
        torch.testing.assert_close(torch.cat([each[1] for each in found]) / 2, embeddings_gradient, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(torch.cat([each[2] for each in found]) / 2, centres_gradient, atol=1e-5, rtol=1e-4)

    def test_a_sample_has_all_that_are_present(self):
        head = partial_fc.PartialFC(margins.ArcFace(), 1000, 16, 0.05)
        target = torch.tensor([5, 999, 5, -1, 123])
        columns, found = head.sample(target)
        self.assertEqual(len(columns), 50)
        self.assertEqual(len(columns.unique()), 50)
        torch.testing.assert_close(columns[found[target >= 0]], target[target >= 0])
        self.assertEqual(int(found[3]), -1)
        loss = head(torch.randn(5, 16), torch.tensor([5, 999, 5, 7, 123]))
        loss.backward()
        self.assertEqual(int((head.weight.grad.abs().sum(1) > 0).sum()), 50)

    def test_more_people_than_the_sample(self):
        head = partial_fc.PartialFC(margins.ArcFace(), 100, 8, 0.01)
        columns, _ = head.sample(torch.arange(20))
        self.assertEqual(columns.tolist(), list(range(20)))

    def test_nonsense_is_refused(self):
        for people, fraction in ((10, 0.0), (10, 1.5), (0, 1.0)):
            with self.assertRaises(ValueError):
                partial_fc.PartialFC(margins.ArcFace(), people, 8, fraction)


class Teaching(unittest.TestCase):
    def test_a_perfect_student_loses_nothing(self):
        unit = F.normalize(torch.randn(6, 8))
        self.assertAlmostEqual(float(distillation.direction_loss(unit, unit)), 0, places=5)
        self.assertAlmostEqual(float(distillation.relation_loss(unit, unit)), 0, places=5)
        self.assertGreater(float(distillation.relation_loss(unit, F.normalize(torch.randn(6, 8)))), 0.01)

    def test_relations_do_not_see_a_common_turn(self):
        unit = F.normalize(torch.randn(6, 8))
        turned = unit @ torch.linalg.qr(torch.randn(8, 8)).Q
        self.assertAlmostEqual(float(distillation.relation_loss(unit, turned)), 0, places=5)

    def test_hints_end(self):
        self.assertEqual([distillation.hint_weight(part) for part in (0.0, 0.3, 0.6, 1.0)], [1.0, 0.5, 0.0, 0.0])

    def test_maps_are_brought_to_one_size(self):
        hints = distillation.Hints([4, 6], [8, 8])
        loss = hints.loss([torch.randn(3, 4, 14, 14), torch.randn(3, 6, 7, 7)], [torch.randn(3, 8, 7, 7)] * 2)
        loss.backward()
        self.assertTrue(all(layer.weight.grad.abs().sum() > 0 for layer in hints))


class Orthogonal(unittest.TestCase):
    def test_singular_values_come_near_one(self):
        for shape in ((8, 40), (40, 8), (16, 16)):
            values = torch.linalg.svdvals(orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(1))))
            self.assertGreater(float(values.min()), 0.3)
            self.assertLess(float(values.max()), 1.3)

    def test_a_step_goes_downhill(self):
        weight = torch.nn.Parameter(torch.randn(6, 3, 3, 3))
        wanted = torch.randn(6, 3, 3, 3)
        optimiser = Muon([weight], 0.05, weight_decay=0.0)
        before = float((weight - wanted).square().sum())
        for _ in range(200):
            optimiser.zero_grad()
            (weight - wanted).square().sum().backward()
            optimiser.step()
        self.assertLess(float((weight - wanted).square().sum()), before / 10)


if __name__ == "__main__":
    unittest.main()

"""Networks as ONNX: InsightFace's form, the same embeddings in ONNX Runtime and in cameo, and what is lost by storing weights small."""
import collections
import os
import subprocess
import tempfile
import unittest

import cv2
import numpy as np
import onnx
import torch
from torch import nn

from train import backbones, recognizer_export
from train.teacher import Teacher

PROGRAM = os.environ["CAMEO_PROGRAM"]
SMALL = {"tiny": lambda: backbones.Compact(64, (8, 16, 32, 48), (1, 1, 1), 96),
         "mobilefacenet": lambda: backbones.MobileFaceNet(32, (1, 1, 1), 0.25),
         "iresnet": lambda: backbones.IResNet((1, 1, 2, 1), 32, widths=(8, 8, 16, 24, 32))}


def trained_looking(network, seed=0):
    """Normalizations as after training, where folding one wrongly would show"""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            size = module.running_mean.shape
            module.running_mean.copy_(torch.randn(size, generator=generator) * 0.1)
            module.running_var.copy_(torch.rand(size, generator=generator) * 1.5 + 0.5)
            with torch.no_grad():
                module.weight.copy_(torch.rand(size, generator=generator) + 0.5)
                module.bias.copy_(torch.randn(size, generator=generator) * 0.1)
    return network.eval()


class Export(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "net.onnx")

    def test_the_same_embeddings(self):
        for name, make in SMALL.items():
            for storage, least in (("float", 0.999999), ("half", 0.99999), ("int8", 0.998)):
                with self.subTest(name=name, storage=storage):
                    network = trained_looking(make())
                    size = recognizer_export.export(network, self.path, storage, {"name": name})
                    self.assertEqual(size, os.path.getsize(self.path))
                    self.assertGreater(recognizer_export.compare(network, self.path), least)

    def test_the_form(self):
        network = trained_looking(SMALL["iresnet"]())
        recognizer_export.export(network, self.path, facts={"version": "3"})
        model = onnx.load(self.path)
        self.assertEqual(model.graph.input[0].name, "input.1")
        shapes = [[each.dim_param or each.dim_value for each in value.type.tensor_type.shape.dim] for value in (*model.graph.input, *model.graph.output)]
        self.assertEqual(shapes, [["None", 3, 112, 112], ["None", 32]])
        self.assertEqual((model.opset_import[0].version, {each.key: each.value for each in model.metadata_props}), (11, {"version": "3"}))
        kinds = collections.Counter(node.op_type for node in model.graph.node)
        # Each of 5 blocks: one normalization that precedes a convolution and cannot be folded; one before Flatten, one at the end.
        self.assertEqual(kinds, {"Conv": 1 + 10 + 4, "PRelu": 6, "Add": 5, "BatchNormalization": 7, "Flatten": 1, "Gemm": 1})
        self.assertEqual([node.op_type for node in model.graph.node][-3:], ["Flatten", "Gemm", "BatchNormalization"])

    def test_small_storage_is_small(self):
        network = backbones.BACKBONES["compact"]()
        sizes = {storage: recognizer_export.export(network, self.path, storage) for storage in recognizer_export.STORAGES}
        self.assertLess(sizes["half"], 0.52 * sizes["float"])
        self.assertLess(sizes["int8"], 0.27 * sizes["float"])
        with self.assertRaises(ValueError):
            recognizer_export.export(network, self.path, "int3")

    def test_a_layer_without_a_form_is_named(self):
        network = nn.Sequential(collections.OrderedDict(first=nn.Conv2d(3, 4, 3), odd=nn.Softmax(1)))
        with self.assertRaises(NotImplementedError) as caught:
            recognizer_export.export(network, self.path)
        self.assertIn("odd: Softmax", str(caught.exception))

    def test_cameo_reads_it(self):
        picture = np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8)
        png = os.path.join(os.path.dirname(self.path), "face.png")
        cv2.imwrite(png, picture[:, :, ::-1])
        for storage in recognizer_export.STORAGES:
            with self.subTest(storage=storage):
                recognizer_export.export(trained_looking(SMALL["tiny"]()), self.path, storage)
                out = os.path.join(os.path.dirname(self.path), "out.npy")
                subprocess.run([PROGRAM, "embed", "--aligned", "--raw", "--model", self.path, "--format", "npy", "-o", out, png], check=True,
                               capture_output=True)
                found = np.load(out).reshape(-1)
                expected = Teacher(self.path).embed(picture[None])[0]
                self.assertGreater(float(found @ expected / np.linalg.norm(found)), 0.99999)

    def test_known_sizes(self):
        """Parameters of InsightFace's networks (iresnet.py, mobilefacenet.py), in millions"""
        for name, millions in (("r18", 24.0), ("r50", 43.6), ("r100", 65.2), ("mbf", 2.05), ("mobilefacenet", 1.0)):
            count = sum(weight.numel() for weight in backbones.BACKBONES[name]().parameters()) / 1e6
            self.assertAlmostEqual(count, millions, delta=0.06, msg=name)

    def test_the_default_is_within_its_limits(self):
        network = backbones.BACKBONES["compact"]()
        self.assertLess(backbones.multiplications(network), 100)
        self.assertLess(recognizer_export.export(network, self.path, "int8"), 1_500_000)


unittest.main()

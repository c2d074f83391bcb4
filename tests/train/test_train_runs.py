"""Runs that are interrupted go on as if they had not been; checkpoints are whole; a tiny network learns to tell drawn people apart."""
import glob
import os
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
import torch

from train import checkpoints, face_sources, margin_run, verification
from train.backbones import BACKBONES
from train.curves import read_log
from train.distil_run import centres, embed
from train.margins import ArcFace
from train.partial_fc import PartialFC
from train.recognizer_export import export

PORTRAITS = os.environ["CAMEO_PORTRAITS"]
PEOPLE, PICTURES, HELD_OUT = 60, 6, 12
SCRATCH = tempfile.TemporaryDirectory(prefix="cameo-train-")
unittest.addModuleCleanup(SCRATCH.cleanup)


def scratch(*names):
    return os.path.join(SCRATCH.name, *names)


def portraits():
    """FOLDER/personNN/*.png: aligned crops of drawn people"""
    folder = scratch("people")
    if not os.path.isdir(folder):
        subprocess.run([PORTRAITS, "-o", scratch("drawn"), "--people", str(PEOPLE), "--pictures", str(PICTURES), "--size", "112", "--crops"], check=True,
                       capture_output=True)
        for path in glob.glob(scratch("drawn", "crops", "*.png")):
            name = os.path.basename(path)
            os.makedirs(os.path.join(folder, name.split("_")[0]), exist_ok=True)
            os.rename(path, os.path.join(folder, name.split("_")[0], name))
    return folder


def training(out, source, pictures, epochs, batch=32, rate=0.8):
    torch.manual_seed(1)
    faces = margin_run.Faces(source, pictures, margin_run.Strength(), 1)
    plan = margin_run.MarginPlan(out, epochs, batch, rate, workers=0, measure_every=10 ** 9, save_every=2)
    os.makedirs(out, exist_ok=True)
    return margin_run.MarginTraining(plan, BACKBONES["tiny"](length=64), PartialFC(ArcFace(32.0, 0.2), faces.people, 64), faces, torch.device("cpu"))


class Checkpoints(unittest.TestCase):
    def test_a_failed_write_leaves_the_old_one(self):
        path = scratch("state.pt")
        checkpoints.save(path, {"step": 1})
        with self.assertRaises(Exception):
            checkpoints.save(path, {"step": lambda: 2})
        self.assertEqual(checkpoints.load(path), {"step": 1})
        self.assertIsNone(checkpoints.load(scratch("none.pt")))

    def test_code_in_a_checkpoint_does_not_run(self):
        path, trace = scratch("evil.pt"), scratch("trace")

        class Evil:
            def __reduce__(self):
                return os.mkdir, (trace,)
        torch.save(Evil(), path)
        with self.assertRaises(Exception):
            checkpoints.load(path)
        self.assertFalse(os.path.exists(trace))


class Margin(unittest.TestCase):
    def test_killed_and_resumed_is_the_same_run(self):
        source = face_sources.open_source(portraits())
        pictures = np.arange(64)
        whole = training(scratch("whole"), source, pictures, 2)
        whole.run()
        training(scratch("parts"), source, pictures, 2).run(stop=2)
        second = training(scratch("parts"), source, pictures, 2)
        self.assertTrue(second.resume())
        self.assertEqual(second.step, 2)
        second.run()
        for (name, expected), found in zip(whole.network.state_dict().items(), second.network.state_dict().values()):
            torch.testing.assert_close(found, expected, rtol=0, atol=0, msg=name)

    def test_halves_of_different_steps_are_refused(self):
        run = training(scratch("halves"), face_sources.open_source(portraits()), np.arange(64), 1)
        run.save()
        run.step = 3
        checkpoints.save(run.path(0), {**checkpoints.load(run.path(0)), "step": 3})
        with self.assertRaises(ValueError):
            run.resume()

    def test_batches_are_dealt_out_once(self):
        batches = margin_run.order(70, 1, 0, 16)
        self.assertEqual((len(batches), len({number for batch in batches for number in batch})), (4, 64))
        self.assertNotEqual(batches, margin_run.order(70, 1, 1, 16))
        with self.assertRaises(ValueError):
            margin_run.order(10, 1, 0, 16)

    def test_a_tiny_network_tells_people_apart_whom_it_never_saw(self):
        source = face_sources.open_source(portraits())
        pictures, validation = face_sources.split_people(source.people, HELD_OUT, 5)
        faces, people = centres(source, validation), source.people[validation]
        run = training(scratch("smoke"), source, pictures, 10 ** 6)
        before = verification.measure(embed(run.network.eval(), faces), people)["accuracy"]
        begun = time.process_time()
        run.steps = 150
        while run.step < run.steps and time.process_time() - begun < 45:
            run.run(stop=run.step + 10)
        after = verification.measure(embed(run.network.eval(), faces), people)["accuracy"]
        print(f"{HELD_OUT} drawn people: accuracy {before:.3f} before {run.step} steps, {after:.3f} after, 0.5 by chance", flush=True)
        self.assertGreater(after, 0.75)
        self.assertGreater(after, before + 0.05)


class Distil(unittest.TestCase):
    def command(self, out, steps, *more):
        return [sys.executable, "-B", "-m", "train", "distil", portraits(), "--held-out", "6", "--backbone", "tiny", "--teacher", scratch("teacher.onnx"),
                "--out", out, "--pool-size", "4200", "--batch", "16", "--steps", str(steps), *more]

    def test_a_student_comes_near_its_teacher(self):
        torch.manual_seed(7)
        export(BACKBONES["tiny"](length=64), scratch("teacher.onnx"))
        out = scratch("distil")
        first = subprocess.run(self.command(out, 80), capture_output=True, text=True, check=True)
        self.assertEqual(first.stderr, "")  # quiet in a pipe
        step = checkpoints.load(os.path.join(out, "last.pt"))["step"]
        again = subprocess.run(self.command(out, 160, "--restart", "0.3"), capture_output=True, text=True, check=True)
        self.assertIn(f"goes on from step {step}", again.stdout)
        results = [line["validation"] for line in read_log(os.path.join(out, "log.jsonl")) if "validation" in line]
        self.assertEqual((step, len(results)), (80, 2))
        self.assertGreater(results[-1]["teacher_cosine"], 0.5)
        onnx = scratch("student.onnx")
        subprocess.run([sys.executable, "-B", "-m", "train", "export", os.path.join(out, "last.pt"), onnx, "--backbone", "tiny", "--storage", "int8"],
                       check=True, capture_output=True)
        for checkpoint in (onnx, os.path.join(out, "last.pt")):
            shown = subprocess.run([sys.executable, "-B", "-m", "train", "evaluate", portraits(), checkpoint, "--held-out", "6", "--backbone", "tiny"],
                                   capture_output=True, text=True, check=True).stdout
            self.assertIn("of 6 held-out people: tar_1e-2", shown)

    def test_mistakes_are_named(self):
        for arguments, words in ((["distil", scratch(), "--out", scratch("x"), "--teacher", "none"], "--minutes"),
                                 (["margin", scratch("nowhere"), "--out", scratch("x")], "nowhere"),
                                 (["export", scratch("none.pt"), scratch("x.onnx")], "none.pt")):
            found = subprocess.run([sys.executable, "-B", "-m", "train", *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(found.returncode, 3, found.stderr)
            self.assertIn(words, found.stderr)
            self.assertNotIn("Traceback", found.stderr)


unittest.main()

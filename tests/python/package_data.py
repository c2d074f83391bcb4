"""What the tests of the Python package share: the research data, packs of links to its models, and models that the program makes."""
import atexit
import os
import subprocess
import sys
import tempfile
import unittest

DATA = os.environ["CAMEO_TEST_DATA"]
PROGRAM = os.environ["CAMEO_PROGRAM"]
RECOGNIZER = os.path.join(DATA, "models", "mobilefacenet_arcface.onnx")
DETECTOR = os.path.join(DATA, "models", "det_500m.onnx")
SCENES = os.path.join(DATA, "scenes")

SCRATCH = tempfile.TemporaryDirectory(prefix="cameo-python-")
atexit.register(SCRATCH.cleanup)


def scratch(*names):
    """A path in a folder that is removed at the end."""
    return os.path.join(SCRATCH.name, *names)


def has_data():
    return os.path.isfile(RECOGNIZER)


def made_model(family):
    """An ONNX file of `cameo model make`: the architecture of a real one, with invented weights."""
    path = scratch(f"{family}.onnx")
    if not os.path.exists(path):
        subprocess.run([PROGRAM, "model", "make", family, "-o", path], check=True, capture_output=True)
    return path


def pack(*models, name="pack"):
    """A folder of links to models."""
    folder = scratch(name)
    os.makedirs(folder, exist_ok=True)
    for model in models or (RECOGNIZER, DETECTOR):
        link = os.path.join(folder, os.path.basename(model))
        if not os.path.lexists(link):
            os.symlink(model, link)
    return folder


def lfw(count):
    """`count` pictures of Labeled Faces in the Wild, spread over the alphabet."""
    root = os.path.join(DATA, "lfw")
    paths = [os.path.join(root, person, sorted(os.listdir(os.path.join(root, person)))[0]) for person in sorted(os.listdir(root))]
    return paths[:: len(paths) // count][:count]


def main(name, needs_data=False, needs_module=None):
    """Runs the cases of the calling script; a script whose needs are not met is skipped as a whole."""
    if needs_data and not has_data():
        print(f"SKIP python/{name}: there are no models in {DATA}")
        sys.exit(77)
    try:
        __import__("cameo")
        if needs_module:
            __import__(needs_module)
    except ImportError as missing:
        print(f"SKIP python/{name}: {missing}")
        sys.exit(77)
    unittest.main(verbosity=2)

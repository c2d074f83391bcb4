"""The examples of docs/python.md, each as it is written, in a folder with the pictures and models that it names."""
import os
import re
import shutil
import subprocess
import sys
import unittest

import package_data
from package_data import DETECTOR, RECOGNIZER, SCENES, scratch

DOCUMENT = os.path.join(os.environ["CAMEO_SOURCE_DIR"], "docs", "python.md")


def examples():
    with open(DOCUMENT, encoding="utf-8") as file:
        return re.findall(r"```python\n(.*?)```", file.read(), re.DOTALL)


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch("examples")
        os.makedirs(os.path.join(cls.folder, "photos"))
        pictures = {"a.jpg": "obama1.jpg", "b.jpg": "obama-240p.jpg", "group.jpg": "t1.jpg", "crop.png": "Tom_Hanks_54745.png"}
        for name, scene in pictures.items():
            shutil.copy(os.path.join(SCENES, scene), os.path.join(cls.folder, name))
        for scene in ("obama-240p.jpg", "biden.jpg", "no_face.png"):
            shutil.copy(os.path.join(SCENES, scene), os.path.join(cls.folder, "photos"))
        models = os.path.join(cls.folder, ".insightface", "models", "buffalo_l")
        os.makedirs(models)
        for place in (cls.folder, models):
            os.symlink(RECOGNIZER, os.path.join(place, "w600k_r50.onnx"))
            os.symlink(DETECTOR, os.path.join(place, "det_10g.onnx"))

    def run_example(self, code):
        environment = {name: value for name, value in os.environ.items() if name != "CAMEO_HOME"}
        done = subprocess.run([sys.executable, "-B", "-c", code], cwd=self.folder, env=dict(environment, HOME=self.folder), capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, code + done.stderr)
        return done.stdout

    def run_with(self, part):
        found = [code for code in examples() if part in code]
        self.assertEqual(len(found), 1, part)
        return self.run_example(found[0])

    def test_none_is_left_out(self):
        self.assertEqual(len(examples()), len([name for name in dir(self) if name.startswith("test_from") or name.startswith("test_first")]) + 1)

    def test_first_steps(self):
        import cameo

        example, = (code for code in examples() if "FaceRecognizer()" in code)
        if cameo.builtin_models():
            said = self.run_example(example).splitlines()
            self.assertGreater(float(said[0]), 0.4)
            self.assertEqual(said[1], "(2, 128)")
        said = self.run_example(example.replace("FaceRecognizer()", 'FaceRecognizer("w600k_r50", detector="det_10g")')).splitlines()
        self.assertGreater(float(said[0]), 0.7)
        self.assertEqual(said[1], "(2, 128)")  # the model that stands for w600k_r50 here gives 128 numbers

    def test_folder(self):
        said = self.run_with('checkpoint="photos.checkpoint"')
        self.assertIn("2 faces; 1 pictures without one; {}", said)
        self.assertTrue(os.path.getsize(os.path.join(self.folder, "faces.parquet")) > 1000)

    def test_from_insightface(self):
        self.assertEqual(len(self.run_with("FaceAnalysis(").splitlines()), 6)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "found.jpg")))

    def test_from_face_recognition(self):
        self.assertTrue(self.run_with("face_recognition.load_image_file").startswith("same person 0."))

    def test_from_deepface(self):
        said = self.run_with("DeepFace.verify").splitlines()
        self.assertEqual(said[0], "True")
        self.assertTrue(said[-1].startswith("obama-240p.jpg 0."))

    def test_from_onnxruntime(self):
        self.assertIn("[", self.run_with("import cameo.onnxruntime as ort"))


if __name__ == "__main__":
    package_data.main("test_examples", needs_data=True, needs_module="pyarrow")

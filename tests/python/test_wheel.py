# labels: slow
"""`./run wheel`: what it builds works from any folder, brings the picture libraries along, and asks for NumPy alone."""
import os
import subprocess
import sys
import unittest
import zipfile

import package_data
from package_data import made_model, scratch

SOURCE = os.environ["CAMEO_SOURCE_DIR"]
CHECK = os.path.join(SOURCE, "tests", "python", "check_wheel.py")


def clean_environment(**more):
    """Without the package of the build folder."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONWARNINGS")}
    return dict(kept, **more)


class Wheel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = subprocess.run([os.path.join(SOURCE, "run"), "wheel"], env=clean_environment(), capture_output=True, text=True, check=False)
        if made.returncode != 0:
            if "Temporary failure in name resolution" in made.stderr or "could not install" in made.stderr:
                raise unittest.SkipTest("offline")
            raise AssertionError(made.stdout + made.stderr)
        cls.wheel = made.stdout.split()[-1]

    def test_what_is_in_it(self):
        with zipfile.ZipFile(self.wheel) as archive:
            names = archive.namelist()
            metadata = archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
        self.assertIn("manylinux", os.path.basename(self.wheel))
        for wanted in ("cameo/py.typed", "cameo/_native.pyi", "cameo/insightface/app/face_analysis.py", "cameo/onnxruntime.py"):
            self.assertIn(wanted, names)
        self.assertTrue(any(name.startswith("cameo.libs/libjpeg") for name in names), names)
        self.assertFalse([name for name in names if name.endswith((".a", ".h", ".onnx"))])
        required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
        self.assertEqual([line.split()[1].split(">")[0] for line in required], ["numpy"])
        for license_file in ("LICENSE", "NOTICE", "libjpeg.txt", "libpng.txt", "libwebp.txt"):
            self.assertTrue(any(name.endswith("licenses/" + license_file) for name in names), license_file)

    def test_it_works_alone(self):
        target = scratch("site")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--target", target, self.wheel]
        subprocess.run(pip, env=clean_environment(), check=True)
        said = subprocess.run([sys.executable, CHECK, made_model("mbf"), "512"], env=clean_environment(PYTHONPATH=target, CAMEO_CACHE="off"),
                              cwd=package_data.SCRATCH.name, capture_output=True, text=True, check=False)
        self.assertEqual(said.returncode, 0, said.stderr)
        lines = said.stdout.splitlines()
        self.assertEqual(os.path.commonpath([lines[0].split()[1], target]), target)
        libraries = [line.split()[1] for line in lines if line.startswith("library")]
        self.assertGreaterEqual(len(libraries), 3)
        for path in libraries:
            self.assertTrue(path.startswith(target), f"{path} is the system's")


if __name__ == "__main__":
    package_data.main("test_wheel")

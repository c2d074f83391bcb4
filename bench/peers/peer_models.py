"""The networks: made by `cameo model make` or taken from the test data, and converted for the engines that do not read ONNX."""
from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Dict, List, Tuple

from peer_answers import FACE
from peer_engines import Unavailable

PICTURE = (3, 640, 640)
# Detector as the table names it: files of the test data that hold it, else the architecture that is made.
DETECTORS = {"det_500m": (("det_500m.onnx",), "scrfd_500m"), "det_2.5g": (("det_2.5g.onnx", "scrfd_2.5g_bnkps.onnx"), "scrfd_2.5g")}
CONVERT_SECONDS = 600


@dataclass(frozen=True)
class Model:
    name: str
    path: str
    shape: Tuple[int, int, int]
    input_name: str
    output_names: Tuple[str, ...]


def run_tool(command: List[str], log: str, folder: str) -> None:
    """Raises Unavailable with the last line that the tool said if it fails."""
    with open(log, "wb") as file:
        try:
            status = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=folder, timeout=CONVERT_SECONDS,
                                    check=False).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(str(error)) from error
    if status != 0:
        with open(log, encoding="utf-8", errors="replace") as file:
            said = file.read().strip().splitlines() or ["nothing was said"]
        raise Unavailable(f"{os.path.basename(command[0])} ended with {status}: {said[-1]}")


class Workshop:
    """Makes and converts networks, each once; files that are newer than what they are made from are kept."""

    def __init__(self, program: str, data: str, folder: str) -> None:
        self.program = program
        self.data = data
        self.folder = folder
        self.models: Dict[str, Model] = {}
        self.failures: Dict[Tuple[str, str], str] = {}
        os.makedirs(folder, exist_ok=True)

    def detectors(self) -> List[str]:
        """The table's names: of InsightFace's files where they are at hand, of the made ones otherwise."""
        return [name if self.data_file(name) else made for name, (_, made) in DETECTORS.items()]

    def data_file(self, name: str) -> str:
        for file in DETECTORS.get(name, ((), ""))[0]:
            path = os.path.join(self.data, "models", file)
            if os.path.isfile(path):
                return path
        return ""

    def model(self, name: str) -> Model:
        if name not in self.models:
            path = self.data_file(name) or self.make(name)
            info = json.loads(subprocess.run([self.program, "info", path, "--json"], check=True, capture_output=True, text=True).stdout)
            shape = PICTURE if info["task"] == "detection" else FACE
            self.models[name] = Model(name, path, shape, info["inputs"][0]["name"], tuple(output["name"] for output in info["outputs"]))
        return self.models[name]

    def is_new(self, path: str, source: str) -> bool:
        return os.path.isfile(path) and os.path.getmtime(path) >= os.path.getmtime(source)

    def make(self, name: str) -> str:
        path = os.path.join(self.folder, name + ".onnx")
        if not self.is_new(path, self.program):
            subprocess.run([self.program, "model", "make", name, "-o", path], check=True, stdout=subprocess.DEVNULL)
        return path

    def file(self, name: str, format_: str) -> str:
        """The network as a file of that format. Raises Unavailable with the converter's reason."""
        model = self.model(name)
        if format_ == "onnx":
            return model.path
        convert = {"ncnn": self.convert_ncnn, "mnn": self.convert_mnn, "onnx-unsigned": self.quantise_onnx, "onnx-signed": self.quantise_onnx,
                   "ncnn-int8": self.quantise_ncnn, "mnn-int8": self.quantise_mnn}[format_]
        if (name, format_) in self.failures:
            raise Unavailable(self.failures[name, format_])
        try:
            return convert(model, format_)
        except Unavailable as error:
            self.failures[name, format_] = f"{model.name} could not be converted: {error}"
            raise Unavailable(self.failures[name, format_]) from error

    def convert_mnn(self, model: Model, _: str) -> str:
        """MNN's converter is called inside its library: the command `mnnconvert` reports each use to its makers, and installs packages to do so."""
        path = os.path.join(self.folder, model.name + ".mnn")
        if not self.is_new(path, model.path):
            code = "import sys, _tools; _tools.mnnconvert(['mnnconvert'] + sys.argv[1:])"
            run_tool([sys.executable, "-c", code, "-f", "ONNX", "--modelFile", model.path, "--MNNModel", path, "--bizCode", "cameo"],
                     path + ".log", self.folder)
            if not os.path.isfile(path):
                raise Unavailable(f"no file came of it, see {path}.log")
        return path

    def convert_ncnn(self, model: Model, _: str) -> str:
        """pnnx writes eight files beside its input: it works in a folder of its own, from which two are kept. Weights stay fp32."""
        path = os.path.join(self.folder, model.name + ".ncnn.param")
        if self.is_new(path, model.path):
            return path
        package = importlib.util.find_spec("pnnx")
        if package is None or not package.submodule_search_locations:
            raise Unavailable("pnnx is not installed")
        scratch = os.path.join(self.folder, "pnnx")
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(scratch)
        try:
            os.symlink(os.path.abspath(model.path), os.path.join(scratch, "model.onnx"))
            shape = ",".join(str(size) for size in (1, *model.shape))
            # The program in the package stands alone; its Python front end would want PyTorch.
            run_tool([os.path.join(package.submodule_search_locations[0], "pnnx"), "model.onnx", f"inputshape=[{shape}]", "fp16=0"],
                     path + ".log", scratch)
            for suffix in (".bin", ".param"):
                os.replace(os.path.join(scratch, "model.ncnn" + suffix), path.replace(".param", suffix))
        except OSError as error:
            raise Unavailable(str(error)) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return path

    def quantise_onnx(self, model: Model, format_: str) -> str:
        form = format_.split("-")[1]
        return self.quantise("quantise_onnx.py", model.path, os.path.join(self.folder, f"{model.name}.{form}.onnx"), form)

    def quantise_ncnn(self, model: Model, _: str) -> str:
        return self.quantise("quantise_ncnn.py", self.file(model.name, "ncnn"), os.path.join(self.folder, model.name + ".int8.ncnn.param"))

    def quantise_mnn(self, model: Model, _: str) -> str:
        return self.quantise("quantise_mnn.py", self.file(model.name, "mnn"), os.path.join(self.folder, model.name + ".int8.mnn"))

    def quantise(self, script: str, source: str, path: str, *more: str) -> str:
        """Each script in a process of its own, since the quantisers are the peers' own and may end it."""
        if not self.is_new(path, source):
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), script)
            run_tool([sys.executable, "-B", script, os.path.abspath(source), os.path.abspath(path), *more], path + ".log", self.folder)
            if not os.path.isfile(path):
                raise Unavailable(f"no file came of it, see {path}.log")
        return path

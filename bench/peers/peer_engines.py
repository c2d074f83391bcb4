"""The engines that are compared, and what one of their worker processes is told.

Each engine is a module of its own with
    FORMAT                      the kind of file it reads: "onnx", "ncnn" or "mnn" (for networks of eight bits see file_format)
    PACKAGE                     its package in requirements.txt ("" for cameo)
    settings(case)              the settings worth trying in this case; raises Unavailable where the engine has nothing to offer
    Engine(job, inputs)         loads; run() computes once, answers() returns the outputs of the last run in the model's order; version;
                                integer_layers() says of a network of eight bits (convolutions and fully connected layers computed with integers, all
                                of them), by what the engine itself tells of it
Only Engine imports the rival's package, so that a missing one costs nobody else anything.
"""
from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Iterable, List

OURS = "cameo"
# In the order of the table. The first rival that runs is the one whose fp32 answers are the reference.
ENGINES = {OURS: "engine_cameo", "onnxruntime": "engine_onnxruntime", "openvino": "engine_openvino", "ncnn": "engine_ncnn", "mnn": "engine_mnn"}
UNSIGNED, SIGNED = "unsigned activations", "signed activations"  # forms of ONNX files of eight bits (quantise_onnx.py); settings begin with one
AS_WRITTEN = "no graph optimisations"  # ONNX Runtime as the reference of networks of eight bits: each operator of the file by itself
# Not an engine of its own: a network written with oneDNN's primitives, beside the others in eight bits.
HAND_MADE = {"onednn": "engine_onednn"}
REFERENCES = ["onnxruntime", "openvino", "ncnn", "mnn", OURS]


class Unavailable(Exception):
    """An engine cannot take part; the text is the reason that the table gives."""


@dataclass(frozen=True)
class Job:
    """What a worker is told on its command line, as JSON."""
    engine: str
    setting: str
    model: str            # file (for ncnn: of the .param file, with the .bin file beside it)
    input_name: str
    output_names: List[str]
    type: str
    threads: int
    batch: int
    inputs: str           # .npy file, float32 [batch, 3, height, width]
    answers: str          # .npz file to write: the outputs after the first run
    library: str          # libcameo.so
    hold: str             # library that hides AVX-512 from the worker (peer_hold.py); "": the processor as it is
    started: float        # time.monotonic() just before the process was made


def engines_of(types: Iterable[str]) -> List[str]:
    """Those that are compared in these types, in the order of the table."""
    return [*ENGINES, *(HAND_MADE if "int8" in types else [])]


def file_format(engine: str, type_: str, setting: str) -> str:
    """What the engine reads in that setting: networks of eight bits are files of their own, and of ONNX's there are two forms to choose from."""
    format_ = engine_module(engine).FORMAT
    if type_ != "int8":
        return format_
    if format_ != "onnx":
        return format_ + "-int8"
    return "onnx-unsigned" if setting.startswith(UNSIGNED) else "onnx-signed"


def engine_module(engine: str) -> ModuleType:
    return importlib.import_module({**ENGINES, **HAND_MADE}[engine])

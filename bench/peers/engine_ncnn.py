"""ncnn with Winograd, sgemm and packed layouts, fp16 off, with memory pools (as in ncnn's own benchmark) or without.

It knows no batches: faces go one after the other, or to two processes of one thread each.
"""
from __future__ import annotations

import mmap
import os
from typing import List, Tuple

import numpy

from bench_cases import Case
from peer_engines import Job, Unavailable
from worker_system import die_with_parent

FORMAT = "ncnn"
PACKAGE = "ncnn"
SINGLES, POOLS, PROCESSES, DIRECT = "faces one by one", "memory pools", "two processes of one thread each", "no Winograd"


def settings(case: Case) -> List[str]:
    if case.type == "int8":  # its Winograd with integers may take longer than the direct way
        return [SINGLES, f"{SINGLES}, {POOLS}", f"{SINGLES}, {DIRECT}", f"{SINGLES}, {DIRECT}, {POOLS}"]
    return [SINGLES, f"{SINGLES}, {POOLS}"] + ([f"{PROCESSES}, {POOLS}"] if case.batch > 1 and case.threads == 2 else [])


class Network:
    """One loaded network that runs face after face."""

    def __init__(self, job: Job, inputs: numpy.ndarray, threads: int) -> None:
        import ncnn
        self.version = ncnn.__version__
        self.net = ncnn.Net()
        options = self.net.opt
        options.num_threads = threads
        if POOLS in job.setting:
            self.allocators = ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator()
            options.blob_allocator, options.workspace_allocator = self.allocators
        options.use_winograd_convolution = DIRECT not in job.setting
        options.use_sgemm_convolution = options.use_packing_layout = True
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        options.use_bf16_packed = options.use_bf16_storage = job.type == "bf16"
        if self.net.load_param(job.model) != 0 or self.net.load_model(job.model.replace(".param", ".bin")) != 0:
            raise Unavailable("ncnn could not load the converted model")
        self.input_name = self.net.input_names()[0]
        self.output_names = [f"out{index}" for index in range(len(job.output_names))]
        self.inputs = inputs  # whose memory the Mats below share
        self.faces = [ncnn.Mat(face) for face in inputs]
        self.outputs: list = []

    def run(self) -> None:
        self.outputs = []
        for face in self.faces:
            extractor = self.net.create_extractor()
            extractor.input(self.input_name, face)
            outputs = [extractor.extract(name)[1] for name in self.output_names]
            # Outputs may lie in their extractor's memory. One face's stay there; of several only the embeddings, which are short, are kept.
            self.outputs.append((extractor, outputs) if len(self.faces) == 1 else (None, [numpy.array(output) for output in outputs]))

    def answers(self) -> List[numpy.ndarray]:
        return [numpy.stack([numpy.array(outputs[index]).ravel() for _, outputs in self.outputs]) for index in range(len(self.output_names))]


class Twin:
    """A second process with the other half of the faces. It runs when a byte comes, and a byte says that it is done."""

    def __init__(self, job: Job, inputs: numpy.ndarray) -> None:
        self.answer_bytes = mmap.mmap(-1, 4 * len(inputs) * 65536)
        self.from_parent, self.to_twin = os.pipe()
        self.from_twin, self.to_parent = os.pipe()
        if os.fork() == 0:
            self.serve(job, inputs)
        os.close(self.from_parent)
        os.close(self.to_parent)
        self.faces = len(inputs)

    def serve(self, job: Job, inputs: numpy.ndarray) -> None:
        status = 1
        try:
            die_with_parent()
            os.close(self.to_twin)
            network = Network(job, inputs, 1)
            while os.read(self.from_parent, 1):
                network.run()
                embeddings = network.answers()[0].astype(numpy.float32)
                self.answer_bytes[:8] = embeddings.shape[1].to_bytes(8, "little")
                self.answer_bytes[8:8 + embeddings.nbytes] = embeddings.tobytes()
                os.write(self.to_parent, b".")
            status = 0
        finally:
            os._exit(status)

    def begin(self) -> None:
        os.write(self.to_twin, b".")

    def wait(self) -> None:
        if not os.read(self.from_twin, 1):
            raise Unavailable("the second ncnn process ended")

    def answers(self) -> numpy.ndarray:
        width = int.from_bytes(self.answer_bytes[:8], "little")
        return numpy.frombuffer(self.answer_bytes, numpy.float32, self.faces * width, 8).reshape(self.faces, width)


class Engine:
    def __init__(self, job: Job, inputs: numpy.ndarray) -> None:
        self.twin = None
        threads = job.threads
        if PROCESSES in job.setting:
            half = job.batch // 2
            self.twin = Twin(job, inputs[half:])
            inputs, threads = inputs[:half], 1
        self.network = Network(job, inputs, threads)
        self.version = self.network.version
        self.model = job.model

    def run(self) -> None:
        if self.twin:
            self.twin.begin()
        self.network.run()
        if self.twin:
            self.twin.wait()

    def answers(self) -> List[numpy.ndarray]:
        answers = self.network.answers()
        if self.twin:
            answers = [numpy.concatenate([answers[0], self.twin.answers()])]
        return answers

    def integer_layers(self) -> Tuple[int, int]:
        """Those that have a term for scales; ncnn does not load weights of bytes for anything else."""
        with open(self.model, encoding="utf-8") as file:
            products = [line.split() for line in file if line.startswith(("Convolution", "InnerProduct"))]
        return sum(any(word.startswith("8=") for word in words) for words in products), len(products)

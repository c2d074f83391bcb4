"""OpenVINO with its two performance hints: for latency (one network, all threads on it) and for throughput (streams).

Left alone, OpenVINO pins its threads to processors, the first one first; on a machine where others work too that costs it dearly, so it is tried without
as well.
"""
from __future__ import annotations

from typing import List, Tuple

import numpy

from bench_cases import Case
from peer_engines import SIGNED, UNSIGNED, Job

FORMAT = "onnx"
PACKAGE = "openvino"
LATENCY, THROUGHPUT, SINGLES, LOOSE = "latency hint", "throughput hint", "faces as single requests", "not pinned"
PRECISIONS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}  # of what is not quantised


def settings(case: Case) -> List[str]:
    throughput = f"{THROUGHPUT}, {LOOSE}" if case.batch == 1 else f"{THROUGHPUT}, {SINGLES}, {LOOSE}"
    ways = [LATENCY, f"{LATENCY}, {LOOSE}", throughput]
    return [f"{form}, {way}" for form in (UNSIGNED, SIGNED) for way in ways] if case.type == "int8" else ways


class Engine:
    def __init__(self, job: Job, inputs: numpy.ndarray) -> None:
        import openvino
        self.version = openvino.__version__.split("-")[0]
        core = openvino.Core()
        model = core.read_model(job.model)
        pieces = [inputs[i:i + 1] for i in range(job.batch)] if SINGLES in job.setting else [inputs]
        model.reshape(list(pieces[0].shape))
        compiled = self.compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": job.threads,
            "INFERENCE_PRECISION_HINT": PRECISIONS[job.type],
            "PERFORMANCE_HINT": "LATENCY" if LATENCY in job.setting else "THROUGHPUT",
            "ENABLE_CPU_PINNING": LOOSE not in job.setting})
        self.requests = [compiled.create_infer_request() for _ in pieces]
        self.tensors = [openvino.Tensor(piece, shared_memory=True) for piece in pieces]
        for request, tensor in zip(self.requests, self.tensors):
            request.set_input_tensor(tensor)
        self.output_count = len(job.output_names)

    def run(self) -> None:
        if len(self.requests) == 1:
            self.requests[0].infer()
            return
        for request in self.requests:
            request.start_async()
        for request in self.requests:
            request.wait()

    def answers(self) -> List[numpy.ndarray]:
        return [numpy.concatenate([request.get_output_tensor(index).data for request in self.requests]) for index in range(self.output_count)]

    def integer_layers(self) -> Tuple[int, int]:
        """By the types that the compiled network says its layers run in."""
        layers = [operation.get_rt_info() for operation in self.compiled.get_runtime_model().get_ops()]
        products = [layer for layer in layers if layer["layerType"].value in ("Convolution", "FullyConnected", "MatMul")]
        return sum(layer["runtimePrecision"].value in ("u8", "i8") for layer in products), len(products)

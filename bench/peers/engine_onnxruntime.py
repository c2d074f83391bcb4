"""ONNX Runtime: all graph optimisations, exactly so many threads, inputs and outputs bound once."""
from __future__ import annotations

from typing import List

import numpy

from bench_cases import Case
from peer_engines import Job, Unavailable

FORMAT = "onnx"
PACKAGE = "onnxruntime"
SPINNING, BLOCKING = "idle threads spin", "idle threads block"


def settings(case: Case) -> List[str]:
    if case.type != "fp32":
        raise Unavailable(f"ONNX Runtime has no {case.type} convolutions on x86-64")
    return [SPINNING, BLOCKING] if case.threads > 1 else [SPINNING]


class Engine:
    def __init__(self, job: Job, inputs: numpy.ndarray) -> None:
        import onnxruntime
        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads = job.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "1" if job.setting == SPINNING else "0")
        self.session = onnxruntime.InferenceSession(job.model, options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        self.binding.bind_cpu_input(job.input_name, inputs)
        for name in job.output_names:
            self.binding.bind_output(name, "cpu")

    def run(self) -> None:
        self.session.run_with_iobinding(self.binding)

    def answers(self) -> List[numpy.ndarray]:
        return self.binding.copy_outputs_to_cpu()

"""ONNX Runtime: all graph optimisations, exactly so many threads, inputs and outputs bound once."""
from __future__ import annotations

import json
import tempfile
from typing import Any, List, Tuple

import numpy

from bench_cases import Case
from peer_engines import AS_WRITTEN, SIGNED, UNSIGNED, Job, Unavailable

FORMAT = "onnx"
PACKAGE = "onnxruntime"
SPINNING, BLOCKING = "idle threads spin", "idle threads block"
INTEGERS = ("QLinearConv", "QGemm", "QLinearMatMul", "MatMulInteger", "ConvInteger", "DynamicQuantizeMatMul", "MatMulIntegerToFloat")
FLOATS = ("Conv", "FusedConv", "NhwcFusedConv", "Gemm", "FusedGemm", "MatMul", "FusedMatMul")


def settings(case: Case) -> List[str]:
    if case.type not in ("fp32", "int8"):
        raise Unavailable(f"ONNX Runtime has no {case.type} convolutions on x86-64")
    waiting = [SPINNING, BLOCKING] if case.threads > 1 else [SPINNING]
    return waiting if case.type == "fp32" else [f"{form}, {way}" for form in (UNSIGNED, SIGNED) for way in waiting]


class Engine:
    def __init__(self, job: Job, inputs: numpy.ndarray) -> None:
        import onnxruntime
        self.version = onnxruntime.__version__
        self.job = job
        self.session = onnxruntime.InferenceSession(job.model, self.options(), providers=["CPUExecutionProvider"])
        self.binding = self.bind(self.session, inputs)
        self.inputs = inputs

    def options(self) -> Any:
        import onnxruntime
        options = onnxruntime.SessionOptions()
        levels = onnxruntime.GraphOptimizationLevel
        options.graph_optimization_level = levels.ORT_DISABLE_ALL if AS_WRITTEN in self.job.setting else levels.ORT_ENABLE_ALL
        options.intra_op_num_threads = self.job.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0" if BLOCKING in self.job.setting else "1")
        return options

    def bind(self, session: Any, inputs: numpy.ndarray) -> Any:
        binding = session.io_binding()
        binding.bind_cpu_input(self.job.input_name, inputs)
        for name in self.job.output_names:
            binding.bind_output(name, "cpu")
        return binding

    def run(self) -> None:
        self.session.run_with_iobinding(self.binding)

    def answers(self) -> List[numpy.ndarray]:
        return self.binding.copy_outputs_to_cpu()

    def integer_layers(self) -> Tuple[int, int]:
        """By the operators that a second session, under its profiler, says it runs."""
        import onnxruntime
        with tempfile.TemporaryDirectory() as folder:
            options = self.options()
            options.enable_profiling = True
            options.profile_file_prefix = folder + "/profile"
            session = onnxruntime.InferenceSession(self.job.model, options, providers=["CPUExecutionProvider"])
            session.run_with_iobinding(self.bind(session, self.inputs))
            with open(session.end_profiling(), encoding="utf-8") as file:
                events = json.load(file)
        ran = [event["args"]["op_name"] for event in events if event.get("cat") == "Node" and event["name"].endswith("_kernel_time")]
        integers = sum(operator in INTEGERS for operator in ran)
        return integers, integers + sum(operator in FLOATS for operator in ran)

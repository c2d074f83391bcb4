"""MNN through its module interface, with weights rearranged when loading or not.

Precision "high" and "normal" are fp32 on x86-64. "low" and "Low_BF16" may compute in less where a build has the kernels for it; where their answers
equal the fp32 ones, the table says so.
"""
from __future__ import annotations

from importlib.metadata import version
from typing import List, Tuple

import numpy

from bench_cases import Case
from peer_engines import Job

FORMAT = "mnn"
PACKAGE = "MNN"
SETTINGS = {"fp32": ["precision high", "precision normal, weights rearranged"], "bf16": ["precision Low_BF16", "precision low, weights rearranged"],
            "int8": ["precision high", "precision low, weights rearranged"]}


def settings(case: Case) -> List[str]:
    return SETTINGS[case.type]


class Engine:
    def __init__(self, job: Job, inputs: numpy.ndarray) -> None:
        import MNN
        self.version = version("MNN")
        self.model = job.model
        self.outputs: list = []
        precision = job.setting.split(",")[0].split()[1]
        configuration = {"backend": "CPU", "numThread": job.threads, "precision": precision}
        self.runtime = MNN.nn.create_runtime_manager((configuration,))
        self.module = MNN.nn.load_module_from_file(job.model, [job.input_name], job.output_names, runtime_manager=self.runtime, shape_mutable=False,
                                                   rearrange="rearranged" in job.setting)
        self.variable = MNN.expr.placeholder(list(inputs.shape), MNN.expr.NCHW)
        self.variable.write(inputs)

    def run(self) -> None:
        self.outputs = self.module.onForward([self.variable])
        # What was asked for is computed when it is read, at the latest.
        for output in self.outputs:
            output.read()

    def answers(self) -> List[numpy.ndarray]:
        return [numpy.array(output.read()) for output in self.outputs]

    def integer_layers(self) -> Tuple[int, int]:
        """As MNN's older interface names what it runs: "Convolution [ DT_INT8 ]"."""
        import MNN
        interpreter = MNN.Interpreter(self.model)
        seen: List[str] = []

        def note(_: list, operator: "MNN.OpInfo") -> bool:
            seen.append(operator.getType())
            return True

        interpreter.runSessionWithCallBackInfo(interpreter.createSession({"numThread": 1}), note, lambda *_: True)
        products = [kind for kind in seen if kind.startswith("Convolution")]
        return sum("INT8" in kind for kind in products), len(products)

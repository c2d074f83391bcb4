"""What is measured: the cases of a whole run and of a quick one."""
from __future__ import annotations

from dataclasses import dataclass
from typing import List


@dataclass(frozen=True)
class Case:
    """One line of the table: a network of one type run by so many threads on so many faces at once."""
    model: str
    type: str  # "fp32" or "bf16": what the multiplications read; answers are always float32
    threads: int
    batch: int
    share: float  # of the time there is, relative to the other cases

    @property
    def text(self) -> str:
        faces = f", batch {self.batch}" if self.batch > 1 else ""
        return f"{self.model} {self.type}, {self.threads} thread{'s' if self.threads > 1 else ''}{faces}"


def quick_cases() -> List[Case]:
    return [Case(model, type_, threads, 1, 1.0)
            for model, type_ in (("r50", "fp32"), ("r50", "bf16"), ("mbf", "fp32")) for threads in (1, 2)]


def all_cases(detectors: List[str]) -> List[Case]:
    """A case of one thread takes longer for as many runs, one of a large network or batch more so."""
    cases = quick_cases()
    cases += [Case("r100", "fp32", threads, 1, 1.5) for threads in (1, 2)]
    cases += [Case(detector, "fp32", threads, 1, 0.8) for detector in detectors for threads in (1, 2)]
    cases += [Case("r50", "fp32", 1, 8, 2.0), Case("r50", "fp32", 2, 8, 1.3)]
    cases += [Case("r50", "fp32", 1, 32, 3.5), Case("r50", "fp32", 2, 32, 2.0)]
    cases += [Case("r50", "bf16", 1, 8, 2.0), Case("r50", "bf16", 2, 8, 1.3)]
    return cases


def most_faces(cases: List[Case], model: str) -> int:
    return max(case.batch for case in cases if case.model == model)

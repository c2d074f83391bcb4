"""What is measured: the cases of a whole run and of a quick one."""
from __future__ import annotations

from dataclasses import dataclass
from typing import List


@dataclass(frozen=True)
class Case:
    """One line of the table: a network of one type run by so many threads on so many faces at once."""
    model: str
    type: str  # "fp32", "bf16" or "int8": what the multiplications read; answers are always float32
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


def int8_cases() -> List[Case]:
    return [Case(model, "int8", threads, 1, 1.0) for model in ("r50", "mbf") for threads in (1, 2)]


def all_cases(detectors: List[str]) -> List[Case]:
    """Those of large networks and batches load and run longer, above all on one thread."""
    cases = quick_cases()
    cases += [Case("r100", "fp32", threads, 1, 1.5) for threads in (1, 2)]
    cases += [Case(detector, "fp32", threads, 1, 0.8) for detector in detectors for threads in (1, 2)]
    for batch, shares in ((8, (2.0, 1.8)), (32, (3.5, 2.5))):
        cases += [Case("r50", "fp32", threads, batch, share) for threads, share in zip((1, 2), shares)]
    cases += [Case("r50", "bf16", threads, 8, share) for threads, share in zip((1, 2), (1.9, 1.7))]
    return cases


def cases_of(cases: List[Case], models: List[str]) -> List[Case]:
    """Those of these models. Raises ValueError for a model that has none."""
    for model in models:
        if all(case.model != model for case in cases):
            raise ValueError(f"{model} is not measured; {', '.join(dict.fromkeys(case.model for case in cases))} are")
    return [case for case in cases if case.model in models]


def most_faces(cases: List[Case], model: str) -> int:
    return max(case.batch for case in cases if case.model == model)

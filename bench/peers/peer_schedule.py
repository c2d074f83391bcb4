"""Case after case: each engine in its best setting, all of them in turns, their answers checked."""
from __future__ import annotations

import os
import time
from typing import Callable, Dict, List, Optional, Tuple

from bench_cases import Case
from peer_answers import compare, load_answers, save_pictures
from peer_engines import AS_WRITTEN, REFERENCES, SIGNED, UNSIGNED, Job, Unavailable, engine_module, file_format
from peer_models import Workshop
from peer_process import Worker
from peer_table import Row, agrees, per_face
from peer_turns import Entrant, take_turns

SLICE_MS, LEAST_ROUNDS = 300.0, 3
TRIAL_SLICE_MS, TRIAL_ROUNDS = 150.0, 2  # for choosing among the settings of one engine

# Linux takes 5 % of each second away from real-time threads; resting that long ourselves keeps it from happening within a run.
REAL_TIME_REST = 0.06


class Bench:
    """All that stays from one case to the next."""

    def __init__(self, workshop: Workshop, library: str, folder: str, missing: Dict[str, str], progress: Callable[[str], None]) -> None:
        self.workshop = workshop
        self.library = library
        self.folder = folder
        self.missing = missing  # {engine: why it cannot take part at all}
        self.progress = progress
        self.chosen: Dict[Tuple, str] = {}
        self.references: Dict[str, Optional[Tuple[str, str, int]]] = {}  # {model: (engine, answers file, faces)}
        self.quantised: Dict[Tuple[str, str], str] = {}  # {(model, form): answers file of the ONNX file of eight bits as it is written}
        self.input_files: Dict[Tuple[str, int], str] = {}
        self.versions: Dict[str, str] = {}
        self.base_ms: List[float] = []
        self.real_time = False  # set by whoever asks for it
        self.preferred = False  # the same, where it is not in real time (peer_process.prefer)
        self.hold = ""          # the same: see peer_engines.Job

    def inputs(self, model: str, batch: int) -> str:
        if (model, batch) not in self.input_files:
            path = os.path.join(self.folder, f"inputs-{model}-{batch}.npy")
            save_pictures(path, batch, self.workshop.model(model).shape)
            self.input_files[model, batch] = path
        return self.input_files[model, batch]

    def start(self, engine: str, setting: str, case: Case, answers: str) -> Worker:
        """A loaded, stopped worker. Raises Unavailable."""
        if engine in self.missing:
            raise Unavailable(self.missing[engine])
        file = self.workshop.file(case.model, file_format(engine, case.type, setting))
        model = self.workshop.model(case.model)
        job = Job(engine, setting, file, model.input_name, list(model.output_names), case.type, case.threads, case.batch,
                  self.inputs(case.model, case.batch), os.path.join(self.folder, answers), self.library, self.hold, 0.0)
        worker = Worker(job, os.path.join(self.folder, f"{engine}.log"), self.preferred)
        self.versions[engine] = worker.version
        self.base_ms.append(worker.base_ms)
        return worker

    def find_reference(self, model: str, batch: int, threads: int) -> None:
        """The fp32 answers for that many pictures, of the first engine that gives them."""
        self.references[model] = None
        case = Case(model, "fp32", threads, batch, 0)
        answers = f"reference-{model}.npz"
        for engine in REFERENCES:
            self.progress(f"reference answers for {model} by {engine}")
            try:
                self.start(engine, engine_module(engine).settings(case)[0], case, answers).close()
                self.references[model] = engine, os.path.join(self.folder, answers), batch
                return
            except Unavailable:
                continue

    def find_quantised_reference(self, model: str, threads: int) -> None:
        """What the ONNX files of eight bits say, operator by operator, as ONNX Runtime reads them without its optimisations."""
        case = Case(model, "int8", threads, 1, 0)
        for form in (UNSIGNED, SIGNED):
            self.progress(f"reference answers for {model} in eight bits, {form}")
            answers = f"reference-{model}-{form.split()[0]}.npz"
            try:
                self.start("onnxruntime", f"{form}, {AS_WRITTEN}", case, answers).close()
                self.quantised[model, form] = os.path.join(self.folder, answers)
            except Unavailable:
                continue

    def enter(self, engine: str, case: Case, until: float) -> Entrant:
        """The engine in its best setting. Raises Unavailable with the reason of the last setting if none works."""
        key = (engine, case.model, case.type, case.threads, case.batch > 1)
        settings = engine_module(engine).settings(case)
        if self.chosen.get(key) in settings:
            settings = [self.chosen[key]]
        trials, why = [], Unavailable("no setting")
        for index, setting in enumerate(settings):
            try:
                trials.append(Entrant(engine, self.start(engine, setting, case, f"answers-{engine}-{index}.npz")))
            except Unavailable as error:
                why = error
        if len(trials) > 1:
            take_turns(trials, TRIAL_SLICE_MS, TRIAL_ROUNDS, 0.0, self.rest())
        fit = [trial for trial in trials if not trial.failure]
        if not fit:
            raise Unavailable(trials[-1].failure) if trials else why
        best = min(fit, key=lambda trial: self.rank(trial, case)).worker
        for trial in trials:
            if trial.worker is not best:
                trial.worker.close()
        self.chosen[key] = best.job.setting
        if case.batch == 1 and time.monotonic() < until:
            self.load_again(best, case)
        return Entrant(engine, best)

    def rank(self, trial: Entrant, case: Case) -> Tuple[bool, float]:
        """The fastest of those that answer rightly comes first; a wrong answer is taken only where there is no right one. The shortest run decides: so
        few of them have no trustworthy median while other programs run."""
        return self.check(trial.worker, case)["agrees"] is False, min([trial.worker.run_ms, *trial.times])

    def rest(self) -> float:
        return REAL_TIME_REST if self.real_time else 0.0

    def load_again(self, worker: Worker, case: Case) -> None:
        """The shorter of two loading times is less disturbed by what else the machine does."""
        again = self.start(worker.job.engine, worker.job.setting, case, "answers-again.npz")
        again.close()
        worker.load_ms = min(worker.load_ms, again.load_ms)

    def check(self, worker: Worker, case: Case) -> Row:
        reference = self.references.get(case.model)
        cosine = error = None
        if reference:
            cosine, error = compare(load_answers(reference[1]), reference[2], load_answers(worker.job.answers), case.batch)
        found = {"cosine_to_reference": cosine, "relative_error": error, "agrees": agrees(case.type, cosine, error)}
        if case.type == "int8":
            form = SIGNED if worker.job.setting.startswith(SIGNED) else UNSIGNED
            quantised = self.quantised.get((case.model, form))
            if quantised:
                found["cosine_to_quantised"] = compare(load_answers(quantised), 1, load_answers(worker.job.answers), 1)[0]
            found["integer_layers"] = worker.integer_layers
        return found

    def row(self, entrant: Entrant, case: Case) -> Row:
        worker = entrant.worker
        return {**case_fields(case), "engine": entrant.engine, "version": worker.version, **per_face(entrant.times, case.batch),
                "load_ms": worker.load_ms, "peak_rss_mb": worker.peak_rss_mb, **self.check(worker, case), "setting": worker.job.setting,
                "runs": len(entrant.times), "cores_used": worker.usage.cores(), "busy_threads": worker.usage.busy_threads()}

    def empty_row(self, engine: str, case: Case, reason: str) -> Row:
        return {**case_fields(case), "engine": engine, "version": self.versions.get(engine), "reason": reason}

    def measure(self, case: Case, engines: List[str], seconds: float) -> List[Row]:
        """One row for each engine, in their order."""
        until = time.monotonic() + seconds
        rows: Dict[str, Row] = {}
        entrants: List[Entrant] = []
        try:
            for engine in engines:
                self.progress(f"{case.text}: loading {engine}")
                try:
                    entrants.append(self.enter(engine, case, until))
                except Unavailable as error:
                    rows[engine] = self.empty_row(engine, case, str(error))
            self.progress(f"{case.text}: {', '.join(entrant.engine for entrant in entrants)} in turns")
            if entrants:
                take_turns(entrants, SLICE_MS, LEAST_ROUNDS, until, self.rest())
            for entrant in entrants:
                rows[entrant.engine] = self.empty_row(entrant.engine, case, entrant.failure) if entrant.failure else self.row(entrant, case)
        finally:
            Worker.close_all()
        return [rows[engine] for engine in engines]


def case_fields(case: Case) -> Row:
    return {"model": case.model, "type": case.type, "threads": case.threads, "batch": case.batch}

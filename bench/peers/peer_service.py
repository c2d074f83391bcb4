"""The service case: many sessions at once on fewer cores than they have threads, and a session beside another program that wants a core.

Here no engine is alone on the machine, so nothing runs in real time: the system's ordinary scheduler shares two cores out, as it would in a service, though
with a higher priority than other programs have, where that is allowed.
Each session is a process with its own network. All sessions of an engine run at once for a second, then those of the next engine, in turns.
"""
from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Sequence

from bench_cases import Case
from peer_engines import Unavailable, engine_module
from peer_process import Worker, prefer
from peer_schedule import Bench
from peer_table import markdown, number
from worker_system import processor_seconds

CORES = 2
ENGINES = ["cameo", "onnxruntime"]
MODELS = ["r50", "mbf"]
SLICE_SECONDS, WARM_SECONDS, ROUNDS = 1.0, 0.2, 3
START_SECONDS = 0.1  # from the call to the common beginning
LATE = 0.95  # of all runs take at most the time that stands for the slow ones


@dataclass(frozen=True)
class Service:
    """So many sessions of so many threads each, beside a program that computes all the time or not."""
    model: str
    sessions: int
    threads: int
    busy: bool = False

    @property
    def text(self) -> str:
        sessions = f"{self.sessions} session{'s' if self.sessions > 1 else ''} of {self.threads} thread{'s' if self.threads > 1 else ''}"
        return sessions + (" beside a busy program" if self.busy else "")


def services(models: Sequence[str]) -> List[Service]:
    return [Service(model, *how) for model in models for how in ((1, 2), (1, 2, True), (8, 2), (10, 1))]


class BusyProgram:
    """Another program that computes all the time; stopped except while it is measured beside."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"], start_new_session=True)
        prefer(self.process.pid)
        self.process.send_signal(signal.SIGSTOP)

    def seconds(self) -> float:
        return sum(processor_seconds([self.process.pid]).values())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Sessions:
    """All sessions of one engine in one setting, and what they did so far."""
    engine: str
    setting: str
    workers: List[Worker]
    slice_rates: List[float] = field(default_factory=list)  # faces a second, of all sessions together
    latencies: List[float] = field(default_factory=list)    # ms
    cores: List[float] = field(default_factory=list)
    busy_cores: List[float] = field(default_factory=list)
    failure: str = ""

    def slice(self, busy: List[BusyProgram]) -> None:
        """All of them at once; what runs before the common beginning is not counted."""
        for program in busy:
            program.process.send_signal(signal.SIGCONT)
        begin = time.monotonic() + START_SECONDS + WARM_SECONDS
        for worker in self.workers:
            worker.ask(f"between {begin} {begin + SLICE_SECONDS}")
        time.sleep(max(0.0, begin - time.monotonic()))
        before, first = [program.seconds() for program in busy], time.monotonic()
        answers = [worker.answer() for worker in self.workers]
        length = time.monotonic() - first
        for program, seconds in zip(busy, before):
            self.busy_cores.append((program.seconds() - seconds) / length)
            program.process.send_signal(signal.SIGSTOP)
        self.slice_rates.append(sum(len(answer["times_ms"]) / answer["wall"] for answer in answers))
        self.cores.append(sum(sum(answer["threads"].values()) / answer["wall"] for answer in answers))
        self.latencies += [milliseconds for answer in answers for milliseconds in answer["times_ms"]]

    def row(self, service: Service) -> Dict[str, Any]:
        times = sorted(self.latencies)
        return {"model": service.model, "sessions": service.sessions, "threads": service.threads, "beside": service.busy, "engine": self.engine,
                "setting": self.setting, "faces_per_second": statistics.median(self.slice_rates), "median_ms": statistics.median(times),
                "late_ms": times[min(len(times) - 1, int(LATE * len(times)))], "cores": statistics.median(self.cores),
                "busy_cores": statistics.median(self.busy_cores) if self.busy_cores else None}


def start_sessions(bench: Bench, service: Service) -> List[Sessions]:
    """Each engine in each of its settings: here they are what is asked about. One that is not there is left out."""
    case = Case(service.model, "fp32", service.threads, 1, 1.0)
    found = []
    for engine in ENGINES:
        for setting in engine_module(engine).settings(case):
            bench.progress(f"{service.model}, {service.text}: loading {engine}, {setting}")
            sessions = Sessions(engine, setting, [])
            found.append(sessions)
            try:
                for index in range(service.sessions):
                    sessions.workers.append(bench.start(engine, setting, case, f"answers-service-{engine}-{index}.npz"))
            except Unavailable as error:
                sessions.failure = str(error)
    return found


def measure_service(bench: Bench, service: Service) -> List[Dict[str, Any]]:
    busy: List[BusyProgram] = []
    try:
        all_sessions = start_sessions(bench, service)
        if service.busy:
            busy.append(BusyProgram())
        bench.progress(f"{service.model}, {service.text}")
        for turn in range(ROUNDS):
            fit = [sessions for sessions in all_sessions if not sessions.failure]
            for sessions in fit[turn % max(1, len(fit)):] + fit[:turn % max(1, len(fit))]:
                try:
                    sessions.slice(busy)
                except Unavailable as error:
                    sessions.failure = str(error)
        return [sessions.row(service) if not sessions.failure else
                {"model": service.model, "sessions": service.sessions, "threads": service.threads, "beside": service.busy, "engine": sessions.engine,
                 "setting": sessions.setting, "reason": sessions.failure} for sessions in all_sessions]
    finally:
        Worker.close_all()
        for program in busy:
            program.close()


def measure_services(bench: Bench, models: Sequence[str]) -> List[Dict[str, Any]]:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    bench.preferred = True
    return [row for service in services(models) for row in measure_service(bench, service)]


def service_table(rows: List[Dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        service = Service(row["model"], row["sessions"], row["threads"], row["beside"])
        lines.append([row["model"], service.text, row["engine"], row["setting"], number(row.get("faces_per_second"), ".1f"),
                      number(row.get("median_ms"), ".1f"), number(row.get("late_ms"), ".1f"), number(row.get("cores"), ".2f"),
                      number(row.get("busy_cores"), ".2f"), row.get("reason") or ""])
    return markdown(["model", "sessions", "engine", "setting", "faces/s", "median ms", f"{100 * LATE:.0f} % within ms", "cores", "busy program's core",
                     "remarks"], lines)


def service_text(report: Dict[str, Any]) -> str:
    versions = ", ".join(f"{engine} {version}" for engine, version in report["versions"].items())
    return (f"{report['cpu']}, {CORES} cores; {report['date']}, `{report['command']}`, ordinary scheduling  \n{versions}\n\n"
            f"{service_table(report['rows'])}\n")

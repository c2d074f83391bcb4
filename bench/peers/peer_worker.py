"""The process in which one engine runs one network.

usage: peer_worker.py JOB (JSON, see peer_engines.Job)

Loads, runs a few times, writes the answers to a file and says so in one line of JSON; then, for each line "COUNT" or "COUNT warm" on its standard
input, it runs COUNT times (after one more run that is not timed, if "warm") and answers with the times of the runs and of all its threads. For a line
"between BEGIN END" (time.monotonic(), the same clock for all processes) it runs again and again until END and answers with what began after BEGIN.
What the engines print goes to the log.
"""
from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Dict, List, TextIO

from worker_system import die_with_parent, own_processes, peak_rss_mb, processor_seconds

FEW_RUNS = 4
FEW_MS = 700.0


def private_channel() -> TextIO:
    """The pipe to the parent, with standard output turned to the log: libraries like to print."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return channel


def say(channel: TextIO, message: Dict[str, Any]) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()


def timed_runs(engine: Any, count: int) -> List[float]:
    """Milliseconds of each run."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        engine.run()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


def runs_until(engine: Any, end: float) -> List[float]:
    times = []
    while time.monotonic() < end:
        times += timed_runs(engine, 1)
    return times


def slice_between(engine: Any, begin: float, end: float, processes: List[int]) -> Dict[str, Any]:
    runs_until(engine, begin)
    before, first = processor_seconds(processes), time.perf_counter()
    times = runs_until(engine, end) or timed_runs(engine, 1)
    return slice_answer(times, time.perf_counter() - first, before, processor_seconds(processes))


def slice_answer(times: List[float], wall: float, before: Dict[int, float], after: Dict[int, float]) -> Dict[str, Any]:
    return {"times_ms": times, "wall": wall, "threads": {thread: seconds - before.get(thread, 0.0) for thread, seconds in after.items()}}


def slice_of_runs(engine: Any, count: int, warm: bool, processes: List[int]) -> Dict[str, Any]:
    before, begin = processor_seconds(processes), time.perf_counter()
    if warm:
        engine.run()
    times = timed_runs(engine, count)
    return slice_answer(times, time.perf_counter() - begin, before, processor_seconds(processes))


def load(job_text: str) -> Any:
    """(engine, first message)"""
    import numpy
    from peer_engines import Job, engine_module
    from peer_hold import hold_to_avx2
    job = Job(**json.loads(job_text))
    if job.hold:
        hold_to_avx2(job.hold)
    inputs = numpy.load(job.inputs)
    base_ms = (time.monotonic() - job.started) * 1e3
    engine = engine_module(job.engine).Engine(job, inputs)
    times = timed_runs(engine, 1)
    answers = engine.answers()
    load_ms = (time.monotonic() - job.started) * 1e3
    numpy.savez(job.answers, *answers)
    while len(times) < FEW_RUNS and sum(times) < FEW_MS:
        times += timed_runs(engine, 1)
    return engine, {"version": engine.version, "load_ms": load_ms, "base_ms": base_ms, "run_ms": min(times),
                    "peak_rss_mb": peak_rss_mb(own_processes()),
                    "integer_layers": engine.integer_layers() if job.type == "int8" else None}


def main() -> None:
    die_with_parent()
    channel = private_channel()
    try:
        engine, first_message = load(sys.argv[1])
        say(channel, first_message)
        processes = own_processes()
        for line in sys.stdin:
            words = line.split()
            if words[0] == "between":
                say(channel, slice_between(engine, float(words[1]), float(words[2]), processes))
            else:
                say(channel, slice_of_runs(engine, int(words[0]), "warm" in words, processes))
    except Exception as error:  # whatever a rival throws is the reason that the table gives
        name = "" if type(error).__name__ == "Unavailable" else f"{type(error).__name__}: "
        say(channel, {"error": name + (str(error).strip().splitlines() or ["no message"])[0]})


main()

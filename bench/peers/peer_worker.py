"""The process in which one engine runs one network.

usage: peer_worker.py JOB (JSON, see peer_engines.Job)

Loads, runs a few times, writes the answers to a file and says so in one line of JSON; then, for each line "COUNT" or "COUNT warm" on its standard
input, it runs COUNT times (after one more run that is not timed, if "warm") and answers with the times. What the engines print goes to the log.
"""
from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Dict, List, TextIO

from worker_system import ask_for_real_time, die_with_parent

FEW_RUNS = 3
FEW_SECONDS = 1.5


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


def load(job_text: str, real_time: bool) -> Any:
    """(engine, first message)"""
    import numpy
    from peer_engines import Job, engine_module
    job = Job(**json.loads(job_text))
    inputs = numpy.load(job.inputs)
    base_ms = (time.monotonic() - job.started) * 1e3
    engine = engine_module(job.engine).Engine(job, inputs)
    engine.run()
    answers = engine.answers()
    load_ms = (time.monotonic() - job.started) * 1e3
    numpy.savez(job.answers, *answers)
    times = timed_runs(engine, 1)
    while len(times) < FEW_RUNS and sum(times) < FEW_SECONDS * 1e3:
        times += timed_runs(engine, 1)
    return engine, {"version": engine.version, "load_ms": load_ms, "base_ms": base_ms, "run_ms": min(times), "real_time": real_time}


def main() -> None:
    die_with_parent()
    real_time = ask_for_real_time()
    channel = private_channel()
    try:
        engine, first_message = load(sys.argv[1], real_time)
        say(channel, first_message)
        for line in sys.stdin:
            words = line.split()
            if "warm" in words:
                engine.run()
            say(channel, {"times_ms": timed_runs(engine, int(words[0]))})
    except Exception as error:  # whatever a rival throws is the reason that the table gives
        name = "" if type(error).__name__ == "Unavailable" else f"{type(error).__name__}: "
        say(channel, {"error": name + (str(error).strip().splitlines() or ["no message"])[0]})


main()

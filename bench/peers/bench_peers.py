"""cameo and its peers on the same networks, pictures and cores.

usage: bench_peers.py [--quick | --int8 | --service] [--cpu avx2] [--models NAME,...] [--json FILE]

Run by ./run bench-peers, which installs the peers into build/peers-env. docs/performance.md says what is measured and how.
"""
from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import os
import signal
import statistics
import sys
import time
from typing import Any, Dict, List, Tuple

from bench_cases import Case, all_cases, cases_of, int8_cases, most_faces, quick_cases
from machine_facts import machine_facts
from peer_engines import ENGINES, OURS, Unavailable, engine_module, engines_of, file_format
from peer_hold import build_hold
from peer_models import Workshop
from peer_process import PRIORITY, Worker, run_in_real_time
from peer_schedule import Bench
from peer_service import MODELS as SERVICE_MODELS, measure_services, service_text
from peer_table import Row, add_ratios, json_row, whole_text

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# From when the networks are made; what must be done takes some seconds more on a busy machine.
QUICK_SECONDS, INT8_SECONDS, ALL_SECONDS = 145.0, 150.0, 500.0


def progress(text: str) -> None:
    """The one line that says what is going on, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text[:100]}")
        sys.stderr.flush()


def find_missing(failed: str) -> Dict[str, str]:
    """{engine: why} for those whose package is not there; the installer left its reason in the folder `failed`."""
    missing = {}
    for engine in ENGINES:
        package = engine_module(engine).PACKAGE
        if package and importlib.util.find_spec(package) is None:
            missing[engine] = "not installed"
            note = os.path.join(failed, package)
            if os.path.isfile(note):
                with open(note, encoding="utf-8", errors="replace") as file:
                    missing[engine] = "could not be installed: " + (file.read().strip().splitlines() or [""])[-1]
    return missing


def make_models(bench: Bench, cases: List[Case]) -> None:
    """Networks made and converted before anything is timed. What cannot be converted is met again, with its reason, where it is needed."""
    for model, format_ in dict.fromkeys((case.model, format_) for case in cases for format_ in formats(bench, case)):
        progress(f"{model} for {format_}")
        try:
            bench.workshop.file(model, format_)
        except Unavailable:
            pass


def formats(bench: Bench, case: Case) -> List[str]:
    """Of the files that all engines read in all settings of this case."""
    found = []
    for engine in engines_of([case.type]):
        if engine not in bench.missing:
            try:
                found += [file_format(engine, case.type, setting) for setting in engine_module(engine).settings(case)]
            except Unavailable:
                pass
    return found


def find_references(bench: Bench, cases: List[Case]) -> None:
    most_threads = max(case.threads for case in cases)
    for model in dict.fromkeys(case.model for case in cases):
        bench.find_reference(model, most_faces(cases, model), most_threads)
        if any(case.model == model and case.type == "int8" for case in cases):
            bench.find_quantised_reference(model, most_threads)


def measure_all(bench: Bench, cases: List[Case], until: float) -> List[Row]:
    """Each case gets its share of the time that is left when its turn comes. The longest come first, so that the others make up for what they take; but
    small batches before large ones, which then know their settings. The rows come in the order of the cases."""
    rows: Dict[Case, List[Row]] = {}
    waiting = sorted(cases, key=lambda case: (case.batch == 1, case.batch, -case.share))
    while waiting:
        share = waiting[0].share / sum(case.share for case in waiting)
        rows[waiting[0]] = bench.measure(waiting[0], engines_of([waiting[0].type]), (until - time.monotonic()) * share)
        del waiting[0]
    return [row for case in cases for row in rows[case]]


def make_report(bench: Bench, rows: List[Row], machine: Dict[str, Any], seconds: float, command: str) -> Dict[str, Any]:
    add_ratios(rows, OURS)
    engines = engines_of([row["type"] for row in rows])
    references = dict.fromkeys(found[0] if found else "none" for found in bench.references.values())
    remarks = [] if bench.real_time else ["Real-time scheduling was not allowed: other programs may have interrupted the runs."]
    remarks.append(f"Measured in {seconds:.0f} seconds.")
    return {
        "cpu": machine["cpu"], "date": now(), "machine": machine,
        "command": command,
        "scheduling": f"SCHED_FIFO {PRIORITY}" if bench.real_time else "ordinary scheduling",
        "versions": {engine: bench.versions[engine] for engine in engines if engine in bench.versions},
        "reference": ", ".join(f"{engine} {bench.versions.get(engine, '')}".strip() for engine in references),
        "base_ms": statistics.median(bench.base_ms) if bench.base_ms else None,
        "engines": engines, "missing": bench.missing, "remarks": remarks, "rows": [json_row(row) for row in rows]}


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench-peers", description="cameo and its peers on the same networks, pictures and cores")
    parser.add_argument("--quick", action="store_true", help="r50 and MobileFaceNet one face at a time: at most three minutes instead of ten")
    parser.add_argument("--int8", action="store_true", help="instead: r50 and MobileFaceNet in eight bits, one face at a time (three minutes)")
    parser.add_argument("--service", action="store_true", help="instead: many sessions at once on two cores, cameo and ONNX Runtime (two minutes)")
    parser.add_argument("--cpu", choices=["avx2"], help="hide from all engines what the processor has beyond AVX2")
    parser.add_argument("--models", metavar="NAME,...", help="only these networks, in their share of that time")
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    arguments = parser.parse_args()
    if arguments.service and (arguments.quick or arguments.cpu):
        parser.error("--service goes with neither --quick nor --cpu")
    if arguments.int8 and (arguments.quick or arguments.service):
        parser.error("--int8 goes with neither --quick nor --service")
    arguments.command = " ".join(["./run bench-peers", *["--quick"][:arguments.quick], *["--int8"][:arguments.int8], *["--service"][:arguments.service],
                                  *(["--cpu", arguments.cpu] if arguments.cpu else []), *(["--models", arguments.models] if arguments.models else [])])
    return arguments


def chosen_cases(arguments: argparse.Namespace, workshop: Workshop) -> Tuple[List[Case], float]:
    """What to measure, and in how many seconds. Raises ValueError for a network that has no case."""
    if arguments.int8:
        every, seconds = int8_cases(), INT8_SECONDS
    else:
        every, seconds = (quick_cases(), QUICK_SECONDS) if arguments.quick else (all_cases(workshop.detectors()), ALL_SECONDS)
    cases = [case for case in every if arguments.cpu is None or case.type != "bf16"]
    if arguments.models is not None:
        cases = cases_of(cases, arguments.models.split(","))
    return cases, seconds * sum(case.share for case in cases) / sum(case.share for case in every)


def report_cases(bench: Bench, arguments: argparse.Namespace, machine: Dict[str, Any]) -> Dict[str, Any]:
    cases, seconds = chosen_cases(arguments, bench.workshop)
    if arguments.cpu:
        bench.hold = build_hold(bench.folder)
    make_models(bench, cases)
    begin = time.monotonic()
    bench.real_time = run_in_real_time()
    find_references(bench, cases)
    rows = measure_all(bench, cases, begin + seconds)
    return make_report(bench, rows, machine, time.monotonic() - begin, arguments.command)


def report_services(bench: Bench, arguments: argparse.Namespace, machine: Dict[str, Any]) -> Dict[str, Any]:
    models = arguments.models.split(",") if arguments.models else SERVICE_MODELS
    if not set(models) <= set(SERVICE_MODELS):
        raise ValueError(f"sessions are measured of {', '.join(SERVICE_MODELS)}")
    rows = measure_services(bench, models)
    return {"cpu": machine["cpu"], "date": now(), "machine": machine, "command": arguments.command, "versions": bench.versions, "rows": rows}


def main() -> None:
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    release, folder = os.path.join(TREE, "build", "release"), os.path.join(TREE, "build", "peers")
    workshop = Workshop(os.path.join(release, "cameo"), os.environ.get("CAMEO_TEST_DATA") or os.path.join(TREE, "..", "shared", "data"), folder)
    missing = find_missing(os.path.join(TREE, "build", "peers-env", "failed"))
    machine = machine_facts()
    bench = Bench(workshop, os.path.join(release, "libcameo.so"), folder, missing, progress)
    try:
        report = (report_services if arguments.service else report_cases)(bench, arguments, machine)
    except KeyboardInterrupt:
        sys.exit(130)
    except (ValueError, Unavailable) as error:
        sys.exit(f"./run bench-peers: {error}")
    finally:
        Worker.close_all()
        progress("")
    print(service_text(report) if arguments.service else whole_text(report, OURS), end="")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1, ensure_ascii=False)
            file.write("\n")


main()

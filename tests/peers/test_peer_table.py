"""The pure parts of the peer benchmark: ratios, agreement, Markdown, JSON, cases, turns.

usage: test_peer_table.py FOLDER_OF_BENCH_PEERS
"""
import json
import sys
import unittest

FOLDER = sys.argv.pop(1)
sys.path.insert(0, FOLDER)

import bench_cases  # noqa: E402
import machine_facts  # noqa: E402
import peer_service  # noqa: E402
import peer_table  # noqa: E402
import peer_turns  # noqa: E402
from peer_engines import ENGINES, Unavailable, engine_module, engines_of, file_format  # noqa: E402


def row(engine, time, **more):
    """A row as the schedule makes it."""
    return {"model": "r50", "type": "fp32", "threads": 1, "batch": 1, "engine": engine, "version": "1", "ms_per_face": time, "ms_low_quartile": time,
            "ms_high_quartile": time, "load_ms": 12.3456, "peak_rss_mb": 80.0, "cosine_to_reference": 1.0, "relative_error": 0.0, "agrees": True,
            "setting": "plain", "runs": 5, "cores_used": 1.0, "busy_threads": 1, **more}


def absent(engine, reason, **more):
    return {"model": "r50", "type": "fp32", "threads": 1, "batch": 1, "engine": engine, "version": None, "reason": reason, **more}


def report(rows, **more):
    return {"cpu": "A Processor", "date": "2024-02-29 12:00 UTC", "command": "./run bench-peers", "scheduling": "SCHED_FIFO 5", "reference": "fast 1",
            "machine": {"cores": 2, "features": ["avx2"], "kernel": "6", "governor": "unknown"}, "versions": {"cameo": "0.1.0", "fast": "1"},
            "base_ms": 101.5, "engines": ["cameo", "fast", "slow"], "missing": {}, "remarks": [], "rows": rows, **more}


def cells(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


class Numbers(unittest.TestCase):
    def test_median_and_quartiles_are_for_one_face(self):
        found = peer_table.per_face([80.0, 16.0, 24.0, 32.0, 40.0], 8)
        self.assertEqual(found, {"ms_per_face": 4.0, "ms_low_quartile": 3.0, "ms_high_quartile": 5.0})

    def test_a_single_run_is_its_own_quartiles(self):
        self.assertEqual(peer_table.per_face([6.0], 2), {"ms_per_face": 3.0, "ms_low_quartile": 3.0, "ms_high_quartile": 3.0})

    def test_a_slower_engine_has_a_ratio_above_one(self):
        rows = [row("cameo", 50.0), row("slow", 75.0), row("slow", 75.0, threads=2), absent("fast", "why")]
        peer_table.add_ratios(rows, "cameo")
        self.assertEqual([found["ratio"] for found in rows], [1.0, 1.5, None, None])

    def test_agreement_needs_direction_and_length(self):
        self.assertTrue(peer_table.agrees("fp32", 0.9999999, 1e-5))
        self.assertFalse(peer_table.agrees("fp32", 0.9998, 1e-5))
        self.assertFalse(peer_table.agrees("fp32", 1.0, 0.5))
        self.assertTrue(peer_table.agrees("bf16", 0.9998, 0.02))
        self.assertFalse(peer_table.agrees("bf16", 0.99, 0.02))
        self.assertTrue(peer_table.agrees("int8", 0.985, 0.18))
        self.assertFalse(peer_table.agrees("int8", 0.95, 0.18))
        self.assertIsNone(peer_table.agrees("fp32", None, None))


class Remarks(unittest.TestCase):
    def test_nothing_is_said_of_a_plain_row(self):
        self.assertEqual(peer_table.remarks(row("fast", 1.0, cores_used=1.03)), [])

    def test_disagreement_is_said(self):
        self.assertIn("DISAGREES", peer_table.remarks(row("fast", 1.0, agrees=False, relative_error=0.5))[0])

    def test_too_many_threads_are_said(self):
        self.assertEqual(peer_table.remarks(row("fast", 1.0, cores_used=1.9, busy_threads=2)), ["2 threads computed, on 1.90 cores"])
        self.assertEqual(peer_table.remarks(row("fast", 1.0, cores_used=1.9, busy_threads=2, threads=2)), [])

    def test_an_interrupted_row_is_said(self):
        self.assertIn("interrupted", peer_table.remarks(row("fast", 1.0, cores_used=0.7))[0])
        self.assertEqual(peer_table.remarks(row("fast", 1.0, cores_used=1.4, threads=2)), [])

    def test_bf16_that_is_fp32_is_said(self):
        self.assertIn("as in fp32", peer_table.remarks(row("fast", 1.0, type="bf16", cosine_to_reference=0.99999999))[0])
        self.assertEqual(peer_table.remarks(row("fast", 1.0, type="bf16", cosine_to_reference=0.9999)), [])

    def test_integer_layers_are_counted(self):
        self.assertEqual(peer_table.remarks(row("fast", 1.0, type="int8", cosine_to_reference=0.99, integer_layers=[33, 50])), ["33 of 50 layers in integers"])
        self.assertEqual(peer_table.remarks(row("fast", 1.0, integer_layers=None)), [])

    def test_a_reason_stands_alone(self):
        self.assertEqual(peer_table.remarks(absent("fast", "not installed")), ["not installed"])


class Tables(unittest.TestCase):
    def setUp(self):
        self.rows = [row("cameo", 50.0), row("fast", 40.0, agrees=False, relative_error=2.0), row("slow", 75.0),
                     row("cameo", 9.0, model="mbf"), absent("fast", "no | here", model="mbf"), row("slow", 8.1, model="mbf")]
        peer_table.add_ratios(self.rows, "cameo")

    def test_summary_shows_every_case_and_the_fastest_right_one(self):
        lines = cells(peer_table.summary_table(self.rows, ["cameo", "fast", "slow"], "cameo"))
        self.assertEqual(lines[0], ["model", "type", "threads", "batch", "cameo", "fast", "slow"])
        self.assertEqual(lines[2], ["r50", "fp32", "1", "1", "**50.00**", "40.00 (0.80) DISAGREES", "75.00 (1.50)"])
        self.assertEqual(lines[3], ["mbf", "fp32", "1", "1", "9.00", "–", "**8.10** (0.90)"])

    def test_fp32_is_not_the_fastest_bf16(self):
        rows = [row("cameo", 50.0, type="bf16", cosine_to_reference=0.9999), row("fast", 40.0, type="bf16")]
        self.assertEqual(cells(peer_table.summary_table(rows, ["cameo", "fast"], "cameo"))[2][4:], ["**50.00**", "40.00"])

    def test_details_have_a_line_for_each_row_and_survive_bars(self):
        lines = cells(peer_table.detail_table(self.rows))
        self.assertEqual(len(lines), 2 + len(self.rows))
        self.assertEqual({len(line) for line in lines}, {len(lines[0])})
        self.assertEqual(lines[6][-1], "no / here")
        self.assertEqual(lines[2][:9], ["r50", "fp32", "1", "1", "cameo", "50.00", "50.00 .. 50.00", "12", "80"])

    def test_eight_bits_have_a_second_cosine(self):
        rows = [row("cameo", 2.0, type="int8", cosine_to_quantised=0.98765), absent("fast", "why", type="int8")]
        lines = cells(peer_table.detail_table(rows))
        column = lines[0].index("cosine to QDQ")
        self.assertEqual([line[column] for line in lines[2:]], ["0.9877", "–"])
        self.assertEqual({len(line) for line in lines}, {len(lines[0])})
        self.assertNotIn("cosine to QDQ", peer_table.detail_table(self.rows))

    def test_the_missing_are_named_with_their_reason(self):
        text = peer_table.whole_text(report(self.rows, missing={"fast": "could not be installed: no such version"}), "cameo")
        self.assertIn("- fast: could not be installed: no such version", text)
        self.assertIn("`./run bench-peers`, SCHED_FIFO 5", text)
        self.assertNotIn("Not there", peer_table.whole_text(report(self.rows), "cameo"))

    def test_nothing_measured_is_a_table_too(self):
        rows = [absent(engine, "why") for engine in ("cameo", "fast", "slow")]
        peer_table.add_ratios(rows, "cameo")
        lines = cells(peer_table.summary_table(rows, ["cameo", "fast", "slow"], "cameo"))
        self.assertEqual(lines[2][4:], ["–", "–", "–"])


class Json(unittest.TestCase):
    def test_every_row_has_every_measured_field(self):
        for made in (row("cameo", 1.23456), absent("fast", "why")):
            found = json.loads(json.dumps(peer_table.json_row(made)))
            for name in ("model", "type", "threads", "batch", "engine", "version", "ms_per_face", "load_ms", "peak_rss_mb", "cosine_to_reference"):
                self.assertIn(name, found)
        self.assertIsNone(peer_table.json_row(absent("fast", "why"))["ms_per_face"])

    def test_cosines_keep_their_digits(self):
        found = peer_table.json_row(row("cameo", 1.23456, cosine_to_reference=0.99999987654321))
        self.assertEqual((found["ms_per_face"], found["cosine_to_reference"]), (1.235, 0.999999877))


class Cases(unittest.TestCase):
    def test_no_case_comes_twice_and_batches_are_of_r50(self):
        cases = bench_cases.all_cases(["det_500m", "det_2.5g"])
        self.assertEqual(len({case.text for case in cases}), len(cases))
        self.assertEqual({case.model for case in cases if case.batch > 1}, {"r50"})
        self.assertEqual({case.threads for case in cases}, {1, 2})
        self.assertTrue(all(case.share > 0 for case in cases))
        self.assertEqual(cases[:len(bench_cases.quick_cases())], bench_cases.quick_cases())

    def test_eight_bits_are_cases_of_their_own(self):
        self.assertEqual({(case.model, case.type, case.threads, case.batch) for case in bench_cases.int8_cases()},
                         {(model, "int8", threads, 1) for model in ("r50", "mbf") for threads in (1, 2)})
        self.assertFalse({case.type for case in bench_cases.all_cases(["det_500m"])} & {"int8"})

    def test_settings_of_eight_bits_say_which_file_they_read(self):
        found = {}
        for engine in engines_of(["int8"]):
            for case in bench_cases.int8_cases():
                settings = engine_module(engine).settings(case)
                self.assertEqual(len(set(settings)), len(settings))
                found.setdefault(engine, set()).update(file_format(engine, "int8", setting) for setting in settings)
        both = {"onnx-unsigned", "onnx-signed"}
        self.assertEqual(found, {"cameo": both, "onnxruntime": both, "openvino": both, "ncnn": {"ncnn-int8"}, "mnn": {"mnn-int8"},
                                 "onednn": {"onnx-signed"}})
        self.assertEqual(engines_of(["fp32", "bf16"]), list(ENGINES))
        self.assertEqual([file_format(engine, "fp32", "any") for engine in ENGINES], ["onnx", "onnx", "onnx", "ncnn", "mnn"])

    def test_some_models_keep_their_cases_and_others_are_refused(self):
        cases = bench_cases.all_cases(["det_500m"])
        some = bench_cases.cases_of(cases, ["det_500m", "mbf"])
        self.assertEqual(some, [case for case in cases if case.model in ("mbf", "det_500m")])
        self.assertEqual(len(some), 4)
        with self.assertRaisesRegex(ValueError, "r51 is not measured; r50, "):
            bench_cases.cases_of(cases, ["mbf", "r51"])

    def test_reference_faces_are_those_of_the_largest_batch(self):
        cases = bench_cases.all_cases(["det_500m"])
        self.assertEqual([bench_cases.most_faces(cases, model) for model in ("r50", "mbf", "det_500m")], [32, 1, 1])


class Machine(unittest.TestCase):
    def test_facts_can_be_written_as_json(self):
        facts = json.loads(json.dumps(machine_facts.machine_facts()))
        self.assertGreaterEqual(facts["cores"], 1)
        self.assertTrue(facts["cpu"])


class StandIn:
    """Answers like a worker, and writes down who was asked for what."""

    def __init__(self, name, run_ms, diary, fails_at=0):
        self.name, self.run_ms, self.diary, self.fails_at = name, run_ms, diary, fails_at

    def run(self, count, warm):
        self.diary.append((self.name, count, warm))
        if self.fails_at and sum(name == self.name for name, _, _ in self.diary) >= self.fails_at:
            raise Unavailable(self.name + " broke")
        return [self.run_ms] * count


class Turns(unittest.TestCase):
    def turns(self, *workers, rounds=2):
        entrants = [peer_turns.Entrant(worker.name, worker) for worker in workers]
        peer_turns.take_turns(entrants, 300.0, rounds, 0.0, 0.0)
        return entrants

    def test_slices_are_alike_long_and_the_first_one_changes(self):
        diary = []
        entrants = self.turns(StandIn("fast", 30.0, diary), StandIn("slow", 100.0, diary), StandIn("huge", 3000.0, diary))
        self.assertEqual(diary, [("fast", 10, True), ("slow", 3, True), ("huge", 1, False), ("slow", 3, True), ("huge", 1, False), ("fast", 10, True)])
        self.assertEqual([len(entrant.times) for entrant in entrants], [20, 6, 2])

    def test_one_that_fails_is_left_out_and_the_others_go_on(self):
        diary = []
        entrants = self.turns(StandIn("a", 100.0, diary), StandIn("b", 100.0, diary, fails_at=2), StandIn("c", 100.0, diary), rounds=4)
        self.assertEqual([entrant.failure for entrant in entrants], ["", "b broke", ""])
        self.assertEqual([sum(name == wanted for name, _, _ in diary) for wanted in "abc"], [4, 2, 4])

    def test_all_failing_ends_the_turns(self):
        self.assertEqual([entrant.failure for entrant in self.turns(StandIn("a", 100.0, [], fails_at=1))], ["a broke"])


class SessionStandIn:
    """A worker of the service case: each slice has these runs, in ms, of one second."""

    def __init__(self, times_ms, fails=False):
        self.times_ms, self.fails, self.asked = times_ms, fails, []

    def ask(self, line):
        self.asked.append(line.split())

    def answer(self):
        if self.fails:
            raise Unavailable("gone")
        return {"times_ms": self.times_ms, "wall": 1.0, "threads": {1: 0.25, 2: 0.5}}


class Services(unittest.TestCase):
    def setUp(self):
        self.before = peer_service.SLICE_SECONDS, peer_service.WARM_SECONDS, peer_service.START_SECONDS
        peer_service.SLICE_SECONDS = peer_service.WARM_SECONDS = peer_service.START_SECONDS = 0.0

    def tearDown(self):
        peer_service.SLICE_SECONDS, peer_service.WARM_SECONDS, peer_service.START_SECONDS = self.before

    def test_sessions_are_added_up_and_begin_together(self):
        workers = [SessionStandIn([10.0] * 19 + [90.0]), SessionStandIn([20.0] * 20)]
        sessions = peer_service.Sessions("cameo", "plain", workers)
        sessions.slice([])
        row = sessions.row(peer_service.Service("mbf", 2, 2))
        self.assertEqual((row["faces_per_second"], row["cores"], row["busy_cores"]), (40.0, 1.5, None))
        self.assertEqual((row["median_ms"], row["late_ms"]), (20.0, 20.0))
        self.assertEqual(workers[0].asked, workers[1].asked)
        self.assertEqual(workers[0].asked[0][0], "between")

    def test_table_says_why_one_is_missing(self):
        service = {"model": "mbf", "sessions": 1, "threads": 2, "beside": True, "setting": "plain"}
        lines = cells(peer_service.service_table([
            {**service, "engine": "cameo", "faces_per_second": 100.0, "median_ms": 10.0, "late_ms": 12.34, "cores": 1.3, "busy_cores": 0.68},
            {**service, "engine": "slow", "reason": "gone"}]))
        self.assertEqual(lines[2], ["mbf", "1 session of 2 threads beside a busy program", "cameo", "plain", "100.0", "10.0", "12.3", "1.30", "0.68", ""])
        self.assertEqual(lines[3][4:], ["–"] * 5 + ["gone"])

    def test_one_that_fails_does_not_stop_the_others(self):
        class OneBench:
            def progress(self, text):
                pass

            def start(self, engine, setting, case, answers):
                return SessionStandIn([5.0], fails=engine != "cameo")

        rows = peer_service.measure_service(OneBench(), peer_service.Service("mbf", 1, 1))
        self.assertEqual(rows[0]["faces_per_second"], 1.0)
        self.assertEqual([row.get("reason") for row in rows], [None, "gone"])

    def test_every_kind_is_there_for_every_model(self):
        kinds = [(service.sessions > 1, service.threads, service.busy) for service in peer_service.services(["mbf"])]
        self.assertEqual(kinds, [(False, 2, False), (False, 2, True), (True, 2, False), (True, 1, False)])
        self.assertEqual(len(peer_service.services(["r50", "mbf"])), 8)


unittest.main()

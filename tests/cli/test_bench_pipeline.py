"""cameo bench --pipeline: what it prints, and what it refuses. Networks are made by the program, the picture is drawn."""
import json
import os
import subprocess
import sys
import tempfile

CAMEO = os.environ["CAMEO_PROGRAM"]
STEPS = ["decode", "detector_input", "detector", "candidates", "recognizer_input", "recognizer", "other", "total"]


def bench(folder, *arguments, code=0):
    """Standard output and error of the command, which must end with `code`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAMEO_")}
    environment["CAMEO_CACHE"] = "off"
    answer = subprocess.run([CAMEO, "bench", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert answer.returncode == code, (arguments, answer)
    assert len(answer.stderr.splitlines()) == (code != 0), (arguments, answer.stderr)
    return answer.stdout, answer.stderr


def prepare(folder):
    for network in ("mbf", "scrfd_500m"):
        subprocess.run([CAMEO, "model", "make", network, "-o", f"{network}.onnx"], cwd=folder, check=True)
    subprocess.run([os.environ["CAMEO_PORTRAITS"], "-o", ".", "--people", "1", "--pictures", "1", "--size", "160"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    # Made networks know no faces; with these options one finds "faces" everywhere.
    return ["--pipeline", "person01_01.jpg", "--detector", "scrfd_500m.onnx", "--model", "mbf.onnx", "--det-size", "128", "--max-faces", "2",
            "--det-threshold", "0", "--seconds", "0.05"]


def check_json(folder, pipeline):
    answer = json.loads(bench(folder, *pipeline, "--threads", "2", "--json")[0])
    assert (answer["file"], answer["width"], answer["height"], answer["faces"]) == ("person01_01.jpg", 160, 160, 2), answer
    assert (answer["detector"], answer["model"], answer["threads"]) == ("scrfd_500m.onnx", "mbf.onnx", 2), answer
    assert answer["runs"] >= 3 and list(answer["steps"]) == STEPS, answer
    total = answer["steps"]["total"]
    assert total["share"] == 1 and total["min_ms"] <= total["median_ms"], total
    for name, step in answer["steps"].items():
        assert 0 <= step["min_ms"] <= step["median_ms"] <= total["median_ms"], (name, step)
        assert abs(step["share"] * total["median_ms"] - step["median_ms"]) < 1e-3, (name, step)
    assert all(answer["steps"][name]["min_ms"] > 0 for name in STEPS if name != "other"), answer
    assert sum(answer["steps"][name]["min_ms"] for name in STEPS[:-1]) <= total["min_ms"] + 1e-6, answer


def check_text(folder, pipeline):
    lines = bench(folder, *pipeline)[0].splitlines()
    assert "person01_01.jpg, 160x160, 2 faces" in lines[0] and len(lines) == 6 + len(STEPS), lines
    assert all(line.endswith("%") for line in lines[6:]) and lines[-1].endswith(" 100.0%"), lines


def check_refusals(folder, pipeline):
    for arguments, code, words in (([], 2, "either a MODEL or --pipeline"), ([*pipeline, "mbf.onnx"], 2, "either a MODEL or --pipeline"),
                                   (["mbf.onnx", "--model", "mbf.onnx"], 2, "go with --pipeline"), ([*pipeline, "--layers"], 2, "go with a MODEL"),
                                   ([*pipeline, "--batch", "2"], 2, "go with a MODEL"), ([*pipeline, "--pipeline", "none.jpg"], 3, "none.jpg"),
                                   ([*pipeline, "--pipeline", "mbf.onnx"], 3, "mbf.onnx"), ([*pipeline, "--detector", "mbf.onnx"], 3, "not a detector"),
                                   ([*pipeline, "--det-threshold", "1"], 1, "no face found")):
        out, err = bench(folder, *arguments, code=code)
        assert out == "" and words in err, (arguments, out, err)


CHECKS = [check_json, check_text, check_refusals]
print(f"[==========] Running {len(CHECKS)} test(s).")
failed = False
with tempfile.TemporaryDirectory(prefix="cameo-cli-") as scratch:
    options = prepare(scratch)
    for check in CHECKS:
        try:
            check(scratch, options)
            print(f"[       OK ] {check.__name__}")
        except (AssertionError, KeyError, ValueError) as error:
            failed = True
            print(f"{error!r}\n[  FAILED  ] {check.__name__}")
sys.exit(failed)

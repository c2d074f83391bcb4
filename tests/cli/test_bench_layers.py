"""cameo bench and info --layers, --precision and --memory: what they print, and what they refuse. Networks are made by the program."""
import json
import os
import subprocess
import tempfile

CAMEO = os.environ["CAMEO_PROGRAM"]
ALGORITHMS = {"", "depthwise", "direct", "direct, half", "winograd 2x2", "winograd 2x2, half", "winograd 4x4", "winograd 4x4, half",
              "banded", "depthwise, banded", "direct, banded"}
SMALL, BIG, LARGE = ["scrfd_500m.onnx", "--input-size", "128x128"], ["scrfd_500m.onnx", "--input-size", "640x640"], ["r18.onnx"]
NOTE = "cameo: this processor is not faster in bf16: fp32 is used\n"


def cameo(folder, *arguments, code=0, **variables):
    """Standard output and error of the command, which must end with `code`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAMEO_")}
    answer = subprocess.run([CAMEO, *arguments], cwd=folder, env={**environment, **variables}, capture_output=True, text=True, timeout=300)
    assert answer.returncode == code, (arguments, answer)
    return answer.stdout, answer.stderr


def bench(folder, *arguments, network=SMALL, **variables):
    out, err = cameo(folder, "bench", *network, "--threads", "1", "--seconds", "0.01", "--json", *arguments, **variables)
    return json.loads(out), err


def check_layer(layer, peak, bandwidth):
    assert layer["algorithm"] in ALGORITHMS and layer["ms"] > 0, layer
    assert (layer["products"] == layer["macs"]) != ("winograd" in layer["algorithm"]), layer
    assert layer["activation_bytes"] > 0 or "banded" in layer["algorithm"], layer
    assert (layer["weight_bytes"] > 0) == (layer["algorithm"] not in ("", "banded")), layer
    compute, memory = 2e-6 * layer["products"] / peak, 1e-6 * (layer["weight_bytes"] + layer["activation_bytes"]) / bandwidth
    assert layer["bound"] == ("compute" if compute > memory else "memory"), layer
    assert abs(layer["bound_share"] - max(compute, memory) / layer["ms"]) <= 1e-6 * layer["bound_share"], layer


def check_layers(folder):
    answer, err = bench(folder, "--layers")
    assert err == "" and (answer["precision"], answer["memory"]) == ("fp32", "fast"), (answer, err)
    peak, bandwidth = answer["peak_gflops"], answer["bandwidth_gb_per_second"]
    assert peak > 0.1 and bandwidth > 0.01, answer
    assert any("winograd" in layer["algorithm"] for layer in answer["layers"]), answer
    for layer in answer["layers"]:
        check_layer(layer, peak, bandwidth)
    assert abs(sum(layer["share"] for layer in answer["layers"]) - 1) < 1e-6, answer
    assert "peak_gflops" not in bench(folder)[0]
    info = json.loads(cameo(folder, "info", *SMALL, "--layers", "--json")[0])
    assert [layer["algorithm"] for layer in info["layers"]] == [layer["algorithm"] for layer in answer["layers"]], info
    lines = cameo(folder, "bench", *SMALL, "--threads", "1", "--seconds", "0.01", "--layers")[0].splitlines()
    assert lines[5].startswith("roof ") and "GFLOP/s in registers" in lines[5] and len(lines) == 8 + len(answer["layers"]), lines
    assert "algorithm" in lines[7] and all(" compute " in line or " memory " in line for line in lines[8:]), lines


def check_bands(folder):
    """The first layers of a large picture run band by band: what is between them does not go through memory."""
    answer = bench(folder, "--layers", network=BIG)[0]
    for layer in answer["layers"]:
        check_layer(layer, answer["peak_gflops"], answer["bandwidth_gb_per_second"])
    banded = [layer for layer in answer["layers"] if "banded" in layer["algorithm"]]
    assert len(banded) >= 8 and {"banded", "depthwise, banded", "direct, banded"} <= {layer["algorithm"] for layer in banded}, banded
    assert any(layer["activation_bytes"] == 0 for layer in banded) and all(layer["share"] > 0 for layer in banded), banded


def check_memory(folder):
    fast, compact = (json.loads(cameo(folder, "info", *LARGE, "--json", "--memory", memory)[0]) for memory in ("fast", "compact"))
    assert compact["plan"]["weight_bytes"] < 0.8 * fast["plan"]["weight_bytes"], (fast["plan"], compact["plan"])
    answer, err = bench(folder, network=LARGE, CAMEO_MEMORY="compact")
    assert err == "" and answer["memory"] == "compact", (answer, err)
    fast = bench(folder, "--memory", "fast", network=LARGE, CAMEO_MEMORY="compact")[0]
    assert answer["peak_memory_bytes"] < fast["peak_memory_bytes"], (answer, fast)


def check_precision(folder):
    for arguments, variables in ((["--precision", "bf16"], {}), ([], {"CAMEO_PRECISION": "bf16"})):
        answer, err = bench(folder, *arguments, **variables)
        assert answer["precision"] == "fp32" and err == NOTE, (answer, err)
    assert bench(folder, "--precision", "fp32", CAMEO_PRECISION="bf16")[1] == ""


def check_refusals(folder):
    for option in ("precision", "memory"):
        out, err = cameo(folder, "info", *SMALL, f"--{option}", "none", code=2)
        assert out == "" and f"--{option} wants" in err, err
        out, err = cameo(folder, "info", *SMALL, code=2, **{f"CAMEO_{option.upper()}": "none"})
        assert out == "" and f"CAMEO_{option.upper()} wants" in err, err


with tempfile.TemporaryDirectory() as scratch:
    for made in ("r18", "scrfd_500m"):
        cameo(scratch, "model", "make", made, "-o", f"{made}.onnx")
    check_layers(scratch)
    check_bands(scratch)
    check_memory(scratch)
    check_precision(scratch)
    check_refusals(scratch)

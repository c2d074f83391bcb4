"""The program while memory runs out: it says so in a line and ends with an exit code, or what it gives is right. At most TRIES of a command's allocations
are refused, spread evenly, each alone and with all that follow.

usage: check_program.py CAMEO CAMEO-PORTRAITS PRELOAD
"""
import os
import shutil
import subprocess
import sys
import tempfile

CAMEO, PORTRAITS, PRELOAD = sys.argv[1:]
TRIES = 30


def commands(picture):
    detector = ["--detector", "scrfd_500m.onnx", "--det-size", "64", "--det-threshold", "0", "--max-faces", "2", "--threads", "2"]
    yield ["info", "mbf.onnx"], None
    yield ["info", "mbf.onnx", "--json", "--layers"], None
    yield ["model", "list", "--json"], None
    yield ["detect", *detector, "--json", picture], None
    yield ["embed", "--model", "mbf.onnx", *detector, picture, "-o", "faces.jsonl"], "faces.jsonl"
    yield ["align", *detector, picture, "-o", "crops"], None
    yield ["model", "make", "scrfd_500m", "-o", "made.onnx"], "made.onnx"
    crops = ["--model", "mbf.onnx", "--aligned", "--threads", "2"]
    yield ["eval", *crops, "people", "--json", "--report", "report.html"], "report.html"
    yield ["eval", *crops, "pairs.txt", "--faces", "people", "--cache", "kept"], None
    yield ["calibrate", *crops, "people", "-o", "cal.json", "--fmr", "0.3"], "cal.json"


def content(path):
    if not path or not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def run(command, out, environment):
    """Exit code, standard output, standard error, and what is in the file that it writes."""
    if out and os.path.exists(out):
        os.remove(out)
    shutil.rmtree("kept", ignore_errors=True)
    done = subprocess.run([CAMEO, *command], env=environment, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip(), content(out)


def check(command, out, environment):
    """Sentences about what went wrong."""
    environment = dict(environment, LD_PRELOAD=PRELOAD, FAIL_COUNT="count")
    good = run(command, out, environment)
    with open("count", encoding="ascii") as file:
        count = int(file.read())
    tries, wrong = min(count, TRIES), []
    for nth in sorted({1 + i * (count - 1) // max(tries - 1, 1) for i in range(tries)}):
        for mode in ("one", "rest"):
            code, stdout, stderr, written = run(command, out, dict(environment, FAIL_NTH=str(nth), FAIL_MODE=mode))
            where = f"{' '.join(command)}: allocation {nth} ({mode}): exit code {code}"
            if code == 0 and (stdout, written) != (good[1], good[3]):
                wrong.append(f"{where}, but something else comes out")
            elif code < 0 or code == 1 or (code != 0 and not stderr):
                wrong.append(f"{where}, it says '{stderr}'")
            elif code != 0 and written is not None:
                wrong.append(f"{where}, and leaves {out}")
    print(f"{' '.join(command[:2])}: {count} allocations, {tries} of them refused")
    return wrong if good[0] == 0 else [f"{' '.join(command)} fails with all memory there is: {good[2]}"]


def make_people():
    """A folder for each of five people, with two files of one picture each, and a list of pairs of them."""
    subprocess.run([PORTRAITS, "-o", "portraits", "--people", "5", "--pictures", "1", "--size", "112"], check=True, stdout=subprocess.DEVNULL)
    for i, name in enumerate(sorted(name for name in os.listdir("portraits") if name.endswith(".jpg"))):
        os.makedirs(f"people/p{i}")
        picture = content(os.path.join("portraits", name))
        for number in (1, 2):
            with open(f"people/p{i}/p{i}_{number:04d}.jpg", "wb") as file:
                file.write(picture + b" " * number)  # what follows a JPEG's end makes another file of it
    with open("pairs.txt", "w", encoding="ascii") as file:
        file.write("2 1\np0 1 2\np0 1 p1 1\np2 1 2\np2 1 p3 2\n")


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        environment = dict(os.environ, CAMEO_CACHE="off", CAMEO_HOME=folder, HOME=folder)
        for model in ("mbf", "scrfd_500m"):
            subprocess.run([CAMEO, "model", "make", model, "-o", model + ".onnx"], check=True)
        subprocess.run([PORTRAITS, "-o", "pictures", "--people", "1", "--pictures", "1", "--size", "120"], check=True, stdout=subprocess.DEVNULL)
        picture = os.path.join("pictures", sorted(name for name in os.listdir("pictures") if name.endswith(".jpg"))[0])
        make_people()
        for command, out in commands(picture):
            wrong += check(command, out, environment)
        os.chdir("/")
    print(*wrong, sep="\n")
    sys.exit(1 if wrong else 0)


main()

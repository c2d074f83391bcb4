"""What the tests of this folder share: the program typed in a scratch folder, models and pictures to type it with, and a report that
tests/support/summary.awk can count.

Models are made by the program itself; they know no faces, so "faces" are whatever they score highest: always the same, which is enough to see what
becomes of them. Tests on real faces read $CAMEO_TEST_DATA and are skipped without.
"""
import atexit
import functools
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

CAMEO = os.environ["CAMEO_PROGRAM"]
SECONDS = 300
TIERS = ["ref", "avx2", "avxvnni", "avx512", "avx512vnni"] if os.uname().machine == "x86_64" else ["ref"]

_shared = tempfile.mkdtemp(prefix="cameo-cli-")
atexit.register(shutil.rmtree, _shared, ignore_errors=True)


def made(architecture):
    """The file of a made model; each is made once."""
    path = os.path.join(_shared, architecture + ".onnx")
    if not os.path.exists(path):
        subprocess.run([CAMEO, "model", "make", architecture, "-o", path], check=True, timeout=SECONDS)
    return path


def portraits(people=2):
    """Drawn portraits, 160 pixels wide: of each of the people (at most nine) two."""
    folder = os.path.join(_shared, f"portraits{people}")
    if not os.path.isdir(folder):
        subprocess.run([os.environ["CAMEO_PORTRAITS"], "-o", folder, "--people", str(people), "--pictures", "2", "--size", "160"], check=True,
                       stdout=subprocess.DEVNULL, timeout=SECONDS)
    return [os.path.join(folder, f"person0{person}_0{picture}.jpg") for person in range(1, people + 1) for picture in (1, 2)]


def real(*names):
    """The path of something in $CAMEO_TEST_DATA; skips the running test where it is not there."""
    path = os.path.join(os.environ.get("CAMEO_TEST_DATA", ""), *names)
    if not os.environ.get("CAMEO_TEST_DATA") or not os.path.exists(path):
        print(f"SKIP {'/'.join(names)}: it is not in $CAMEO_TEST_DATA")
        raise unittest.SkipTest(names[-1])
    return path


@functools.lru_cache(maxsize=None)
def built_in():
    """{"builtin:detector": its known model as `cameo model list --json` has it, ...}; empty where the program was built without models."""
    listed = subprocess.run([CAMEO, "model", "list", "--json"], check=True, capture_output=True, timeout=SECONDS).stdout
    return {model["path"]: model for model in json.loads(listed) if model["built_in"]}


def need_built_in():
    """Skips the running test where the program has no models inside."""
    if len(built_in()) < 2:
        print("SKIP models/: the program was built without models")
        raise unittest.SkipTest("models/")


def png(width, height, rows=None):
    """The bytes of an RGB picture; without rows only what the header promises."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows or b"")) + chunk(b"IEND", b"")


def plain_png(width, height, rgb=b"\x80\x80\x80"):
    return png(width, height, (b"\0" + rgb * width) * height)


def _refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def strict_json(text):
    return json.loads(text, parse_constant=_refuse)


def nameless(lines):
    """Lines of `cameo embed` without the name of the model's file."""
    return re.sub(r'"model":"[^"]*",', "", lines)


class Answer:
    """What a command said. out and err are text, in which bytes that are no UTF-8 are kept as os.fsdecode does."""
    def __init__(self, process, out, err):
        self.code, self.bytes = process.returncode, out
        self.out, self.err = os.fsdecode(out), os.fsdecode(err)
        self.lines = self.out.splitlines()

    def json(self):
        return strict_json(self.out)

    def json_lines(self):
        return [strict_json(line) for line in self.lines]


class Typed(unittest.TestCase):
    """A test that types commands in a folder of its own."""
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cameo-cli-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content=b""):
        os.makedirs(os.path.dirname(os.path.join(os.fsencode(self.folder), os.fsencode(name))), exist_ok=True)
        with open(os.path.join(os.fsencode(self.folder), os.fsencode(name)), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(os.fsdecode(name))

    def files(self):
        """All files of the folder, relative."""
        return sorted(os.path.relpath(os.path.join(folder, name), self.folder)
                      for folder, _, names in os.walk(self.folder) for name in names)

    def environment(self, changes):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAMEO_")}
        kept.update({"HOME": self.path("home"), "LC_ALL": "C", "CAMEO_CACHE": "off"})
        kept.update(changes)
        return {name: value for name, value in kept.items() if value is not None}

    def start(self, *arguments, environment=None, **options):
        """The command as a process with three pipes, in the scratch folder."""
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        streams.update(options)
        process = subprocess.Popen([CAMEO, *arguments], cwd=self.folder, env=self.environment(environment or {}), **streams)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
        process.wait()

    def type(self, *arguments, code=0, says=None, input=b"", environment=None, **options):
        """Runs a command to its end. says: words of its complaints, one tuple (or word) a line; None: it may complain only where its
        exit code tells of trouble, and then in one line."""
        process = self.start(*arguments, environment=environment, **options)
        out, err = process.communicate(input if process.stdin else None, timeout=SECONDS)
        answer = Answer(process, out or b"", err or b"")
        shown = f"cameo {' '.join(os.fsdecode(word) for word in arguments)}\nended with {answer.code}, said\n{answer.out[:1000]}\n{answer.err}"
        self.assertEqual(answer.code, code, shown)
        complaints = answer.err.splitlines()
        if says is None:
            self.assertEqual(len(complaints), 1 if code >= 2 else 0, shown)
        else:
            wanted = [says] if isinstance(says, (str, tuple)) else says
            self.assertEqual(len(complaints), len(wanted), shown)
            for line, words in zip(complaints, wanted):
                for word in (words,) if isinstance(words, str) else words:
                    self.assertIn(word, line, shown)
        for line in complaints:
            self.assertTrue(line.startswith("cameo"), shown)
        return answer

    def embed(self, *arguments, **options):
        """`cameo embed` with made models: the two best-scored "faces" of each picture."""
        return self.type("embed", "--model", made("mbf"), *self.detector(), "--max-faces", "2", *arguments, **options)

    @staticmethod
    def detector():
        """Options that make a detector without knowledge find something everywhere, quickly."""
        return ["--detector", made("scrfd_500m"), "--det-size", "128", "--det-threshold", "0"]


class _Report(unittest.TestResult):
    """In cmocka's form, as the tests in C report."""
    @staticmethod
    def _name(test):
        return test.id().removeprefix("__main__.")

    def startTest(self, test):
        super().startTest(test)
        print(f"[ RUN      ] {self._name(test)}", flush=True)

    def addSuccess(self, test):
        print(f"[       OK ] {self._name(test)}", flush=True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"[  SKIPPED ] {self._name(test)}", flush=True)

    def _failed(self, test, error):
        print(self._exc_info_to_string(error, test))
        print(f"[  FAILED  ] {self._name(test)}", flush=True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            print(f"    {subtest.id()}")
            self._failed(test, error)


def main():
    """Runs the tests of the calling file; names on the command line choose some."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs tests in the background may ignore it
    loader = unittest.TestLoader()
    module = sys.modules["__main__"]
    suite = loader.loadTestsFromNames(sys.argv[1:], module) if len(sys.argv) > 1 else loader.loadTestsFromModule(module)
    print(f"[==========] Running {suite.countTestCases()} test(s).")
    report = _Report()
    suite.run(report)
    sys.exit(0 if report.wasSuccessful() and report.testsRun > 0 else 1)

"""cameo model: list, path, verify, make, and pull from a server of the test's own."""
import hashlib
import http.server
import os
import resource
import shutil
import signal
import stat
import threading
import time
import zipfile

import typed
from typed import Typed, made, portraits

PACKS = {"buffalo_l", "buffalo_m", "buffalo_s", "buffalo_sc", "antelopev2"}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `content`, whole or from where a Range asks for it, as the first part of the path says."""
    content = b""
    asked = []
    broken = 0

    def log_message(self, *_):
        pass

    def do_GET(self):
        manner, start, content = self.path.split("/")[1], 0, self.content
        self.asked.append((manner, self.headers.get("Range")))
        if manner == "missing":
            return self.send_error(404)
        if manner in ("moved", "round"):
            self.send_response(302)
            self.send_header("Location", "/whole/x" if manner == "moved" else "/round/x")
            return self.end_headers()
        if manner == "page":
            content = b"<!DOCTYPE html><html><body>log in</body></html>"
        wanted = self.headers.get("Range")
        if wanted and manner != "unranged":
            start = int(wanted.split("=")[1].split("-")[0])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        content = content[start:]
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if manner == "breaks" and Server.broken < 2:
            Server.broken += 1
            content = content[:len(self.content) // 3]
        if manner == "slow":
            content = content[:len(self.content) // 3]
        try:
            self.wfile.write(content)
            self.wfile.flush()
            if manner == "slow":
                time.sleep(typed.SECONDS)
        except OSError:
            pass  # the client has gone


class Pull(Typed):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        cls.server.daemon_threads = True
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        with open(made("mbf"), "rb") as file:
            Server.content = file.read()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        super().setUp()
        Server.asked.clear()
        Server.broken = 0

    def url(self, manner):
        return f"http://127.0.0.1:{self.server.server_port}/{manner}/x"

    def pull(self, name, manner, **options):
        proxies = {variable: None for variable in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY")}
        options.setdefault("environment", {}).update({"CAMEO_HOME": self.path("store"), **proxies})
        return self.type("model", "pull", name, "--url", self.url(manner), "--sha256", hashlib.sha256(Server.content).hexdigest(), **options)

    def talk(self, *arguments):
        """Where more is said than one line of complaint: exit code, output, and all that was said besides."""
        process = self.start("model", "pull", *arguments, environment={"CAMEO_HOME": self.path("store")})
        out, err = process.communicate(timeout=typed.SECONDS)
        return process.returncode, out.decode(), err.decode()

    def test_whole(self):
        answer = self.pull("mine", "whole")
        self.assertEqual(answer.lines, [self.path("store/models/mine.onnx")])
        self.assertEqual(self.files(), ["store/models/mine.onnx"])
        self.assertEqual(digest(self.path("store/models/mine.onnx")), digest(made("mbf")))
        home = {"CAMEO_HOME": self.path("store")}
        self.assertEqual(self.type("model", "path", "mine", environment=home).out, answer.out)
        self.type("embed", "--aligned", "--model", "mine", portraits()[0], environment=home)
        self.assertEqual(self.talk("mine", "--url", self.url("whole"), "--sha256", digest(made("mbf"))), (0, answer.out, "mine is here already\n"))

    def test_redirections(self):
        self.pull("mine", "moved")
        self.pull("other", "round", code=4, says=("/round/x", "redirects", "by hand"))

    def test_connection_that_breaks(self):
        self.pull("mine", "breaks")
        third = len(Server.content) // 3
        self.assertEqual(Server.asked, [("breaks", None), ("breaks", f"bytes={third}-"), ("breaks", f"bytes={2 * third}-")])
        self.assertEqual(digest(self.path("store/models/mine.onnx")), digest(made("mbf")))

    def test_interrupted_and_resumed(self):
        process = self.start("model", "pull", "mine", "--url", self.url("slow"), "--sha256", digest(made("mbf")),
                             environment={"CAMEO_HOME": self.path("store"), "http_proxy": None})
        part, third = self.path("store/downloads/mine.part"), len(Server.content) // 3
        end = time.monotonic() + typed.SECONDS
        while not os.path.exists(part) or os.path.getsize(part) < third:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(typed.SECONDS), -signal.SIGINT)
        self.assertEqual(self.files(), ["store/downloads/mine.part"])
        self.pull("mine", "whole")
        self.assertEqual(Server.asked[-1], ("whole", f"bytes={third}-"))
        self.assertEqual(self.files(), ["store/models/mine.onnx"])

    def test_server_that_cannot_resume(self):
        self.write("store/downloads/mine.part", Server.content[:1000])
        self.pull("mine", "unranged")
        self.assertEqual(digest(self.path("store/models/mine.onnx")), digest(made("mbf")))

    def test_failures_leave_nothing(self):
        self.pull("mine", "missing", code=4, says=("/missing/x", "404", "fetch it by hand, put it at", "store/downloads/mine"))
        self.pull("mine", "page", code=3, says=["HTML page", ("/page/x", "not the published file", "thrown away")])
        unreachable = ["--url", "http://127.0.0.1:1/x", "--sha256", "0" * 64]
        self.type("model", "pull", "mine", *unreachable, environment={"CAMEO_HOME": self.path("store")}, code=4,
                  says=("http://127.0.0.1:1/x", "by hand", "store/downloads/mine"))
        self.assertEqual(self.files(), [])

    def test_full_disk(self):
        def small_disk():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
        self.pull("mine", "whole", code=4, says="store/downloads/mine.part: File too large", preexec_fn=small_disk)
        self.pull("mine", "whole")
        self.assertEqual(Server.asked[-1], ("whole", "bytes=100000-"))

    def test_by_hand(self):
        """Without a network the file is put where the message says; a wrong one is not taken away from whoever put it there."""
        wrong = self.write("store/downloads/mine", "something else")
        self.pull("mine", "missing", code=3, says=["", ("store/downloads/mine", "not the published file")])
        self.assertTrue(os.path.exists(wrong))
        shutil.copy(made("mbf"), wrong)
        self.pull("mine", "missing")
        self.assertEqual((Server.asked, self.files()), ([], ["store/models/mine.onnx"]))

    def test_known_models_must_be_the_published_ones(self):
        code, out, err = self.talk("w600k_mbf", "--accept-license", "--url", self.url("whole"))
        self.assertEqual((code, out, self.files()), (3, "", []))
        self.assertRegex(err, r"not the published file: SHA-256 [0-9a-f]{64} \(\d+ bytes\) instead of 9cc6e4a7")

    def test_licence_must_be_accepted(self):
        code, out, err = self.talk("buffalo_l")
        self.assertEqual((code, out, self.files()), (2, "", []))
        self.assertIn("non-commercial research only", err)
        self.assertIn("--accept-license", err)

    def test_commercial_only(self):
        """Research-only weights are refused, and so is what nobody knows the licence of, here or not."""
        only, store = ["--commercial-only"], {"CAMEO_HOME": self.path("store")}
        self.type("model", "pull", "buffalo_l", "--accept-license", *only, environment=store, code=2, says=("buffalo_l", "non-commercial research only"))
        self.type("model", "pull", "w600k_mbf", *only, "--url", self.url("whole"), environment=store, code=2, says="non-commercial")
        self.pull("mine", "whole")
        for name in ("mine", "other"):
            unknown = [name, "--url", self.url("whole"), "--sha256", digest(made("mbf"))]
            self.type("model", "pull", *unknown, *only, environment=store, code=2, says=(name, "its licence is not known"))
        Server.asked.clear()
        code, out, err = self.talk("sface_2021dec", *only, "--url", self.url("missing"), "--sha256", "0" * 64)
        self.assertEqual((code, out), (2, ""))
        code, out, err = self.talk("face_recognition_sface_2021dec", *only, "--url", self.url("missing"))
        self.assertEqual((code, Server.asked), (4, [("missing", None)]), err)
        self.assertIn("licence: Apache-2.0", err)

    def test_wrong_names(self):
        for name in ("../x", "", ".x", "a/b", "x" * 101):
            self.type("model", "pull", name, "--url", self.url("whole"), "--sha256", "0" * 64, code=2, says="cannot be the name of a model")
        self.type("model", "pull", "stranger", code=2, says="no known model")
        self.type("model", "pull", "stranger", "--url", self.url("whole"), code=2, says="--sha256 is wanted")
        self.type("model", "pull", "sface", code=2, says="perhaps 'face_recognition_sface_2021dec.onnx' is meant")
        self.type("model", "pull", "AuraFace", code=2, says="perhaps 'auraface_glintr100.onnx' is meant")


class Packs(Typed):
    def pull(self, entries, **options):
        path = self.path("pack.zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in entries:
                file.writestr(name, content)
        if options.pop("cut", False):
            os.truncate(path, os.path.getsize(path) // 2)
        found = self.type("model", "pull", "pack", "--url", "file://" + path, "--sha256", digest(path), environment={"CAMEO_HOME": self.path("store")},
                          **options)
        os.remove(path)
        return found

    def test_pack(self):
        with open(made("mbf"), "rb") as recognizer, open(made("scrfd_500m"), "rb") as detector:
            entries = [("folder/", b""), ("folder/rec.onnx", recognizer.read()), ("folder/det.onnx", detector.read()), ("__MACOSX/._rec.onnx", b"x"),
                       (".DS_Store", b"x")]
        self.assertEqual(self.pull(entries).lines, [self.path("store/models/pack")])
        self.assertEqual(self.files(), ["store/models/pack/det.onnx", "store/models/pack/rec.onnx"])
        home = {"CAMEO_HOME": self.path("store")}
        options = ["--det-size", "128", "--det-threshold", "0", "--max-faces", "2", portraits()[0]]
        by_pack = self.type("embed", "--model", "pack", "--detector", "pack", *options, environment=home)
        self.assertEqual(typed.nameless(by_pack.out), typed.nameless(self.embed(portraits()[0]).out))
        self.assertEqual(self.type("info", "pack", "--json", environment=home).json()["task"], "recognition")

    def test_what_is_refused(self):
        link = zipfile.ZipInfo("link.onnx")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        with open(made("mbf"), "rb") as file:
            model = file.read()
        cases = [([("../evil.onnx", model)], "outside its folder"), ([("/tmp/evil.onnx", model)], "outside its folder"),
                 ([("..\\evil.onnx", model)], "outside its folder"), ([("C:evil.onnx", model)], "outside its folder"),
                 ([(link, "/etc/passwd")], "a link"), ([("bomb.onnx", bytes(50_000_000))], "hundredfold"),
                 ([("a/x.onnx", model), ("b/x.onnx", model)], "same name"), ([(f"{i}.txt", b"") for i in range(300)], "300 entries"),
                 ([("read.me", b"hello")], "no ONNX file"), ([("w600k_r50.onnx", model)], "not the published file"),
                 ([("page.onnx", b"<html></html>")], "page.onnx in the pack: this is an HTML page")]
        for entries, words in cases:
            with self.subTest(words):
                self.pull(entries, code=3, says=words)
                self.assertEqual(self.files(), [])
        self.pull([("rec.onnx", model)], cut=True, code=3, says="damaged")
        self.assertEqual(self.files(), [])


class Known(Typed):
    def test_list(self):
        models = self.type("model", "list", "--json").json()
        names = {model["name"] for model in models}
        self.assertTrue(PACKS | {"w600k_r50.onnx", "w600k_mbf.onnx", "glintr100.onnx", "det_10g.onnx", "det_2.5g.onnx", "det_500m.onnx"} <= names)
        keys = ["name", "pack", "role", "sha256", "sha256_prefix", "bytes", "url", "license", "commercial_use", "description", "threshold", "path",
                "built_in"]
        for model in models:
            self.assertEqual(list(model), keys)
            self.assertTrue(model["license"] and model["description"])
            self.assertEqual(model["commercial_use"], model["license"] in ("Apache-2.0", "MIT"))
        r50 = next(model for model in models if model["name"] == "w600k_r50.onnx")
        self.assertEqual((r50["sha256"], r50["bytes"]), ("4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43", 174383860))
        free = self.type("model", "list", "--commercial-only", "--json").json()
        self.assertEqual(free, [model for model in models if model["commercial_use"]])
        self.assertEqual({model["role"] for model in free}, {"detection", "recognition"})
        self.assertFalse({model["name"] for model in free} & PACKS)
        shown = self.type("model", "list", "--commercial-only").out
        self.assertNotIn("non-commercial", shown)
        lines = self.type("model", "list").lines
        self.assertEqual(len(lines), len(models) + 1)
        for line, model in zip(lines[1:], models):
            self.assertIn(model["name"], line)
            self.assertIn(model["license"], line)

    def test_what_insightface_has_downloaded_is_found(self):
        place = self.path("home/.insightface/models/buffalo_sc")
        os.makedirs(place)
        shutil.copy(made("scrfd_500m"), os.path.join(place, "det_500m.onnx"))
        shutil.copy(made("mbf"), os.path.join(place, "w600k_mbf.onnx"))
        self.assertEqual(self.type("model", "path", "buffalo_sc").lines, [place])
        self.assertEqual(self.type("model", "path", "w600k_mbf").lines, [os.path.join(place, "w600k_mbf.onnx")])
        paths = [model["path"] for model in self.type("model", "list", "--json").json()]
        self.assertIn(os.path.join(place, "det_500m.onnx"), paths)
        options = ["--det-size", "128", "--det-threshold", "0", "--max-faces", "2", portraits()[0]]
        self.assertEqual(typed.nameless(self.type("embed", *options).out), typed.nameless(self.embed(portraits()[0]).out))  # both are found without being named
        process = self.start("model", "pull", "buffalo_sc")
        out, err = process.communicate(timeout=typed.SECONDS)
        self.assertEqual((process.returncode, out, err), (0, os.fsencode(place) + b"\n", b"buffalo_sc is here already\n"))

    def test_path_of_what_is_not_here(self):
        self.type("model", "path", "w600k_r50", code=1, says=("w600k_r50", "cameo model pull buffalo_l"))
        self.type("model", "path", "stranger", code=1, says="no known model")
        self.type("info", "w600k_r50", code=3, says=("w600k_r50", "cameo model pull buffalo_l"))
        self.type("embed", portraits()[0], "--detector", "buffalo_l", "--model", made("mbf"), code=3, says="cameo model pull buffalo_l")

    def test_verify(self):
        stranger = self.type("model", "verify", made("mbf"), "--json", code=1, says="not a known model").json()
        self.assertEqual((stranger["sha256"], stranger["verified"], stranger["known_as"]), (digest(made("mbf")), False, None))
        right = self.type("model", "verify", made("mbf"), "--json", "--sha256", digest(made("mbf")).upper()).json()
        self.assertTrue(right["verified"])
        self.type("model", "verify", made("mbf"), "--sha256", "0" * 64, code=1, says="not the published file")
        page = self.write("w600k_r50.onnx", "<html></html>")
        self.type("model", "verify", page, code=1, says=[("w600k_r50.onnx", "4c06341c"), "HTML page"])
        self.type("model", "verify", "missing", code=3, says="missing")
        self.type("model", "verify", self.folder, code=3, says=(self.folder, "Is a directory"))
        known = self.type("model", "verify", typed.real("models", "det_500m.onnx"), "--json").json()
        self.assertEqual((known["known_as"], known["verified"]), ("det_500m.onnx", True))
        self.assertIn("non-commercial", known["license"])

    def test_make(self):
        names = [line.split()[0] for line in self.type("model", "make", "--list").lines]
        self.assertTrue({"r18", "r34", "r50", "r100", "r200", "mbf", "scrfd_500m"} <= set(names))
        self.type("model", "make", "mbf", "-o", "again.onnx")
        self.type("model", "make", "mbf", "-o", "other.onnx", "--seed", "7")
        self.assertEqual(digest(self.path("again.onnx")), digest(made("mbf")))
        self.assertNotEqual(digest(self.path("other.onnx")), digest(made("mbf")))
        with open(made("mbf"), "rb") as file:
            self.assertIn(b"knows no faces", file.read())


if __name__ == "__main__":
    typed.main()

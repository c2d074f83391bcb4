"""Commands, options, help, and what the environment may say."""
import re

import typed
from typed import Typed, made

COMMANDS = ["info", "detect", "align", "embed", "compare", "doctor", "eval", "calibrate", "quantize", "run", "bench",
            "model list", "model path", "model pull", "model verify", "model export", "model make"]


class Help(Typed):
    def test_program(self):
        self.assertRegex(self.type("--version").out, r"^cameo \d+\.\d+\.\d+\n$")
        for arguments in (["--help"], ["-h"], ["help"]):
            answer = self.type(*arguments)
            for command in ("info", "detect", "align", "embed", "compare", "doctor", "quantize", "run", "bench", "model"):
                self.assertRegex(answer.out, rf"(?m)^  {command} ")
            self.assertIn("exit codes: 0", answer.out)
        for command in ("list", "path", "pull", "verify", "export", "make"):
            self.assertRegex(self.type("model", "--help").out, rf"(?m)^  {command} ")

    def test_every_command(self):
        for command in COMMANDS:
            with self.subTest(command):
                answer = self.type(*command.split(), "--help")
                self.assertTrue(answer.out.startswith(f"usage: cameo {command} "))
                for part in ("\noptions:\n", "--help", "\nexamples:\n"):
                    self.assertIn(part, answer.out)
                self.assertLessEqual(max(map(len, answer.lines)), 160)
                self.assertEqual(self.type("help", *command.split()).out, answer.out)

    def test_machine_readable_where_it_makes_sense(self):
        for command in ("info", "detect", "align", "embed", "compare", "doctor", "quantize", "bench", "model list", "model verify"):
            self.assertIn("--json", self.type(*command.split(), "--help").out, command)

    def test_options_are_the_same_everywhere(self):
        wanted = {"detect": "detector threads det-size det-threshold nms max-faces rank color mean std input-size cpu null",
                  "align": "detector threads det-size det-threshold nms max-faces rank color mean std input-size cpu null output size",
                  "embed": "model detector threads det-size det-threshold nms max-faces rank color mean std input-size output-name mirror cpu null "
                           "aligned raw format output",
                  "compare": "model detector threads det-size det-threshold nms rank color mean std input-size output-name mirror cpu null threshold "
                             "aligned matrix draw",
                  "doctor": "model detector threads det-size det-threshold nms rank color mean std input-size output-name mirror cpu aligned pictures",
                  "quantize": "detector threads det-size det-threshold nms rank color mean std input-size output-name cpu faces output aligned pictures "
                              "calibrate ranges max-loss min-cosine max-float every-output seven-bits small-constants",
                  "info": "threads color mean std input-size output-name cpu layers operators",
                  "bench": "threads color mean std input-size output-name cpu layers batch seconds",
                  "run": "threads cpu output"}
        for command, names in wanted.items():
            there = set(re.findall(r"--([a-z-]+)", self.type(command, "--help").out.split("options:")[1]))
            self.assertEqual(set(names.split()) - there, set(), command)


class Usage(Typed):
    def wrong(self, *arguments, says):
        """A wrong command line: exit code 2 and one line that says where help is."""
        self.type(*arguments, code=2, says=(says, "--help' shows how"))

    def test_commands(self):
        self.wrong(says="no command given")
        self.wrong("detetc", says="'detect' is meant")
        self.wrong("xyzzy", says="unknown command 'xyzzy'")
        self.wrong("help", "xyzzy", says="unknown command 'xyzzy'")
        self.wrong("model", says="no command given")
        self.wrong("model", "puul", says="'pull' is meant")
        self.type("help", "help")

    def test_options(self):
        self.wrong("detect", "--bogus", says="unknown option '--bogus'")
        self.wrong("detect", "--thraeds", "3", says="'--threads' is meant")
        self.wrong("detect", "-z", says="unknown option '-z'")
        self.wrong("detect", "a.jpg", "--rank", says="wants a value")
        self.wrong("detect", "a.jpg", "--json=1", says="takes no value")

    def test_arguments(self):
        self.wrong("detect", says="no argument given")
        self.wrong("align", "a.jpg", says="-o DIR")
        self.wrong("align", "a.jpg", "-o", "", says="-o DIR")
        self.wrong("embed", says="no argument given")
        self.wrong("embed", "a.jpg", "--format", "npy", says="-o OUT.npy")
        self.wrong("embed", "a.jpg", "--json", "--format", "csv", says="contradict")
        self.wrong("compare", "a.jpg", says="two pictures are wanted")
        self.wrong("compare", "a.jpg", "b.jpg", "c.jpg", says="two pictures are wanted")
        self.wrong("compare", "a.jpg", "b.jpg", "--draw", "x.png", says="--matrix")
        self.wrong("compare", "a.jpg", "b.jpg", "--null", says="--matrix")
        self.wrong("doctor", says="no argument given")
        self.wrong("doctor", "a", "b", says="too many arguments")
        self.wrong("run", "m.onnx", "a.npy", says="an argument is missing")
        self.wrong("run", "m.onnx", "a.npy", "b.npy", "c.npy", says="too many arguments")
        self.wrong("info", says="a model")
        self.wrong("info", "m.onnx", "--operators", says="without a model")
        self.wrong("model", "make", "r50", says="-o FILE")
        self.wrong("model", "make", "r51", "-o", "x", says="'r50' is meant")
        self.wrong("model", "make", says="no architecture given")
        self.type("embed", "-", "-", code=2, says="once only")

    def test_values(self):
        whole = {"--threads": ["0", "-1", "1025", "9999", "three", "1.5", "", "1e3", "99999999999999999999"], "--max-faces": ["-1", "x", "2.5"]}
        for option, values in whole.items():
            for value in values:
                self.wrong("detect", "a.jpg", option, value, says=f"{option} wants a whole number from")
        self.wrong("detect", "a.jpg", "--max-faces", "9999999", says="from 0 to 1000000, not")
        for option in ("--det-threshold", "--nms"):
            for value in ("-0.1", "1.1", "nan", "inf", "0.5x", ""):
                self.wrong("detect", "a.jpg", option, value, says=f"{option} wants a number from 0 to 1, not '{value}'")
        for value in ("0", "640x", "x640", "16385", "640,,128", ",", "", "1,2,3,4,5,6,7,8,9", "64x64x64", "-640", "big"):
            self.wrong("detect", "a.jpg", "--det-size", value, says=f"--det-size wants sizes such as 640, 640x480 or 128,640, not '{value}'")
        for value in ("1,2", "1,2,3,4", "x", "nan", "", "1e39"):
            self.wrong("embed", "a.jpg", "--mean", value, says="--mean wants one number or three")
        for value in ("0", "1,0,1", "inf", "1e-50", "1e39"):
            self.wrong("embed", "a.jpg", "--std", value, says="--std wants one number or three")
        for option, value in (("--color", "pink"), ("--format", "xml"), ("--rank", "best"), ("--input-size", "0")):
            self.wrong("embed", "a.jpg", option, value, says=f"{option} wants ")
        self.wrong("compare", "a.jpg", "b.jpg", "--threshold", "2", says="from -1 to 1")
        self.wrong("align", "a.jpg", "-o", "x", "--size", "130", says="multiple of 112 or 128")
        self.wrong("doctor", "people", "--pictures", "9", says="from 10 to 4000")
        self.wrong("bench", "m.onnx", "--batch", "0", says="from 1 to 1024")
        self.wrong("bench", "m.onnx", "--seconds", "0", says="from 0.01 to")
        self.wrong("model", "make", "r18", "-o", "x", "--seed", "-1", says="a whole number from 0")
        self.wrong("model", "verify", "x", "--sha256", "12", says="64 hex digits")

    def test_sizes_that_no_detector_takes(self):
        for size in ("1", "33", "16384"):
            self.type("detect", typed.portraits()[0], "--detector", made("scrfd_500m"), "--det-size", size, code=2, says="multiples of 32")


class Environment(Typed):
    def test_models_and_threads(self):
        variables = {"CAMEO_MODEL": made("mbf"), "CAMEO_DETECTOR": made("scrfd_500m"), "CAMEO_THREADS": "3"}
        options = ["--det-size", "128", "--det-threshold", "0", "--max-faces", "2"]
        by_environment = self.type("embed", typed.portraits()[0], *options, environment=variables)
        self.assertEqual(by_environment.out, self.embed(typed.portraits()[0]).out)
        bench = self.type("bench", made("mbf"), "--seconds", "0.01", "--json", environment=variables).json()
        self.assertEqual(bench["threads"], 3)
        bench = self.type("bench", made("mbf"), "--seconds", "0.01", "--json", "--threads", "2", environment=variables).json()
        self.assertEqual(bench["threads"], 2)

    def test_nonsense(self):
        picture = typed.portraits()[0]
        for value in ("0", "-1", "9999", "many", "2 "):
            self.type("detect", picture, environment={"CAMEO_THREADS": value}, code=2, says=("CAMEO_THREADS", "from 1 to 1024", f"'{value}'"))
        for value in ("nonsense", "AVX2", "sse"):
            self.type("detect", picture, *self.detector(), environment={"CAMEO_CPU": value}, code=2, says=("CAMEO_CPU", f"'{value}'", "ref"))
            self.type("info", made("mbf"), environment={"CAMEO_CPU": value}, code=2, says=("CAMEO_CPU", f"'{value}'"))
            self.type("detect", picture, *self.detector(), "--cpu", value, code=2, says=(f"'{value}'", "ref"))
        self.type("embed", picture, *self.detector(), environment={"CAMEO_MODEL": "/nowhere/x.onnx"}, code=3, says="/nowhere/x.onnx")
        self.type("detect", picture, environment={"CAMEO_DETECTOR": "nix"}, code=3, says="nix: no such file")

    def test_empty_is_not_set(self):
        empty = {"CAMEO_MODEL": "", "CAMEO_DETECTOR": "", "CAMEO_THREADS": "", "CAMEO_CPU": "", "CAMEO_HOME": ""}
        self.type("detect", typed.portraits()[0], *self.detector(), environment=empty)
        if not typed.built_in():
            self.type("embed", typed.portraits()[0], environment=empty, code=3, says=("no recognition model", "--model"))

    def test_tier_that_is_used_is_told(self):
        """Also where there is no such tier, and where the environment says another: the option is obeyed, as far as the processor can."""
        here = [tier for tier in typed.TIERS if self.type("info", made("mbf"), "--json", "--cpu", tier).json()["cpu"] == tier]
        self.assertIn("ref", here)
        self.assertEqual(self.type("info", made("mbf"), "--json").json()["cpu"], here[-1])

        def lowered(wish):
            return [tier for tier in here if typed.TIERS.index(tier) <= typed.TIERS.index(wish)][-1]

        for tier in typed.TIERS:
            for variable in (None, *typed.TIERS):
                info = self.type("info", made("mbf"), "--json", "--layers", "--cpu", tier, environment={"CAMEO_CPU": variable}).json()
                self.assertEqual(info["cpu"], lowered(tier), (tier, variable))
                used = {layer["kernel"].rsplit("__", 1)[1] for layer in info["layers"] if "__" in layer["kernel"]}
                # What avxvnni and avx512vnni add is for bytes, of which this network has none.
                self.assertIn({"avxvnni": "avx2", "avx512vnni": "avx512"}.get(info["cpu"], info["cpu"]), used)
                self.assertLessEqual(used, set(typed.TIERS[:typed.TIERS.index(info["cpu"]) + 1]))
                if variable:
                    info = self.type("info", made("mbf"), "--json", environment={"CAMEO_CPU": variable}).json()
                    self.assertEqual(info["cpu"], lowered(variable))

    def test_no_home(self):
        self.type("model", "list", environment={"HOME": None, "CAMEO_HOME": None})
        if typed.built_in():
            self.type("detect", typed.portraits()[0], environment={"HOME": None})
        else:
            self.type("detect", typed.portraits()[0], environment={"HOME": None}, code=3, says="no detection model")


if __name__ == "__main__":
    typed.main()

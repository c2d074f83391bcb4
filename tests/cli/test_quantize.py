"""cameo quantize: what it writes, what it says of it, and what it refuses, with sketched and made models and drawn people."""
import math
import os
import random
import shutil

import onnx_sketch as sketch
import typed
from typed import Typed, made, portraits

SIZE = 112


def recognizer(nodes, initializers, opset=11, output="out"):
    graph = (b"".join(sketch.data(1, node) for node in nodes) + sketch.data(2, "sketch") + b"".join(sketch.data(5, one) for one in initializers) +
             sketch.data(11, sketch.value("in", ["n", 3, SIZE, SIZE])) + sketch.data(12, sketch.value(output, ["n", 64])))
    return sketch.number(1, 6) + sketch.data(2, "sketcher") + sketch.data(7, graph) + sketch.data(8, sketch.data(1, "") + sketch.number(2, opset))


class Dice:
    """Initializers of invented numbers."""
    def __init__(self):
        self.random, self.tensors = random.Random(5), []

    def weights(self, name, *dims, deviation=0.1, mean=0.0):
        numbers = [self.random.gauss(mean, deviation) for _ in range(math.prod(dims))]
        self.tensors.append(sketch.tensor(name, dims, sketch.floats(*numbers)))
        return name

    def norm(self, name, channels):
        """Scale, shift, mean and variance of a BatchNormalization."""
        return [self.weights(name + "_g", channels, mean=1.0), self.weights(name + "_b", channels), self.weights(name + "_m", channels),
                self.weights(name + "_v", channels, deviation=0.02, mean=0.5)]


def residual_net():
    """What recognizers consist of: scaling in front, a normalisation behind one convolution and in front of another, PReLU, a residual addition,
    a depthwise convolution, Flatten, Gemm and a normalisation of its outputs."""
    d = Dice()
    same = [sketch.ints("pads", [1, 1, 1, 1])]
    d.tensors += [sketch.tensor("half", [], sketch.floats(127.5)), sketch.tensor("one", [], sketch.floats(1 / 127.5))]
    nodes = [
        sketch.node("Sub", ["in", "half"], ["s"], "_minus0"), sketch.node("Mul", ["s", "one"], ["m"], "_mul0"),
        sketch.node("Conv", ["m", d.weights("w1", 16, 3, 7, 7)], ["c1"], "conv1", [sketch.ints("strides", [8, 8])]),
        sketch.node("BatchNormalization", ["c1", *d.norm("n1", 16)], ["b1"], "norm1"),
        sketch.node("PRelu", ["b1", d.weights("slope", 16, 1, 1, mean=0.25)], ["p1"], "prelu1"),
        sketch.node("BatchNormalization", ["p1", *d.norm("n2", 16)], ["b2"], "norm2"),
        sketch.node("Conv", ["b2", d.weights("w2", 16, 16, 3, 3), d.weights("bias2", 16)], ["c2"], "conv2", same),
        sketch.node("Add", ["c2", "p1"], ["a"], "add1"),
        sketch.node("Conv", ["a", d.weights("w3", 16, 1, 3, 3, deviation=0.3)], ["c3"], "depthwise",
                    same + [sketch.data(1, "group") + sketch.number(3, 16) + sketch.number(20, 2)]),
        sketch.node("Relu", ["c3"], ["r"], "relu"),
        sketch.node("Flatten", ["r"], ["f"], "flat"),
        sketch.node("Gemm", ["f", d.weights("w4", 64, 16 * 14 * 14, deviation=0.02), d.weights("bias4", 64)], ["g"], "fc",
                    [sketch.data(1, "transB") + sketch.number(3, 1) + sketch.number(20, 2)]),
        sketch.node("BatchNormalization", ["g", *d.norm("n4", 64)], ["out"], "norm4")]
    return recognizer(nodes, d.tensors)


class Quantize(Typed):
    def setUp(self):
        super().setUp()
        for i, path in enumerate(portraits(6)):
            os.makedirs(self.path("people", f"p{i // 2}"), exist_ok=True)
            shutil.copy(path, self.path("people", f"p{i // 2}"))
        self.model = self.write("net.onnx", residual_net())

    def quantize(self, *arguments, model="net.onnx", out="int8.onnx", **options):
        return self.type("quantize", model, "--faces", "people", "--aligned", "-o", out, *arguments, **options)

    def embeddings(self, model):
        return [line["embedding"] for line in self.type("embed", "--aligned", "--model", model, "people").json_lines()]

    def cosines(self, *models):
        return [sum(x * y for x, y in zip(a, b)) for a, b in zip(*map(self.embeddings, models))]

    def test_written(self):
        """The file is there, keeps its contract and names, answers as the float model does, and as the answer says."""
        answer = self.quantize("--json", "--min-cosine", "0.98").json()
        self.assertEqual((answer["output"], answer["budget"]["met"]), ("int8.onnx", True))
        cosines = self.cosines("net.onnx", "int8.onnx")
        self.assertAlmostEqual(sum(cosines) / len(cosines), answer["result"]["cosine_mean"], delta=1e-5)
        self.assertAlmostEqual(min(cosines), answer["result"]["cosine_least"], delta=1e-5)
        self.assertGreater(min(cosines), 0.98)
        before, after = (self.type("info", "--json", name).json() for name in ("net.onnx", "int8.onnx"))
        for key in ("contract", "inputs", "outputs"):
            self.assertEqual(before[key], after[key], key)
        self.assertEqual((answer["bytes_before"], answer["bytes_after"]), tuple(os.path.getsize(self.path(name)) for name in ("net.onnx", "int8.onnx")))
        self.assertGreater(answer["bytes_before"], 3.5 * answer["bytes_after"])
        self.assertEqual([(layer["name"], layer["op"], layer["quantized"]) for layer in answer["layers"]],
                         [("conv1", "Conv", True), ("conv2", "Conv", True), ("add1", "Add", True), ("depthwise", "Conv", True), ("fc", "Gemm", True)])
        self.assertEqual(sorted(answer["ranges_tried"]), ["entropy", "minmax", "mse", "percentile", "percentile-wide"])
        best = max(answer["ranges_tried"].items(), key=lambda item: item[1]["cosine_mean"])[0]
        self.assertEqual(answer["ranges"], best)
        with open(self.path("int8.onnx"), "rb") as file:
            content = file.read()
        for word in (b"cameo.quantization", b"sketcher", b"QuantizeLinear", b"norm2", b"prelu1"):
            self.assertIn(word, content)
        for word in (b"norm1", b"norm4", b"bias2"):  # folded
            self.assertNotIn(word, content)
        self.assertEqual(self.files().count("int8.onnx"), 1)

    def test_table(self):
        answer = self.quantize("--ranges", "percentile", "--min-cosine", "0.9")
        self.assertRegex(answer.out, r"(?m)^conv2 +Conv +\d+\.\d+ +-\d+\.\d +- +percentile +int8$")
        self.assertRegex(answer.out, r"(?m)^written +int8.onnx: \d+ bytes, 3\.\d+ times smaller than \d+; 0 of 5 layers stay in float$")

    def test_refused(self):
        """What cannot be done is said in one line, and nothing is written."""
        self.quantize("--min-cosine", "0.9")
        files = self.files()
        self.quantize(model="int8.onnx", out="twice.onnx", code=3, says=("int8.onnx", "quantised already", "QuantizeLinear"))
        self.quantize(out="net.onnx", code=2, says=("net.onnx", "the model itself"))
        self.quantize(out="missing/out.onnx", code=4, says=("missing",))
        self.quantize(out=".", code=4, says=("cannot be written",))
        self.type("quantize", "net.onnx", "-o", "x.onnx", code=2, says="--faces DIR is needed")
        self.type("quantize", "net.onnx", "--faces", "people", code=2, says="-o OUT.onnx is needed")
        self.type("quantize", "net.onnx", "--faces", "nobody", "--aligned", "-o", "x.onnx", code=3, says="nobody")
        self.quantize("--ranges", "best", code=2, says="auto, minmax")
        self.assertEqual(self.files(), files)

    def test_tiny_sets(self):
        for name in os.listdir(self.path("people"))[1:]:
            shutil.rmtree(self.path("people", name))
        self.quantize(code=3, says=("of 2 pictures 2 give a face", "at least 8"))
        self.assertNotIn("int8.onnx", self.files())

    def test_budget(self):
        """Layers that hurt stay in float until the budget is met; where too many would have to, nothing is written."""
        loose = self.quantize("--json", "--min-cosine", "0").json()
        self.assertEqual(loose["layers_in_float"], 0)
        wanted = loose["result"]["cosine_mean"] + 0.6 * (1 - loose["result"]["cosine_mean"])
        answer = self.quantize("--json", "--min-cosine", f"{wanted:.7f}", "--max-float", "100").json()
        self.assertGreaterEqual(answer["result"]["cosine_mean"], wanted - 1e-7)
        kept = [layer for layer in answer["layers"] if not layer["quantized"]]
        self.assertEqual(len(kept), answer["layers_in_float"])
        self.assertTrue(0 < len(kept) < 5)
        losses = sorted((layer["loss_alone"] for layer in answer["layers"]), reverse=True)
        self.assertEqual(sorted((layer["loss_alone"] for layer in kept), reverse=True), losses[:len(kept)])
        cosines = self.cosines("net.onnx", "int8.onnx")
        self.assertAlmostEqual(sum(cosines) / len(cosines), answer["result"]["cosine_mean"], delta=1e-5)
        os.remove(self.path("int8.onnx"))
        refused = self.quantize("--min-cosine", "1", "--max-float", "1", code=1, says=("not written", "less than --min-cosine 1"))
        self.assertIn("conv2", refused.out)
        self.assertNotIn("int8.onnx", self.files())

    def test_made(self):
        """A whole network as exporters write them."""
        answer = self.quantize("--json", "--ranges", "entropy", "--min-cosine", "-1", model=made("mbf")).json()
        self.assertGreater(answer["result"]["cosine_mean"], 0.9)
        self.assertGreater(answer["bytes_before"], 3.4 * answer["bytes_after"])

    def test_real(self):
        """A network that knows faces, and faces: hardly anything is lost, also where the ranges were chosen on other faces."""
        model, crops = typed.real("models", "mobilefacenet_arcface.onnx"), typed.real("ref", "aligned")
        shutil.rmtree(self.path("people"))
        names = sorted(name for name in os.listdir(crops) if not name.startswith("scene_"))[:72]
        for i, name in enumerate(names):
            folder = self.path("people" if i < 48 else "others", name.rsplit("_", 1)[0])
            os.makedirs(folder, exist_ok=True)
            shutil.copy(os.path.join(crops, name), folder)
        answer = self.quantize("--json", "--ranges", "entropy", "--calibrate", "24", "--min-cosine", "0.98", "--max-loss", "100", model=model).json()
        self.assertGreater(answer["result"]["cosine_mean"], 0.98)
        self.assertEqual(answer["faces"]["used"], 48)
        embeddings = [[line["embedding"] for line in self.type("embed", "--aligned", "--model", name, "others").json_lines()]
                      for name in (model, "int8.onnx")]
        cosines = [sum(x * y for x, y in zip(a, b)) for a, b in zip(*embeddings)]
        self.assertEqual(len(cosines), 24)
        self.assertGreater(sum(cosines) / len(cosines), 0.975)


if __name__ == "__main__":
    typed.main()

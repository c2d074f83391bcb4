"""Files that are not what they should be: one line that names the file and says what is wrong with it, exit code 3, and nothing written."""
import os
import struct

import onnx_sketch as sketch
import typed
from typed import Typed, made, portraits


class Models(Typed):
    def refused(self, name, content, *words):
        """Every command that takes a model refuses this one in the same words."""
        path = self.write(name, content)
        self.write("in.npy", typed.png(1, 1))
        self.type("info", path, code=3, says=(name, *words))
        self.type("bench", path, code=3, says=(name, *words))
        self.type("embed", "--aligned", "--model", path, portraits()[0], "-o", "out", code=3, says=(name, *words))
        self.type("detect", "--detector", path, portraits()[0], "--draw", "out.png", code=3, says=(name, *words))
        self.assertNotIn("out", self.files())
        self.assertNotIn("out.png", self.files())

    def test_no_model_at_all(self):
        self.refused("empty.onnx", b"", "is empty")
        self.refused("page.onnx", "<!DOCTYPE html>\n<html><head><title>Not found</title></head></html>", "HTML page")
        self.refused("pointer.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 174383860\n", "Git LFS pointer")
        self.refused("packed.onnx", b"PK\3\4" + bytes(60), "zip archive")
        self.refused("text.onnx", '{"error": "no such model"}', "JSON")
        self.refused("noise.onnx", bytes((i * 97 + 30) % 256 for i in range(4000)), "no ONNX data")

    def test_truncated(self):
        with open(made("mbf"), "rb") as file:
            whole = file.read()
        for size in (1, 20, 1000, len(whole) // 2, len(whole) - 1):
            self.refused(f"cut{size}.onnx", whole[:size], "truncated")

    def test_not_a_file(self):
        os.mkdir(self.path("folder"))
        os.mkfifo(self.path("pipe"))
        for name, words in (("folder", "is a folder"), ("pipe", "not a regular file"), ("/dev/null", "not a regular file"),
                            ("nothing.onnx", "no such file"), ("./nothing.onnx", "No such file")):
            self.type("info", name, code=3, says=(name, words))
            self.type("embed", "--aligned", "--model", name, portraits()[0], code=3, says=(name, words))
            self.type("detect", "--detector", name, portraits()[0], code=3, says=(name, words))

    def broken(self, name, content, *words):
        """A file that can be read, and a network that cannot be run: info says what it can, then why not."""
        path = self.write(name, content)
        self.type("info", path, code=3, says=(name, *words))
        self.type("bench", path, "--seconds", "0.01", code=3, says=(name, *words))

    def test_graphs(self):
        node = sketch.node
        self.broken("unknown.onnx", sketch.model([node("Frobnicate", ["in"], ["out"], "node_17")]), "node_17", "Frobnicate", "not supported", "--operators")
        cycle = [node("Relu", ["b"], ["a"], "n1"), node("Relu", ["a"], ["b"], "n2"), node("Add", ["a", "in"], ["out"], "n3")]
        self.broken("cycle.onnx", sketch.model(cycle), "cycle", "n1")
        self.broken("dangling.onnx", sketch.model([node("Relu", ["nowhere"], ["out"], "n1")]), "n1", "nowhere")
        self.broken("old.onnx", sketch.model([node("Relu", ["in"], ["out"])], opset=6), "opset 6", "opsets 7 to ")
        self.broken("new.onnx", sketch.model([node("Relu", ["in"], ["out"])], opset=99), "opset 99", "opsets 7 to ")

    def test_shapes(self):
        convolution, ints = sketch.convolution, sketch.ints
        self.broken("kernel.onnx", convolution([ints("kernel_shape", [5, 5])]), "conv1", "kernel_shape")
        self.broken("channels.onnx", convolution(weights=sketch.tensor("w", [4, 7, 3, 3])), "conv1", "3 input channels")
        self.broken("stride.onnx", convolution([ints("strides", [0, 0])]), "conv1", "strides")
        self.broken("backwards.onnx", convolution([ints("strides", [-1, -1])]), "conv1", "-1")
        self.broken("padding.onnx", convolution([ints("pads", [1 << 40] * 4)]), "conv1", "pads")
        self.broken("wide.onnx", convolution(dims=(1, 3, 1 << 31, 1 << 31)), "too large")
        self.broken("large.onnx", convolution(dims=(1, 3, 100000, 100000)), "too large")
        self.broken("huge.onnx", convolution(weights=sketch.tensor("w", [1 << 40, 1 << 40, 3, 3], b"1234")), '"w"', "more elements than any memory")
        self.broken("negative.onnx", convolution(weights=sketch.tensor("w", [-4, 3, 3, 3], b"1234")), '"w"', "negative")
        self.broken("short.onnx", convolution(weights=sketch.tensor("w", [4, 3, 3, 3], b"1234")), '"w"', "432 bytes", "has 4")

    def test_external_data(self):
        for place in ("../secret", "/etc/passwd", "a/../../b"):
            self.broken("escape.onnx", sketch.convolution(weights=sketch.tensor("w", [4, 3, 3, 3], location=place)), place, "not a path below")
        outside = sketch.convolution(weights=sketch.tensor("w", [4, 3, 3, 3], location="weights.bin"))
        self.broken("missing.onnx", outside, "weights.bin", "is missing")
        self.write("weights.bin", bytes(431))
        self.broken("short.onnx", outside, '"w"', "432")
        self.write("weights.bin", bytes(432))
        self.type("info", self.write("whole.onnx", outside))

    def test_weights_that_are_no_numbers(self):
        for bad in ("nan", "inf"):
            weights = sketch.floats(float(bad), *[0.1] * 107)
            self.broken(f"{bad}.onnx", sketch.convolution(weights=sketch.tensor("w", [4, 3, 3, 3], weights)), "conv1", "NaN or infinity")

    def test_limits(self):
        model = made("mbf")
        for limit, words in (("macs=1e6", ("multiply-adds", "1000000")), ("file=1M", ("1048576",)), ("nodes=10", ("more than 10 nodes",)),
                             ("memory=64K", ("65536",))):
            self.type("bench", model, "--seconds", "0.01", "--limit", limit, code=3, says=("mbf.onnx", "--limit " + limit.split("=")[0], *words))
            self.type("bench", model, "--seconds", "0.01", code=3, says=("mbf.onnx", *words), environment={"CAMEO_LIMITS": limit})
            self.type("bench", model, "--seconds", "0.01", "--limit", "macs=1e12,file=1G,nodes=1000,memory=1G", environment={"CAMEO_LIMITS": limit})
        self.type("detect", *self.detector(), "--limit", "pixels=100", portraits()[0], code=3, says=("limit of 100 pixels", "--limit pixels"))
        self.type("detect", *self.detector(), "--limit", "picture=100", portraits()[0], code=3, says=("limit is 100", "--limit picture"))
        for wrong in ("macs", "macs=", "macs=-1", "macs=0", "macs=1X", "macs=1GG", "macs=1,", "work=1", "nodes=1e12", "=1", "macs=nan", ""):
            self.type("bench", model, "--limit", wrong, code=2, says=("--limit",))
        self.type("bench", model, code=2, says=("CAMEO_LIMITS", "work=1"), environment={"CAMEO_LIMITS": "work=1"})

    def test_limits_of_models_that_are_only_looked_at(self):
        with open(made("mbf"), "rb") as file:
            other = self.write("w600k_mbf.onnx", file.read())
        self.type("model", "verify", other, code=1, says=("not the published file",))
        self.type("model", "verify", other, code=1, says=["not the published file", "1048576"],
                  environment={"CAMEO_LIMITS": "file=1M"})
        self.type("model", "verify", other, code=2, says=("CAMEO_LIMITS", "work=1"), environment={"CAMEO_LIMITS": "work=1"})
        self.type("model", "pull", "w600k_mbf", code=2, says=("CAMEO_LIMITS", "work=1"), environment={"CAMEO_LIMITS": "work=1"})

    def test_wrong_kind(self):
        self.type("embed", "--model", made("scrfd_500m"), *self.detector(), portraits()[0], code=3, says=("scrfd_500m.onnx", "not a recognizer"))
        self.type("embed", "--aligned", "--model", made("scrfd_500m"), portraits()[0], code=3, says=("scrfd_500m.onnx", "not a recognizer"))
        self.type("compare", "--model", made("mbf"), "--detector", made("mbf"), *portraits()[:2], code=3, says=("mbf.onnx", "not a detector"))
        self.type("detect", "--detector", made("mbf"), portraits()[0], code=3, says=("mbf.onnx", "not a detector"))
        self.type("detect", "--detector", self.write("conv.onnx", sketch.convolution()), portraits()[0], code=3, says="conv.onnx")


class Pictures(Typed):
    def refused(self, name, content, *words):
        path = self.write(name, content)
        self.type("detect", *self.detector(), path, code=3, says=(name, *words))
        self.type("align", *self.detector(), path, "-o", "crops", code=3, says=(name, *words))
        self.embed(path, "-o", "faces.jsonl", code=3, says=(name, *words))
        self.type("compare", "--model", made("mbf"), *self.detector(), path, portraits()[0], code=3, says=(name, *words))
        self.assertNotIn("faces.jsonl", self.files())
        self.assertFalse(os.path.exists(self.path("crops")))

    def test_no_picture_at_all(self):
        self.refused("empty.jpg", b"", "is empty")
        self.refused("page.jpg", "<html><body>404</body></html>", "HTML page")
        self.refused("text.jpg", "hello", "no known kind of picture")
        self.refused("old.gif", b"GIF89a" + bytes(50), "GIF")
        self.refused("phone.heic", b"\0\0\0\x18ftypheic" + bytes(50), "HEIC")
        self.refused("scan.tif", b"II*\0" + bytes(50), "TIFF")

    def test_truncated(self):
        with open(portraits()[0], "rb") as file:
            jpeg = file.read()
        for size in (10, 400, len(jpeg) // 2, len(jpeg) - 300):
            self.refused(f"cut{size}.jpg", jpeg[:size], "cut short")
        rows = os.urandom(64 * (1 + 64 * 3))
        whole = typed.png(64, 64, b"".join(b"\0" + rows[i * 192:(i + 1) * 192] for i in range(64)))
        self.type("detect", *self.detector(), self.write("whole.png", whole))
        self.refused("cut.png", whole[:len(whole) // 2], "cut short")
        self.refused("cut.ppm", b"P6 64 64 255\n" + bytes(1000), "cut short")
        self.refused("cut.bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 0, 0, 0, 54, 40, 64, 64, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(900), "cut short")

    def test_headers_that_promise_too_much(self):
        for side in (60000, 2**31 - 1):
            self.refused(f"{side}.png", typed.png(side, side), f"{side}x{side}", "limit of 100000000 pixels")
        self.refused("huge.ppm", b"P6 60000 60000 255\n", "60000x60000", "limit")
        self.refused("huge.bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0), "60000x60000", "limit")
        self.refused("nothing.png", typed.png(0, 0), "0x0")

    def test_animated_webp(self):
        header = b"VP8X" + struct.pack("<I", 10) + bytes([2]) + bytes(3) + bytes([7, 0, 0, 7, 0, 0])
        animation = b"ANIM" + struct.pack("<I", 6) + bytes(6) + b"ANMF" + struct.pack("<I", 24) + bytes(24)
        body = b"WEBP" + header + animation
        self.refused("moving.webp", b"RIFF" + struct.pack("<I", len(body)) + body, "animated WebP")

    def test_smallest(self):
        for width, height in ((1, 1), (1, 3000), (3000, 1), (3, 2)):
            path = self.write(f"{width}x{height}.png", typed.plain_png(width, height))
            self.type("detect", "--detector", made("scrfd_500m"), path, code=1)

    def test_not_a_file(self):
        os.mkdir(self.path("folder"))
        os.mkfifo(self.path("pipe"))
        for name, words in (("pipe", "not a regular file"), ("/dev/zero", "not a regular file"), ("nothing.jpg", "No such file"), ("folder", "no picture")):
            self.type("detect", *self.detector(), name, code=3, says=(name, words))
            self.embed(name, code=3, says=(name, words))
        self.type("compare", "--model", made("mbf"), *self.detector(), "folder", portraits()[0], code=3, says=("folder", "is a folder"))

    def test_good_ones_are_not_lost(self):
        bad = self.write("bad.jpg", "hello")
        answer = self.embed(portraits()[0], bad, "missing.jpg", portraits()[1], code=3, says=["bad.jpg", "missing.jpg"])
        self.assertEqual([face["file"] for face in answer.json_lines()], [portraits()[0]] * 2 + [portraits()[1]] * 2)
        self.embed(portraits()[0], bad, "-o", "faces.npy", "--format", "npy", code=3, says="bad.jpg")
        self.assertEqual(self.files(), ["bad.jpg", "faces.npy", "faces.npy.jsonl"])
        matrix = self.type("compare", "--matrix", "--json", "--model", made("mbf"), *self.detector(), bad, *portraits(), code=3, says="bad.jpg").json()
        self.assertEqual(len(matrix["faces"]), 4)


class Arrays(Typed):
    def refused(self, name, content, *words):
        path = self.write(name, content)
        self.type("run", made("mbf"), path, "out.npy", code=3, says=(name, *words))
        self.assertNotIn("out.npy", self.files())

    @staticmethod
    def array(text, content=b""):
        header = text.encode() + b"\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content

    def test_arrays(self):
        self.refused("empty.npy", b"", "not a NumPy file")
        self.refused("text.npy", "hello, world", "not a NumPy file")
        self.refused("header.npy", b"\x93NUMPY\x01\x00\xff\xff{", "not a NumPy file")
        right = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 112, 112), }"
        self.refused("cut.npy", self.array(right, bytes(100)), "truncated")
        self.refused("long.npy", self.array(right, bytes(3 * 112 * 112 * 4 + 4)), "its shape wants")
        self.refused("half.npy", self.array(right.replace("<f4", "<f2"), bytes(3 * 112 * 112 * 2)), "'<f2'")
        self.refused("object.npy", self.array(right.replace("<f4", "|O"), bytes(8)), "'|O'")
        self.refused("fortran.npy", self.array(right.replace("False", "True"), bytes(3 * 112 * 112 * 4)), "Fortran")
        self.refused("shape.npy", self.array(right.replace("112, 112", "64, 64"), bytes(3 * 64 * 64 * 4)), "1x3x64x64", "?x3x112x112")
        self.refused("scalar.npy", self.array(right.replace("(1, 3, 112, 112)", "()"), bytes(4)), "scalar")
        self.refused("huge.npy", self.array(right.replace("(1,", "(99999999999,")), "truncated")
        self.refused("ragged.npy", self.array("{'descr': '<f4', 'shape': (1"), "malformed")
        self.type("run", made("mbf"), "missing.npy", "out.npy", code=3, says=("missing.npy", "No such file"))


if __name__ == "__main__":
    typed.main()

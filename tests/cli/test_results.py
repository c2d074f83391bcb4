"""What commands answer: the keys, forms and exit codes that programs behind a pipe rely on."""
import array
import csv
import io
import math
import os
import struct

import typed
from typed import Typed, made, portraits


def read_npy(path):
    """(shape, values) of a float32 array as numpy.save writes it."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    length = struct.unpack("<H", data[8:10])[0]
    header = data[10:10 + length].decode()
    assert "'descr': '<f4'" in header and "'fortran_order': False" in header and header.endswith("\n") and (10 + length) % 64 == 0, header
    shape = tuple(int(word) for word in header.split("(")[1].split(")")[0].split(",") if word.strip())
    values = array.array("f", data[10 + length:])
    assert len(values) == math.prod(shape), (shape, len(values))
    return shape, values


def write_npy(path, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + array.array("f", values).tobytes())


def cosine(a, b):
    return math.fsum(x * y for x, y in zip(a, b)) / math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))


class Detect(Typed):
    def test_json(self):
        answer = self.type("detect", *self.detector(), "--max-faces", "2", "--json", *portraits())
        lines = answer.json_lines()
        self.assertEqual([line["file"] for line in lines], portraits())
        for line in lines:
            self.assertEqual(list(line), ["file", "width", "height", "faces"])
            self.assertEqual((line["width"], line["height"], len(line["faces"])), (160, 160, 2))
            for face in line["faces"]:
                self.assertEqual(list(face), ["box", "score", "landmarks"])
                self.assertTrue(face["box"][0] < face["box"][2] and face["box"][1] < face["box"][3])
                self.assertEqual([len(point) for point in face["landmarks"]], [2] * 5)
            self.assertGreaterEqual(line["faces"][0]["score"], line["faces"][1]["score"])

    def test_text(self):
        answer = self.type("detect", *self.detector(), "--max-faces", "1", portraits()[0])
        self.assertEqual(answer.lines[0], f"{portraits()[0]}: 1 face")
        self.assertRegex(answer.lines[1], r"^  face 0: score \d\.\d{3}, box( -?\d+\.\d){4}$")

    def test_no_face_is_a_negative_answer(self):
        detector = ["--detector", made("scrfd_500m"), "--det-size", "128"]
        answer = self.type("detect", *detector, "--json", portraits()[0], code=1)
        self.assertEqual(answer.json()["faces"], [])
        self.type("align", *detector, portraits()[0], "-o", "crops", code=1, says="no face found")
        self.type("embed", *detector, "--model", made("mbf"), portraits()[0], code=1, says="no face found")
        self.type("compare", *detector, "--model", made("mbf"), *portraits()[:2], code=3, says=["no face found"] * 2)
        self.assertEqual(self.files(), [])

    def test_drawings(self):
        self.type("detect", *self.detector(), "--max-faces", "1", portraits()[0], "--draw", "one.png")
        self.type("detect", *self.detector(), "--max-faces", "1", *portraits(), "--draw", "several/")
        names = [os.path.basename(path) for path in portraits()]
        self.assertEqual(self.files(), ["one.png"] + [f"several/{name}" for name in names])
        for name in self.files():
            line = self.type("detect", *self.detector(), "--max-faces", "1", "--json", name).json()
            self.assertEqual((line["width"], line["height"]), (160, 160))
        with open(portraits()[0], "rb") as before, open(self.path("several", names[0]), "rb") as after:
            self.assertNotEqual(before.read(), after.read())

    def test_sizes_merge(self):
        def faces(size):
            return self.type("detect", *self.detector(), "--det-size", size, "--json", portraits()[0]).json()["faces"]
        together, once, repeated = faces("128,160"), faces("128"), self.type(
            "detect", *self.detector(), "--det-size", "160", "--json", portraits()[0]).json()["faces"]
        self.assertNotEqual(together, once)
        self.assertEqual(together, repeated)


class Align(Typed):
    def test_crops(self):
        answer = self.type("align", *self.detector(), "--max-faces", "2", *portraits()[:2], "-o", "a/b", "--json")
        lines = answer.json_lines()
        self.assertEqual([line["crop"] for line in lines], [f"a/b/person01_0{i}_{k}.png" for i in (1, 2) for k in (0, 1)])
        self.assertEqual(list(lines[0]), ["file", "face", "box", "score", "landmarks", "crop"])
        self.assertEqual(self.files(), sorted(line["crop"] for line in lines))
        crop = self.type("detect", *self.detector(), "--json", lines[0]["crop"]).json()
        self.assertEqual((crop["width"], crop["height"]), (112, 112))
        self.type("align", *self.detector(), "--max-faces", "1", portraits()[0], "-o", "large", "--size", "256")
        crop = self.type("detect", *self.detector(), "--json", "large/person01_01_0.png").json()
        self.assertEqual((crop["width"], crop["height"]), (256, 256))

    def test_crops_are_what_embed_embeds(self):
        self.type("align", *self.detector(), "--max-faces", "2", *portraits(), "-o", "crops")
        from_pictures = self.embed(*portraits()).json_lines()
        from_crops = self.type("embed", "--aligned", "--model", made("mbf"), "crops").json_lines()
        self.assertEqual([face["embedding"] for face in from_crops], [face["embedding"] for face in from_pictures])
        self.assertEqual(set(face["score"] for face in from_crops), {None})

    def test_detector_without_landmarks(self):
        detector = typed.real("models", "version-RFB-320.onnx")
        picture = typed.real("scenes", "biden.jpg")
        self.type("align", "--detector", detector, picture, "-o", "crops", code=3, says=("biden.jpg", "no landmarks"))
        self.type("embed", "--detector", detector, "--model", made("mbf"), picture, code=3, says=("biden.jpg", "landmarks"))
        self.assertEqual(self.type("detect", "--detector", detector, picture, "--json").json()["faces"][0]["landmarks"], None)


class Embed(Typed):
    def test_json(self):
        faces = self.embed(*portraits()).json_lines()
        self.assertEqual([(face["file"], face["face"]) for face in faces], [(path, i) for path in portraits() for i in (0, 1)])
        for face in faces:
            self.assertEqual(list(face), ["file", "face", "model", "box", "score", "landmarks", "norm", "embedding"])
            self.assertEqual((len(face["box"]), len(face["landmarks"]), len(face["embedding"])), (4, 5, 512))
            self.assertAlmostEqual(math.hypot(*face["embedding"]), 1, places=5)
            self.assertGreater(face["norm"], 1.5)

    def test_raw(self):
        for raw, scaled in zip(self.embed("--raw", portraits()[0]).json_lines(), self.embed(portraits()[0]).json_lines()):
            self.assertAlmostEqual(math.hypot(*raw["embedding"]) / raw["norm"], 1, places=5)
            self.assertEqual(raw["norm"], scaled["norm"])
            self.assertGreater(cosine(raw["embedding"], scaled["embedding"]), 0.999999)

    def test_forms_agree(self):
        faces = self.embed(*portraits()).json_lines()
        self.assertEqual(self.embed(*portraits(), "--json").json_lines(), faces)
        self.embed(*portraits(), "--format", "jsonl", "-o", "faces.jsonl")
        with open(self.path("faces.jsonl"), encoding="utf-8") as file:
            self.assertEqual([typed.strict_json(line) for line in file], faces)
        self.embed(*portraits(), "--format", "npy", "-o", "faces.npy")
        shape, values = read_npy(self.path("faces.npy"))
        self.assertEqual(shape, (8, 512))
        with open(self.path("faces.npy.jsonl"), encoding="utf-8") as file:
            rows = [typed.strict_json(line) for line in file]
        table = list(csv.DictReader(io.StringIO(self.embed(*portraits(), "--format", "csv").out)))
        self.assertEqual(len(table), 8)
        for i, face in enumerate(faces):
            self.assertEqual(rows[i], {key: value for key, value in face.items() if key != "embedding"})
            self.assertEqual([float(table[i][f"e{k}"]) for k in range(512)], face["embedding"])
            self.assertEqual([table[i]["file"], int(table[i]["face"]), float(table[i]["score"])], [face["file"], face["face"], face["score"]])
            self.assertEqual([float(table[i][key]) for key in ("x0", "y0", "x1", "y1")], face["box"])
            self.assertLess(max(abs(a - b) for a, b in zip(values[i * 512:(i + 1) * 512], face["embedding"])), 1e-7)

    def test_options_reach_the_networks(self):
        plain = self.embed(portraits()[0]).json_lines()
        for options in (["--mirror"], ["--color", "bgr"], ["--mean", "0"], ["--std", "64,64,64"]):
            changed = self.embed(portraits()[0], *options).json_lines()
            self.assertEqual(changed[0]["box"], plain[0]["box"])
            self.assertNotEqual(changed[0]["embedding"], plain[0]["embedding"], options)
        name = self.type("info", made("mbf"), "--json").json()["contract"]["output"]
        same = ["--input-size", "112x112", "--color", "rgb", "--mean", "127.5", "--std", "127.5", "--output-name", name]
        self.assertEqual(self.embed(portraits()[0], *same).json_lines(), plain)
        self.embed(portraits()[0], "--input-size", "224", code=3, says="fixed at 112")
        self.embed(portraits()[0], "--output-name", "nix", code=3, says="no output 'nix'")
        bgr = self.type("detect", *self.detector(), "--color", "bgr", "--json", portraits()[0]).json()
        self.assertNotEqual(bgr, self.type("detect", *self.detector(), "--json", portraits()[0]).json())
        few = self.type("detect", *self.detector(), "--nms", "0", portraits()[0]).lines
        many = self.type("detect", *self.detector(), "--nms", "1", portraits()[0]).lines
        self.assertLess(len(few), len(many))

    def test_rank(self):
        def area(face):
            return (face["box"][2] - face["box"][0] + 1) * (face["box"][3] - face["box"][1] + 1)
        faces = self.type("detect", *self.detector(), "--json", portraits()[0]).json()["faces"]
        largest = self.type("detect", *self.detector(), "--json", "--rank", "largest", "--max-faces", "1", portraits()[0]).json()["faces"]
        self.assertAlmostEqual(area(largest[0]), max(map(area, faces)), delta=area(largest[0]) * 1e-3)
        center = self.type("detect", *self.detector(), "--json", "--rank", "center", "--max-faces", "1", portraits()[0]).json()["faces"]
        distance = [math.hypot((f["box"][0] + f["box"][2]) / 2 - 80, (f["box"][1] + f["box"][3]) / 2 - 80) for f in center + faces]
        self.assertAlmostEqual(distance[0], min(distance), delta=0.6)
        self.type("detect", *self.detector(), "--rank", "central", portraits()[0])

    def test_tiers(self):
        """The same numbers but for rounding on every tier."""
        crops = ["embed", "--aligned", "--model", made("mbf"), *portraits()]
        best = self.type(*crops).json_lines()
        for tier in typed.TIERS:
            for face, wanted in zip(self.type(*crops, "--cpu", tier).json_lines(), best):
                self.assertGreater(cosine(face["embedding"], wanted["embedding"]), 0.99999, tier)


class Compare(Typed):
    def compare(self, *arguments, **options):
        return self.type("compare", "--model", made("mbf"), *self.detector(), *arguments, **options)

    def test_pair(self):
        same = self.compare(portraits()[0], portraits()[0], "--json")
        self.assertEqual(list(same.json()), ["similarity", "threshold", "same"])
        self.assertEqual((same.json()["threshold"], same.json()["same"]), (0.3, True))
        self.assertAlmostEqual(same.json()["similarity"], 1, places=6)
        other = self.compare(portraits()[0], portraits()[2], "--json", "--threshold", "1", code=1).json()
        self.assertEqual((other["threshold"], other["same"]), (1, False))
        self.assertIn(": the same person", self.compare(portraits()[0], portraits()[2], "--threshold", "-1").out)
        self.assertIn(": not the same person", self.compare(portraits()[0], portraits()[2], "--threshold", "1", code=1).out)

    def test_pair_is_the_cosine_of_the_best_faces(self):
        best = ["--max-faces", "1", "--rank", "central"]
        a, b = (self.embed(path, *best).json()["embedding"] for path in (portraits()[0], portraits()[2]))
        said = self.compare(portraits()[0], portraits()[2], "--json", "--threshold", "-1").json()["similarity"]
        self.assertAlmostEqual(said, cosine(a, b), places=5)

    def test_matrix(self):
        answer = self.compare("--matrix", "--json", "--draw", "m.png", *portraits()).json()
        self.assertEqual([face["file"] for face in answer["faces"]], portraits())
        for i in range(4):
            self.assertAlmostEqual(answer["similarity"][i][i], 1, places=6)
            for j in range(4):
                self.assertEqual(answer["similarity"][i][j], answer["similarity"][j][i])
        self.assertEqual(self.files(), ["m.png"])
        lines = self.compare("--matrix", *portraits()).lines
        self.assertEqual(len(lines), 4 + 1 + 1 + 4)
        crops = self.type("compare", "--aligned", "--matrix", "--json", "--model", made("mbf"), *portraits()).json()
        self.assertEqual(len(crops["similarity"]), 4)


class Models(Typed):
    def test_info(self):
        info = self.type("info", made("r18"), "--json", "--layers").json()
        self.assertEqual((info["family"], info["task"], info["known"], info["opset"]), ("arcface", "recognition", None, 11))
        self.assertEqual(info["contract"]["mean"] + info["contract"]["std"], [127.5] * 6)
        self.assertEqual((info["contract"]["width"], info["contract"]["height"], info["contract"]["dimension"]), (112, 112, 512))
        self.assertAlmostEqual(info["parameters"] / 1e6, 24.0, delta=0.1)
        self.assertEqual(info["macs"], sum(layer["macs"] for layer in info["layers"]))
        self.assertEqual(len(info["layers"]), info["plan"]["layers"])
        self.assertTrue(all(layer["kernel"] for layer in info["layers"]))
        self.assertLess(info["plan"]["activation_bytes"], info["plan"]["activation_bytes_unshared"])
        self.assertEqual(info["inputs"][0]["shape"], [None, 3, 112, 112])
        verdict = self.type("model", "verify", made("r18"), "--json", code=1, says="not a known model").json()
        self.assertEqual((info["sha256"], info["bytes"]), (verdict["sha256"], verdict["bytes"]))
        text = self.type("info", made("r18"), "--layers").out
        for word in ("sha256", info["sha256"], "24.0", "arcface", "GMAC", "arena", "112x112 RGB, (x - 127.5) / 127.5", "cameo_k_"):
            self.assertIn(word, text)

    def test_info_of_a_detector_of_any_size(self):
        small = self.type("info", made("scrfd_500m"), "--json", "--input-size", "320x256").json()
        large = self.type("info", made("scrfd_500m"), "--json").json()
        self.assertEqual((large["task"], large["family"], large["contract"]["width"]), ("detection", "scrfd", None))
        self.assertAlmostEqual(large["macs"] / small["macs"], 640 * 640 / (320 * 256), delta=0.01)

    def test_info_does_not_pass_over_options(self):
        self.type("info", made("mbf"), "--input-size", "10", code=3, says=("mbf.onnx", "fixed at 112"))
        self.type("info", made("mbf"), "--output-name", "nix", code=3, says=("mbf.onnx", "nix"))

    def test_operators(self):
        names = self.type("info", "--operators").lines
        self.assertEqual(names, sorted(names))
        self.assertTrue({"Conv", "BatchNormalization", "PRelu", "Gemm", "Resize"} <= set(names))
        self.assertEqual(self.type("info", "--operators", "--json").json(), names)

    def test_known_model(self):
        info = self.type("info", typed.real("models", "det_500m.onnx"), "--json").json()
        self.assertEqual((info["known"]["name"], info["known"]["commercial_use"]), ("det_500m.onnx", False))
        self.assertIn("non-commercial", info["known"]["license"])

    def test_bench(self):
        answer = self.type("bench", made("mbf"), "--json", "--layers", "--seconds", "0.05", "--batch", "3", "--threads", "2").json()
        self.assertEqual((answer["batch"], answer["threads"]), (3, 2))
        for key in ("median_ms", "faces_per_second", "gflops", "load_ms", "peak_memory_bytes"):
            self.assertGreater(answer[key], 0, key)
        self.assertGreaterEqual(answer["runs"], 3)
        self.assertAlmostEqual(answer["faces_per_second"], 3000 / answer["median_ms"], delta=answer["faces_per_second"] * 1e-3)
        self.assertAlmostEqual(sum(layer["share"] for layer in answer["layers"]), 1, places=3)
        text = self.type("bench", made("mbf"), "--seconds", "0.05").out
        for word in ("ms median", "faces/s", "GFLOP/s", "load", "MB at its peak"):
            self.assertIn(word, text)

    def test_run(self):
        values = [((i * 37) % 255 - 127) / 127.5 for i in range(2 * 3 * 112 * 112)]
        write_npy(self.path("in.npy"), (2, 3, 112, 112), values)
        self.type("run", made("mbf"), "in.npy", "both.npy")
        shape, both = read_npy(self.path("both.npy"))
        self.assertEqual(shape, (2, 512))
        write_npy(self.path("in.npy"), (1, 3, 112, 112), values[len(values) // 2:])
        self.type("run", made("mbf"), "in.npy", "second.npy")
        self.assertEqual(list(read_npy(self.path("second.npy"))[1]), list(both[512:]))
        out = self.type("run", made("mbf"), "in.npy", "-").bytes
        with open(self.path("second.npy"), "rb") as file:
            self.assertEqual(out, file.read())

    def test_run_names_outputs(self):
        write_npy(self.path("in.npy"), (1, 3, 64, 64), [0.0] * 3 * 64 * 64)
        outputs = [output["name"] for output in self.type("info", made("scrfd_500m"), "--json").json()["outputs"]]
        shapes = set()
        for name in outputs:
            self.type("run", made("scrfd_500m"), "in.npy", "out.npy", "--output", name)
            shapes.add(read_npy(self.path("out.npy"))[0])
        self.assertEqual(shapes, {(cells, width) for cells in (128, 32, 8) for width in (1, 4, 10)})
        self.type("run", made("scrfd_500m"), "in.npy", "out.npy", "--output", "nix", code=3, says="no output is called 'nix'")


if __name__ == "__main__":
    typed.main()

"""Networks of `cameo model make`, quantised by `cameo quantize`, in ONNX Runtime: it reads them, answers as this engine does, and, where every output is
rounded, computes with integers.

usage: check_quantized.py LIBRARY PROGRAM PORTRAITS
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

import binding
import oracle

# Name, and the least cosine between both engines' embeddings: they round sums differently, and a step more or less goes through all later layers.
ARCHITECTURES = [("r18", 0.999), ("mbf", 0.99), ("vit_t", 0.99), ("facenet", 0.99)]
PEOPLE = 9


def fused(path, folder):
    """How many nodes of each operator ONNX Runtime makes of the model."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = os.path.join(folder, "optimised.onnx")
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return collections.Counter(node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node)


def quantize(program, model, out, folder, *options):
    command = [program, "quantize", model, "--faces", os.path.join(folder, "people"), "--aligned", "-o", out, "--json", "--min-cosine", "-1",
               "--max-loss", "100", "--ranges", "percentile", *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def check(library, program, name, least, folder):
    """Sentences about what is wrong."""
    model, out = os.path.join(folder, name + ".onnx"), os.path.join(folder, name + ".int8.onnx")
    subprocess.run([program, "model", "make", name, "-o", model], check=True)
    answer = quantize(program, model, out, folder)
    onnx.checker.check_model(out, full_check=True)
    contract = json.loads(subprocess.run([program, "info", "--json", out], check=True, stdout=subprocess.PIPE, text=True).stdout)["contract"]
    random = numpy.random.default_rng(1)
    size = (1, 3, contract["height"], contract["width"])
    inputs = [numpy.clip(numpy.round(random.normal(127, 50, size)), 0, 255).astype(numpy.float32) for _ in range(2)]
    inputs = [((x - numpy.reshape(contract["mean"], (1, 3, 1, 1))) / numpy.reshape(contract["std"], (1, 3, 1, 1))).astype(numpy.float32) for x in inputs]
    tier = library.tiers()[-1]
    cosines = [oracle.cosine(library.run(out, [x], tier)[0][0], oracle.run(out, [x])[0]) for x in inputs]
    if min(cosines) < least:
        yield f"{name}: cosine {min(cosines):.5f} between the engines, wanted {least}"
    quantize(program, model, out, folder, "--every-output")
    kinds = fused(out, folder)
    convolutions = sum(layer["op"] == "Conv" for layer in answer["layers"])
    if kinds["QLinearConv"] < 0.8 * convolutions:
        yield f"{name}: of {convolutions} convolutions ONNX Runtime computes {kinds['QLinearConv']} with integers"
    print(f"{name}: cosine to float {answer['result']['cosine_mean']:.5f}, between engines {min(cosines):.5f}; {kinds['QLinearConv']} of {convolutions} "
          f"convolutions with integers, {os.path.getsize(model) / os.path.getsize(out):.2f} times smaller")


def main():
    library, program, portraits = binding.Library(sys.argv[1]), sys.argv[2], sys.argv[3]
    wanted = [row for row in ARCHITECTURES if len(sys.argv) < 5 or row[0] in sys.argv[4:]]
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([portraits, "-o", os.path.join(folder, "drawn"), "--people", str(PEOPLE), "--pictures", "2", "--size", "160"], check=True,
                       stdout=subprocess.DEVNULL)
        for person in range(1, PEOPLE + 1):
            os.makedirs(os.path.join(folder, "people", str(person)))
            for picture in (1, 2):
                file = f"person0{person}_0{picture}.jpg"
                os.rename(os.path.join(folder, "drawn", file), os.path.join(folder, "people", str(person), file))
        for name, least in wanted:
            wrong += check(library, program, name, least, folder)
    for sentence in wrong:
        print(sentence)
    print(f"{len(wanted)} networks: {len(wrong)} differences")
    sys.exit(1 if wrong or not wanted else 0)


main()

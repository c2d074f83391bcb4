"""Networks of `cameo model make` against ONNX Runtime: batch 1 and 3, every instruction set.

usage: check_made.py LIBRARY PROGRAM
"""
import os
import subprocess
import sys
import tempfile

import numpy

import binding
import oracle

# What takes seconds; larger ones repeat the same blocks.
ARCHITECTURES = ["r18", "mbf", "adaface_r18", "vit_t", "facenet", "edgeface_xs", "edgeface_s", "ghostfacenet", "scrfd_500m", "2d106", "1k3d68",
                 "genderage", "minifasnet_v2", "minifasnet_v1se"]
SIDES = {"facenet": 160, "scrfd_500m": 128, "2d106": 192, "1k3d68": 192, "genderage": 96, "minifasnet_v2": 80, "minifasnet_v1se": 80}
OF_BYTES = ["2d106", "1k3d68", "genderage", "minifasnet_v2", "minifasnet_v1se"]  # these take pixels in 0..255


def pictures(model, batch, random):
    """Smooth pictures with some noise, as the network's input wants them."""
    side = SIDES.get(model, 112)
    batch = 1 if model.startswith("scrfd") else batch
    waves = numpy.sin(numpy.arange(side) * random.uniform(0.02, 0.2, (batch, 3, 1, 1)) + random.uniform(0, 6, (batch, 3, side, 1)) * 0.2)
    x = (0.6 * waves + 0.2 * random.standard_normal((batch, 3, side, side))).astype(numpy.float32)
    return numpy.clip(numpy.round(x * 127.5 + 127.5), 0, 255).astype(numpy.float32) if model in OF_BYTES else x


def main():
    library, program = binding.Library(sys.argv[1]), sys.argv[2]
    tiers = library.tiers()
    random = numpy.random.default_rng(1)
    checked, wrong = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for model in ARCHITECTURES:
            path = os.path.join(folder, model + ".onnx")
            subprocess.run([program, "model", "make", model, "-o", path], check=True)
            for batch in [1, 3]:
                x = pictures(model, batch, random)
                wanted = oracle.run(path, [x])
                for tier in tiers:
                    wrong += [f"{model}, batch {batch}, {tier}, {sentence}" for sentence in oracle.compare(library, path, [x], wanted, tier)]
                checked += 1
            print(f"{model}: {len(wanted)} outputs, numbers up to {max(float(numpy.abs(w).max()) for w in wanted):.3g}")
            os.remove(path)
    for sentence in wrong:
        print(sentence)
    print(f"{checked} runs under {', '.join(tiers)}: {len(wrong)} differences")
    sys.exit(1 if wrong or not checked else 0)


main()

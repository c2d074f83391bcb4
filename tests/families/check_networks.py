"""Whole face networks (networks.py) against ONNX Runtime: batch 1 and 3, every instruction set; and the same bits for three threads as for one, and
for a picture in a batch as alone.

usage: check_networks.py LIBRARY
"""
import sys

import numpy

import binding
import networks
import oracle


def same_bits(library, model, inputs, tier):
    """Sentences about outputs that depend on the threads or on the batch."""
    one, three = [library.run(model, inputs, tier, threads)[0] for threads in (1, 3)]
    alone = library.run(model, [array[:1] for array in inputs], tier)[0]
    wrong = [f"output {i} depends on the threads" for i in range(len(one)) if not numpy.array_equal(one[i], three[i])]
    return wrong + [f"output {i} depends on the batch" for i in range(len(one)) if not numpy.array_equal(one[i][:1], alone[i])]


def main():
    library = binding.Library(sys.argv[1])
    tiers = library.tiers()
    checked, wrong = 0, []
    for generate in networks.NETWORKS:
        for batch in [1, 3]:
            for name, s in generate(batch):
                model = s.model()
                wanted = oracle.run(model, s.fed)
                for tier in tiers:
                    found = oracle.compare(library, model, s.fed, wanted, tier)
                    found += same_bits(library, model, s.fed, tier) if batch > 1 else []
                    wrong += [f"{name}, batch {batch}, {tier}, {sentence}" for sentence in found]
                checked += 1
                if batch == 3:
                    print(f"{name}: {len(s.nodes)} nodes, {len(wanted)} outputs, numbers up to {max(float(numpy.abs(w).max()) for w in wanted):.3g}")
    for sentence in wrong:
        print(sentence)
    print(f"{checked} networks under {', '.join(tiers)}: {len(wrong)} differences")
    sys.exit(1 if wrong or not checked else 0)


main()

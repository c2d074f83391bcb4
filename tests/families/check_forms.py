"""Forms of operators (forms.py) against ONNX Runtime, under every instruction set.

usage: check_forms.py LIBRARY
"""
import sys

import binding
import forms
import oracle
import sketch


def answer(model, inputs):
    """ONNX Runtime's outputs; None where it does not run this form."""
    try:
        return oracle.run(model, inputs)
    except Exception as refusal:  # its classes are not part of its interface
        print(f"not compared, ONNX Runtime says: {str(refusal).splitlines()[0]}")
        return None


def describe(s):
    node = s.nodes[-1]
    attributes = ", ".join(f"{a.name}={list(a.ints) or a.s.decode() or a.f or a.i}" for a in node.attribute)
    return f"{node.op_type}({attributes})"


def main():
    library = binding.Library(sys.argv[1])
    tiers = library.tiers()
    checked, wrong = 0, []
    for name, opsets, generate in forms.FORMS:
        before = checked
        for opset in opsets:
            seeds = iter(range(1, 100000))
            for s in generate(lambda: sketch.Sketch(opset, next(seeds))):
                model = s.model()
                wanted = answer(model, s.fed)
                for tier in tiers if wanted is not None else []:
                    found = oracle.compare(library, model, s.fed, wanted, tier, getattr(s, "most_layers", None))
                    wrong += [f"{name} {describe(s)}, opset {opset}, {tier}, {sentence}" for sentence in found]
                checked += wanted is not None
        print(f"{name}: {checked - before} graphs")
    for sentence in wrong:
        print(sentence)
    print(f"{checked} graphs under {', '.join(tiers)}: {len(wrong)} differences")
    sys.exit(1 if wrong or not checked else 0)


main()

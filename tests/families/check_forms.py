"""Forms of operators (forms.py) against ONNX Runtime, under every instruction set.

usage: check_forms.py LIBRARY
"""
import sys

import numpy
import onnxruntime

import binding
import forms
import sketch

RELATIVE, ABSOLUTE = 1e-3, 1e-5


def oracle(model, inputs):
    """ONNX Runtime's outputs; None where it does not run this form."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return session.run(None, {about.name: array for about, array in zip(session.get_inputs(), inputs)})
    except Exception as refusal:  # its classes are not part of its interface
        print(f"not compared, ONNX Runtime says: {str(refusal).splitlines()[0]}")
        return None


def difference(got, wanted):
    """What is wrong, or None."""
    if got.shape != wanted.shape:
        return f"shape {got.shape}, wanted {wanted.shape}"
    scale = float(numpy.max(numpy.abs(wanted[numpy.isfinite(wanted)]), initial=0.0))
    if numpy.allclose(got, wanted, rtol=RELATIVE, atol=ABSOLUTE * max(scale, 1.0), equal_nan=True):
        return None
    at = numpy.unravel_index(numpy.nanargmax(numpy.abs(got - wanted)), wanted.shape)
    return f"element {[int(i) for i in at]} is {got[at]:.7g}, wanted {wanted[at]:.7g}"


def check(library, tiers, s, name):
    """Sentences about what is wrong with one graph."""
    model = s.model()
    wanted = oracle(model, s.fed)
    wrong = []
    if wanted is None:
        return wrong
    for tier in tiers:
        try:
            got, layers = library.run(model, s.fed, tier)
        except binding.Refused as refusal:
            return [f"{name}: {refusal}"]
        for i, (one, other) in enumerate(zip(got, wanted)):
            difference_found = difference(one, numpy.asarray(other, numpy.float32))
            if difference_found:
                wrong.append(f"{name}, {tier}, output {i}: {difference_found}")
        if layers > getattr(s, "most_layers", layers):
            wrong.append(f"{name}: {layers} layers are run, wanted are {s.most_layers} at most")
    return wrong


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
                wrong += check(library, tiers, s, f"{name} {describe(s)}, opset {opset}")
                checked += 1
        print(f"{name}: {checked - before} graphs")
    for sentence in wrong:
        print(sentence)
    print(f"{checked} graphs under {', '.join(tiers)}: {len(wrong)} differences")
    sys.exit(1 if wrong or not checked else 0)


main()

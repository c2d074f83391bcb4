"""ONNX Runtime's answer, and how far another one is from it."""
import numpy
import onnxruntime

import binding

RELATIVE, ABSOLUTE = 1e-3, 1e-5
# Where large weights are kept as half floats: of the largest element, and as a cosine.
HALVES_ABSOLUTE, HALVES_COSINE = 4e-3, 0.99999


def run(model, inputs):
    """Outputs for a list of arrays; whatever ONNX Runtime raises goes to the caller."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {about.name: array for about, array in zip(session.get_inputs(), inputs)})


def cosine(a, b):
    a, b = a.ravel().astype(numpy.float64), b.ravel().astype(numpy.float64)
    return float(a @ b / numpy.sqrt((a @ a) * (b @ b)))


def difference(got, wanted, halves):
    """What is wrong, or None: elements may be apart by RELATIVE of themselves, or by ABSOLUTE of the largest; other bounds with half floats."""
    if got.shape != wanted.shape:
        return f"shape {got.shape}, wanted {wanted.shape}"
    scale = float(numpy.max(numpy.abs(wanted[numpy.isfinite(wanted)]), initial=0.0))
    absolute = HALVES_ABSOLUTE * scale if halves else ABSOLUTE * max(scale, 1.0)
    if numpy.allclose(got, wanted, rtol=RELATIVE, atol=absolute, equal_nan=True) and (not halves or cosine(got, wanted) >= HALVES_COSINE):
        return None
    at = numpy.unravel_index(numpy.nanargmax(numpy.abs(got - wanted)), wanted.shape)
    return f"element {[int(i) for i in at]} is {got[at]:.7g}, wanted {wanted[at]:.7g}"


def compare(library, model, inputs, wanted, tier, most_layers=None):
    """Sentences about what is wrong with the library's outputs under one instruction set."""
    try:
        got, layers, halves = library.run(model, inputs, tier)
    except binding.Refused as refusal:
        return [str(refusal)]
    found = [(i, difference(one, numpy.asarray(other, numpy.float32), halves)) for i, (one, other) in enumerate(zip(got, wanted))]
    wrong = [f"output {i}: {sentence}" for i, sentence in found if sentence]
    if most_layers is not None and layers > most_layers:
        wrong.append(f"{layers} layers are run, wanted are {most_layers} at most")
    return wrong

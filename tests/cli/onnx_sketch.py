"""Writes small ONNX files, also such as no exporter would write. Field numbers: onnx.proto of ONNX 1.13."""
import struct

FLOAT, INT64 = 1, 7


def _varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytearray([number]))


def number(field, value):
    return _varint(field << 3) + _varint(value)


def data(field, value):
    if isinstance(value, str):
        value = value.encode()
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def ints(name, values):
    """An attribute that is a list of whole numbers."""
    return data(1, name) + b"".join(number(8, value) for value in values) + number(20, 7)


def node(operator, inputs, outputs, name="", attributes=()):
    return (b"".join(data(1, value) for value in inputs) + b"".join(data(2, value) for value in outputs) + data(3, name) + data(4, operator) +
            b"".join(data(5, attribute) for attribute in attributes))


def tensor(name, dims, raw=None, kind=FLOAT, location=None):
    """raw None: zeroes of the right size. location: the data lie in that file."""
    count = 1
    for dim in dims:
        count *= dim
    message = b"".join(number(1, dim) for dim in dims) + number(2, kind) + data(8, name)
    if location is not None:
        return message + data(13, data(1, "location") + data(2, location)) + number(14, 1)
    return message + data(9, bytes(count * (4 if kind == FLOAT else 8)) if raw is None else raw)


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def value(name, dims):
    """A float32 input or output; names among the dims stay open."""
    shape = b"".join(data(1, data(2, dim) if isinstance(dim, str) else number(1, dim)) for dim in dims)
    return data(1, name) + data(2, data(1, number(1, FLOAT) + data(2, shape)))


def model(nodes, initializers=(), dims=(1, 3, 8, 8), output="out", opset=11):
    """One input "in", one output."""
    graph = (b"".join(data(1, one) for one in nodes) + data(2, "sketch") + b"".join(data(5, one) for one in initializers) +
             data(11, value("in", dims)) + data(12, value(output, ["a", "b", "c", "d"])))
    return number(1, 7) + data(7, graph) + data(8, data(1, "") + number(2, opset))


def convolution(attributes=(), weights=None, **options):
    """One 3x3 convolution, 3 -> 4 channels."""
    weights = tensor("w", [4, 3, 3, 3]) if weights is None else weights
    return model([node("Conv", ["in", "w"], ["out"], "conv1", attributes)], [weights], **options)

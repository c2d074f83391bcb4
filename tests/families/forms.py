"""Forms of operators as exporters write them, one small graph each. Operators stand behind a convolution where layouts matter: what it computes
lies channels last, and every operator must see the picture as ONNX means it."""
import itertools

import numpy
import onnx

FORMS = []


def form(*opsets):
    """Registers a generator of graphs: it is called with a function that starts a sketch, for each opset."""
    def register(function):
        FORMS.append((function.__name__, opsets or (13,), function))
        return function
    return register


def picture(s, channels=6, height=7, width=5, batch=2):
    """What a convolution computes."""
    x = s.input(batch, 3, height, width)
    return s.op("Conv", x, s.weights(channels, 3, 3, 3), s.weights(channels, scale=0.5), pads=[1, 1, 1, 1])


@form(11)
def convolutions(start):
    cases = [dict(), dict(strides=[2, 3]), dict(pads=[1, 0, 2, 1]), dict(dilations=[2, 1], pads=[2, 1, 2, 1]), dict(auto_pad="SAME_UPPER", strides=[2, 2]),
             dict(auto_pad="SAME_LOWER", strides=[2, 2]), dict(auto_pad="VALID"), dict(kernel_shape=[3, 3], strides=[1, 2], pads=[0, 1, 0, 1])]
    for case, group, outputs in itertools.product(cases, [1, 3, 6], [6, 12]):
        s = start()
        x = s.input(2, 6, 9, 8)
        s.output(s.op("Conv", x, s.weights(outputs, 6 // group, 3, 3), s.weights(outputs), group=group, **case))
        yield s
    for group, case in itertools.product([1, 2], [dict(), dict(strides=[2], pads=[1, 2]), dict(dilations=[2], auto_pad="SAME_UPPER")]):
        s = start()
        s.output(s.op("Conv", s.input(2, 4, 11), s.weights(6, 4 // group, 3), group=group, **case))
        yield s
    for group, case in itertools.product([1, 2], [dict(), dict(strides=[2, 1, 2], pads=[1, 2, 0, 1, 0, 2]), dict(dilations=[2, 1, 1], pads=[1] * 6)]):
        s = start()
        s.output(s.op("Conv", s.input(2, 4, 6, 7, 5), s.weights(6, 4 // group, 3, 2, 3), s.weights(6), group=group, **case))
        yield s


@form(11)
def transposed_convolutions(start):
    cases = [dict(), dict(strides=[2, 2]), dict(strides=[2, 3], pads=[1, 0, 1, 2]), dict(strides=[2, 2], output_padding=[1, 1], pads=[1, 1, 1, 1]),
             dict(dilations=[2, 2]), dict(dilations=[1, 2], strides=[3, 2], pads=[2, 2, 2, 1]), dict(pads=[2, 2, 2, 2]),
             dict(auto_pad="VALID", strides=[2, 2])]
    for case, group in itertools.product(cases, [1, 2]):
        s = start()
        s.output(s.op("ConvTranspose", s.input(2, 4, 5, 6), s.weights(4, 6 // group, 3, 3), s.weights(6), group=group, **case))
        yield s
    s = start()
    s.output(s.op("ConvTranspose", s.input(2, 4, 7), s.weights(4, 3, 4), strides=[2], pads=[1, 1]))
    yield s
    s = start()
    s.output(s.op("ConvTranspose", s.input(1, 4, 3, 4, 5), s.weights(4, 3, 2, 3, 2), strides=[2, 1, 2], pads=[1, 1, 0, 0, 1, 1]))
    yield s


@form(12, 19)
def pooling(start):
    cases = [dict(kernel_shape=[2, 2], strides=[2, 2]), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
             dict(kernel_shape=[3, 2], strides=[2, 3], ceil_mode=1), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]),
             dict(kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[2, 2]), dict(kernel_shape=[2, 2], auto_pad="SAME_LOWER")]
    for case, kind in itertools.product(cases, ["MaxPool", "AveragePool"]):
        s = start()
        s.output(s.op(kind, picture(s, height=9, width=8), **case))
        yield s
        if kind == "AveragePool" and "pads" in case:
            s = start()
            s.output(s.op(kind, picture(s), count_include_pad=1, **case))
            yield s
    for kind in ["MaxPool", "AveragePool"]:
        s = start()
        s.output(s.op(kind, s.input(2, 3, 9), kernel_shape=[3], strides=[2], pads=[1, 1]))
        yield s
        s = start()
        s.output(s.op(kind, s.input(2, 3, 6, 7, 5), kernel_shape=[2, 3, 2], strides=[2, 1, 2], pads=[1, 1, 0, 0, 1, 1]))
        yield s
    s = start()
    s.output(s.op("MaxPool", picture(s, height=9, width=9), kernel_shape=[3, 3], dilations=[2, 2], pads=[1, 1, 1, 1]))
    yield s
    for kind, shape in itertools.product(["GlobalMaxPool", "GlobalAveragePool"], [(2, 3, 9), (2, 3, 5, 7), (2, 3, 4, 5, 3)]):
        s = start()
        s.output(s.op(kind, s.input(*shape)))
        yield s


@form(9, 15)
def batch_normalization(start):
    for shape in [(4, 6), (4, 6, 5), (2, 6, 4, 5), (2, 6, 3, 4, 2)]:
        s = start()
        s.output(s.op("BatchNormalization", s.input(*shape), s.weights(6), s.weights(6), s.weights(6), s.weights(6, scale=0.1, offset=1.0)))
        yield s


@form(13)
def other_normalizations(start):
    for shape in [(2, 6, 9), (2, 6, 4, 5), (2, 6, 3, 4, 2)]:
        s = start()
        s.output(s.op("InstanceNormalization", s.input(*shape), s.weights(6), s.weights(6), epsilon=1e-3))
        yield s
    s = start()
    s.output(s.op("InstanceNormalization", picture(s), s.weights(6), s.weights(6)))
    yield s
    for axis, p in itertools.product([1, -1], [1, 2]):
        s = start()
        s.output(s.op("LpNormalization", s.input(3, 8), axis=axis, p=p))
        yield s
    s = start()
    s.output(s.op("LpNormalization", picture(s), axis=1, p=2))
    yield s


@form(17)
def layer_normalization(start):
    for axis, shape in [(-1, (2, 5, 8)), (2, (2, 5, 8)), (1, (2, 5, 8)), (-1, (4, 8))]:
        s = start()
        tail = shape[axis:]
        s.output(s.op("LayerNormalization", s.input(*shape), s.weights(*tail), s.weights(*tail), axis=axis, epsilon=1e-6))
        yield s
    s = start()
    s.output(s.op("LayerNormalization", s.input(2, 5, 8), s.weights(8)))
    yield s
    s = start()
    nhwc = s.op("Transpose", picture(s), perm=[0, 2, 3, 1])
    s.output(s.op("Transpose", s.op("LayerNormalization", nhwc, s.weights(6), s.weights(6)), perm=[0, 3, 1, 2]))
    yield s


@form(11)
def gemm(start):
    third = {"none": None, "scalar": (1,), "row": (5,), "rows": (1, 5), "column": (3, 1), "matrix": (3, 5)}
    for (kind, shape), trans_a, trans_b in itertools.product(third.items(), [0, 1], [0, 1]):
        for computed in [False, True]:
            s = start()
            x = s.input(*((4, 3) if trans_a else (3, 4)))
            y = (s.input if computed else s.weights)(*((5, 4) if trans_b else (4, 5)))
            c = [] if shape is None else [(s.input if computed and kind == "matrix" else s.weights)(*shape)]
            s.output(s.op("Gemm", x, y, *c, alpha=0.5, beta=2.0, transA=trans_a, transB=trans_b))
            yield s


@form(13)
def matrix_products(start):
    shapes = [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((2, 3, 4), (1, 4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)),
              ((2, 2, 3, 4), (2, 2, 4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4,)), ((4,), (2, 4, 5))]
    for (a, b), constant in itertools.product(shapes, ["none", "left", "right"]):
        s = start()
        x = (s.weights if constant == "left" else s.input)(*a)
        s.output(s.op("MatMul", x, (s.weights if constant == "right" else s.input)(*b)))
        yield s


BROADCAST = [(), (1,), (5,), (7, 1), (6, 1, 1), (1, 6, 1, 1), (2, 1, 1, 1), (2, 1, 7, 1), (1, 6, 7, 1), (2, 6, 1, 1), (1, 1, 1, 5), (2, 6, 7, 5)]


@form(13)
def broadcasting(start):
    for shape, kind, constant, swapped in itertools.product(BROADCAST, ["Add", "Sub", "Mul", "Div", "Max", "Min"], [True, False], [True, False]):
        s = start()
        x = s.op("Exp", picture(s)) if kind == "Div" else picture(s)
        y = s.constant(s.numbers(*shape, offset=3.0)) if constant else s.input(*shape, offset=3.0)
        s.output(s.op(kind, *((y, x) if swapped else (x, y))))
        yield s
    for shapes in [[(3, 1), (1, 4)], [(2, 1, 4), (3, 1)], [(2, 3), (2, 3), (1, 3)], [(4,), (3, 4), (2, 1, 1)]]:
        for kind in ["Max", "Min", "Sum", "Mean"]:
            s = start()
            s.output(s.op(kind, *[s.input(*shape) for shape in shapes]))
            yield s
    for exponent in [2.0, 0.5, 3.0, -1.0]:
        s = start()
        s.output(s.op("Pow", s.op("Abs", s.input(2, 3, 4)), s.constant(numpy.float32(exponent))))
        yield s


@form(20)
def elementwise(start):
    plain = ["Abs", "Ceil", "Cos", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Neg", "Reciprocal", "Relu",
             "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Tanh", "Celu", "Identity"]
    for kind in plain:
        s = start()
        s.output(s.op(kind, picture(s)))
        yield s
    for kind in ["Log", "Sqrt"]:
        s = start()
        s.output(s.op(kind, s.op("Abs", picture(s))))
        yield s
    for kind, attributes in [("LeakyRelu", dict(alpha=0.2)), ("HardSigmoid", dict(alpha=1 / 6, beta=0.4)), ("Elu", dict(alpha=0.5)),
                             ("Celu", dict(alpha=2.0)), ("Gelu", dict(approximate="tanh"))]:
        s = start()
        s.output(s.op(kind, picture(s), **attributes))
        yield s


@form(9, 16)
def prelu(start):
    for shape in [(6, 1, 1), (1, 6, 1, 1), (1,), (1, 1, 1), (5,), (6, 7, 5), (1, 6, 7, 5)]:
        s = start()
        s.output(s.op("PRelu", picture(s), s.weights(*shape, scale=0.3)))
        yield s
    for shape, slope in [((4, 6), (6,)), ((2, 6, 5), (6, 1)), ((2, 6, 5), (1,))]:
        s = start()
        s.output(s.op("PRelu", s.input(*shape), s.weights(*slope, scale=0.3)))
        yield s


@form(11)
def clip(start):
    bounds = [(None, None), (0.0, 6.0), (None, 0.5), (-0.5, None)]
    for low, high in bounds:
        s = start()
        s.output(s.op("Clip", picture(s), *[None if b is None else s.constant(numpy.float32(b)) for b in (low, high)]))
        yield s
    s = start()
    s.output(s.op("Clip", picture(s), s.op("ReduceMin", s.input(3), keepdims=0), s.op("ReduceMax", s.input(3), keepdims=0)))
    yield s


@form(7, 10)
def clip_attributes(start):
    s = start()
    s.output(s.op("Clip", picture(s), min=0.0, max=6.0))
    yield s


@form(11, 13)
def softmax(start):
    for kind, axis, shape in itertools.product(["Softmax", "LogSoftmax"], [0, 1, 2, -1, None], [(2, 3, 4, 5), (3, 4, 6)]):
        s = start()
        s.output(s.op(kind, s.input(*shape, scale=3.0), **({} if axis is None else {"axis": axis})))
        yield s
    for axis in [1, 2, 3]:
        s = start()
        s.output(s.op("Softmax", picture(s), axis=axis))
        yield s


@form(11, 13, 18)
def reductions(start):
    kinds = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"]
    for kind, axes, keep in itertools.product(kinds, [None, [1], [-1], [2, 3], [1, 2, 3], [0, -2]], [0, 1]):
        s = start()
        x = s.op("Abs", picture(s))
        as_input = s.opset >= 18 or (kind == "Sum" and s.opset >= 13)
        if axes is None:
            s.output(s.op("Reduce" + kind, x, keepdims=keep))
        elif as_input:
            s.output(s.op("Reduce" + kind, x, s.constant(axes), keepdims=keep))
        else:
            s.output(s.op("Reduce" + kind, x, axes=axes, keepdims=keep))
        yield s


@form(11, 14)
def reshaping(start):
    for shape in [[2, -1], [0, -1], [-1, 6, 35], [0, 0, 35], [5, 7, 6, 2], [-1]]:
        s = start()
        s.output(s.op("Reshape", picture(s), s.constant(shape)))
        yield s
    for axis in [0, 1, 2, 3, 4, -1]:
        s = start()
        s.output(s.op("Flatten", picture(s), axis=axis))
        yield s
    for perm in itertools.permutations(range(4)):
        s = start()
        s.output(s.op("Transpose", picture(s), perm=list(perm)))
        yield s
    for perm in [(0, 2, 3, 1), (0, 3, 1, 2), (2, 0, 1, 3)]:
        s = start()
        x = s.op("Transpose", picture(s), perm=list(perm))
        s.output(s.op("Relu", s.op("Transpose", x, perm=[int(i) for i in numpy.argsort(perm)])))
        yield s
    for axis in [0, 1, 2, 3, -1]:
        s = start()
        x = picture(s)
        s.output(s.op("Concat", x, s.op("Relu", x), s.constant(s.numbers(2, 6, 7, 5)), axis=axis))
        yield s


@form(11)
def slices(start):
    cases = [([0], [1], None, None), ([1, 2], [5, 4], [1, 3], None), ([-1], [-10 ** 9], [1], [-1]), ([0, 0], [10 ** 9, -1], [-2, -1], [2, 1]),
             ([5, 6], [0, -10], [1, 2], [-2, -3]), ([-3], [2 ** 31 - 1], [3], None)]
    for starts, ends, axes, steps in cases:
        s = start()
        s.output(s.op("Slice", picture(s), s.constant(starts), s.constant(ends), None if axes is None else s.constant(axes),
                      *([] if steps is None else [s.constant(steps)])))
        yield s
    for axis, parts in [(1, [2, 4]), (3, [1, 1, 3]), (-2, [3, 4])]:
        s = start()
        outputs = s.op("Split", picture(s), outputs=len(parts), axis=axis, split=parts)
        s.output(*outputs)
        yield s
    for axis, indices in [(1, [0, -1, 3]), (0, 1), (-1, [[0, 1], [4, 2]]), (2, [[-1]])]:
        s = start()
        s.output(s.op("Gather", picture(s), s.constant(numpy.asarray(indices)), axis=axis))
        yield s
    for shape in [[2, 6, 7, 5], [3, 1, 6, 7, 5], [1]]:
        s = start()
        s.output(s.op("Expand", s.input(1, 6, 1, 5), s.constant(shape)))
        yield s
    s = start()
    s.output(s.op("Tile", picture(s), s.constant([2, 1, 3, 2])))
    yield s
    for mode in ["DCR", "CRD"]:
        s = start()
        s.output(s.op("DepthToSpace", picture(s, channels=12), blocksize=2, mode=mode))
        yield s
    s = start()
    s.output(s.op("SpaceToDepth", picture(s, height=6, width=8), blocksize=2))
    yield s


@form(11, 18)
def padding(start):
    for mode, pads in itertools.product(["constant", "edge", "reflect"], [[0, 0, 1, 2, 0, 0, 2, 1], [0, 1, 0, 1, 0, 2, 3, 0], [0, 0, -1, 1, 0, 0, 2, -2]]):
        s = start()
        value = [s.constant(numpy.float32(0.5))] if mode == "constant" else []
        s.output(s.op("Pad", picture(s), s.constant(pads), *value, mode=mode))
        yield s


@form(2 + 7)
def old_forms(start):
    s = start()
    s.output(s.op("Pad", picture(s), pads=[0, 0, 1, 1, 0, 0, 2, 0], value=1.5))
    yield s
    s = start()
    s.output(s.op("Slice", picture(s), starts=[1, 0], ends=[5, -1], axes=[1, 3]))
    yield s
    for mode in ["nearest", "linear"]:
        s = start()
        s.output(s.op("Upsample", picture(s), s.constant(numpy.float32([1, 1, 2, 3])), mode=mode))
        yield s
    s = start()
    s.output(s.op("Squeeze", s.op("Unsqueeze", picture(s), axes=[0, 5]), axes=[0]))
    yield s
    s = start()
    s.output(s.op("Dropout", picture(s), ratio=0.5))
    yield s


@form(10)
def resize_10(start):
    for scales in [[1, 1, 2, 2], [1, 1, 0.6, 0.5]]:
        s = start()
        s.output(s.op("Resize", picture(s), s.constant(numpy.float32(scales)), mode="linear"))
        yield s


@form(11, 13, 19)
def resize(start):
    coordinates = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
    for coordinate, mode, size in itertools.product(coordinates, ["nearest", "linear", "cubic"], [(14, 10), (13, 4), (3, 9)]):
        for rounding in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] if mode == "nearest" else [None]:
            s = start()
            attributes = {} if rounding is None else {"nearest_mode": rounding}
            s.output(s.op("Resize", picture(s), s.constant(numpy.float32([])), s.constant(numpy.float32([])), s.constant([2, 6, *size]), mode=mode,
                          coordinate_transformation_mode=coordinate, **attributes))
            yield s
    for mode, scales in itertools.product(["nearest", "linear"], [[1, 1, 2, 2], [1, 1, 3, 1]]):
        s = start()
        empty, scales = s.constant(numpy.float32([])), s.constant(numpy.float32(scales))
        s.output(s.op("Resize", picture(s), empty, scales, mode=mode, coordinate_transformation_mode="asymmetric"))
        yield s


@form(16)
def choices(start):
    for kind in ["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"]:
        s = start()
        x = picture(s)
        s.output(s.op("Cast", s.op(kind, x, s.constant(numpy.float32(0.1))), to=1))
        yield s
    s = start()
    x = picture(s)
    s.output(s.op("Where", s.op("Greater", x, s.constant(numpy.float32(0))), x, s.op("Mul", x, s.weights(6, 1, 1))))
    yield s
    s = start()
    x, y = s.input(2, 3, 4), s.input(3, 1)
    both = s.op("And", s.op("Less", x, y), s.op("Not", s.op("Less", x, s.constant(numpy.float32(-0.5)))))
    s.output(s.op("Where", s.op("Xor", both, s.op("Or", both, s.op("Greater", x, y))), x, s.constant(numpy.float32(-numpy.inf))))
    yield s
    s = start()
    x = s.input(2, 3, 4)
    s.output(s.op("Where", s.constant(numpy.array([[True, False, True, True]])), x, s.constant(numpy.float32(-1e4))))
    yield s
    s = start()
    s.output(s.op("Cast", s.op("Cast", s.op("Relu", s.input(2, 5)), to=9), to=1))
    yield s


@form(11, 18)
def shape_subgraphs(start):
    """Open batch: the shapes are computed by the graph itself."""
    s = start()
    x = s.op("Conv", s.input(2, 3, 7, 5, declared=("batch", 3, "height", "width")), s.weights(6, 3, 3, 3))
    batch = s.op("Gather", s.op("Shape", x), s.constant(numpy.int64(0)), axis=0)
    if s.opset < 13:
        batch = s.op("Unsqueeze", batch, axes=[0])
    else:
        batch = s.op("Unsqueeze", batch, s.constant([0]))
    s.output(s.op("Reshape", x, s.op("Concat", batch, s.constant([-1]), axis=0)))
    yield s
    s = start()
    x = s.input(2, 5, 8, declared=("batch", "tokens", 8))
    shape = s.op("Shape", x)
    half = s.op("Div", s.op("Gather", shape, s.constant(numpy.int64(2)), axis=0), s.constant(numpy.int64(2)))
    ones = s.op("ConstantOfShape", s.op("Slice", shape, s.constant([0]), s.constant([2])))
    column = s.op("Unsqueeze", ones, s.constant([2])) if s.opset >= 13 else s.op("Unsqueeze", ones, axes=[2])
    mask = s.op("Expand", column, shape)
    wide = s.op("Add", x, s.op("Cast", s.op("Equal", s.op("Cast", mask, to=7), s.constant(numpy.int64(0))), to=1))
    s.output(s.op("Mul", wide, s.op("Cast", half, to=1)))
    yield s
    s = start()
    x = s.input(1, 4, 6, 6, declared=("batch", 4, "height", "width"))
    target = s.op("Concat", s.op("Slice", s.op("Shape", x), s.constant([0]), s.constant([2])), s.constant([12, 12]), axis=0)
    empty = s.constant(numpy.float32([]))
    s.output(s.op("Resize", x, empty, empty, target, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"))
    yield s


@form(18)
def named_entries(start):
    """Indexes and parts as PyTorch's newer exporter writes them before it optimises."""
    s = start()
    x = picture(s)
    parts = s.op("SplitToSequence", x, s.constant([2, 4]), axis=1)
    s.output(*[s.op("SequenceAt", parts, s.constant(numpy.int64(i))) for i in [1, 0]])
    yield s
    for batch, indices in [(0, [[1], [0], [-1]]), (0, [[[1, 2], [0, 5]]]), (1, [[[3, 1]], [[0, -2]]])]:
        s = start()
        s.output(s.op("GatherND", picture(s), s.constant(indices), batch_dims=batch))
        yield s
    for reduction, indices in itertools.product(["none", "add", "mul", "max", "min"], [[[0, 1], [1, 5]], [[0], [1]], [[1, 0, 2]]]):
        s = start()
        rest = (2, 6, 7, 5)[len(indices[0]):]
        updates = s.input(len(indices), *rest)
        s.output(s.op("ScatterND", picture(s), s.constant(indices), updates, reduction=reduction))
        yield s


@form(13)
def quantized(start):
    for low in [True, False]:
        s = start()
        scale, zero = s.constant(numpy.float32(0.03)), s.constant(numpy.int8(3) if low else numpy.uint8(128), numpy.int8 if low else numpy.uint8)
        weights = s.constant(s.random.integers(-127, 127, (6, 3, 3, 3)), numpy.int8)
        scales = s.constant(s.numbers(6, scale=1e-4, offset=0.01))
        zeros = s.constant(numpy.zeros(6), numpy.int8)
        x = s.op("DequantizeLinear", s.op("QuantizeLinear", s.input(2, 3, 7, 5), scale, zero), scale, zero)
        s.output(s.op("Conv", x, s.op("DequantizeLinear", weights, scales, zeros, axis=0)))
        yield s


@form(13)
def half_precision(start):
    """Weights stored in 16 bits, as mixed-precision exports have them."""
    s = start()
    w = s.op("Cast", s.constant(s.numbers(6, 3, 3, 3, scale=0.2), numpy.float16), to=1)
    x = s.op("Conv", s.input(2, 3, 7, 5), w)
    s.output(s.op("Relu", s.op("Cast", s.op("Cast", x, to=10), to=1)))
    yield s


@form(13)
def positions(start):
    """A Fourier position encoding, as EdgeNeXt computes it from the input's shape: it must be known at load."""
    s = start()
    x = picture(s, channels=8)
    shape = s.op("Gather", s.op("Shape", x), s.constant([0, 2, 3]), axis=0)
    ones = s.op("Cast", s.op("Not", s.op("Cast", s.op("ConstantOfShape", shape), to=9)), to=1)
    rows = s.op("CumSum", ones, s.constant(numpy.int64(1)))
    rows = s.op("Mul", s.op("Div", rows, s.op("Add", s.op("Slice", rows, s.constant([-1]), s.constant([2 ** 62]), s.constant([1])),
                                              s.constant(numpy.float32(1e-6)))), s.constant(numpy.float32(6.2831853)))
    steps = s.op("Range", s.constant(numpy.float32(0)), s.constant(numpy.float32(8)), s.constant(numpy.float32(1)))
    steps = s.op("Pow", s.constant(numpy.float32(10000)), s.op("Div", s.op("Mul", s.op("Floor", s.op("Div", steps, s.constant(numpy.float32(2)))),
                                                                          s.constant(numpy.float32(2))), s.constant(numpy.float32(8))))
    waves = s.op("Div", s.op("Unsqueeze", rows, s.constant([3])), steps)
    even = s.op("Slice", waves, s.constant([0]), s.constant([2 ** 62]), s.constant([3]), s.constant([2]))
    odd = s.op("Slice", waves, s.constant([1]), s.constant([2 ** 62]), s.constant([3]), s.constant([2]))
    both = s.op("Concat", s.op("Unsqueeze", s.op("Sin", even), s.constant([4])), s.op("Unsqueeze", s.op("Cos", odd), s.constant([4])), axis=4)
    flat = s.op("Reshape", both, s.constant([0, 0, 0, -1]))
    s.output(s.op("Add", x, s.op("Transpose", flat, perm=[0, 3, 1, 2])))
    s.most_layers = 5
    yield s


@form(13, 18)
def local_functions(start):
    """Functions of the model itself, as PyTorch's dynamo exporter writes them: attributes from the call and by default, functions in functions, outputs that
    nobody wants, optional inputs left out, constants inside, the same names in all of them."""
    node = onnx.helper.make_node

    def reference(name, kind, of):
        """An attribute whose value is that of the call."""
        return onnx.AttributeProto(name=name, type=kind, ref_attr_name=of)

    s = start()
    leaky = node("LeakyRelu", ["x"], ["y"], name="n")
    leaky.attribute.append(reference("alpha", onnx.AttributeProto.FLOAT, "slope"))
    s.function("leaky", ["x"], ["y"], [leaky], attributes=["slope"])
    twice = node("leaky", ["t"], ["y"], domain="local", name="n")
    twice.attribute.append(reference("slope", onnx.AttributeProto.FLOAT, "slope"))
    scale = node("Constant", [], ["c"], value_float=1.5)
    s.function("scaled", ["x"], ["y", "t"], [scale, node("Mul", ["x", "c"], ["t"]), twice], defaults=[onnx.helper.make_attribute("slope", 0.3)])
    clip = [node("Clip", ["x", "low", "high"], ["t"]), node("Neg", ["t"], ["y"])]
    s.function("clipped", ["x", "low", "high"], ["y"], clip)
    x = picture(s)
    a = s.op("scaled", x, outputs=2, domain="local", slope=0.1)
    b = s.op("scaled", a[0], outputs=2, domain="local")
    c = s.op("clipped", b[1], None, s.constant(numpy.float32(0.5)), domain="local")
    d = s.op("clipped", b[0], s.constant(numpy.float32(-0.25)), domain="local")
    s.output(a[1], s.op("Add", c, d))
    yield s


@form(13, 18)
def branches(start):
    """If, whose condition follows from shapes and constants: as TorchScript exports what Python decides, with branches that would not fit if taken."""
    for batch in [1, 2]:
        s = start()
        x = s.op("Relu", s.input(batch, 6, 4, 5, declared=("batch", 6, 4, 5)))
        size = s.op("Gather", s.op("Shape", x), s.constant(numpy.int64(0)), axis=0)
        single = s.op("Equal", size, s.constant(numpy.int64(1)))
        flat = s.op("Flatten", x)

        def squeezed(inner):
            axes = inner.constant([0])
            inner.output(inner.op("Mul", inner.op("Squeeze", flat, axes), inner.constant(numpy.float32(2))))

        def whole(inner):
            inner.output(inner.op("Relu", flat))

        s.output(s.branches(single, squeezed, whole))
        yield s
    # One in the other, two outputs, one of them what lies around it; a branch within a function.
    s = start()
    x = picture(s)
    yes, no = (s.constant(numpy.asarray(value), numpy.bool_) for value in (True, False))
    shape = s.constant([7, 7])

    def deep(inner):
        inner.output(inner.branches(no, lambda deeper: deeper.output(deeper.op("Reshape", x, shape)), lambda deeper: deeper.output(deeper.op("Sigmoid", x))),
                     inner.op("Identity", x))

    def untaken(inner):
        inner.output(inner.op("Reshape", x, shape), inner.op("Neg", x))

    s.output(*s.branches(yes, deep, untaken, outputs=2))
    yield s

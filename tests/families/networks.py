"""Face networks as their exporters write them, with invented weights: the families' structure, few repetitions of what repeats.

Each generator yields (name, sketch); the batch is open. Sources of the structures: arcface_torch's vit.py and iresnet.py (InsightFace), AdaFace's net.py,
facenet-pytorch's inception_resnet_v1.py, timm's edgenext.py with EdgeFace's low-rank layers, GhostFaceNets' ghost_model.py, RetinaFace (Pytorch_Retinaface),
Silent-Face-Anti-Spoofing's MiniFASNet. Exporters: torch.onnx 1.x and 2.x (dynamo), tf2onnx, MXNet.
"""
import math

import numpy

import sketch

NETWORKS = []


def network(function):
    NETWORKS.append(function)
    return function


class Net(sketch.Sketch):
    """A sketch with the layers that face networks are made of; weights keep the numbers near one. Values know their channels by `channels`."""

    def __init__(self, opset, batch):
        super().__init__(opset, seed=opset)
        self.batch = batch
        self.channels = {}

    def picture(self, *shape):
        x = self.input(self.batch, *shape, declared=("batch", *shape))
        self.channels[x] = shape[0]
        return x

    def like(self, x, y):
        self.channels[y] = self.channels[x]
        return y

    def conv(self, x, outputs, kernel, stride=1, groups=1, bias=True, pads=None, **attributes):
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        inputs = self.channels[x]
        pads = [kernel[0] // 2, kernel[1] // 2] * 2 if pads is None else pads
        attributes = attributes if "auto_pad" in attributes else dict(pads=pads, **attributes)
        weights = [self.weights(outputs, inputs // groups, *kernel)] + ([self.weights(outputs, scale=0.1)] if bias else [])
        y = self.op("Conv", x, *weights, kernel_shape=list(kernel), strides=[stride, stride], group=groups, **attributes)
        self.channels[y] = outputs
        return y

    def norm(self, x, epsilon=1e-5):
        c = self.channels[x]
        parameters = [self.weights(c, scale=0.1, offset=1.0)] + [self.weights(c, scale=0.1) for _ in range(2)] + [self.weights(c, scale=0.05, offset=1.0)]
        return self.like(x, self.op("BatchNormalization", x, *parameters, epsilon=epsilon))

    def relu(self, x):
        return self.like(x, self.op("Relu", x))

    def prelu(self, x):
        return self.like(x, self.op("PRelu", x, self.weights(self.channels[x], 1, 1, scale=0.1, offset=0.25)))

    def add(self, x, y):
        return self.like(x, self.op("Add", x, y))

    def concat(self, *values):
        y = self.op("Concat", *values, axis=1)
        self.channels[y] = sum(self.channels[v] for v in values)
        return y

    def number(self, value):
        return self.constant(numpy.float32(value))

    def split(self, x, parts, axis):
        sizes = [self.constant(parts)] if self.opset >= 13 else []
        return self.op("Split", x, *sizes, outputs=len(parts), axis=axis, **({} if sizes else {"split": parts}))

    def unsqueeze(self, x, axes):
        return self.op("Unsqueeze", x, self.constant(axes)) if self.opset >= 13 else self.op("Unsqueeze", x, axes=axes)

    def squeeze(self, x, axes):
        return self.op("Squeeze", x, self.constant(axes)) if self.opset >= 13 else self.op("Squeeze", x, axes=axes)

    def mean(self, x, axes, keepdims=1):
        if self.opset >= 18:
            return self.op("ReduceMean", x, self.constant(axes), keepdims=keepdims)
        return self.op("ReduceMean", x, axes=axes, keepdims=keepdims)

    def dim(self, x, axis):
        """One entry of the shape, [1], as PyTorch traces x.shape[axis]."""
        return self.unsqueeze(self.op("Gather", self.op("Shape", x), self.constant(numpy.int64(axis)), axis=0), [0])

    def reshape(self, x, *entries):
        """Entries are numbers, or names of values of one integer."""
        parts = [e if isinstance(e, str) else self.constant([e]) for e in entries]
        if all(not isinstance(e, str) for e in entries):
            return self.op("Reshape", x, self.constant(list(entries)))
        return self.op("Reshape", x, self.op("Concat", *parts, axis=0))

    def linear(self, x, inputs, outputs, bias=True):
        """On three axes and more: MatMul and Add."""
        y = self.op("MatMul", x, self.constant(self.numbers(inputs, outputs, scale=inputs ** -0.5)))
        return self.op("Add", self.weights(outputs, scale=0.1), y) if bias else y

    def layer_norm(self, x, width, epsilon=1e-5):
        gamma, beta = self.weights(width, scale=0.1, offset=1.0), self.weights(width, scale=0.1)
        if self.opset >= 17:
            return self.op("LayerNormalization", x, gamma, beta, axis=-1, epsilon=epsilon)
        away = self.op("Sub", x, self.mean(x, [-1]))
        variance = self.mean(self.op("Pow", away, self.number(2)), [-1])
        y = self.op("Div", away, self.op("Sqrt", self.op("Add", variance, self.number(epsilon))))
        return self.op("Add", self.op("Mul", y, gamma), beta)

    def gelu(self, x):
        if self.opset >= 20:
            return self.op("Gelu", x)
        inner = self.op("Add", self.op("Erf", self.op("Div", x, self.number(math.sqrt(2)))), self.number(1))
        return self.op("Mul", self.op("Mul", x, inner), self.number(0.5))

    def normalize(self, x, axis):
        """torch.nn.functional.normalize"""
        if self.opset >= 18:
            length = self.op("ReduceL2", x, self.constant([axis]), keepdims=1)
        else:
            length = self.op("ReduceL2", x, axes=[axis], keepdims=1)
        low = self.op("Clip", length, self.number(1e-12))
        return self.op("Div", x, self.op("Expand", low, self.op("Shape", x)))


# ---- ArcFace's vision transformers ----

def vit(s, width=64, depth=2, heads=8, patch=9, half=False):
    """half: traced under autocast, with Casts around the attention."""
    tokens, head = 144, width // heads
    cast = (lambda x, to: s.op("Cast", x, to=to)) if half else (lambda x, to: x)
    x = s.conv(s.picture(3, 112, 112), width, patch, stride=patch, pads=[0] * 4)
    batch = s.dim(x, 0)
    x = s.op("Transpose", s.reshape(x, batch, width, -1), perm=[0, 2, 1])
    x = s.op("Add", x, s.constant(s.numbers(1, tokens, width, scale=0.1)))
    for _ in range(depth):
        y = s.linear(s.layer_norm(x, width), width, 3 * width, bias=False)
        y = s.op("Transpose", s.reshape(y, batch, tokens, 3, heads, head), perm=[2, 0, 3, 1, 4])
        if s.opset >= 18:
            q, k, v = [s.squeeze(part, [0]) for part in s.split(y, [1, 1, 1], 0)]
        else:
            q, k, v = [s.op("Gather", y, s.constant(numpy.int64(i)), axis=0) for i in range(3)]
        q, k, v = [cast(part, 1) for part in (q, k, v)]
        scores = s.op("Mul", s.op("MatMul", q, s.op("Transpose", k, perm=[0, 1, 3, 2])), s.number(head ** -0.5))
        y = s.op("Transpose", s.op("MatMul", s.op("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
        x = s.op("Add", x, cast(s.linear(s.reshape(y, batch, tokens, width), width, width), 1))
        y = s.linear(s.layer_norm(x, width), width, 4 * width)
        y = s.op("Clip", y, s.number(0), s.number(6))
        x = s.op("Add", x, s.linear(y, 4 * width, width))
    x = s.reshape(s.layer_norm(x, width), batch, tokens * width)
    for inputs in [tokens * width, width]:
        x = s.op("MatMul", x, s.constant(s.numbers(inputs, width, scale=inputs ** -0.5)))
        s.channels[x] = width
        x = s.norm(x, epsilon=2e-5)
    s.output(x)


@network
def arcface_vit(batch):
    for opset, half in [(11, False), (11, True), (14, False), (17, False), (18, False)]:
        s = Net(opset, batch)
        vit(s, half=half)
        yield f"ViT of ArcFace, opset {opset}{', autocast' if half else ''}", s


@network
def timm_vit(batch):
    """Class token, GELU, attention with split heads: what the dynamo exporter writes for timm's vision transformers."""
    for opset in [13, 17, 20]:
        s = Net(opset, batch)
        width, heads, tokens = 48, 3, 50
        x = s.conv(s.picture(3, 112, 112), width, 16, stride=16, pads=[0] * 4)
        x = s.op("Transpose", s.op("Reshape", x, s.constant([0, width, -1])), perm=[0, 2, 1])
        token = s.op("Expand", s.constant(s.numbers(1, 1, width)), s.op("Concat", s.dim(x, 0), s.constant([1, width]), axis=0))
        x = s.op("Add", s.op("Concat", token, x, axis=1), s.constant(s.numbers(1, tokens, width)))
        for _ in range(2):
            y = s.linear(s.layer_norm(x, width, 1e-6), width, 3 * width)
            parts = s.split(y, [width] * 3, 2)
            q, k, v = [s.op("Transpose", s.op("Reshape", p, s.constant([0, tokens, heads, -1])), perm=[0, 2, 1, 3]) for p in parts]
            scale = s.number((width // heads) ** -0.25)
            scores = s.op("MatMul", s.op("Mul", q, scale), s.op("Mul", s.op("Transpose", k, perm=[0, 1, 3, 2]), scale))
            y = s.op("Transpose", s.op("MatMul", s.op("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
            x = s.op("Add", x, s.linear(s.op("Reshape", y, s.constant([0, tokens, width])), width, width))
            x = s.op("Add", x, s.linear(s.gelu(s.linear(s.layer_norm(x, width, 1e-6), width, 4 * width)), 4 * width, width))
        x = s.op("Gather", s.layer_norm(x, width, 1e-6), s.constant(numpy.int64(0)), axis=1)
        s.output(s.op("Gemm", x, s.weights(32, width), s.weights(32), transB=1))
        yield f"ViT of timm, opset {opset}", s


# ---- Residual networks ----

@network
def adaface(batch):
    """IR blocks whose shortcut is a MaxPool of one pixel, or a convolution; embedding of length one and its length before."""
    for opset in [11, 17]:
        s = Net(opset, batch)
        x = s.prelu(s.norm(s.conv(s.picture(3, 112, 112), 16, 3, bias=False)))
        for channels, stride in [(16, 2), (16, 1), (32, 2), (32, 1), (64, 2), (128, 2)]:
            y = s.prelu(s.norm(s.conv(s.norm(x), channels, 3, bias=False)))
            y = s.norm(s.conv(y, channels, 3, stride=stride, bias=False))
            if s.channels[x] == channels:
                short = s.like(x, s.op("MaxPool", x, kernel_shape=[1, 1], strides=[stride, stride], pads=[0] * 4, ceil_mode=0))
            else:
                short = s.norm(s.conv(x, channels, 1, stride=stride, bias=False))
            x = s.add(y, short)
        x = s.op("Flatten", s.norm(x), axis=1)
        x = s.op("Gemm", x, s.weights(64, 128 * 49), s.weights(64), transB=1)
        s.channels[x] = 64
        x = s.norm(x)
        length = s.op("ReduceL2", x, axes=[1], keepdims=1)
        s.output(s.op("Div", x, length), length)
        yield f"AdaFace, opset {opset}", s


def inception_branches(s, x, branches, scale, last=False):
    """Branches of (channels, kernel), joined, brought back to x's channels and added."""
    def conv(y, outputs, kernel):
        return s.relu(s.norm(s.conv(y, outputs, kernel, bias=False), epsilon=0.001))
    ends = []
    for branch in branches:
        y = x
        for outputs, kernel in branch:
            y = conv(y, outputs, kernel)
        ends.append(y)
    y = s.conv(s.concat(*ends), s.channels[x], 1)
    x = s.like(x, s.op("Add", s.op("Mul", y, s.number(scale)), x))
    return x if last else s.relu(x)


@network
def facenet(batch):
    """Inception-ResNet v1, widths divided by four."""
    s = Net(11, batch)

    def conv(x, outputs, kernel, stride=1, pad=0):
        return s.relu(s.norm(s.conv(x, outputs, kernel, stride=stride, bias=False, pads=[pad] * 4), epsilon=0.001))

    def pool(x):
        return s.like(x, s.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[0] * 4))
    x = conv(conv(conv(s.picture(3, 160, 160), 8, 3, 2), 8, 3), 16, 3, pad=1)
    x = conv(conv(conv(pool(x), 20, 1), 48, 3), 64, 3, 2)
    x = inception_branches(s, x, [[(8, 1)], [(8, 1), (8, 3)], [(8, 1), (8, 3), (8, 3)]], 0.17)
    x = s.concat(conv(x, 96, 3, 2), conv(conv(conv(x, 48, 1), 48, 3, pad=1), 64, 3, 2), pool(x))
    x = inception_branches(s, x, [[(32, 1)], [(32, 1), (32, (1, 7)), (32, (7, 1))]], 0.1)
    x = s.concat(conv(conv(x, 64, 1), 96, 3, 2), conv(conv(x, 64, 1), 64, 3, 2), conv(conv(conv(x, 64, 1), 64, 3, pad=1), 64, 3, 2), pool(x))
    x = inception_branches(s, x, [[(48, 1)], [(48, 1), (48, (1, 3)), (48, (3, 1))]], 0.2, last=True)
    x = s.op("GlobalAveragePool", x)
    x = s.op("MatMul", s.reshape(x, s.dim(x, 0), -1), s.constant(s.numbers(448, 64, scale=0.05)))
    s.channels[x] = 64
    s.output(s.normalize(s.norm(x, epsilon=0.001), 1))
    yield "FaceNet of facenet-pytorch", s


@network
def facenet_keras(batch):
    """tf2onnx: pixels last at the input, SAME padding, means as ReduceMean, length by a reciprocal root."""
    s = Net(13, batch)
    x = s.op("Transpose", s.picture(80, 80, 3), perm=[0, 3, 1, 2])
    s.channels[x] = 3
    for outputs, stride, pad in [(8, 2, "VALID"), (16, 1, "SAME_UPPER"), (32, 2, "SAME_UPPER")]:
        x = s.relu(s.norm(s.conv(x, outputs, 3, stride=stride, auto_pad=pad), epsilon=0.001))
    x = s.like(x, s.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="VALID"))
    x = s.op("Transpose", x, perm=[0, 2, 3, 1])
    x = s.op("MatMul", s.mean(x, [1, 2], keepdims=0), s.constant(s.numbers(32, 24, scale=0.2)))
    s.channels[x] = 24
    x = s.norm(x, epsilon=0.001)
    square = s.op("ReduceSum", s.op("Mul", x, x), s.constant([1]), keepdims=1)
    s.output(s.op("Mul", x, s.op("Reciprocal", s.op("Sqrt", s.op("Max", square, s.number(1e-10))))))
    yield "FaceNet of Keras", s


# ---- Hybrids ----

def low_rank(s, x, inputs, outputs, ratio=0.6):
    rank = max(2, int(min(inputs, outputs) * ratio))
    return s.linear(s.linear(x, inputs, rank, bias=False), rank, outputs)


def layer_norm_2d(s, x):
    y = s.op("Transpose", s.layer_norm(s.op("Transpose", x, perm=[0, 2, 3, 1]), s.channels[x], 1e-6), perm=[0, 3, 1, 2])
    return s.like(x, y)


def edge_mlp(s, x, width):
    return s.op("Mul", s.weights(width, scale=0.1), low_rank(s, s.gelu(low_rank(s, x, width, 4 * width)), 4 * width, width))


def edge_conv_block(s, x, kernel):
    width = s.channels[x]
    y = s.op("Transpose", s.conv(x, width, kernel, groups=width), perm=[0, 2, 3, 1])
    y = edge_mlp(s, s.layer_norm(y, width, 1e-6), width)
    return s.add(x, s.op("Transpose", y, perm=[0, 3, 1, 2]))


def fourier_positions(s, x, width, hidden=8):
    """Computed from the input's shape."""
    shape = s.op("Concat", s.dim(x, 0), s.dim(x, 2), s.dim(x, 3), axis=0)
    ones = s.op("Cast", s.op("Not", s.op("Cast", s.op("ConstantOfShape", shape), to=9)), to=1)
    ends, steps = [2 ** 63 - 1], s.op("Range", s.number(0), s.number(hidden), s.number(1))
    floors = s.op("Mul", s.op("Floor", s.op("Div", steps, s.number(2))), s.number(2))
    powers = s.op("Pow", s.number(10000), s.op("Div", floors, s.number(hidden)))
    waves = []
    for axis in [1, 2]:
        embed = s.op("CumSum", ones, s.constant(numpy.int64(axis)))
        last = s.op("Slice", embed, s.constant([-1]), s.constant(ends), s.constant([axis]))
        embed = s.op("Mul", s.op("Div", embed, s.op("Add", last, s.number(1e-6))), s.number(2 * math.pi))
        angles = s.op("Div", s.unsqueeze(embed, [3]), powers)
        halves = []
        for start, function in [(0, "Sin"), (1, "Cos")]:
            part = s.op("Slice", angles, s.constant([start]), s.constant(ends), s.constant([3]), s.constant([2]))
            halves.append(s.unsqueeze(s.op(function, part), [4]))
        waves.append(s.op("Reshape", s.op("Concat", *halves, axis=4), s.constant([0, 0, 0, -1])))
    waves = s.op("Transpose", s.op("Concat", *waves, axis=3), perm=[0, 3, 1, 2])
    s.channels[waves] = 2 * hidden
    return s.conv(waves, width, 1)


def edge_attention_block(s, x, scales, heads, positions):
    """Res2Net-like depthwise convolutions, then attention between channels."""
    width, batch, short = s.channels[x], s.dim(x, 0), x
    sizes = [math.ceil(width / scales)] * scales
    sizes[-1] = width - sum(sizes[:-1])
    parts = s.split(x, sizes, 1)
    done, part = [], None
    for i in range(scales - 1):
        part = parts[i] if part is None else s.op("Add", part, parts[i])
        s.channels[part] = sizes[i]
        part = s.conv(part, sizes[i], 3, groups=sizes[i])
        done.append(part)
    s.channels[parts[-1]] = sizes[-1]
    x = s.concat(*done, parts[-1])
    height, pixels = s.dim(x, 2), -1
    flat = s.op("Transpose", s.reshape(x, batch, width, pixels), perm=[0, 2, 1])
    if positions:
        encoded = fourier_positions(s, x, width)
        flat = s.op("Add", flat, s.op("Transpose", s.reshape(encoded, batch, width, pixels), perm=[0, 2, 1]))
    y = low_rank(s, s.layer_norm(flat, width, 1e-6), width, 3 * width)
    y = s.op("Transpose", s.reshape(y, batch, s.dim(flat, 1), 3, heads, width // heads), perm=[2, 0, 3, 4, 1])
    q, k, v = [s.op("Gather", y, s.constant(numpy.int64(i)), axis=0) for i in range(3)]
    scores = s.op("MatMul", s.normalize(q, -1), s.op("Transpose", s.normalize(k, -1), perm=[0, 1, 3, 2]))
    scores = s.op("Softmax", s.op("Mul", scores, s.weights(heads, 1, 1, scale=0.1, offset=1.0)), axis=-1)
    y = s.op("Transpose", s.op("MatMul", scores, v), perm=[0, 3, 1, 2])
    y = low_rank(s, s.reshape(y, batch, s.dim(flat, 1), width), width, width)
    flat = s.op("Add", flat, s.op("Mul", s.weights(width, scale=0.1), y))
    y = s.reshape(flat, batch, height, s.dim(x, 3), width)
    y = edge_mlp(s, s.layer_norm(y, width, 1e-6), width)
    return s.like(short, s.op("Add", short, s.op("Transpose", y, perm=[0, 3, 1, 2])))


@network
def edgeface(batch):
    """EdgeNeXt X-Small with low-rank linear layers, one block of each kind a stage."""
    for opset in [13, 17, 20]:
        s = Net(opset, batch)
        x = layer_norm_2d(s, s.conv(s.picture(3, 112, 112), 32, 4, stride=4, pads=[0] * 4))
        for i, (width, kernel, scales) in enumerate([(32, 3, 2), (64, 5, 2), (100, 7, 3), (192, 9, 4)]):
            if i > 0:
                x = s.conv(layer_norm_2d(s, x), width, 2, stride=2, pads=[0] * 4)
            x = edge_conv_block(s, x, kernel)
            if i > 0:
                x = edge_attention_block(s, x, scales, 4, positions=i == 1)
        x = s.like(x, s.op("GlobalAveragePool", x))
        x = s.op("Flatten", layer_norm_2d(s, x), axis=1)
        s.output(s.op("Gemm", x, s.weights(64, 192), s.weights(64), transB=1))
        yield f"EdgeFace, opset {opset}", s


@network
def ghostfacenet(batch):
    """tf2onnx of GhostFaceNet V1: pixels last, biases folded, squeeze and excite by ReduceMean, a depthwise convolution over all that is left."""
    s = Net(13, batch)

    def conv(x, outputs, kernel, stride=1, groups=1):
        return s.conv(x, outputs, kernel, stride=stride, groups=groups, auto_pad="SAME_UPPER")

    def ghost(x, outputs, active):
        first = conv(x, outputs // 2, 1)
        first = s.prelu(first) if active else first
        second = conv(first, outputs // 2, 3, groups=outputs // 2)
        return s.concat(first, s.prelu(second) if active else second)

    def squeeze(x):
        y = s.squeeze(s.mean(x, [2, 3]), [2, 3])
        y = s.op("Reshape", y, s.constant([-1, s.channels[x], 1, 1]))
        s.channels[y] = s.channels[x]
        y = s.conv(s.relu(s.conv(y, 8, 1, pads=[0] * 4)), s.channels[x], 1, pads=[0] * 4)
        return s.like(x, s.op("Mul", x, s.op("HardSigmoid", y, alpha=0.2, beta=0.5)))
    x = s.op("Transpose", s.picture(112, 112, 3), perm=[0, 3, 1, 2])
    s.channels[x] = 3
    x = s.prelu(conv(x, 16, 3))
    bottlenecks = [(16, 16, 3, 1, False), (24, 48, 3, 2, False), (40, 72, 5, 2, True), (80, 120, 3, 2, True), (80, 120, 5, 2, True)]
    for width, wide, kernel, stride, squeezed in bottlenecks:
        y = ghost(x, wide, True)
        y = conv(y, wide, kernel, stride, groups=wide) if stride > 1 else y
        y = ghost(squeeze(y) if squeezed else y, width, False)
        short = x
        if stride > 1 or s.channels[x] != width:
            short = conv(conv(x, s.channels[x], kernel, stride, groups=s.channels[x]), width, 1)
        x = s.add(short, y)
    x = s.prelu(conv(x, 96, 1))
    x = s.conv(x, 96, 7, groups=96, pads=[0] * 4)
    x = s.conv(x, 64, 1, pads=[0] * 4)
    x = s.op("Reshape", s.op("Transpose", x, perm=[0, 2, 3, 1]), s.constant([-1, 64]))
    s.channels[x] = 64
    s.output(s.norm(x, epsilon=0.001))
    yield "GhostFaceNet", s


# ---- Older exports ----

@network
def mxnet_recognizer(batch):
    """Pixels are normalised in the graph, scale of the last normalisation fixed to one, output fc1; SE blocks as in LResNet-E-IR with SE."""
    for opset in [7, 9, 11]:
        s = Net(opset, batch)
        x = s.picture(3, 56, 56)
        x = s.like(x, s.op("Mul", s.op("Sub", x, s.constant(numpy.float32([127.5]))), s.constant(numpy.float32([0.0078125]))))
        x = s.prelu(s.norm(s.conv(x, 16, 3, bias=False), epsilon=2e-5))
        for channels, stride in [(16, 2), (32, 2)]:
            y = s.prelu(s.norm(s.conv(s.norm(x), channels, 3, bias=False)))
            y = s.norm(s.conv(y, channels, 3, stride=stride, bias=False))
            pooled = s.like(y, s.op("GlobalAveragePool", y))
            gate = s.op("Sigmoid", s.conv(s.prelu(s.conv(pooled, 8, 1)), channels, 1))
            y = s.like(y, s.op("Mul", y, gate))
            x = s.add(y, s.norm(s.conv(x, channels, 1, stride=stride, bias=False)))
        x = s.like(x, s.op("Dropout", s.norm(x), **({"ratio": 0.4} if opset < 12 else {})))
        x = s.op("Gemm", s.op("Flatten", x), s.weights(64, 32 * 14 * 14), s.weights(64), alpha=1.0, beta=1.0, transA=0, transB=1)
        s.channels[x] = 64
        s.output(s.norm(x, epsilon=2e-5))
        yield f"MXNet recognizer, opset {opset}", s


@network
def landmarks_mxnet(batch):
    """2d106det, genderage, 1k3d68: depthwise blocks, a fully connected end."""
    s = Net(8, batch)
    x = s.picture(3, 96, 96)
    x = s.like(x, s.op("Mul", s.op("Sub", x, s.constant(numpy.float32([127.5]))), s.constant(numpy.float32([1 / 128]))))
    x = s.relu(s.norm(s.conv(x, 8, 3, stride=2, bias=False), epsilon=1e-3))
    for channels, stride in [(16, 1), (32, 2), (64, 2), (64, 2)]:
        x = s.relu(s.norm(s.conv(x, s.channels[x], 3, stride=stride, groups=s.channels[x], bias=False), epsilon=1e-3))
        x = s.relu(s.norm(s.conv(x, channels, 1, bias=False), epsilon=1e-3))
    x = s.op("Flatten", s.prelu(x))
    s.output(s.op("Gemm", x, s.weights(212, 64 * 36), s.weights(212), transB=1))
    yield "landmarks of MXNet", s


@network
def minifasnet(batch):
    s = Net(11, batch)
    x = s.prelu(s.norm(s.conv(s.picture(3, 80, 80), 16, 3, stride=2, bias=False)))
    x = s.prelu(s.norm(s.conv(x, 16, 3, groups=16, bias=False)))
    for stride, squeezed in [(2, False), (1, True), (2, False), (1, True)]:
        y = s.prelu(s.norm(s.conv(x, 32, 1, bias=False)))
        y = s.prelu(s.norm(s.conv(y, 32, 3, stride=stride, groups=32, bias=False)))
        y = s.norm(s.conv(y, 16, 1, bias=False))
        if squeezed:
            gate = s.like(y, s.op("GlobalAveragePool", y))
            gate = s.norm(s.conv(s.relu(s.norm(s.conv(gate, 4, 1, bias=False))), 16, 1, bias=False))
            y = s.like(y, s.op("Mul", y, s.op("Sigmoid", gate)))
        x = s.add(x, y) if stride == 1 else y
    x = s.norm(s.conv(x, 16, 10, groups=16, bias=False, pads=[0] * 4))
    x = s.op("MatMul", s.op("Flatten", x), s.constant(s.numbers(16, 12, scale=0.3)))
    s.channels[x] = 12
    x = s.op("MatMul", s.norm(x), s.constant(s.numbers(12, 3, scale=0.3)))
    s.output(s.op("Softmax", x, axis=1))
    yield "MiniFASNet", s


# ---- Detectors ----

FLOORED = dict(coordinate_transformation_mode="asymmetric", nearest_mode="floor")

@network
def retinaface(batch):
    """FPN by nearest resizing (PyTorch) or by transposed convolution (MXNet), SSH context modules, three heads for three strides."""
    for opset, transposed in [(9, False), (11, False), (11, True)]:
        s = Net(opset, batch)

        def conv(x, outputs, kernel, stride=1, groups=1, active=True):
            y = s.norm(s.conv(x, outputs, kernel, stride=stride, groups=groups, bias=False))
            return s.like(y, s.op("LeakyRelu", y, alpha=0.1)) if active else y
        x, levels = conv(s.picture(3, 96, 128), 8, 3, 2), []
        for channels in [16, 32, 64, 96]:
            x = conv(conv(x, s.channels[x], 3, 2, groups=s.channels[x]), channels, 1)
            levels.append(x)
        levels = [conv(level, 16, 1) for level in levels[1:]]
        for i in [1, 0]:
            if transposed:
                weights = s.weights(16, 1, 4, 4, scale=0.3)
                up = s.op("ConvTranspose", levels[i + 1], weights, group=16, kernel_shape=[4, 4], strides=[2, 2], pads=[1] * 4)
            elif opset < 10:
                up = s.op("Upsample", levels[i + 1], s.constant(numpy.float32([1, 1, 2, 2])), mode="nearest")
            else:
                empty = s.constant(numpy.float32([]))
                front = s.op("Slice", s.op("Shape", levels[i + 1]), s.constant([0]), s.constant([2]))
                size = s.op("Concat", front, s.dim(levels[i], 2), s.dim(levels[i], 3), axis=0)
                up = s.op("Resize", levels[i + 1], empty, empty, size, mode="nearest", **FLOORED)
            levels[i] = conv(s.add(levels[i], up), 16, 3)
        for entries in [4, 2, 10]:
            heads = []
            for level in levels:
                wide = conv(level, 8, 3, active=False)
                narrow = conv(level, 4, 3)
                context = s.concat(wide, conv(narrow, 4, 3, active=False), conv(conv(narrow, 4, 3), 4, 3, active=False))
                y = s.op("Transpose", s.conv(s.relu(context), 2 * entries, 1), perm=[0, 2, 3, 1])
                heads.append(s.reshape(y, s.dim(y, 0), -1, entries))
            y = s.op("Concat", *heads, axis=1)
            s.output(s.op("Softmax", y, axis=2) if entries == 2 else y)
        yield f"RetinaFace, opset {opset}{', transposed' if transposed else ''}", s


@network
def yunet(batch):
    s = Net(11, batch)

    def unit(x, outputs):
        x = s.conv(x, outputs, 1)
        return s.relu(s.norm(s.conv(x, outputs, 3, groups=outputs, bias=False)))
    x = unit(s.relu(s.conv(s.picture(3, 64, 96), 16, 3, stride=2)), 16)
    levels = []
    for channels in [32, 64, 64]:
        x = s.like(x, s.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]))
        x = unit(x, channels)
        levels.append(x)
    for i in [1, 0]:
        lower = unit(levels[i + 1], s.channels[levels[i]])
        empty = s.constant(numpy.float32([]))
        up = s.op("Resize", lower, empty, s.constant(numpy.float32([1, 1, 2, 2])), mode="nearest", **FLOORED)
        levels[i] = unit(s.add(levels[i], up), s.channels[levels[i]])
    for outputs, active in [(1, True), (1, True), (4, False), (10, False)]:
        for level in levels:
            y = s.conv(s.conv(level, outputs, 1), outputs, 3, groups=outputs)
            y = s.op("Reshape", s.op("Transpose", y, perm=[0, 2, 3, 1]), s.constant([0, -1, outputs]))
            s.output(s.op("Sigmoid", y) if active else y)
    yield "YuNet", s

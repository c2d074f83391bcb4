"""Networks from faces [N,3,112,112] to embeddings: those that the field uses, and the compact one that travels with the program.

IResNet: Deng et al. 2019, Duta et al. 2020. MobileFaceNet: Chen et al. 2018. All end in a BatchNorm1d, as InsightFace's do.
"""
import torch
from torch import nn

SIDE = 112
LAST = 7  # pixels along a side of the last feature map


class BasicBlock(nn.Module):
    """BN, 3x3, BN, PReLU, 3x3 with the stride, BN, and the shortcut."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.prelu = nn.PReLU(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.prelu(self.bn2(self.conv1(self.bn1(x))))
        return self.bn3(self.conv2(y)) + (x if self.downsample is None else self.downsample(x))


class IResNet(nn.Module):
    """The weights' names are InsightFace's, so that its checkpoints can be loaded."""

    def __init__(self, blocks, length=512, dropout=0.0, widths=(64, 64, 128, 256, 512)):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.prelu = nn.PReLU(widths[0])
        for number, count in enumerate(blocks, 1):
            layers = [BasicBlock(widths[number - 1], widths[number], 2)]
            layers += [BasicBlock(widths[number], widths[number], 1) for _ in range(count - 1)]
            setattr(self, f"layer{number}", nn.Sequential(*layers))
        self.bn2 = nn.BatchNorm2d(widths[4])
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(widths[4] * LAST * LAST, length)
        self.features = nn.BatchNorm1d(length)
        nn.init.constant_(self.features.weight, 1.0)
        self.features.weight.requires_grad = False
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0, 0.1)

    def forward(self, x):
        x = self.prelu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.features(self.fc(torch.flatten(self.dropout(self.bn2(x)), 1)))


def convolution(inputs, outputs, kernel, stride=1, groups=1, padding=None):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 if padding is None else padding, groups=groups, bias=False),
                         nn.BatchNorm2d(outputs))


class Bottleneck(nn.Module):
    """MobileFaceNet's inverted residual: widened, depthwise, narrowed; the input is added where it has the output's shape."""

    def __init__(self, inputs, outputs, stride, middle):
        super().__init__()
        self.body = nn.Sequential(convolution(inputs, middle, 1), nn.PReLU(middle), convolution(middle, middle, 3, stride, middle), nn.PReLU(middle),
                                  convolution(middle, outputs, 1))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


class MobileFaceNet(nn.Module):
    """blocks: how many residual ones follow each of the three strides; scale: width relative to the paper's 64 and 128 (InsightFace's mbf has 2)."""

    def __init__(self, length=512, blocks=(4, 6, 2), scale=1.0):
        super().__init__()
        narrow, wide = int(64 * scale), int(128 * scale)
        layers = [convolution(3, narrow, 3, 2), nn.PReLU(narrow), convolution(narrow, narrow, 3, 1, narrow), nn.PReLU(narrow)]
        rows = zip(blocks, (narrow, narrow, wide), (narrow, wide, wide), (128, 256, 512), (128, 256, 256))
        for count, inputs, outputs, first_middle, middle in rows:
            layers.append(Bottleneck(inputs, outputs, 2, first_middle))
            layers += [Bottleneck(outputs, outputs, 1, middle) for _ in range(count)]
        self.layers = nn.Sequential(*layers, convolution(wide, 512, 1), nn.PReLU(512), convolution(512, 512, LAST, 1, 512, 0))
        self.fc = nn.Linear(512, length, bias=False)
        self.features = nn.BatchNorm1d(length)

    def forward(self, x):
        return self.features(self.fc(torch.flatten(self.layers(x), 1)))


LEAK = 0.1


def leaky(inputs, outputs, kernel, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(LEAK, inplace=True))


class PlainBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut; the second begins small, so that the untrained block is nearly the identity."""

    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(leaky(width, width, 3), nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)))
        self.act = nn.LeakyReLU(LEAK, inplace=True)
        nn.init.constant_(self.body[1][1].weight, 0.2)

    def forward(self, x):
        return self.act(x + self.body(x))


class GlobalDepthwise(nn.Module):
    """A depthwise convolution as large as the map, [N,C,7,7] -> [N,C]: a weighted sum of pixels, which PyTorch computes faster when told so."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, 1, LAST, LAST) / LAST)
        self.bn = nn.BatchNorm1d(width)

    def forward(self, x):
        return self.bn((x * self.weight[:, 0]).sum((2, 3)))


class Compact(nn.Module):
    """Dense 3x3 convolutions on small maps: on processors they do several times more work in a second than depthwise ones, in training above all.

    The leaky ReLU's slope is the same for all channels, which trains a fifth faster than PReLU; it is exported as PRelu."""

    def __init__(self, length=128, widths=(16, 32, 64, 128), blocks=(1, 2, 2), head=512):
        super().__init__()
        first, second, third, fourth = widths
        self.stem = nn.Sequential(leaky(3, first, 3, 2), leaky(first, second, 3, 2))
        self.s1 = nn.Sequential(*[PlainBlock(second) for _ in range(blocks[0])])
        self.s2 = nn.Sequential(leaky(second, third, 3, 2), *[PlainBlock(third) for _ in range(blocks[1])])
        self.s3 = nn.Sequential(leaky(third, fourth, 3, 2), *[PlainBlock(fourth) for _ in range(blocks[2])])
        self.widen = leaky(fourth, head, 1)
        self.pool = GlobalDepthwise(head)
        self.fc = nn.Linear(head, length)
        self.bn = nn.BatchNorm1d(length)

    def maps(self, x):
        """Feature maps [N,64,14,14] and [N,128,7,7]."""
        middle = self.s2(self.s1(self.stem(x)))
        return middle, self.s3(middle)

    def head(self, last):
        return self.bn(self.fc(self.pool(self.widen(last))))

    def forward(self, x):
        return self.head(self.maps(x)[1])


BACKBONES = {
    "r18": lambda length=512: IResNet((2, 2, 2, 2), length),
    "r34": lambda length=512: IResNet((3, 4, 6, 3), length),
    "r50": lambda length=512: IResNet((3, 4, 14, 3), length),
    "r100": lambda length=512: IResNet((3, 13, 30, 3), length),
    "mbf": lambda length=512: MobileFaceNet(length, (4, 6, 2), 2.0),
    "mobilefacenet": lambda length=128: MobileFaceNet(length),
    "compact": lambda length=128: Compact(length),
    "tiny": lambda length=64: Compact(length, (8, 16, 32, 48), (1, 1, 1), 96),
}


def multiplications(network):
    """Multiply-adds of one face, in millions: convolutions and matrices."""
    total, hooks = [0], []

    def count(module, inputs, output):
        if isinstance(module, nn.Conv2d):
            total[0] += output.numel() * module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]
        elif isinstance(module, nn.Linear):
            total[0] += module.weight.numel()
        else:
            total[0] += inputs[0].numel()

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear, GlobalDepthwise)):
            hooks.append(module.register_forward_hook(count))
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 3, SIDE, SIDE, device=next(network.parameters()).device))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total[0] / 1e6

"""The detector's network: depthwise-separable convolutions, a small feature pyramid, and one head for each stride.

Like SCRFD (Guo et al. 2021) and YuNet (Wu et al. 2023) in its parts. The first convolution already has stride 4, so that nothing is ever
computed at half the picture's size, which is where detectors of this size spend most of their time and memory.
"""

import torch
from torch import nn

from .detector_anchors import ANCHORS_A_CELL, ANCHOR_SIZES, STRIDES

CLASS_PRIOR = 0.01  # the score that an untrained network gives [Lin et al. 2017, Focal loss]
HEAD_WIDTH = 64


def convolution(inputs, outputs, kernel, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class Separable(nn.Module):
    """Depthwise 3x3, then pointwise; the input is added where it has the output's shape."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.depthwise = convolution(inputs, inputs, 3, stride, groups=inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.norm(self.pointwise(self.depthwise(x)))
        return torch.relu(y + x if self.residual else y)


def stage(inputs, outputs, blocks):
    return nn.Sequential(Separable(inputs, outputs, 2), *[Separable(outputs, outputs) for _ in range(blocks - 1)])


class Head(nn.Module):
    """Scores, boxes and landmarks of one stride, raw: all in units of the anchor's size (see `scales`)."""

    def __init__(self, width, stride, sizes):
        super().__init__()
        self.tower = nn.Sequential(Separable(width, width), Separable(width, width))
        self.score = nn.Conv2d(width, ANCHORS_A_CELL, 1)
        self.box = nn.Conv2d(width, ANCHORS_A_CELL * 4, 1)
        self.points = nn.Conv2d(width, ANCHORS_A_CELL * 10, 1)
        nn.init.constant_(self.score.bias, -torch.log(torch.tensor((1 - CLASS_PRIOR) / CLASS_PRIOR)).item())
        nn.init.constant_(self.box.bias, 1.0)
        for layer in (self.score, self.box, self.points):
            nn.init.normal_(layer.weight, std=0.01)
        nn.init.zeros_(self.points.bias)
        # What a raw output of 1 means, in strides: half the anchor's size for a box's side, the whole for a landmark's offset.
        self.box_scale = [size / (2 * stride) for size in sizes]
        self.points_scale = [size / stride for size in sizes]

    def forward(self, x):
        x = self.tower(x)
        return self.score(x), self.box(x), self.points(x)


class Detector(nn.Module):
    """pictures [B,3,H,W], (x - 127.5) / 128, H and W multiples of 32 -> for each stride (score logits [B,N], boxes [B,N,4], points [B,N,10]),
    N = H/stride * W/stride * 2, the anchor index fastest; boxes and points in strides, as an SCRFD export gives them."""

    def __init__(self, widths=(32, 64, 128, 160), blocks=(1, 4, 4, 3)):
        super().__init__()
        self.stem = convolution(3, widths[0], 5, 4)
        self.start = nn.Sequential(*[Separable(widths[0], widths[0]) for _ in range(blocks[0])])
        self.stages = nn.ModuleList(stage(widths[i], widths[i + 1], blocks[i + 1]) for i in range(3))
        self.lateral = nn.ModuleList(nn.Sequential(nn.Conv2d(width, HEAD_WIDTH, 1, bias=False), nn.BatchNorm2d(HEAD_WIDTH)) for width in widths[1:])
        self.heads = nn.ModuleList(Head(HEAD_WIDTH, stride, sizes) for stride, sizes in zip(STRIDES, ANCHOR_SIZES))

    def features(self, pictures):
        x = self.start(self.stem(pictures))
        pyramid = []
        for body, lateral in zip(self.stages, self.lateral):
            x = body(x)
            pyramid.append(lateral(x))
        for level in (1, 0):
            pyramid[level] = pyramid[level] + nn.functional.interpolate(pyramid[level + 1], scale_factor=2.0, mode="nearest")
        return [torch.relu(level) for level in pyramid]

    def forward(self, pictures):
        return [rows_of(head, head(level)) for head, level in zip(self.heads, self.features(pictures))]


def rows_of(head, outputs):
    """Maps [B, 2*n, H, W] of one head as rows [B, H*W*2, n], scaled to strides."""
    rows = []
    for values, scale in zip(outputs, (None, head.box_scale, head.points_scale)):
        batch, channels, height, width = values.shape
        values = values.permute(0, 2, 3, 1).reshape(batch, height * width, ANCHORS_A_CELL, channels // ANCHORS_A_CELL)
        if scale is not None:
            values = values * torch.tensor(scale).reshape(1, 1, ANCHORS_A_CELL, 1)
        rows.append(values.reshape(batch, height * width * ANCHORS_A_CELL, -1))
    return rows[0][..., 0], rows[1], rows[2]

"""Margins on the hypersphere: what a logit of the true class loses, so that classes end up further apart than they must.

All take cosines [B,C] between embeddings and class centres, the index of the true class of each row [B] (-1: it is not among these columns) and the
embeddings' lengths [B], and give logits [B,C].
ArcFace: Deng et al. 2019. CosFace: Wang et al. 2018. AdaFace: Kim, Jain, Liu 2022.
"""
import math

import torch
from torch import nn


def true_entries(target):
    """Rows and columns of the entries that belong to the true class."""
    rows = torch.nonzero(target >= 0).flatten()
    return rows, target[rows]


def add_angle(cosine, margin):
    """cos(theta + margin); where theta + margin would pass pi, a line that goes on falling, so that the gradient keeps its sign."""
    sine = torch.sqrt((1 - cosine * cosine).clamp(min=1e-9))
    turned = cosine * torch.cos(margin) - sine * torch.sin(margin)
    return torch.where(cosine > torch.cos(math.pi - margin), turned, cosine - margin * torch.sin(margin))


class ArcFace(nn.Module):
    """s * cos(theta + m)"""

    def __init__(self, scale=64.0, margin=0.5):
        super().__init__()
        self.scale, self.margin = scale, margin

    def forward(self, cosines, target, _lengths):
        rows, columns = true_entries(target)
        logits = cosines.clone()
        logits[rows, columns] = add_angle(cosines[rows, columns], torch.full_like(rows, self.margin, dtype=cosines.dtype))
        return logits * self.scale


class CosFace(nn.Module):
    """s * (cos(theta) - m)"""

    def __init__(self, scale=64.0, margin=0.4):
        super().__init__()
        self.scale, self.margin = scale, margin

    def forward(self, cosines, target, _lengths):
        rows, columns = true_entries(target)
        logits = cosines.clone()
        logits[rows, columns] = cosines[rows, columns] - self.margin
        return logits * self.scale


class AdaFace(nn.Module):
    """The angle grows by -m * q and the cosine falls by m + m * q, where q in -1..1 is how long the embedding is among those seen: poor pictures
    have short ones, and are not pushed towards a centre that they cannot show."""

    def __init__(self, scale=64.0, margin=0.4, spread=0.333, momentum=0.99):
        super().__init__()
        self.scale, self.margin, self.spread, self.momentum = scale, margin, spread, momentum
        self.register_buffer("mean", torch.tensor(20.0))
        self.register_buffer("deviation", torch.tensor(100.0))

    def quality(self, lengths):
        lengths = lengths.detach().clamp(0.001, 100)
        if self.training and len(lengths) > 1:
            self.mean.lerp_(lengths.mean(), 1 - self.momentum)
            self.deviation.lerp_(lengths.std(), 1 - self.momentum)
        return ((lengths - self.mean) / (self.deviation + 1e-3) * self.spread).clamp(-1, 1)

    def forward(self, cosines, target, lengths):
        quality = self.quality(lengths)
        rows, columns = true_entries(target)
        logits = cosines.clone()
        angle = torch.acos(cosines[rows, columns].clamp(-1 + 1e-3, 1 - 1e-3)) - self.margin * quality[rows]
        logits[rows, columns] = torch.cos(angle.clamp(1e-3, math.pi - 1e-3)) - self.margin * (1 + quality[rows])
        return logits * self.scale


MARGINS = {"arcface": ArcFace, "cosface": CosFace, "adaface": AdaFace}

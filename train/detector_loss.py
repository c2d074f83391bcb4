"""The detector's loss: quality focal loss on scores, distance-IoU on boxes, smooth L1 on landmarks."""

import torch
from torch.nn import functional

BOX_WEIGHT, POINTS_WEIGHT = 2.0, 12.0
POINTS_BEND = 0.02  # of the face's size: landmarks nearer than this are pulled by the square of their distance


def decode_boxes(centres, strides, rows):
    """Distances in strides [..., 4] -> boxes in pixels."""
    rows = rows * strides[..., None]
    return torch.cat([centres - rows[..., :2], centres + rows[..., 2:]], -1)


def decode_points(centres, strides, rows):
    """Offsets in strides [..., 10] -> points [..., 5, 2] in pixels."""
    return centres[..., None, :] + rows.reshape(*rows.shape[:-1], 5, 2) * strides[..., None, None]


def overlap_and_distance(boxes, others):
    """IoU, and distance-IoU [Zheng et al. 2020] of boxes [P,4] with others [P,4]."""
    common = (torch.minimum(boxes[:, 2:], others[:, 2:]) - torch.maximum(boxes[:, :2], others[:, :2])).clamp(min=0).prod(1)
    area, other = ((b[:, 2:] - b[:, :2]).clamp(min=0).prod(1) for b in (boxes, others))
    overlap = common / (area + other - common).clamp(min=1e-6)
    hull = torch.maximum(boxes[:, 2:], others[:, 2:]) - torch.minimum(boxes[:, :2], others[:, :2])
    apart = (boxes[:, :2] + boxes[:, 2:] - others[:, :2] - others[:, 2:]) / 2
    return overlap, overlap - apart.square().sum(1) / hull.square().sum(1).clamp(min=1e-6)


def detector_loss(rows, anchors, owner, faces):
    """rows: (scores [B,N], boxes [B,N,4], points [B,N,10]) of all strides joined; anchors: (centres [N,2], strides [N]);
    owner [B,N]: index of the anchor's face within its picture, -1 none, -2 ignored; faces: (boxes [B,M,4], points [B,M,5,2], visible [B,M,5]).
    -> the loss and its three parts."""
    scores, boxes, points = rows
    centres, strides = anchors
    picture, anchor = torch.nonzero(owner >= 0, as_tuple=True)
    face = owner[picture, anchor]
    target = faces[0][picture, face]
    found = decode_boxes(centres[anchor], strides[anchor], boxes[picture, anchor])
    overlap, distance = overlap_and_distance(found, target)

    quality = torch.zeros_like(scores)
    # The root: a box that is halfway right should already pass for a face.
    quality[picture, anchor] = overlap.detach().clamp(min=0.01).sqrt()
    probability = scores.detach().sigmoid()
    weight = (quality - probability).square() * (owner != -2)
    weights = quality[picture, anchor]
    total = weights.sum().clamp(min=1.0)
    score_loss = (weight * functional.binary_cross_entropy_with_logits(scores, quality, reduction="none")).sum() / total
    box_loss = ((1 - distance) * weights).sum() / total

    size = (target[:, 2:] - target[:, :2]).prod(1).sqrt()
    wrong = (decode_points(centres[anchor], strides[anchor], points[picture, anchor]) - faces[1][picture, face]) / size[:, None, None]
    bent = functional.smooth_l1_loss(wrong, torch.zeros_like(wrong), beta=POINTS_BEND, reduction="none").mean(-1) * faces[2][picture, face]
    points_loss = (bent.mean(1) * weights).sum() / total
    loss = score_loss + BOX_WEIGHT * box_loss + POINTS_WEIGHT * points_loss
    return loss, (score_loss.detach(), box_loss.detach(), points_loss.detach())

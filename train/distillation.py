"""What a student is told: the teacher's direction, the angles between the faces of a batch, and the feature maps on the way."""
import torch
import torch.nn.functional as F
from torch import nn

DIRECTION, RELATION, MIDDLE_MAP = 4.0, 10.0, 0.5
HINTS_UNTIL = 0.6  # part of the run in which maps are compared, with a weight that falls to nothing


def direction_loss(student, teacher):
    """1 - cosine; unit vectors [B,D]"""
    return (1 - (student * teacher).sum(1)).mean()


def relation_loss(student, teacher):
    """Squared differences of all cosines within the batch (Park et al. 2019, Relational knowledge distillation)."""
    return (student @ student.T - teacher @ teacher.T).square().mean()


class Hints(nn.ModuleList):
    """1x1 convolutions from the student's maps to the teacher's, thrown away after training (Romero et al. 2015, FitNets)."""

    def __init__(self, student_channels, teacher_channels):
        super().__init__([nn.Conv2d(inputs, outputs, 1) for inputs, outputs in zip(student_channels, teacher_channels)])

    def loss(self, student_maps, teacher_maps):
        """Maps from the middle to the last; teacher's [B,C,7,7]. Errors are in units of the maps' variance."""
        total = 0.0
        for layer, here, there, weight in zip(self, student_maps, teacher_maps, (MIDDLE_MAP, 1.0)):
            here = F.avg_pool2d(here, here.shape[-1] // there.shape[-1])
            total = total + weight * F.mse_loss(layer(here), there) / there.var()
        return total


def hint_weight(part):
    return max(0.0, 1 - part / HINTS_UNTIL)


def total_loss(embeddings, maps, answers, teacher_maps, hints, part):
    """-> (what to minimise, [direction, relation, hints] as numbers)"""
    student = F.normalize(embeddings)
    direction, relation = direction_loss(student, answers), relation_loss(student, answers)
    total, hint, weight = DIRECTION * direction + RELATION * relation, torch.zeros(()), hint_weight(part)
    if weight > 0 and teacher_maps:
        hint = hints.loss(maps, teacher_maps)
        total = total + weight * hint
    return total, [direction.item(), relation.item(), hint.item()]

"""Muon (Jordan et al. 2024): momentum whose direction is made orthogonal, for weights that are matrices at heart (convolutions as [outputs, the rest]).

All directions of a layer move equally far, not only the few that dominate the gradient; for short runs of small networks that is worth much.
"""
import torch

# Coefficients of the quintic that brings singular values near 1 in five steps.
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonal(matrix, steps=5):
    """The nearest matrix with all singular values about 1 (Newton-Schulz), in the cheaper orientation."""
    matrix = matrix / (matrix.norm() + 1e-7)
    tall = matrix.shape[0] > matrix.shape[1]
    matrix = matrix.T if tall else matrix
    for _ in range(steps):
        square = matrix @ matrix.T
        matrix = A * matrix + (B * square + C * square @ square) @ matrix
    return matrix.T if tall else matrix


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr=0.03, momentum=0.95, weight_decay=0.05):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        if closure is not None:
            raise ValueError("Muon calls no closure")
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                mean = self.state[weight].setdefault("m", torch.zeros_like(weight))
                mean.lerp_(weight.grad, 1 - group["momentum"])
                direction = orthogonal(weight.grad.lerp(mean, group["momentum"]).reshape(len(weight), -1))
                weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(direction.reshape(weight.shape), alpha=-group["lr"])

"""The last layer of training: one centre for each person, spread over the processes, of which each step looks at some.

Partial FC (An et al. 2021; 2022): with hundreds of thousands of people, the product with all centres would take more time and memory than the network.
A step takes the centres of the people in its batch and a random choice of others. Each process holds a contiguous share of the centres; embeddings are
gathered from all processes, and the softmax's maximum and sum run over all shares.
"""
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn


def processes():
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def own_rank():
    return dist.get_rank() if processes() > 1 else 0


class GatherRows(torch.autograd.Function):
    """x [B,D] of each process -> [processes * B, D], in the order of ranks; the gradient is the sum of what all processes found."""

    @staticmethod
    def forward(ctx, x):
        ctx.rows = len(x)
        parts = [torch.empty_like(x) for _ in range(processes())]
        dist.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, gradient):
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        first = own_rank() * ctx.rows
        return gradient[first:first + ctx.rows]


def gather_rows(x):
    return GatherRows.apply(x) if processes() > 1 else x


def reduce_all(x, operation):
    if processes() > 1:
        dist.all_reduce(x, operation)
    return x


class SharedCrossEntropy(torch.autograd.Function):
    """Mean of -log softmax at the true class over logits [B,C], whose columns are spread over processes; target [B]: column here, or -1."""

    @staticmethod
    def forward(ctx, logits, target):
        rows = torch.nonzero(target >= 0).flatten()
        highest = reduce_all(logits.max(1, keepdim=True).values, dist.ReduceOp.MAX)
        shares = torch.exp(logits - highest)
        total = reduce_all(shares.sum(1, keepdim=True), dist.ReduceOp.SUM)
        shares /= total
        true_logit = torch.zeros_like(highest)
        true_logit[rows, 0] = logits[rows, target[rows]]
        reduce_all(true_logit, dist.ReduceOp.SUM)
        ctx.save_for_backward(shares, rows, target[rows])
        return (highest + total.log() - true_logit).mean()

    @staticmethod
    def backward(ctx, gradient):
        shares, rows, columns = ctx.saved_tensors
        result = shares.clone()
        result[rows, columns] -= 1
        return result * (gradient / len(shares)), None


class PartialFC(nn.Module):
    """people: how many classes there are; fraction: which part of this process's centres a step looks at (1: all)."""

    def __init__(self, margin, people, length, fraction=1.0):
        super().__init__()
        count, rank = processes(), own_rank()
        self.first = people * rank // count
        self.count = people * (rank + 1) // count - self.first
        if not 0 < fraction <= 1 or self.count < 1:
            raise ValueError(f"partial FC: fraction {fraction} of {people} people over {count} processes; fraction must be in (0, 1], people >= processes")
        self.margin, self.fraction = margin, fraction
        self.weight = nn.Parameter(torch.randn(self.count, length) * 0.01)

    def sample(self, target):
        """Columns that this step looks at, sorted, and the targets among them."""
        if self.fraction == 1:
            return None, target
        present = target[target >= 0].unique()
        chance = torch.rand(self.count, device=target.device)
        chance[present] = 2.0
        wanted = max(len(present), int(self.count * self.fraction))
        columns = torch.topk(chance, wanted).indices.sort().values
        found = torch.searchsorted(columns, target.clamp(min=0))
        return columns, torch.where(target >= 0, found, target)

    def forward(self, embeddings, people):
        """embeddings [B,D] and the people in them [B], of this process -> the loss over all processes' batches."""
        embeddings, people = gather_rows(embeddings.float()), gather_labels(people)
        target = people - self.first
        target = torch.where((target >= 0) & (target < self.count), target, -1)
        columns, target = self.sample(target)
        centres = self.weight if columns is None else self.weight[columns]
        cosines = (F.normalize(embeddings) @ F.normalize(centres).T).clamp(-1, 1)
        loss = SharedCrossEntropy.apply(self.margin(cosines, target, embeddings.norm(dim=1)), target)
        return scale_gradient(loss)


class ScaleGradient(torch.autograd.Function):
    @staticmethod
    def forward(_ctx, x):
        return x.clone()

    @staticmethod
    def backward(_ctx, gradient):
        return gradient * processes()


def scale_gradient(loss):
    """DistributedDataParallel takes the mean over processes of gradients that here are parts of a sum."""
    return ScaleGradient.apply(loss) if processes() > 1 else loss


def gather_labels(labels):
    if processes() == 1:
        return labels
    parts = [torch.empty_like(labels) for _ in range(processes())]
    dist.all_gather(parts, labels.contiguous())
    return torch.cat(parts)

"""The training of the face detector: network, average, optimizer, checkpoints, evaluation on pages of held-out people.

A run ends after its steps or, where minutes are given, when that much time has been trained in all; the learning rate falls along whichever is nearer
to its end. FOLDER/last.pt is where it goes on after it was killed, best.pt the averaged network that did best, log.jsonl a line for each evaluation.
"""

import json
import math
import time

import torch

from . import checkpoints
from .detector_anchors import NEGATIVE, anchor_centres
from .detector_data import Batches, as_input, load
from .detector_loss import decode_boxes, decode_points, detector_loss, overlap_and_distance
from .detector_network import Detector
from .muon import Muon

WARM_UP = 100          # steps
AVERAGE = 0.998        # of the weights, from step to step; less in the beginning
VALIDATION_BATCHES = 25


def anchors_of(height, width):
    centres, _, strides = anchor_centres(height, width)
    return torch.tensor(centres, dtype=torch.float32), torch.tensor(strides, dtype=torch.float32)


def join(outputs):
    """One tensor a kind, of all strides."""
    return tuple(torch.cat([level[kind] for level in outputs], 1) for kind in range(3))


def run_batch(network, data):
    """-> loss, its parts, and the rows, of one batch."""
    pictures, owner, boxes, points, visible = data
    rows = join(network(as_input(pictures)))
    return *detector_loss(rows, anchors_of(*pictures.shape[1:3]), owner, (boxes, points, visible)), rows


def judge(rows, anchors, data, i):
    """How one page came out: -> faces there, faces found, their landmarks' distances in eye distances, rows that fired, rows that fired on nothing."""
    scores, boxes, points = (values[i] for values in rows)
    _, owner, true_boxes, true_points, visible = (values[i] for values in data)
    fired = torch.nonzero(scores >= 0.0)[:, 0]  # logits: a score of one half
    decoded = decode_boxes(anchors[0][fired], anchors[1][fired], boxes[fired])
    wrong, found, touched = [], 0, torch.zeros(len(fired), dtype=torch.bool)
    real = torch.nonzero(true_boxes[:, 2] > true_boxes[:, 0])[:, 0].tolist()
    for face in real if len(fired) else ():
        overlap, _ = overlap_and_distance(decoded, true_boxes[face].expand_as(decoded))
        touched |= overlap >= 0.3
        if overlap.max() < 0.5:
            continue
        found += 1
        best = fired[(scores[fired] + 1e3 * (overlap >= 0.5)).argmax()]
        eyes = (true_points[face, 1] - true_points[face, 0]).norm()
        if visible[face].all() and eyes > 0.3 * (true_boxes[face, 2] - true_boxes[face, 0]):  # in a profile the eyes are no measure
            apart = decode_points(anchors[0][best], anchors[1][best], points[best]) - true_points[face]
            wrong.append((apart.norm(dim=-1).mean() / eyes).item())
    return len(real), found, wrong, len(fired), int((~touched & (owner[fired] == NEGATIVE)).sum())


@torch.no_grad()
def evaluate(network, batches):
    """On pages of held-out people: the loss; which share of the faces has a score >= 0.5 at an overlap >= 0.5; the mean distance of these faces' landmarks
    in eye distances; and which share of the rows with a score >= 0.5 lies on no face."""
    network.eval()
    loss_sum, pages = 0.0, []
    for data in batches:
        loss, _, rows = run_batch(network, data)
        loss_sum += loss.item()
        anchors = anchors_of(*data[0].shape[1:3])
        pages += [judge(rows, anchors, data, i) for i in range(len(data[0]))]
    faces, found, wrong, fired, false = (sum(column, []) if isinstance(column[0], list) else sum(column) for column in zip(*pages))
    return {"loss": loss_sum / len(batches), "found": found / max(faces, 1), "landmarks": sum(wrong) / max(len(wrong), 1), "false": false / max(fired, 1)}


def optimizers(network, options):
    """Muon for the weights of dense convolutions, AdamW for everything else."""
    dense = [layer.weight for layer in network.modules() if isinstance(layer, torch.nn.Conv2d) and layer.groups == 1 and layer.bias is None]
    others = [weight for weight in network.parameters() if all(weight is not other for other in dense)]
    return torch.optim.AdamW(others, lr=options.rate, weight_decay=0.0, betas=(0.9, 0.99), foreach=True), Muon(dense, lr=options.muon_rate, weight_decay=0.02)


class Trainer:
    """The network, its moving average, the optimizers, and how far they are."""

    def __init__(self, options):
        self.options, self.step, self.seconds, self.best = options, 0, 0.0, math.inf
        torch.manual_seed(options.seed)
        self.network = Detector().to(memory_format=torch.channels_last)
        self.average = checkpoints.Average(self.network, Detector(), AVERAGE)
        if options.weights:
            self.begin_with(options.weights)
        self.adam, self.muon = optimizers(self.network, options)

    def begin_with(self, path):
        weights = checkpoints.load(str(path))
        if weights is None:
            raise ValueError(f"{path}: there is no such file")
        self.network.load_state_dict(weights)
        self.average.network.load_state_dict(weights)

    def state(self):
        return {"network": self.network.state_dict(), "average": self.average.network.state_dict(), "adam": self.adam.state_dict(),
                "muon": self.muon.state_dict(),
                "step": self.step, "seconds": self.seconds, "best": self.best}

    def resume(self, path):
        state = checkpoints.load(str(path))
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.adam.load_state_dict(state["adam"])
        self.muon.load_state_dict(state["muon"])
        self.step, self.seconds, self.best = state["step"], state["seconds"], state["best"]

    def progress(self):
        """0 at the beginning, 1 at the end."""
        limit = self.seconds / (60 * self.options.minutes) if self.options.minutes else 0.0
        return min(max(self.step / self.options.steps, limit), 1.0)

    def train_step(self, data):
        share = min(1.0, (self.step + 1) / WARM_UP) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.progress())))
        for optimizer, rate in ((self.adam, self.options.rate), (self.muon, self.options.muon_rate)):
            for group in optimizer.param_groups:
                group["lr"] = rate * share
        loss, parts, _ = run_batch(self.network, data)
        self.adam.zero_grad(set_to_none=True)
        self.muon.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 10.0)
        self.adam.step()
        self.muon.step()
        self.step += 1
        self.average.update(self.network, self.step)
        return torch.stack([loss.detach(), *parts])


def checkpoint(trainer, folder, loader, losses):
    figures = evaluate(trainer.average.network, loader)
    names = ("train_loss", "train_score", "train_box", "train_landmarks")
    means = dict(zip(names, (sum(losses) / len(losses)).tolist()))
    line = {"step": trainer.step, "minutes": trainer.seconds / 60, "part": trainer.progress(), **means, **figures}
    if figures["loss"] < trainer.best:
        trainer.best = figures["loss"]
        checkpoints.save(str(folder / "best.pt"), trainer.average.network.state_dict())
    checkpoints.save(str(folder / "last.pt"), trainer.state())
    line = {key: round(value, 5) for key, value in line.items()}
    with open(folder / "log.jsonl", "a") as log:
        log.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def train(options):
    folder = options.out
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    trainer = Trainer(options)
    trainer.resume(folder / "last.pt")
    photos, portraits = load(options.data, "photos", False), load(options.data, "portraits", False)
    held_out = Batches(load(options.data, "photos", True), load(options.data, "portraits", True), options.seed + 1, 0, VALIDATION_BATCHES)
    validation = [held_out[i] for i in range(len(held_out))]
    batches = torch.utils.data.DataLoader(Batches(photos, portraits, options.seed, trainer.step, options.steps), batch_size=None, num_workers=options.workers,
                                          prefetch_factor=8 if options.workers else None)
    losses, lap = [], time.monotonic()
    for data in batches:
        losses.append(trainer.train_step(data))
        now = time.monotonic()
        trainer.seconds, lap = trainer.seconds + now - lap, now
        if trainer.step % options.every == 0 or trainer.progress() >= 1.0:
            checkpoint(trainer, folder, validation, losses)
            losses, lap = [], time.monotonic()
        if trainer.progress() >= 1.0:
            break

"""One run of distillation: a student learns from labelled faces until its time is over. Interrupted runs go on where they were."""
import copy
import math
import os
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import checkpoints, distillation, labelled_pool, verification
from .face_crops import BORDER, as_canvas
from .muon import Muon
from .run_log import RunLog

WARM_UP = 300      # steps, of a run that is long enough for them
LEAST_RATE = 0.01  # of the highest, at the end


@dataclass
class Plan:
    """steps: how many there are, or until: seconds since 1970 when training ends; restart: where on the schedule (0..1) a resumed run begins anew,
    None: where it was."""
    out: str
    until: float = None
    steps: int = None
    batch: int = 64
    rate: float = 2e-3
    muon_rate: float = 0.03
    reuse: float = 2.5
    seed: int = 1
    restart: float = None
    measure_every: float = 240.0
    save_every: float = 120.0


def to_input(pixels):
    """uint8 RGB [N,112,112,3] -> [N,3,112,112], (x - 127.5) / 127.5, as InsightFace's networks want it"""
    values = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).to(torch.float32)
    return values.sub_(127.5).div_(127.5).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def embed(network, pixels, batch=64):
    """Unit embeddings [N,D] of aligned faces"""
    device = next(network.parameters()).device
    return torch.cat([F.normalize(network(to_input(pixels[first:first + batch]).to(device)).float()).cpu()
                      for first in range(0, len(pixels), batch)]).numpy()


def centres(source, pictures):
    """The 112 x 112 pixels that hold the template"""
    return np.stack([as_canvas(source.picture(number))[BORDER:-BORDER, BORDER:-BORDER] for number in pictures])


def optimisers(plan, network, hints):
    """Muon for convolutions' weights, AdamW for everything else, without decay for vectors."""
    convolutions = [module.weight for module in network.modules() if isinstance(module, nn.Conv2d)]
    taken = {id(weight) for weight in convolutions}
    rest = [weight for part in (network, hints) for weight in part.parameters() if id(weight) not in taken]
    groups = [{"params": [weight for weight in rest if weight.ndim > 1], "weight_decay": 0.02},
              {"params": [weight for weight in rest if weight.ndim <= 1], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, plan.rate, (0.9, 0.99), foreach=True), Muon(convolutions, plan.muon_rate)


class Distillation:
    def __init__(self, plan, network, hints, pool):
        self.plan, self.pool = plan, pool
        self.network, self.hints = network.to(memory_format=torch.channels_last), hints
        self.average = checkpoints.Average(self.network, copy.deepcopy(self.network).eval())
        self.adam, self.muon = optimisers(plan, network, hints)
        self.step, self.part, self.begun = 0, 0.0, time.time()
        self.first_step, self.first_part = 0, 0.0
        self.path = os.path.join(plan.out, "last.pt")

    def parts(self):
        return {"net": self.network, "ema": self.average.network, "hint": self.hints, "opt": self.adam, "muon": self.muon}

    def resume(self):
        state = checkpoints.load(self.path)
        if state is None:
            return False
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        self.step = self.first_step = state["step"]
        self.first_part = state["frac"] if self.plan.restart is None else self.plan.restart
        return True

    def save(self):
        checkpoints.save(self.path, {**{name: part.state_dict() for name, part in self.parts().items()}, "step": self.step, "frac": self.part})

    def move_on(self):
        """Where the run stands, and the rates that belong to it (half a cosine)."""
        warm_up = WARM_UP
        if self.plan.steps is not None:
            done = (self.step - self.first_step) / max(1, self.plan.steps - self.first_step)
            warm_up = min(WARM_UP, max(1, self.plan.steps // 10))
        else:
            done = (time.time() - self.begun) / max(1e-9, self.plan.until - self.begun)
        self.part = min(1.0, self.first_part + (1 - self.first_part) * done)
        share = min(1, (self.step + 1) / warm_up) * (LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * self.part)))
        for group in self.adam.param_groups:
            group["lr"] = self.plan.rate * share
        for group in self.muon.param_groups:
            group["lr"] = self.plan.muon_rate * share
        return self.plan.rate * share

    def one_step(self, rng):
        pixels, answers, maps = self.pool.take(rng, self.plan.batch)
        maps = [torch.from_numpy(each).view(len(pixels), -1, 7, 7) for each in maps]
        own_maps = self.network.maps(to_input(pixels))
        loss, figures = distillation.total_loss(self.network.head(own_maps[-1]), own_maps, torch.from_numpy(answers), maps, self.hints, self.part)
        self.adam.zero_grad()
        self.muon.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([weight for group in self.adam.param_groups for weight in group["params"]], 2.0)
        self.adam.step()
        self.muon.step()
        self.step += 1
        self.average.update(self.network, self.step)
        return figures

    def run(self, validation, people, answers):
        """validation: faces of held-out people [N,112,112,3]; answers: the teacher's embeddings of them"""
        with RunLog(os.path.join(self.plan.out, "log.jsonl")) as log:
            return self.follow(log, validation, people, answers)

    def follow(self, log, validation, people, answers):
        rng = np.random.default_rng(self.plan.seed + self.step)
        self.begun = saved = measured = time.time()
        while True:
            rate = self.move_on()
            if self.part >= 1:
                break
            direction, relation, hint = self.one_step(rng)
            log.add(cosine=1 - direction, relation=relation, hint=hint)
            log.tick(self.part, step=self.step, rate=rate, made=int(self.pool.counts[labelled_pool.MADE]))
            if time.time() - measured > self.plan.measure_every:
                self.report(log, validation, people, answers)
                measured = time.time()
            if time.time() - saved > self.plan.save_every:
                self.save()
                saved = time.time()
        self.save()
        return self.report(log, validation, people, answers)

    def report(self, log, validation, people, answers):
        found = embed(self.average.network, validation)
        figures = {**verification.measure(found, people), "teacher_cosine": float((found * answers).sum(1).mean())}
        text = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        log.result(f"{100 * self.part:5.1f} %, step {self.step}: held-out people {text}", validation=figures, step=self.step, part=round(self.part, 5))
        return figures

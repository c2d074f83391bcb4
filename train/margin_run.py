"""Training with identities: a backbone, a margin, Partial FC; on processors, or on one GPU or several (DistributedDataParallel, mixed precision).

With several GPUs: torchrun --nproc-per-node N -m train margin ...
"""
import math
import os
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from . import checkpoints, verification
from .augment import Strength, augment
from .distil_run import centres, embed
from .face_crops import as_canvas
from .partial_fc import own_rank, processes
from .run_log import RunLog


@dataclass
class MarginPlan:
    out: str
    epochs: float = 20.0
    batch: int = 128            # of each process
    rate: float = 0.1           # for a batch of 512 over all processes; scaled with what there is
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warm_up: float = 0.05       # part of the run
    seed: int = 1
    workers: int = 2
    amp: str = "auto"           # bf16, fp16, none; auto: bf16 where the GPU has it, none on processors
    measure_every: int = 2000   # steps
    save_every: int = 500
    strength: Strength = field(default_factory=Strength)


def begin_processes():
    """Joins the processes that torchrun began -> the device of this one."""
    if "RANK" in os.environ and not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


class Faces(torch.utils.data.Dataset):
    """Augmented faces of a source. The changes follow from the seed, the epoch and the picture alone."""

    def __init__(self, source, pictures, strength, seed):
        self.source, self.pictures, self.strength, self.seed, self.epoch = source, pictures, strength, seed, 0
        self.numbers = np.unique(source.people[pictures], return_inverse=True)[1]

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, place):
        rng = np.random.default_rng([self.seed, self.epoch, place])
        face = augment(as_canvas(self.source.picture(self.pictures[place])), rng, self.strength)
        values = torch.from_numpy(face).permute(2, 0, 1).to(torch.float32).sub_(127.5).div_(127.5)
        return values, int(self.numbers[place])

    @property
    def people(self):
        return int(self.numbers.max()) + 1


def order(count, seed, epoch, batch):
    """This process's batches of one epoch: the same permutation everywhere, dealt out evenly; what does not fill a batch of all is left for other epochs."""
    shuffled = np.random.default_rng([seed, epoch]).permutation(count)
    whole = batch * processes()
    if count < whole:
        raise ValueError(f"{count} pictures do not fill one batch of {whole} over all processes")
    shuffled = shuffled[:count // whole * whole].reshape(-1, processes(), batch)
    return shuffled[:, own_rank()].tolist()


def precision(wanted, device):
    """-> (type of the products or None, whether gradients are scaled)"""
    if wanted == "auto":
        wanted = "none" if device.type == "cpu" else "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    return {"none": None, "bf16": torch.bfloat16, "fp16": torch.float16}[wanted], wanted == "fp16"


class MarginTraining:
    def __init__(self, plan, network, classifier, faces, device):
        self.plan, self.faces, self.device = plan, faces, device
        self.network, self.classifier = network.to(device, memory_format=torch.channels_last), classifier.to(device)
        devices = [device.index] if device.type == "cuda" else None
        self.trained = nn.parallel.DistributedDataParallel(self.network, devices) if processes() > 1 else self.network
        self.steps_an_epoch = len(order(len(faces), plan.seed, 0, plan.batch))
        self.steps = max(1, int(plan.epochs * self.steps_an_epoch))
        self.rate = plan.rate * plan.batch * processes() / 512
        # A centre that a step does not look at has gradient 0: it goes on by its momentum and shrinks, which is no harm, since only directions count.
        self.optimiser = torch.optim.SGD([{"params": [*network.parameters()]}, {"params": [*classifier.parameters()]}], self.rate, plan.momentum,
                                         weight_decay=plan.weight_decay)
        self.type, scaled = precision(plan.amp, device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=scaled)
        self.step = 0

    def path(self, rank=None):
        return os.path.join(self.plan.out, "last.pt" if rank is None else f"centres-{rank}.pt")

    def resume(self):
        state, own = checkpoints.load(self.path(), self.device), checkpoints.load(self.path(own_rank()), self.device)
        if state is None or own is None:
            return False
        if state["step"] != own["step"]:
            raise ValueError(f"{self.path()} is of step {state['step']}, {self.path(own_rank())} of step {own['step']}: the run was killed between the two; "
                             "start from an older copy, or anew")
        self.network.load_state_dict(state["net"])
        self.scaler.load_state_dict(state["scaler"])
        self.classifier.load_state_dict(own["classifier"])
        self.optimiser.load_state_dict(own["optimiser"])
        self.step = state["step"]
        return True

    def save(self):
        """Each process writes its own centres; the first the network."""
        checkpoints.save(self.path(own_rank()), {"classifier": self.classifier.state_dict(), "optimiser": self.optimiser.state_dict(), "step": self.step})
        if own_rank() == 0:
            checkpoints.save(self.path(), {"net": self.network.state_dict(), "scaler": self.scaler.state_dict(), "step": self.step})

    def set_rate(self):
        part = self.step / self.steps
        warm = min(1.0, part / self.plan.warm_up) if self.plan.warm_up > 0 else 1.0
        rate = self.rate * max(1e-3, warm) * (1 - part) ** 2  # polynomial, as InsightFace's recipes have it
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    def one_step(self, pictures, people):
        pictures = pictures.to(self.device, memory_format=torch.channels_last, non_blocking=True)
        with torch.autocast(self.device.type, self.type, enabled=self.type is not None):
            embeddings = self.trained(pictures)
        loss = self.classifier(embeddings, people.to(self.device))
        self.optimiser.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.step += 1
        return float(loss.detach())

    def batches(self):
        """From where the run stands to its end"""
        epoch, done = divmod(self.step, self.steps_an_epoch)
        while True:
            self.faces.epoch = epoch
            waiting = order(len(self.faces), self.plan.seed, epoch, self.plan.batch)[done:]
            yield from torch.utils.data.DataLoader(self.faces, batch_sampler=waiting, num_workers=self.plan.workers, pin_memory=self.device.type == "cuda")
            epoch, done = epoch + 1, 0

    def run(self, validation=None, people=None, stop=None):
        """validation: faces of held-out people [N,112,112,3], and who they are; stop: the step to leave at, None: the end -> the last figures"""
        with RunLog(os.path.join(self.plan.out, "log.jsonl") if own_rank() == 0 else None) as log:
            return self.follow(log, validation, people, self.steps if stop is None else stop)

    def follow(self, log, validation, people, stop):
        figures = None
        for pictures, labels in self.batches():
            if self.step >= stop:
                break
            self.network.train()
            rate = self.set_rate()
            log.add(loss=self.one_step(pictures, labels))
            if not math.isfinite(log.sums["loss"]):
                raise ArithmeticError(f"step {self.step}: the loss is no number any more; a lower rate than {self.plan.rate} or a longer warm-up helps")
            log.tick(self.step / self.steps, step=self.step, rate=rate)
            last = self.step == self.steps
            if self.step % self.plan.save_every == 0 or last:
                self.save()
            if validation is not None and own_rank() == 0 and (self.step % self.plan.measure_every == 0 or last):
                figures = self.report(log, validation, people)
        return figures

    def report(self, log, validation, people):
        self.network.eval()
        figures = verification.measure(embed(self.network, validation), people)
        text = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        log.result(f"step {self.step} of {self.steps}: held-out people {text}", validation=figures, step=self.step, part=round(self.step / self.steps, 5))
        return figures


def held_out(source, pictures):
    return centres(source, pictures), source.people[pictures]

"""Commands about recognizers: crops, distil, margin, export, evaluate, verify, curves."""
import os
import time

import numpy as np
import torch

from . import checkpoints, curves, margin_run, recognizer_export, verification
from .backbones import BACKBONES, multiplications
from .distil_run import Distillation, Plan, centres, embed
from .distillation import Hints
from .face_crops import make_crops
from .face_sources import open_source, split_people
from .labelled_pool import Pool, start_producer, wait_until_filled
from .margins import MARGINS
from .partial_fc import PartialFC, own_rank
from .teacher import Teacher

VALIDATION_SEED = 5
IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))  # mean and std of ImageNet, in 0..255
NORMALIZATION = {"imagenet": IMAGENET, "arcface": ((127.5,) * 3, (127.5,) * 3)}


def number_list(text):
    return [part for part in text.split(",") if part]


def crops(options):
    faces, without = make_crops(options.program, options.detector, options.pictures, options.out, options.det_size)
    print(f"{faces} faces in {options.out}, none found in {without} pictures")
    return 0


def split(source, options):
    training, validation = split_people(source.people, options.held_out, VALIDATION_SEED)
    if not len(training) or not len(validation):
        raise ValueError(f"{options.data}: {len(training)} pictures to train with and {len(validation)} to validate with; "
                         "people with two pictures or more are needed for the latter (--held-out)")
    return training, validation


def end_of(options):
    """-> seconds since 1970, or None where steps are counted"""
    if sum(value is not None for value in (options.minutes, options.until, options.steps)) != 1:
        raise ValueError("one of --minutes, --until and --steps says when training ends")
    return options.until if options.minutes is None else time.time() + 60 * options.minutes


def distil(options):
    plan = Plan(options.out, end_of(options), options.steps, options.batch, options.rate, options.muon_rate, options.reuse, options.seed, options.restart)
    os.makedirs(options.out, exist_ok=True)
    torch.manual_seed(options.seed)
    source = open_source(options.data)
    training, validation = split(source, options)
    faces, people = centres(source, validation), source.people[validation]
    mean, std = NORMALIZATION[options.teacher_pixels]

    def open_teacher():
        return Teacher(options.teacher, mean, std, options.maps)

    probe, maps = open_teacher()(faces[:1])
    widths = [each.shape[1] // 49 for each in maps]
    pool = Pool(options.pool or os.path.join(options.out, "pool"), options.pool_size, probe.shape[1], [each.shape[1] for each in maps])
    process = start_producer(pool, source, training, open_teacher, options.reuse, int(time.time()) % 1000003)
    try:
        torch.set_num_threads(options.threads)
        network = BACKBONES[options.backbone](length=probe.shape[1])
        with torch.no_grad():
            own = [each.shape[1] for each in network.eval().maps(torch.zeros(1, 3, 112, 112))]
        run = Distillation(plan, network.train(), Hints(own[-len(widths):] if widths else [], widths), pool)
        resumed = run.resume()
        answers = open_teacher().embed(faces)
        print(f"{len(training)} pictures, {len(faces)} of held-out people; {options.backbone}: {multiplications(network):.1f} million multiply-adds; teacher "
              f"on held-out people: {verification.measure(answers, people)}" + (f"; goes on from step {run.step}" if resumed else ""), flush=True)
        wait_until_filled(pool, process)
        run.run(faces, people, answers)
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
    return 0


def margin(options):
    device = margin_run.begin_processes()
    os.makedirs(options.out, exist_ok=True)
    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    source = open_source(options.data)
    if options.held_out:
        training, validation = split(source, options)
        faces, people = margin_run.held_out(source, validation)
    else:
        training, faces, people = np.arange(len(source)), None, None
    data = margin_run.Faces(source, training, margin_run.Strength(), options.seed)
    network = BACKBONES[options.backbone](length=options.length)
    torch.manual_seed(options.seed + own_rank())
    classifier = PartialFC(MARGINS[options.margin](), data.people, options.length, options.sample)
    plan = margin_run.MarginPlan(options.out, options.epochs, options.batch, options.rate, seed=options.seed, workers=options.workers, amp=options.amp,
                                 measure_every=options.measure_every, save_every=options.save_every)
    run = margin_run.MarginTraining(plan, network, classifier, data, device)
    resumed = run.resume()
    if own_rank() == 0:
        print(f"{len(data)} pictures of {data.people} people; {options.backbone}, {run.steps} steps" + (f"; goes on from step {run.step}" if resumed else ""),
              flush=True)
    run.run(faces, people)
    return 0


def load_network(options):
    state = checkpoints.load(options.checkpoint)
    if state is None:
        raise ValueError(f"{options.checkpoint}: there is no such file")
    weights = state.get("ema") or state["net"]
    network = BACKBONES[options.backbone](length=len(weights["fc.weight"]))
    network.load_state_dict(weights)
    return network.eval()


def export(options):
    network = load_network(options)
    facts = dict(fact.split("=", 1) for fact in options.fact)
    size = recognizer_export.export(network, options.out, options.storage, facts)
    print(f"{options.out}: {size} bytes, {multiplications(network):.1f} million multiply-adds; least cosine to PyTorch's embeddings in ONNX Runtime "
          f"{recognizer_export.compare(network, options.out):.7f}")
    return 0


def evaluate(options):
    source = open_source(options.data)
    _, validation = split(source, options)
    faces, people = centres(source, validation), source.people[validation]
    if options.checkpoint.endswith(".onnx"):
        mean, std = NORMALIZATION[options.pixels]
        found = Teacher(options.checkpoint, mean, std, threads=2).embed(faces)
    else:
        found = embed(load_network(options), faces)
    figures = verification.measure(found, people)
    print(f"{len(faces)} pictures of {len(set(people))} held-out people: " + ", ".join(f"{name} {value:.4f}" for name, value in figures.items()))
    _, impostor = verification.all_pairs(found, people)
    print("thresholds: " + ", ".join(f"cosine {verification.threshold_at_far(impostor, far):.4f} at FAR {far:g}" for far in (1e-2, 1e-3)))
    return 0


def verify(options):
    rows, vectors = verification.read_embeddings(options.embeddings)
    accuracies, count = verification.listed_accuracy(rows, vectors, verification.read_pairs(options.pairs))
    genuine, impostor = verification.all_pairs(vectors, verification.people_of(rows))
    print(f"{count} listed pairs: accuracy {accuracies.mean():.4f} (standard deviation over folds {accuracies.std():.4f})")
    rates = ", ".join(f"{far:g} {verification.tar_at_far(genuine, impostor, far):.4f}" for far in (1e-2, 1e-3, 1e-4))
    print(f"{len(vectors)} faces, {len(genuine)} genuine and {len(impostor)} impostor pairs: TAR at FAR {rates}")
    return 0


def draw_curves(options):
    log = curves.read_log(options.log)
    names = number_list(options.figures)
    with open(options.out, "w", encoding="utf-8") as file:
        file.write(curves.draw({name: curves.series(log, name) for name in names}, options.title, options.low, options.high))
    return 0


def add_crops(commands):
    command = commands.add_parser("crops", help="aligned faces from a folder of people's folders")
    command.add_argument("pictures", help="FOLDER/PERSON/PICTURE.jpg")
    command.add_argument("--out", required=True, help="folder for crops.npy and people.txt")
    command.add_argument("--program", default="build/release/cameo", help="the program that finds landmarks (%(default)s)")
    command.add_argument("--detector", help="its detector; mind the licence, the crops carry its errors on")
    command.add_argument("--det-size", type=int, default=320)
    command.set_defaults(action=crops)


def add_data(command, held_out=100):
    command.add_argument("data", help="folder of people's folders, .rec (with .idx), .tar or a quoted pattern of them, or what `crops` wrote")
    command.add_argument("--held-out", type=int, default=held_out, metavar="N", help="people kept for validation (%(default)s)")


def add_run(command, rate):
    command.add_argument("--out", required=True, help="folder of the run: last.pt, log.jsonl; the same command goes on where it was")
    command.add_argument("--rate", type=float, default=rate, help="learning rate (%(default)s)")
    command.add_argument("--seed", type=int, default=1)


def add_distil(commands):
    command = commands.add_parser("distil", help="a student learns a teacher's embeddings on mixed faces")
    add_data(command)
    add_run(command, 2e-3)
    command.add_argument("--teacher", required=True, help="ONNX recognizer of 112 x 112 faces")
    command.add_argument("--teacher-pixels", choices=sorted(NORMALIZATION), default="arcface", help="how it wants pixels normalised (%(default)s)")
    command.add_argument("--maps", type=number_list, default=[], help="names of two values inside it, of 14x14 and 7x7 pixels, to be matched too")
    command.add_argument("--backbone", choices=["compact", "tiny"], default="compact")
    command.add_argument("--minutes", type=float, help="how long")
    command.add_argument("--until", type=float, help="when it ends, in seconds since 1970")
    command.add_argument("--steps", type=int, help="how many steps there are, those of an interrupted run included")
    command.add_argument("--batch", type=int, default=64)
    command.add_argument("--muon-rate", type=float, default=0.03)
    command.add_argument("--reuse", type=float, default=2.5, help="how often each labelled face is used (%(default)s)")
    command.add_argument("--pool", help="folder of labelled faces (OUT/pool)")
    command.add_argument("--pool-size", type=int, default=40000)
    command.add_argument("--restart", type=float, metavar="PART", help="a resumed run's place on the schedule, 0..1, instead of where it was")
    command.add_argument("--threads", type=int, default=2)
    command.set_defaults(action=distil)


def add_margin(commands):
    command = commands.add_parser("margin", help="a backbone learns identities with ArcFace, CosFace or AdaFace; torchrun for several GPUs")
    add_data(command)
    add_run(command, 0.1)
    command.add_argument("--backbone", choices=sorted(BACKBONES), default="r50")
    command.add_argument("--length", type=int, default=512, help="of the embedding (%(default)s)")
    command.add_argument("--margin", choices=sorted(MARGINS), default="arcface")
    command.add_argument("--sample", type=float, default=1.0, help="part of the people that a step looks at (Partial FC; %(default)s)")
    command.add_argument("--epochs", type=float, default=20)
    command.add_argument("--batch", type=int, default=128, help="of each process (%(default)s)")
    command.add_argument("--amp", choices=["auto", "bf16", "fp16", "none"], default="auto")
    command.add_argument("--workers", type=int, default=2)
    command.add_argument("--threads", type=int)
    command.add_argument("--measure-every", type=int, default=2000, metavar="STEPS")
    command.add_argument("--save-every", type=int, default=500, metavar="STEPS")
    command.set_defaults(action=margin)


def add_results(commands):
    command = commands.add_parser("export", help="a checkpoint as ONNX, in InsightFace's form")
    command.add_argument("checkpoint")
    command.add_argument("out")
    command.add_argument("--backbone", choices=sorted(BACKBONES), default="compact")
    command.add_argument("--storage", choices=recognizer_export.STORAGES, default="float")
    command.add_argument("--fact", action="append", default=[], metavar="NAME=TEXT", help="an entry of the file's metadata")
    command.set_defaults(action=export)
    command = commands.add_parser("evaluate", help="a checkpoint or an ONNX file on the held-out people of a set")
    add_data(command)
    command.add_argument("checkpoint")
    command.add_argument("--backbone", choices=sorted(BACKBONES), default="compact")
    command.add_argument("--pixels", choices=sorted(NORMALIZATION), default="arcface")
    command.set_defaults(action=evaluate)
    command = commands.add_parser("verify", help="what `cameo embed` wrote, on LFW's pairs.txt (ten folds) and on all pairs")
    command.add_argument("embeddings", help="a line for each face; of each picture one: --rank center --max-faces 1")
    command.add_argument("pairs")
    command.set_defaults(action=verify)
    command = commands.add_parser("curves", help="a run's log.jsonl as SVG")
    command.add_argument("log")
    command.add_argument("out")
    command.add_argument("--figures", default="cosine,validation.tar_1e-3,validation.accuracy")
    command.add_argument("--title", default="Training")
    command.add_argument("--low", type=float, default=0.0)
    command.add_argument("--high", type=float, default=1.0)
    command.set_defaults(action=draw_curves)


def add_commands(commands):
    add_crops(commands)
    add_distil(commands)
    add_margin(commands)
    add_results(commands)

"""Commands about the detector: detector-labels, detector, detector-export, detector-evaluate, detector-curves."""

import pathlib

from . import checkpoints, curves, detector_evaluate, detector_labels, recognizer_export

FOLDER = pathlib.Path


def labels(options):
    if not options.pictures and not options.portraits:
        raise ValueError("--pictures or --portraits says what is to be labelled")
    if options.pictures:
        if not options.teacher:
            raise ValueError("--pictures need a --teacher")
        detector_labels.label_photos(options.program, options.teacher, options.pictures, options.out)
    if options.portraits:
        detector_labels.label_portraits(options.portraits, options.out)
    return 0


def run(options):
    from .detector_run import train
    train(options)
    return 0


def read_network(path):
    from .detector_network import Detector
    weights = checkpoints.load(str(path))
    if weights is None:
        raise ValueError(f"{path}: there is no such file")
    network = Detector().eval()
    network.load_state_dict(weights)
    return network


def export(options):
    from .detector_export import export as write, largest_difference
    from .detector_operating import move_scores
    network = read_network(options.checkpoint)
    move_scores(network, options.half_at)
    size = write(network, options.out, options.storage, dict(fact.split("=", 1) for fact in options.fact))
    print(f"{options.out}: {size} bytes; largest difference to PyTorch's outputs in ONNX Runtime {largest_difference(network, options.out):.5f}")
    return 0


def evaluate(options):
    for name, value in detector_evaluate.measure(options).items():
        print(f"{name:22}{value:.4f}" if isinstance(value, float) else f"{name:22}{value}")
    return 0


def operate(options):
    from . import detector_operating
    from .detector_data import load
    network = read_network(options.checkpoint)
    faces, hard = detector_operating.scores_of_faces(network, load(options.data, "photos", True), options.size)
    nothing = detector_operating.scores_of_nothing(network, detector_operating.DRAWN, options.size)
    print(f"{len(faces)} faces of held-out people, {hard.sum()} of them hard; {len(nothing)} drawn pictures of none\n score   found %    hard %   false %")
    for row in detector_operating.table(faces, hard, nothing):
        print("{:6.2f}{:10.1f}{:10.1f}{:10.1f}".format(*row))
    return 0


def draw_curves(options):
    log = curves.read_log(options.log)
    lines = {name: curves.series(log, key) for name, key in (("faces found", "found"), ("landmarks, eye distances", "landmarks"), ("rows on no face", "false"))}
    options.out.write_text(curves.draw(lines, "Detector: pages of held-out people"))
    return 0


def add_labels(commands):
    command = commands.add_parser("detector-labels", help="faces as the teacher and the drawn portraits' truth tell them, stored for training")
    command.add_argument("--pictures", type=FOLDER, help="FOLDER/PERSON/PICTURE.jpg, all of one size")
    command.add_argument("--teacher", help="YuNet as ONNX; mind the licence, the labels carry its errors on")
    command.add_argument("--program", default="build/release/cameo", help="the program that runs the teacher (%(default)s)")
    command.add_argument("--portraits", type=FOLDER, help="folder that cameo-portraits wrote")
    command.add_argument("--out", type=FOLDER, required=True)
    command.set_defaults(action=labels)


def add_run(commands):
    command = commands.add_parser("detector", help="the face detector with five landmarks learns")
    command.add_argument("data", type=FOLDER, help="what detector-labels wrote")
    command.add_argument("--out", type=FOLDER, required=True, help="folder of the run: last.pt, best.pt, log.jsonl; the same command goes on where it was")
    command.add_argument("--steps", type=int, default=20000)
    command.add_argument("--minutes", type=float, help="end by then, however many steps that are")
    command.add_argument("--every", type=int, default=500, metavar="STEPS", help="between evaluations (%(default)s)")
    command.add_argument("--rate", type=float, default=2e-3, help="largest learning rate (%(default)s)")
    command.add_argument("--muon-rate", type=float, default=0.03, help="the same of the dense convolutions' weights (%(default)s)")
    command.add_argument("--weights", type=FOLDER, help="begin with these (best.pt of another run)")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--threads", type=int, default=1)
    command.add_argument("--workers", type=int, default=1, help="processes that draw pages (%(default)s)")
    command.set_defaults(action=run)


def add_results(commands):
    command = commands.add_parser("detector-export", help="a checkpoint (best.pt) as ONNX, in the form of InsightFace's SCRFD")
    command.add_argument("checkpoint", type=FOLDER)
    command.add_argument("out", type=FOLDER)
    command.add_argument("--storage", choices=recognizer_export.STORAGES, default="int8")
    command.add_argument("--fact", action="append", default=[], metavar="NAME=TEXT", help="an entry of the file's metadata")
    command.add_argument("--half-at", type=float, default=0.5, metavar="SCORE", help="what was scored so is scored one half (see detector-operate)")
    command.set_defaults(action=export)
    command = commands.add_parser("detector-operate", help="faces found and false alarms at each score, on held-out people and drawn pictures")
    command.add_argument("checkpoint", type=FOLDER)
    command.add_argument("data", type=FOLDER, help="what detector-labels wrote")
    command.add_argument("--size", type=int, default=320, help="of the square that a picture is put into (%(default)s)")
    command.set_defaults(action=operate)
    command = commands.add_parser("detector-evaluate", help="a detector beside det_500m's stored detections, and on pictures of no face")
    command.add_argument("--model", type=FOLDER, default=FOLDER("models/detector.onnx"))
    command.add_argument("--data", type=FOLDER, default=FOLDER("../shared/data"), help="folder with lfw/, scenes/ and ref/ (%(default)s)")
    command.add_argument("--program", default="build/release/cameo", help="the program that runs it (%(default)s)")
    command.add_argument("--size", type=int, default=320, help="detection size on LFW and on pictures of no face (%(default)s)")
    command.add_argument("--scene-size", type=int, default=640, help="detection size on the scenes (%(default)s)")
    command.set_defaults(action=evaluate)
    command = commands.add_parser("detector-curves", help="a detector's log.jsonl as SVG")
    command.add_argument("log", type=FOLDER)
    command.add_argument("out", type=FOLDER)
    command.set_defaults(action=draw_curves)


def add_commands(commands):
    add_labels(commands)
    add_run(commands)
    add_results(commands)

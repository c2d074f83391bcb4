"""What the detector learns from: pictures, and the faces that the teacher (YuNet, run by our own program at several sizes) sees in them.

A stored set is NAME.npy, pictures [N,H,W,3] (RGB), and NAME.json, one {"file", "person", "faces"} a picture. Photos are labelled by the teacher, drawn
portraits (`cameo-portraits`) bring their own truth.
"""

import json
import pathlib
import subprocess
import zlib

import cv2
import numpy as np

from .detector_anchors import overlaps

SIZES = (256, 320, 448, 640, 832)  # the pictures are 250 pixels wide: the larger sizes find small faces behind the main one
SURE = 0.7                        # a face of this score, seen at two sizes or more, is one;
DOUBTFUL = 0.45                   # of less, seen at one size alone, is none; any other detection is a region to be ignored
EASY = 0.9                        # a sure face of less is a hard one: turned, cut or small
VALIDATION_SHARE = 20             # one person in so many is held out


def is_validation(person):
    """Whether pictures of this person are held out; a matter of the name alone, so that it is the same everywhere and for ever."""
    return zlib.crc32(person.encode()) % VALIDATION_SHARE == 0


def detect(program, teacher, pictures, size):
    """-> {file: detections} of the teacher at one size."""
    command = [program, "detect", str(pictures), "--detector", str(teacher), "--det-size", str(size), "--det-threshold", "0.3", "--json", "--threads", "1"]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout.decode().splitlines()
    return {entry["file"]: entry["faces"] for entry in map(json.loads, found)}


def merge(detections):
    """One picture's detections at several sizes (a list for each size) -> faces: those that overlap are one, whose box and landmarks are the mean,
    weighted by the scores; `votes` counts the sizes."""
    groups = []
    ordered = sorted(((face["score"], size, face) for size, faces in enumerate(detections) for face in faces), key=lambda entry: -entry[0])
    for _, size, face in ordered:
        box = np.array(face["box"])
        group = next((group for group in groups if overlaps(np.array(group[0][1]["box"]), box) > 0.45), None)
        if group is None:
            groups.append([(size, face)])
        elif all(size != other for other, _ in group):
            group.append((size, face))
    merged = []
    for group in groups:
        weights = np.array([face["score"] for _, face in group])
        weights = weights / weights.sum()
        merged.append({"score": group[0][1]["score"], "votes": len(group),
                       "box": sum(w * np.array(face["box"]) for w, (_, face) in zip(weights, group)).round(2).tolist(),
                       "landmarks": sum(w * np.array(face["landmarks"]) for w, (_, face) in zip(weights, group)).round(2).tolist()})
    return merged


def sure_faces(faces):
    return [face for face in faces if face["score"] >= SURE and face.get("votes", len(SIZES)) >= 2]


def hard_faces(faces):
    """-> indexes into the sure faces."""
    return [i for i, face in enumerate(sure_faces(faces)) if face["score"] < EASY]


def split(faces):
    """-> boxes [M,4] and landmarks [M,5,2] of the sure faces, regions [K,4] of the others."""
    sure = sure_faces(faces)
    rest = [face["box"] for face in faces if face not in sure and (face["score"] >= DOUBTFUL or face.get("votes", len(SIZES)) >= 2)]
    return (np.array([face["box"] for face in sure], np.float32).reshape(-1, 4),
            np.array([face["landmarks"] for face in sure], np.float32).reshape(-1, 5, 2), np.array(rest, np.float32).reshape(-1, 4))


def read_pictures(folder, files):
    return np.stack([cv2.cvtColor(cv2.imread(str(folder / file), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB) for file in files])


def store(output, name, pictures, labels):
    """labels: [{"file", "person", "faces"}] in the order of the pictures."""
    output.mkdir(parents=True, exist_ok=True)
    np.save(output / f"{name}.npy", pictures)
    (output / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(entry) for entry in labels) + "\n]\n")


def label_photos(program, teacher, folder, output):
    found = [detect(program, teacher, folder, size) for size in SIZES]
    files = sorted(found[0])
    labels = [{"file": str(pathlib.Path(file).relative_to(folder)), "person": pathlib.Path(file).parent.name,
               "faces": merge([at_size[file] for at_size in found])} for file in files]
    store(output, "photos", read_pictures(pathlib.Path("."), files), labels)


def label_portraits(folder, output):
    truth = json.loads((folder / "truth.json").read_text())["pictures"]
    labels = [{"file": picture["file"], "person": str(picture["faces"][0]["person"]),
               "faces": [{"score": 1.0, "box": face["box"], "landmarks": face["landmarks"]} for face in picture["faces"]]} for picture in truth]
    store(output, "portraits", read_pictures(folder, [entry["file"] for entry in labels]), labels)

"""Aligned faces from pictures: landmarks by the program `cameo detect`, similarity transform to InsightFace's template, with a border around the 112 pixels
so that training can move, turn and scale them a little.
"""
import json
import os
import subprocess

import cv2
import numpy as np

from .face_sources import CROPS, CROPS_NAMES, BadSource

# Eye on the picture's left, the other, nose, corners of the mouth: in a picture of 112 x 112.
TEMPLATE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
SIDE, CANVAS = 112, 160
BORDER = (CANVAS - SIDE) // 2


def similarity(points, template):
    """Least squares (Umeyama 1991), in complex numbers: a turn with scaling is one multiplication -> [2,3]"""
    here, there = points @ [1, 1j], template @ [1, 1j]
    x, y = here - here.mean(), there - there.mean()
    turn = np.vdot(x, y) / np.vdot(x, x)
    shift = there.mean() - turn * here.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def aligned(image, landmarks, side=CANVAS):
    """uint8 [H,W,3] and landmarks [5,2] -> [side,side,3], the template in the middle of it"""
    matrix = similarity(np.asarray(landmarks, float), TEMPLATE + (side - SIDE) / 2)
    return cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def as_canvas(image):
    """An aligned face of 112 x 112 gets the border that it lacks, one with a border stays as it is."""
    if image.shape[:2] == (CANVAS, CANVAS):
        return image
    if image.shape[:2] != (SIDE, SIDE):
        raise BadSource(f"a picture of {image.shape[1]} x {image.shape[0]}; aligned faces of {SIDE} x {SIDE} or {CANVAS} x {CANVAS} were expected, as "
                        "`train crops` makes them")
    return cv2.copyMakeBorder(image, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_REPLICATE)


def nearest_to_middle(found):
    """The face whose box's centre is nearest to the picture's, as in evaluations on Labeled Faces in the Wild; None without faces."""
    middle = np.array([found["width"], found["height"]]) / 2
    return min(found["faces"], key=lambda face: np.hypot(*(np.reshape(face["box"], (2, 2)).mean(0) - middle)), default=None)


def detections(program, detector, folder, size, threshold):
    """One dictionary for each picture, as `cameo detect --json` writes it."""
    command = [program, "detect", "--json", "--det-size", str(size), "--det-threshold", str(threshold)]
    command += ["--detector", detector] if detector else []
    with subprocess.Popen(command + [folder], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode not in (0, 1):
        raise BadSource(f"{' '.join(command)} {folder}: ended with {process.returncode}")


def make_crops(program, detector, folder, out, size=320, threshold=0.3):
    """Writes OUT/crops.npy (RGB) and OUT/people.txt from FOLDER/PERSON/PICTURE -> (faces, pictures without one)."""
    crops, people, without = [], [], 0
    for found in detections(program, detector, folder, size, threshold):
        face = nearest_to_middle(found) if "faces" in found else None
        image = cv2.imread(found["file"], cv2.IMREAD_COLOR) if face else None
        if image is None:
            without += 1
            continue
        crops.append(aligned(image, face["landmarks"])[:, :, ::-1])
        people.append(os.path.basename(os.path.dirname(found["file"])))
    if not crops:
        raise BadSource(f"{folder}: no face found in {without} pictures; FOLDER/PERSON/PICTURE.jpg was expected")
    os.makedirs(out, exist_ok=True)
    np.save(os.path.join(out, CROPS), np.stack(crops))
    with open(os.path.join(out, CROPS_NAMES), "w", encoding="utf-8") as file:
        file.write("\n".join(people) + "\n")
    return len(crops), without

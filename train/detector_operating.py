"""What a detector's score should be worth: on held-out people's whole pictures and on drawn ones, how many faces and how many false alarms each score gives.

A program's threshold is one half. What a trained network gives half the time is a matter of how often the pages showed faces, not of what users
want; `detector-export --half-at` moves the logits so that the score chosen from this table becomes one half.
"""

import cv2
import numpy as np
import torch

from .detector_data import as_input
from .detector_loss import decode_boxes, overlap_and_distance
from .detector_run import anchors_of, join
from .detector_textures import drawn

SCORES = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
MATCH = 0.5
DRAWN, DRAWN_SEED = 500, 800001  # the test draws from another seed


def on_canvas(picture, size):
    """The picture, its larger side scaled to `size`, on a black square -> square and scale."""
    scale = size / max(picture.shape[:2])
    small = cv2.resize(picture, (round(picture.shape[1] * scale), round(picture.shape[0] * scale)), interpolation=cv2.INTER_LINEAR)
    canvas = np.zeros((size, size, 3), np.uint8)
    canvas[:small.shape[0], :small.shape[1]] = small
    return canvas, scale


@torch.no_grad()
def rows_on(network, canvas):
    """-> scores [N], boxes in pixels [N,4] of one square picture."""
    scores, boxes, _ = join(network(as_input(torch.from_numpy(canvas[None]))))
    return scores[0].sigmoid(), decode_boxes(*anchors_of(*canvas.shape[:2]), boxes[0])


def scores_of_faces(network, source, size):
    """The highest score at each face of whole pictures (0 where no box overlaps it by half), and whether it is one of the hard ones."""
    hard, best, is_hard = set(source.hard), [], []
    for number, (picture, faces) in enumerate(zip(source.pictures, source.faces)):
        canvas, scale = on_canvas(picture, size)
        scores, boxes = rows_on(network, canvas)
        for face, box in enumerate(faces.boxes * scale):
            overlap, _ = overlap_and_distance(boxes, torch.as_tensor(box, dtype=torch.float32).expand_as(boxes))
            best.append((scores * (overlap >= MATCH)).max().item())
            is_hard.append((number, face) in hard)
    return np.array(best), np.array(is_hard)


def scores_of_nothing(network, count, size):
    """The highest score of each of so many drawn pictures of no face."""
    return np.array([rows_on(network, on_canvas(picture, size)[0])[0].max().item() for picture in drawn(DRAWN_SEED, count)])


def table(faces, hard, nothing):
    """-> [(score, percentages that reach it: faces, the hard ones of them, drawn pictures)]"""
    return [(score, *(100 * float((values >= score).mean()) if len(values) else np.nan for values in (faces, faces[hard], nothing))) for score in SCORES]


def move_scores(network, half_at):
    """Moves all logits so that what was scored `half_at` is scored one half."""
    if not 0 < half_at < 1:
        raise ValueError(f"a score of {half_at} cannot become one half; between 0 and 1 was expected")
    with torch.no_grad():
        for head in network.heads:
            head.score.bias -= float(np.log(half_at / (1 - half_at)))

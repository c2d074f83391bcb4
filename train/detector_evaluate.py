"""Compares a detector, run by our own program, with stored detections of the reference implementation.

Four figures: which share of the reference's faces is found on LFW and, above 24 pixels, on the scenes (overlap >= 0.5); the mean distance of the
landmarks in eye distances; and how many of a hundred pictures of no face are taken for one with a face, drawn ones and mosaics of what lies beside
LFW's faces apart.
"""

import json
import pathlib
import subprocess
import tempfile

import cv2
import numpy as np

from .detector_anchors import overlaps
from .detector_textures import drawn

MATCH = 0.5
SMALLEST = 24.0     # pixels, of the root of a box's area
TEXTURES = 500
MOSAICS = 200
TEXTURE_SEED = 900001  # training draws from other seeds


def detect(program, model, pictures, size):
    """-> {file: faces} of every picture in a folder."""
    command = [program, "detect", str(pictures), "--detector", str(model), "--det-size", str(size), "--json", "--threads", "1"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise ValueError(f"{' '.join(command)} failed: {done.stderr.decode().strip()}")
    entries = map(json.loads, done.stdout.decode().splitlines())
    return {str(pathlib.Path(entry["file"]).relative_to(pictures)): entry["faces"] for entry in entries}


def boxes_of(faces, key):
    return np.array([face[key] for face in faces], np.float64).reshape(-1, 4)


def compare(reference, found, smallest=0.0):
    """Faces of one picture: the reference's [{"bbox", "kps"}], ours [{"box", "landmarks"}] -> [(matched, distance of the landmarks in eye distances)].
    Each of ours answers for one of the reference's at most, the best pairs first."""
    wanted = [face for face in reference if np.sqrt(np.prod(np.subtract(face["bbox"][2:4], face["bbox"][:2]))) >= smallest]
    table = overlaps(boxes_of(wanted, "bbox")[:, None], boxes_of(found, "box")[None])
    results = [(False, None)] * len(wanted)
    while table.size and table.max() >= MATCH:
        mine, ours = np.unravel_index(table.argmax(), table.shape)
        true, got = np.array(wanted[mine]["kps"]), np.array(found[ours]["landmarks"])
        results[mine] = True, float(np.linalg.norm(true - got, axis=1).mean() / np.linalg.norm(true[1] - true[0]))
        table[mine], table[:, ours] = 0, 0
    return results


def share(results):
    return sum(matched for matched, _ in results) / max(len(results), 1)


def stored_detections(data):
    """-> det_500m's faces on LFW and on the scenes, each {file: [{"bbox", "score", "kps"}]}."""
    lfw = json.loads((data / "ref" / "detections_lfw_det_500m.json").read_text())
    scenes = json.loads((data / "ref" / "detections_scenes.json").read_text())
    return {file.removeprefix("lfw/"): faces for file, faces in lfw.items()}, {file: entry["det_500m"] for file, entry in scenes.items()}


def compare_folder(reference, found, smallest=0.0):
    results, more = [], 0
    for file, faces in reference.items():
        mine = found.get(file, [])
        results += compare(faces, mine, smallest)
        more += max(0, len(mine) - len(faces))
    return results, more


def draw_textures(folder, count):
    for i, picture in enumerate(drawn(TEXTURE_SEED, count)):
        cv2.imwrite(str(folder / f"texture_{i:04}.png"), picture)


def pieces_beside(picture, faces, random):
    """Squares of 40 to 90 pixels that touch no face, enlarged by a quarter on each side."""
    boxes = boxes_of(faces, "bbox")
    grown = (boxes[:, 2:] - boxes[:, :2]) * 0.25
    boxes = np.concatenate([boxes[:, :2] - grown, boxes[:, 2:] + grown], 1)
    height, width = picture.shape[:2]
    for _ in range(6):
        side = int(random.integers(40, 90))
        x, y = int(random.integers(0, width - side)), int(random.integers(0, height - side))
        if not ((boxes[:, 0] < x + side) & (boxes[:, 2] > x) & (boxes[:, 1] < y + side) & (boxes[:, 3] > y)).any():
            yield picture[y:y + side, x:x + side]


def draw_mosaics(folder, pictures, reference, count):
    """Four by four pieces of pictures, from beside their faces."""
    random = np.random.default_rng(TEXTURE_SEED)
    files = sorted(reference)
    for i in range(count):
        tiles = []
        while len(tiles) < 16:
            file = files[int(random.integers(len(files)))]
            picture = cv2.imread(str(pictures / file))
            if picture is not None:
                tiles += [cv2.resize(piece, (96, 96)) for piece in pieces_beside(picture, reference[file], random)][:2]
        rows = [np.hstack(tiles[row * 4:row * 4 + 4]) for row in range(4)]
        cv2.imwrite(str(folder / f"mosaic_{i:04}.png"), np.vstack(rows))


def pictures_with_faces(found):
    return sum(bool(faces) for faces in found.values())


def measure(options):
    data, size = options.data, options.size
    lfw, scenes = stored_detections(data)
    results, more = compare_folder(lfw, detect(options.program, options.model, data / "lfw", size))
    on_scenes, _ = compare_folder(scenes, detect(options.program, options.model, data / "scenes", options.scene_size), SMALLEST)
    distances = [distance for matched, distance in results if matched]
    with tempfile.TemporaryDirectory() as temporary:
        textures, mosaics = pathlib.Path(temporary, "textures"), pathlib.Path(temporary, "mosaics")
        textures.mkdir()
        mosaics.mkdir()
        draw_textures(textures, TEXTURES)
        draw_mosaics(mosaics, data / "lfw", lfw, MOSAICS)
        drawn = pictures_with_faces(detect(options.program, options.model, textures, size))
        beside = pictures_with_faces(detect(options.program, options.model, mosaics, size))
    return {"model": options.model.name, "size": size, "lfw_faces": len(results), "lfw_found": share(results), "lfw_more": more,
            "landmarks_mean": float(np.mean(distances)), "landmarks_median": float(np.median(distances)),
            "scene_size": options.scene_size, "scene_faces": len(on_scenes), "scenes_found": share(on_scenes),
            "false_in_100_drawn": 100 * drawn / TEXTURES, "false_in_100_mosaics": 100 * beside / MOSAICS}

"""`cameo detect --attributes` against InsightFace's classes and Silent-Face-Anti-Spoofing's steps, on drawn portraits and made networks; and the pose of
cameo's own head against that of InsightFace's mean shape.

usage: check_attributes.py PROGRAM PORTRAITS
"""
import itertools
import json
import os
import subprocess
import sys
import tempfile

import cv2
import numpy
import onnx
from onnx import helper, numpy_helper

import reference_attributes as reference

# Of the box's longer side; a network as large as 1k3d68 keeps weights as half floats.
POINTS = {"landmarks_106": 0.0005, "landmarks_68": 0.004}
DEGREES, PROBABILITY, SCORE = 0.6, 0.01, 0.01
OWN_HEAD_DEGREES = 5.0  # the most that cameo's own head may differ by
PROGRAM, PORTRAITS = sys.argv[1], sys.argv[2]
failures = []


def expect(right, sentence):
    if not right:
        failures.append(sentence)
        print(sentence)


def detect(picture, *options):
    answer = subprocess.run([PROGRAM, "detect", picture, "--json", *options], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)["faces"]


def make(architecture, path):
    subprocess.run([PROGRAM, "model", "make", architecture, "-o", path], check=True)
    return path


def pictures(folder):
    """Portraits without loss, so that every reader sees the same pixels."""
    subprocess.run([PORTRAITS, "-o", folder, "--people", "2", "--pictures", "2", "--size", "200"], check=True, stdout=subprocess.DEVNULL)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".jpg"):
            path = os.path.join(folder, name[:-4] + ".png")
            cv2.imwrite(path, cv2.imread(os.path.join(folder, name)))
            yield path


def compare_points(where, found, wanted, side, key):
    away = float(numpy.abs(numpy.array(found) - wanted).max()) / side
    expect(away < POINTS[key], f"{where}: {key} are {away:.5f} of the box away")
    return away


def compare_face(where, face, picture, models):
    box = face["box"]
    side = max(box[2] - box[0], box[3] - box[1])
    wanted = reference.insightface(picture, box, [models["2d106"], models["1k3d68"]], models["genderage"])
    away = [compare_points(where, face["landmarks_106"], wanted.landmark_2d_106, side, "landmarks_106"),
            compare_points(where, face["landmarks_68"], wanted.landmark_3d_68, side, "landmarks_68")]
    turned = numpy.abs(numpy.array([face["pose"][name] for name in ("pitch", "yaw", "roll")]) - wanted.pose).max()
    expect(turned < DEGREES, f"{where}: the pose is {turned:.2f} degrees away")
    if abs(face["gender_scores"][0] - face["gender_scores"][1]) > SCORE:
        expect(face["gender"] == ("male" if wanted.gender == 1 else "female"), f"{where}: {face['gender']}, wanted {wanted.gender}")
    expect(abs(face["age"] - max(wanted.age, 0)) <= 1, f"{where}: age {face['age']}, wanted {wanted.age}")
    scores = reference.liveness(picture, box, [(models["minifasnet_v2"], 2.7), (models["minifasnet_v1se"], 4.0)])
    unlike = float(numpy.abs(numpy.array(face["spoof_scores"]) - scores).max())
    expect(unlike < PROBABILITY and abs(face["real"] - scores[1]) < PROBABILITY, f"{where}: {face['spoof_scores']}, wanted {scores}")
    return [*away, turned, unlike]


def check_faces(folder):
    files = {"2d106": "2d106det.onnx", "1k3d68": "1k3d68.onnx", "genderage": "genderage.onnx", "minifasnet_v2": "2.7_80x80_MiniFASNetV2.onnx",
             "minifasnet_v1se": "4_0_0_80x80_MiniFASNetV1SE.onnx", "scrfd_500m": "det_500m.onnx"}
    models = {name: make(name, os.path.join(folder, file)) for name, file in files.items()}
    shape = os.path.join(folder, "meanshape_68.npy")
    numpy.save(shape, reference.mean_shape())
    worst, count = numpy.zeros(4), 0
    for path in pictures(os.path.join(folder, "portraits")):
        # The detector knows no faces: what it scores highest has boxes of all kinds, some beyond the picture.
        faces = detect(path, "--detector", models["scrfd_500m"], "--det-size", "128", "--det-threshold", "0", "--max-faces", "3", "--attributes",
                       "--mean-shape", shape)
        for i, face in enumerate(faces):
            worst = numpy.maximum(worst, compare_face(f"{os.path.basename(path)}, face {i}", face, cv2.imread(path), models))
            count += 1
    print(f"{count} faces: landmarks at most {worst[0]:.5f} (106) and {worst[1]:.5f} (68) of the box away, pose {worst[2]:.3f} degrees, "
          f"probabilities {worst[3]:.5f}")
    expect(count >= 8, f"only {count} faces were compared")
    return models


def constant_landmarks(points, path):
    """A network that says these 68 points of every face. points: [68, 3], as it gives them"""
    values = numpy.zeros((1103, 3), numpy.float32)
    values[-68:] = points
    weights = [numpy_helper.from_array(numpy.zeros((3309, 3), numpy.float32), "w"), numpy_helper.from_array(values.reshape(-1), "b")]
    nodes = [helper.make_node("GlobalAveragePool", ["data"], ["mean"]), helper.make_node("Flatten", ["mean"], ["flat"]),
             helper.make_node("Gemm", ["flat", "w", "b"], ["fc1"], transB=1)]
    graph = helper.make_graph(nodes, "points", [helper.make_tensor_value_info("data", onnx.TensorProto.FLOAT, ["None", 3, 192, 192])],
                              [helper.make_tensor_value_info("fc1", onnx.TensorProto.FLOAT, ["None", 3309])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6), path)


def check_own_head(folder, detector):
    """InsightFace's mean head, turned, as landmarks: cameo's own head must see nearly the same angles."""
    mean, picture, worst = reference.mean_shape(), os.path.join(folder, "grey.png"), numpy.zeros(3)
    cv2.imwrite(picture, numpy.full((160, 160, 3), 128, numpy.uint8))
    for angles in itertools.product((-25, 0, 25), (-40, 0, 40), (-20, 20)):
        points = 0.5 * mean @ reference.rotation(*angles).T
        wanted = reference.pose(mean, points)
        path = os.path.join(folder, "constant.onnx")
        constant_landmarks(points, path)
        face = detect(picture, "--detector", detector, "--det-size", "128", "--det-threshold", "0", "--max-faces", "1", "--landmarks-68", path)[0]
        found = numpy.array([face["pose"][name] for name in ("pitch", "yaw", "roll")])
        worst = numpy.maximum(worst, numpy.abs(found - wanted))
        expect(numpy.abs(found - wanted).max() < OWN_HEAD_DEGREES, f"a head turned by {angles}: pose {found}, InsightFace says {wanted}")
    print(f"cameo's own head: pitch, yaw and roll at most {worst.round(1)} degrees from InsightFace's")


def check_real_liveness():
    """The trained MiniFASNet on real faces, where $CAMEO_TEST_DATA is."""
    data = os.environ.get("CAMEO_TEST_DATA", "")
    detector, model = (os.path.join(data, "models", name) for name in ("det_500m.onnx", "2.7_80x80_MiniFASNetV2.onnx"))
    decoded = os.path.join(data, "ref", "decoded")
    if not data or not all(os.path.exists(path) for path in (detector, model, decoded)):
        print("SKIP real liveness: its files are not in $CAMEO_TEST_DATA")
        return
    worst, real = 0.0, []
    for name in sorted(os.listdir(decoded)):
        path = os.path.join(decoded, name)
        for face in detect(path, "--detector", detector, "--det-size", "640", "--antispoof", model):
            scores = reference.liveness(cv2.imread(path), face["box"], [(model, 2.7)])
            worst = max(worst, float(numpy.abs(numpy.array(face["spoof_scores"]) - scores).max()))
            real.append(face["real"])
    expect(len(real) >= 8 and worst < PROBABILITY, f"MiniFASNetV2 on {len(real)} real faces: probabilities differ by {worst:.5f}")
    print(f"{len(real)} real faces: probabilities at most {worst:.6f} away, {numpy.median(real):.2f} real in the middle")


def main():
    with tempfile.TemporaryDirectory() as folder:
        models = check_faces(folder)
        os.mkdir(os.path.join(folder, "alone"))
        alone = os.path.join(folder, "alone", "det.onnx")
        os.rename(models["scrfd_500m"], alone)  # nothing lies beside it
        check_own_head(folder, alone)
    check_real_liveness()
    print(f"{len(failures)} differences")
    sys.exit(1 if failures else 0)


main()

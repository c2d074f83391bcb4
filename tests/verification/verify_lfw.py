"""Verification accuracy on Labeled Faces in the Wild: `cameo embed` over the folder, then pairs.txt by the usual protocol (ten folds, the threshold
that is best on nine of them is used on the tenth; insightface, recognition/arcface_torch/eval/verification.py). With the reference's model it must agree
with the stored scores of the reference implementation within 0.1 %; with the built-in models it must reach what their cards say.

usage: verify_lfw.py CAMEO DATA [builtin]
"""
import json
import math
import os
import subprocess
import sys

TOLERANCE = 0.001
NAME = "mobilefacenet_arcface"
# Of the built-in models: the least accuracy, and the least share of the faces that the detector must find.
LEAST_ACCURACY, LEAST_FOUND = 0.97, 0.98


def embeddings(cameo, data, *models):
    """{"NAME/NAME_0001.jpg": [floats of length 1]}: of each picture the face in its middle."""
    command = [cameo, "embed", *models, "--rank", "center", "--max-faces", "1", os.path.join(data, "lfw")]
    found = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        for line in process.stdout:
            face = json.loads(line)
            found["/".join(face["file"].split("/")[-2:])] = face["embedding"]
    if process.returncode != 0:
        sys.exit(f"cameo embed ended with {process.returncode}")
    return found


def read_pairs(path):
    """[[(a, b, same), ...] for each fold]"""
    def picture(name, number):
        return f"{name}/{name}_{int(number):04d}.jpg"
    with open(path, encoding="utf-8") as file:
        folds, count = (int(word) for word in file.readline().split())
        rows = [line.split() for line in file]
    pairs = [(picture(row[0], row[1]), picture(row[-2] if len(row) == 4 else row[0], row[-1]), len(row) == 3) for row in rows]
    return [pairs[fold * 2 * count:(fold + 1) * 2 * count] for fold in range(folds)]


def accuracy_at(scores, threshold):
    return sum((score >= threshold) == same for score, same in scores) / len(scores)


def ten_fold_accuracy(folds):
    """folds: [[(cosine, same), ...]] -> mean accuracy. Thresholds: squared distances 0, 0.01, ... 4 of normalised vectors."""
    thresholds = [1 - distance / 200 for distance in range(401)]
    total = 0
    for held_out in range(len(folds)):
        rest = [pair for index, fold in enumerate(folds) if index != held_out for pair in fold]
        best = max(thresholds, key=lambda threshold: accuracy_at(rest, threshold))
        total += accuracy_at(folds[held_out], best)
    return total / len(folds)


def verify_builtin(cameo, data):
    listed = subprocess.run([cameo, "model", "list"], capture_output=True, text=True, check=True).stdout
    if "builtin:detector" not in listed or "builtin:recognizer" not in listed:
        print("SKIP verification/builtin: the program was built without models")
        sys.exit(77)
    found = embeddings(cameo, data, "--model", "builtin", "--detector", "builtin")
    pictures = sum(len(names) for _, _, names in os.walk(os.path.join(data, "lfw")))
    here, folds = set(), []
    for person in os.listdir(os.path.join(data, "lfw")):
        here.update(f"{person}/{name}" for name in os.listdir(os.path.join(data, "lfw", person)))
    for fold in read_pairs(os.path.join(data, "pairs.txt")):
        pairs = [(a, b, same) for a, b, same in fold if a in here and b in here]
        # a face that was not found is not the same person
        folds.append([(math.fsum(x * y for x, y in zip(found[a], found[b])) if a in found and b in found else -1, same) for a, b, same in pairs])
    accuracy = ten_fold_accuracy(folds)
    print(f"{len(found)} of {pictures} faces, {sum(len(fold) for fold in folds)} pairs, accuracy {100 * accuracy:.3f} %")
    sys.exit(1 if accuracy < LEAST_ACCURACY or len(found) < LEAST_FOUND * pictures else 0)


def main():
    cameo, data, *which = sys.argv[1:]
    if not os.path.isdir(os.path.join(data, "lfw")):
        print(f"SKIP verification/{which[0] if which else 'lfw'}: there is no {os.path.join(data, 'lfw')}")
        sys.exit(77)
    if which:
        verify_builtin(cameo, data)
    models = os.path.join(data, "models")
    found = embeddings(cameo, data, "--model", os.path.join(models, NAME + ".onnx"), "--detector", os.path.join(models, "det_500m.onnx"),
                       "--det-size", "640")
    reference = {}
    with open(os.path.join(data, "ref", "pair_scores.tsv"), encoding="utf-8") as file:
        column = file.readline().rstrip("\n").split("\t").index(NAME)
        for line in file:
            words = line.rstrip("\n").split("\t")
            reference[words[0][4:], words[1][4:]] = float(words[column])

    ours, theirs, missing, differences = [], [], 0, []
    for fold in read_pairs(os.path.join(data, "pairs.txt")):
        ours.append([])
        theirs.append([])
        for a, b, same in fold:
            if (a, b) not in reference:
                continue
            theirs[-1].append((reference[a, b], same))
            if a in found and b in found:
                cosine = math.fsum(x * y for x, y in zip(found[a], found[b]))
                ours[-1].append((cosine, same))
                differences.append(abs(cosine - reference[a, b]))
            else:
                missing += 1

    our_accuracy, their_accuracy = ten_fold_accuracy(ours), ten_fold_accuracy(theirs)
    print(f"{len(found)} faces, {len(differences)} pairs, {missing} pairs lost")
    print(f"accuracy {100 * our_accuracy:.3f} %, reference {100 * their_accuracy:.3f} %")
    print(f"cosines differ by {math.fsum(differences) / len(differences):.5f} in the mean, {max(differences):.5f} at most")
    if missing > 0 or abs(our_accuracy - their_accuracy) > TOLERANCE:
        sys.exit(1)


main()

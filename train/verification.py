"""How well embeddings tell people apart: TAR at FAR over all pairs, and accuracy over folds of listed pairs as on LFW."""
import json
import os

import numpy as np


def all_pairs(embeddings, people):
    """Cosines of all pairs of unit embeddings [N,D] -> (of the same person, of different people)"""
    upper = np.triu_indices(len(embeddings), 1)
    cosines, same = (embeddings @ embeddings.T)[upper], (people[:, None] == people[None])[upper]
    return cosines[same], cosines[~same]


def threshold_at_far(impostor, far):
    """The cosine that only `far` of the impostors exceed"""
    last = len(impostor) - 1 - int(far * len(impostor))
    return float(np.partition(impostor, last)[last])


def tar_at_far(genuine, impostor, far):
    """Part of the genuine pairs above that cosine"""
    return float((genuine > threshold_at_far(impostor, far)).mean())


def balanced_accuracy(genuine, impostor):
    """The best over thresholds of the mean of both kinds' parts on the right side."""
    thresholds = np.sort(np.concatenate([genuine, np.quantile(impostor, np.linspace(0.5, 1, 2000))]))
    accepted = 1 - np.searchsorted(np.sort(genuine), thresholds) / len(genuine)
    refused = np.searchsorted(np.sort(impostor), thresholds) / len(impostor)
    return float(((accepted + refused) / 2).max())


def measure(embeddings, people):
    genuine, impostor = all_pairs(embeddings, people)
    return {"tar_1e-2": tar_at_far(genuine, impostor, 1e-2), "tar_1e-3": tar_at_far(genuine, impostor, 1e-3),
            "accuracy": balanced_accuracy(genuine, impostor)}


def best_threshold(scores, same):
    """The cosine that sorts most pairs rightly."""
    order = np.argsort(scores)
    right = np.concatenate([[same.sum()], same.sum() + np.cumsum(np.where(same[order], -1, 1))])
    best = int(right.argmax())
    ordered = scores[order]
    if best == 0:
        return -2.0
    return float(ordered[best - 1] + (ordered[best] if best < len(ordered) else ordered[best - 1] + 1e-6)) / 2


def fold_accuracy(scores, same, folds):
    """Ten-fold protocol of LFW: the threshold of nine folds on the tenth -> accuracies [number of folds]"""
    result = []
    for fold in np.unique(folds):
        threshold = best_threshold(scores[folds != fold], same[folds != fold])
        result.append(((scores[folds == fold] > threshold) == same[folds == fold]).mean())
    return np.array(result)


def read_embeddings(path):
    """What `cameo embed` writes, a line for each face -> ({"PERSON/PICTURE": row}, embeddings [N,D] of length 1)"""
    rows, vectors = {}, []
    with open(path, encoding="utf-8") as file:
        for line in file:
            face = json.loads(line)
            rows["/".join(face["file"].split("/")[-2:])] = len(vectors)
            vectors.append(face["embedding"])
    if not vectors:
        raise ValueError(f"{path}: no embedding inside")
    vectors = np.array(vectors, np.float32)
    return rows, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def read_pairs(path):
    """LFW's pairs.txt -> [(picture, picture, whether they show one person, fold)]"""
    with open(path, encoding="utf-8") as file:
        words = [line.split() for line in file if line.strip()]
    if not words or len(words[0]) not in (1, 2) or not all(word.isdigit() for word in words[0]):
        raise ValueError(f"{path}: the first line is to be \"folds <tab> pairs of each kind\"")
    count, pairs = int(words[0][-1]), []
    for number, row in enumerate(words[1:]):
        if len(row) not in (3, 4) or not row[1].isdigit() or not row[-1].isdigit():
            raise ValueError(f"{path}:{number + 2}: \"name number number\" or \"name number name number\" was expected")
        first, second = (row[0], row[1]), (row[-2] if len(row) == 4 else row[0], row[-1])
        pairs.append(tuple(f"{name}/{name}_{int(index):04d}.jpg" for name, index in (first, second)) + (len(row) == 3, number // (2 * count)))
    return pairs


def listed_accuracy(rows, vectors, pairs):
    """Pairs of which a picture has no face are left out -> (accuracy of each fold, number of pairs)"""
    known = [pair for pair in pairs if pair[0] in rows and pair[1] in rows]
    first, second = (vectors[[rows[pair[place]] for pair in known]] for place in (0, 1))
    same, folds = np.array([pair[2] for pair in known]), np.array([pair[3] for pair in known])
    return fold_accuracy((first * second).sum(1), same, folds), len(known)


def people_of(rows):
    """Numbers of the people in the rows"""
    names = np.array([os.path.dirname(name) for name, _ in sorted(rows.items(), key=lambda item: item[1])])
    return np.unique(names, return_inverse=True)[1]

"""How well embeddings tell people apart: TAR at FAR over all pairs, and accuracy over folds of listed pairs as on LFW."""
import numpy as np


def all_pairs(embeddings, people):
    """Cosines of all pairs of unit embeddings [N,D] -> (of the same person, of different people)"""
    upper = np.triu_indices(len(embeddings), 1)
    cosines, same = (embeddings @ embeddings.T)[upper], (people[:, None] == people[None])[upper]
    return cosines[same], cosines[~same]


def tar_at_far(genuine, impostor, far):
    """Part of the genuine pairs above the cosine that only `far` of the impostors exceed."""
    allowed = int(far * len(impostor))
    threshold = np.partition(impostor, len(impostor) - 1 - allowed)[len(impostor) - 1 - allowed]
    return float((genuine > threshold).mean())


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

/* The protocol of Labeled Faces in the Wild, as InsightFace computes it (recognition/arcface_torch/eval/verification.py): a pair counts as one person where the
 * squared distance of its vectors of length 1 lies below a threshold, which is chosen on all folds but one and judged on that one. */
#ifndef CM_CLI_EVAL_FOLDS_H
#define CM_CLI_EVAL_FOLDS_H

#include "eval_set.h"

enum { CM_FOLDS_USUAL = 10 };

typedef struct cm_fold_scores {
    int folds;
    size_t pairs;
    double accuracy, accuracy_deviation; /* over the folds; thresholds 0, 0.01 .. 3.99 */
    double threshold;                    /* cosine: the mean of the folds' */
    double tar, tar_deviation, far;      /* at a false accept rate of 1e-3 on the other folds; thresholds 0, 0.001 .. 3.999, interpolated */
} cm_fold_scores;

/* One pair of a fold. */
typedef struct cm_fold_pair {
    double distance; /* squared, 0..4 */
    int fold, same;
} cm_fold_pair;

/* pairs: [count], folds 0 .. folds - 1. Rates of folds that lack a kind of pair count as 0, as there. Returns -1 without memory. */
int cm_folds_measure(const cm_fold_pair *pairs, size_t count, int folds, cm_fold_scores *result);

/* The pairs of a set that could be embedded; where it has no folds of its own, ten of equal size in the order of the pairs, without shuffling (the first
 * ones have one pair more where they do not come out even, as scikit-learn's KFold has it). Returns an exit code (reported). */
int cm_folds_of_set(const cm_eval_set *set, cm_fold_scores *result);

#endif

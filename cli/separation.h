/* How well embeddings tell people apart: all pairs of one person's pictures against all pairs of different people's. */
#ifndef CM_CLI_SEPARATION_H
#define CM_CLI_SEPARATION_H

#include <stddef.h>

/* Vectors with the people they belong to, borrowed. */
typedef struct cm_labelled {
    const float *vectors; /* [count, dimension] */
    const int *person;    /* [count], 0..people - 1 */
    size_t count;
    int dimension, people;
} cm_labelled;

/* Scores are dot products: cosines where the vectors have length 1. Rates lie in 0..1. */
typedef struct cm_separation {
    double same_mean, same_deviation, different_mean, different_deviation; /* of the scores of pairs of one person, and of different people */
    double separation; /* (same_mean - different_mean) / different_deviation; 0 where all scores of different people are one number */
    double auc;        /* how likely a pair of one person scores above one of different people (ties count half): area under the ROC curve */
    double eer;        /* equal error rate */
    double far, tar;   /* true accept rate at the false accept rate `far`; both NAN where there are too few pairs for any */
    double *without;   /* [people]: `separation` of all but this one person; to be freed by cm_separation_free */
} cm_separation;

/* How many pairs of one person, and of different people, there are. */
void cm_separation_pairs(const cm_labelled *set, size_t *same, size_t *different);

/* The smallest of 1e-1, 1e-2 ... 1e-6 that at least ten pairs of different people may pass; NAN where none is. */
double cm_separation_far(size_t different);

/* At least two people must have two pictures or more. Returns 0, or -1 without memory. */
int cm_separation_measure(const cm_labelled *set, cm_separation *separation);
void cm_separation_free(cm_separation *separation);

/* How far a's separation lies above b's, both measured with the same pictures. *error: the standard error of that difference by the jackknife over
 * people (Efron and Stein 1981): pairs that share a person are not independent, people are. */
double cm_separation_difference(const cm_separation *a, const cm_separation *b, int people, double *error);

/* Student's t with `freedom` >= 4 degrees that is exceeded as rarely as three standard errors of a normal distribution (1.35 in 1000): the first four
 * terms of the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5). */
double cm_separation_quantile(int freedom);

#endif

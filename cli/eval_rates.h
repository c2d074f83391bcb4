/* Error rates of a verifier from its scores. A pair is accepted where its score reaches the threshold. Rates lie in 0..1, and are NAN where there are no
 * scores of a kind. */
#ifndef CM_CLI_EVAL_RATES_H
#define CM_CLI_EVAL_RATES_H

#include "distribution.h"

enum {
    CM_RATES_LEAST = 10, /* so many impostor pairs must be expected above a threshold before its rate means anything */
    CM_RATES_FINEST = 6  /* false accept rates of 1e-1 .. 1e-6 are looked at */
};

/* How likely a pair of one person scores above one of different people (ties count half): the area under the ROC curve. */
double cm_rates_auc(const cm_distribution *genuine, const cm_distribution *impostor);

/* Equal error rate: the mean of both error rates at the threshold, among the scores of different people, where they are nearest to each other. */
double cm_rates_eer(const cm_distribution *genuine, const cm_distribution *impostor, float *threshold);

/* How many impostor pairs may pass at a false accept rate; one that is met exactly counts. */
uint64_t cm_rates_allowed(uint64_t impostors, double far);

/* 1 if there are enough impostor pairs for that rate. */
int cm_rates_resolvable(uint64_t impostors, double far);

/* 10^-(i + 1) */
double cm_rates_far(int i);

#endif

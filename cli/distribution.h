/* Many scores in order: how many lie above a threshold. */
#ifndef CM_CLI_DISTRIBUTION_H
#define CM_CLI_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

typedef struct cm_distribution {
    size_t count;      /* of different scores */
    float *values;     /* [count], rising */
    uint64_t *up_to;   /* [count]: how many scores are at most values[i] */
    uint64_t total;    /* scores */
    double mean, deviation;
} cm_distribution;

/* Of sorted scores, rising, and `rest_count` groups of scores that are known less exactly: rest_scores[i] of them lie at rest_values[i], rising, which
 * is below all of `scores` or above all of them. Returns -1 without memory. */
int cm_distribution_make(cm_distribution *distribution, const float *scores, size_t count, const float *rest_values, const uint64_t *rest_scores,
                         size_t rest_count);
/* Of scores in any order, which are sorted. Returns -1 without memory. */
int cm_distribution_sort(cm_distribution *distribution, float *scores, size_t count);
void cm_distribution_free(cm_distribution *distribution);

/* How many scores are `threshold` or more. */
uint64_t cm_distribution_at_least(const cm_distribution *distribution, float threshold);
/* The same as a part of all; 0 where there are none. */
double cm_distribution_rate(const cm_distribution *distribution, float threshold);

/* The lowest threshold that at most `allowed` scores reach. */
float cm_distribution_threshold(const cm_distribution *distribution, uint64_t allowed);

#endif

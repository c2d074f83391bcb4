#include "distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add(cm_distribution *d, float value, uint64_t scores, double *sum)
{
    if (d->count == 0 || d->values[d->count - 1] < value) {
        d->values[d->count] = value;
        d->up_to[d->count] = d->total;
        d->count++;
    }
    d->total += scores;
    d->up_to[d->count - 1] = d->total;
    *sum += (double)value * (double)scores;
}

static double deviation_of(const cm_distribution *d)
{
    double squares = 0;
    for (size_t i = 0; i < d->count; i++) {
        double away = (double)d->values[i] - d->mean;
        squares += away * away * (double)(d->up_to[i] - (i ? d->up_to[i - 1] : 0));
    }
    return d->total ? sqrt(squares / (double)d->total) : NAN;
}

int cm_distribution_make(cm_distribution *d, const float *scores, size_t count, const float *rest_values, const uint64_t *rest_scores,
                         size_t rest_count)
{
    double sum = 0;
    *d = (cm_distribution){.values = malloc((count + rest_count + 1) * sizeof *d->values), .up_to = malloc((count + rest_count + 1) * sizeof *d->up_to)};
    if (!d->values || !d->up_to) {
        cm_distribution_free(d);
        return -1;
    }
    size_t rest = 0;
    for (; rest < rest_count && (count == 0 || rest_values[rest] < scores[0]); rest++)
        if (rest_scores[rest] > 0)
            add(d, rest_values[rest], rest_scores[rest], &sum);
    for (size_t i = 0; i < count; i++)
        add(d, scores[i], 1, &sum);
    for (; rest < rest_count; rest++)
        if (rest_scores[rest] > 0)
            add(d, rest_values[rest], rest_scores[rest], &sum);
    d->mean = d->total ? sum / (double)d->total : NAN;
    d->deviation = deviation_of(d);
    return 0;
}

static int ascending(const void *left, const void *right)
{
    float a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

int cm_distribution_sort(cm_distribution *distribution, float *scores, size_t count)
{
    qsort(scores, count, sizeof *scores, ascending);
    return cm_distribution_make(distribution, scores, count, NULL, NULL, 0);
}

void cm_distribution_free(cm_distribution *distribution)
{
    free(distribution->values);
    free(distribution->up_to);
    *distribution = (cm_distribution){0};
}

/* The first value that is `threshold` or more. */
static size_t place_of(const cm_distribution *d, float threshold)
{
    size_t low = 0, high = d->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->values[middle] < threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t cm_distribution_at_least(const cm_distribution *d, float threshold)
{
    size_t place = place_of(d, threshold);
    return d->total - (place ? d->up_to[place - 1] : 0);
}

double cm_distribution_rate(const cm_distribution *d, float threshold)
{
    return d->total ? (double)cm_distribution_at_least(d, threshold) / (double)d->total : 0;
}

float cm_distribution_threshold(const cm_distribution *d, uint64_t allowed)
{
    if (allowed >= d->total)
        return d->count ? d->values[0] : -1;
    size_t low = 0, high = d->count - 1; /* the highest value that too many reach */
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (d->total - d->up_to[middle - 1] > allowed)
            low = middle;
        else
            high = middle - 1;
    }
    return nextafterf(d->values[low], INFINITY);
}

#include "samples.h"

#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

void cm_samples_sort(double *samples, int count)
{
    qsort(samples, (size_t)count, sizeof *samples, ascending);
}

double cm_samples_median(const double *samples, int count)
{
    int middle = count / 2;
    return count % 2 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

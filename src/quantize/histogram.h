/* How often a tensor's elements lie where: counted while values stream by, without knowing beforehand how far they reach. */
#ifndef CM_QUANTIZE_HISTOGRAM_H
#define CM_QUANTIZE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CM_HISTOGRAM_BINS = 8192 };

/* Bin i holds -reach + i * width <= x < -reach + (i + 1) * width, width = 2 * reach / BINS. Zeroed: empty. */
typedef struct cm_histogram {
    double minimum, maximum; /* of what was counted; both 0 while nothing was */
    double reach;            /* a power of two; where something larger comes, pairs of bins become one */
    uint64_t total;
    uint64_t counts[CM_HISTOGRAM_BINS];
} cm_histogram;

/* Counts [count] elements. False, and nothing counted: one of them is not finite. */
bool cm_histogram_add(cm_histogram *histogram, const float *values, size_t count);

/* The middle of a bin. */
double cm_histogram_middle(const cm_histogram *histogram, int bin);

#endif

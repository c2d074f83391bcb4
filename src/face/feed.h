/* Pixels to network input: the contract's colour order, mean and standard deviation. */
#ifndef CM_FACE_FEED_H
#define CM_FACE_FEED_H

#include "cameo.h"
#include "kern/kern.h"

/* Immutable once made. */
typedef struct cm_feed {
    cm_normalization how;
    cm_normalize_fn *normalize;
    float black[3]; /* what a byte of 0 becomes in each channel of the network */
} cm_feed;

/* Takes the contract's numbers, and the kernel of this tier: (value - mean) / std, computed in float32 as NumPy does it. */
void cm_feed_init(cm_feed *feed, const cameo_contract *contract, cm_cpu_tier tier);

/* rgb: [pixels, 3] -> c: [3, pixels], planes `plane` floats apart: a picture or a row of one. Thread-safe. */
void cm_feed_pixels(const cm_feed *feed, const uint8_t *rgb, int64_t pixels, float *c, ptrdiff_t plane);

#endif

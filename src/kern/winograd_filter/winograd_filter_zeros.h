/* The channels that fill a last group of them up: V is zero there, and what it is multiplied with must be a number. */
#ifndef CM_KERN_WINOGRAD_FILTER_ZEROS_H
#define CM_KERN_WINOGRAD_FILTER_ZEROS_H

#include "kern/kern.h"

#include <string.h>

static inline void winograd_filter_zeros(const cm_winograd_filter_tile *tile, int weights)
{
    int panels = (tile->columns + tile->nr - 1) / tile->nr;
    for (int i = 0; i < weights * panels && tile->zeros; i++) {
        float *panel = tile->u + i / panels * tile->weight_stride + i % panels * tile->panel_stride;
        memset(panel + (ptrdiff_t)tile->k * tile->nr, 0, (size_t)tile->zeros * (size_t)tile->nr * sizeof *panel);
    }
}

#endif

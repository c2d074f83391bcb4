/* The channels that fill a last group of them up: V is zero there, and what it is multiplied with must be a number. */
#ifndef CM_KERN_WINOGRAD_FILTER_ZEROS_H
#define CM_KERN_WINOGRAD_FILTER_ZEROS_H

#include "kern/kern.h"

static inline void winograd_filter_zeros(const cm_winograd_filter_tile *tile, int weights)
{
    for (int weight = 0; weight < weights && tile->zeros; weight++)
        for (int k = tile->k; k < tile->k + tile->zeros; k++)
            for (int column = 0; column < tile->columns; column++)
                tile->u[weight * tile->weight_stride + column / tile->nr * tile->panel_stride + (ptrdiff_t)k * tile->nr + column % tile->nr] = 0.0f;
}

#endif

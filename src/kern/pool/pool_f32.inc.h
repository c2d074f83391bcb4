/* Pooling on the vectors of the including file. */
#ifndef CM_KERN_POOL_F32_INC_H
#define CM_KERN_POOL_F32_INC_H

#include "kern/kernel_list.h"
#include "kern/vector/vector_math.h"

#include <math.h>
#include <stddef.h>

/* A vector of channels of one pixel. */
VEC_INLINE vec pool_maximum(const cm_pool_tile *tile, const float *const *rows, ptrdiff_t first, const int part, vec_mask mask)
{
    vec highest = vec_all(-INFINITY);
    for (int tap = 0; tap < tile->taps; tap++) {
        if (rows[tap] != NULL)
            highest = vec_max_nan(highest, vec_load_if(rows[tap] + first, part, mask));
    }
    return highest;
}

VEC_INLINE vec pool_average(const cm_pool_tile *tile, const float *const *rows, ptrdiff_t first, const int part, vec_mask mask, float scale)
{
    vec sum = vec_zero();
    for (int tap = 0; tap < tile->taps; tap++) {
        if (rows[tap] != NULL)
            sum = vec_add(sum, vec_load_if(rows[tap] + first, part, mask));
    }
    return vec_mul(sum, vec_all(scale));
}

VEC_INLINE void pool_channels(const cm_pool_tile *tile, int pixel, ptrdiff_t first, const int part)
{
    const float *const *rows = tile->rows + (ptrdiff_t)pixel * tile->taps;
    vec_mask mask = vec_first(part ? tile->channels - first : VEC);
    vec value = tile->average ? pool_average(tile, rows, first, part, mask, tile->scale[pixel]) : pool_maximum(tile, rows, first, part, mask);
    vec_store_if(tile->c + pixel * tile->c_stride + first, value, part, mask);
}

VEC_INLINE void pool_all(const cm_pool_tile *tile)
{
    ptrdiff_t whole = tile->channels / VEC * VEC;
    for (int pixel = 0; pixel < tile->pixels; pixel++) {
        for (ptrdiff_t first = 0; first < whole; first += VEC)
            pool_channels(tile, pixel, first, 0);
        if (whole < tile->channels)
            pool_channels(tile, pixel, whole, 1);
    }
}

#endif

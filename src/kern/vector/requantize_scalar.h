/* What becomes of sums of bytes (kern.h, Integers), one at a time. */
#ifndef CM_KERN_REQUANTIZE_SCALAR_H
#define CM_KERN_REQUANTIZE_SCALAR_H

#include "kern/kern.h"

#include <math.h>

static inline float requantize_clip(float v, float low, float high)
{
    v = v > low ? v : low;
    return v < high ? v : high;
}

static inline float requantize_round(const cm_rounding *range, float v)
{
    return range->on ? rintf(requantize_clip(v, range->low, range->high)) : v;
}

static inline float requantize_add(const cm_requantize *e, float v, int64_t row, int channel)
{
    ptrdiff_t at = (ptrdiff_t)row * e->add_stride + channel;
    float other = e->add_bytes ? (float)(((const uint8_t *)e->add)[at] - e->add_zero) : ((const float *)e->add)[at];
    return v * e->add_factor + other * e->add_scale;
}

static inline float requantize_activate(const cm_requantize *e, float v, int channel)
{
    if (e->activation == CM_ACT_PRELU)
        return v > 0.0f ? v * e->above : v * e->slope[channel];
    v *= e->above;
    return e->activation == CM_ACT_CLIP ? requantize_clip(v, e->clip_low, e->clip_high) : v;
}

/* sum: with its offset. row: within e->add. */
static inline void requantize_one(const cm_requantize *e, int32_t sum, int64_t row, int channel, void *to, ptrdiff_t at)
{
    float v = (float)sum * e->scale[channel];
    if (e->bias)
        v += e->bias[channel];
    v = requantize_round(&e->first, v);
    if (e->add && e->add_first)
        v = requantize_add(e, v, row, channel);
    v = requantize_activate(e, v, channel);
    v = requantize_round(&e->second, v);
    if (e->add && !e->add_first)
        v = requantize_add(e, v, row, channel);
    if (e->last.on)
        ((uint8_t *)to)[at] = (uint8_t)((int)requantize_round(&e->last, v) + e->zero);
    else
        ((float *)to)[at] = v;
}

#endif

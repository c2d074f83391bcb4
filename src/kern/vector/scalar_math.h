/* exp, logistic function, tanh and the activations on one float, for the reference kernels: the formulas of vector_math.h without FMA.
 *
 * exp and tanh are Cephes' expf and tanhf (S. L. Moshier, netlib.org/cephes, single precision): Cody-Waite reduction x = n ln 2 + r
 * with ln 2 in two parts, polynomial of degree 7 on |r| <= ln(2)/2, scaling by 2^n in two steps so that overflow ends in infinity and
 * underflow in subnormal numbers. NaN stays NaN. */
#ifndef CM_KERN_SCALAR_MATH_H
#define CM_KERN_SCALAR_MATH_H

#include "kern/kern.h"
#include "kern/vector/math_constants.h"

#include <math.h>
#include <string.h>

/* 2^n, n in -126..127. */
static inline float scalar_power_of_two(int n)
{
    uint32_t bits = (uint32_t)(n + 127) << 23;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float scalar_exp(float x)
{
    if (x != x)
        return x;
    x = x > EXP_HIGHEST ? EXP_HIGHEST : x;
    x = x < EXP_LOWEST ? EXP_LOWEST : x;
    float n = (x * EXP_LOG2_E + EXP_ROUND) - EXP_ROUND;
    float r = (x - n * EXP_LN2_HIGH) - n * EXP_LN2_LOW;
    float p = EXP_P0;
    p = p * r + EXP_P1;
    p = p * r + EXP_P2;
    p = p * r + EXP_P3;
    p = p * r + EXP_P4;
    p = p * r + EXP_P5;
    p = p * (r * r) + r + 1.0f;
    int whole = (int)n, half = whole / 2;
    return p * scalar_power_of_two(half) * scalar_power_of_two(whole - half);
}

/* 1 / (1 + exp(-x)), without overflow on either side. */
static inline float scalar_sigmoid(float x)
{
    float e = scalar_exp(x < 0.0f ? x : -x);
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

static inline float scalar_tanh(float x)
{
    float size = fabsf(x);
    if (size < TANH_SMALL) {
        float z = x * x, p = TANH_P0;
        p = p * z + TANH_P1;
        p = p * z + TANH_P2;
        p = p * z + TANH_P3;
        p = p * z + TANH_P4;
        return p * z * x + x;
    }
    return copysignf(1.0f - 2.0f / (scalar_exp(2.0f * size) + 1.0f), x);
}

/* min(max(x, low), high); NaN stays NaN. */
static inline float scalar_clip(float x, float low, float high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

/* The larger and the smaller of two; NaN if either is. */
static inline float scalar_max(float a, float b)
{
    return b > a || b != b ? b : a;
}

static inline float scalar_min(float a, float b)
{
    return b < a || b != b ? b : a;
}

static inline float scalar_activate(const cm_epilogue *epilogue, float x, int channel)
{
    switch (epilogue->activation) {
    case CM_ACT_RELU: return x < 0.0f ? 0.0f : x;
    case CM_ACT_PRELU: return x > 0.0f ? x : epilogue->slope[channel] * x;
    case CM_ACT_CLIP: return scalar_clip(x, epilogue->low, epilogue->high);
    case CM_ACT_SIGMOID: return scalar_sigmoid(x);
    case CM_ACT_LEAKY_RELU: return x > 0.0f ? x : epilogue->low * x;
    case CM_ACT_HARD_SIGMOID: return scalar_clip(epilogue->low * x + epilogue->high, 0.0f, 1.0f);
    case CM_ACT_HARD_SWISH: return x * scalar_clip(x * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f);
    case CM_ACT_TANH: return scalar_tanh(x);
    case CM_ACT_NONE:
    case CM_ACT_COUNT: break;
    }
    return x;
}

/* A sum becomes an output element; add: the residual's row, or NULL. */
static inline float scalar_finish(const cm_epilogue *epilogue, float x, const float *add, int channel)
{
    if (epilogue->scale != NULL)
        x *= epilogue->scale[channel];
    if (epilogue->bias != NULL)
        x += epilogue->bias[channel];
    if (add != NULL && !epilogue->add_after)
        x += add[channel];
    x = scalar_activate(epilogue, x, channel);
    if (add != NULL && epilogue->add_after)
        x += add[channel];
    return x;
}

#endif

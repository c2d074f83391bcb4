/* exp, logistic function, tanh, activations and the epilogue on the vectors of vector_avx2.h, vector_avx512.h or vector_neon.h (one is included before this).
 * The formulas are those of scalar_math.h, with FMA. */
#ifndef CM_KERN_VECTOR_MATH_H
#define CM_KERN_VECTOR_MATH_H

#include "kern/kern.h"
#include "kern/vector/math_constants.h"

#define VEC_INLINE static inline __attribute__((always_inline))

VEC_INLINE vec vec_clip(vec x, vec low, vec high)
{
    return vec_min(high, vec_max(low, x));
}

/* The larger and the smaller of two; NaN if either is. */
VEC_INLINE vec vec_max_nan(vec a, vec b)
{
    return vec_if_nan(a, a, vec_max(a, b));
}

VEC_INLINE vec vec_min_nan(vec a, vec b)
{
    return vec_if_nan(a, a, vec_min(a, b));
}

VEC_INLINE vec vec_exp(vec x)
{
    x = vec_clip(x, vec_all(EXP_LOWEST), vec_all(EXP_HIGHEST));
    vec n = vec_round(vec_mul(x, vec_all(EXP_LOG2_E)));
    vec r = vec_fma_minus(n, vec_all(EXP_LN2_LOW), vec_fma_minus(n, vec_all(EXP_LN2_HIGH), x));
    vec p = vec_fma(vec_all(EXP_P0), r, vec_all(EXP_P1));
    p = vec_fma(p, r, vec_all(EXP_P2));
    p = vec_fma(p, r, vec_all(EXP_P3));
    p = vec_fma(p, r, vec_all(EXP_P4));
    p = vec_fma(p, r, vec_all(EXP_P5));
    p = vec_add(vec_fma(p, vec_mul(r, r), r), vec_all(1.0f));
    return vec_scale(p, n);
}

VEC_INLINE vec vec_sigmoid(vec x)
{
    vec one = vec_all(1.0f), e = vec_exp(vec_negate(vec_abs(x)));
    return vec_div(vec_if_less(x, vec_zero(), e, one), vec_add(one, e));
}

VEC_INLINE vec vec_tanh(vec x)
{
    vec one = vec_all(1.0f), size = vec_abs(x), z = vec_mul(x, x);
    vec p = vec_fma(vec_all(TANH_P0), z, vec_all(TANH_P1));
    p = vec_fma(p, z, vec_all(TANH_P2));
    p = vec_fma(p, z, vec_all(TANH_P3));
    p = vec_fma(p, z, vec_all(TANH_P4));
    p = vec_fma(vec_mul(p, z), x, x);
    vec e = vec_exp(vec_add(size, size));
    vec large = vec_sign(vec_sub(one, vec_div(vec_all(2.0f), vec_add(e, one))), x);
    return vec_if_less(size, vec_all(TANH_SMALL), p, large);
}

VEC_INLINE vec vec_relu(vec x)
{
    return vec_max(vec_zero(), x);
}

/* x > 0 ? x : slope * x */
VEC_INLINE vec vec_prelu(vec x, vec slope)
{
    return vec_if_less(vec_zero(), x, x, vec_mul(slope, x));
}

VEC_INLINE vec vec_hard_sigmoid(vec x, vec scale, vec shift)
{
    return vec_clip(vec_add(vec_mul(scale, x), shift), vec_zero(), vec_all(1.0f));
}

/* slope: of these channels, read for PRELU only. */
VEC_INLINE vec vec_activate(const cm_epilogue *epilogue, vec x, vec slope)
{
    switch (epilogue->activation) {
    case CM_ACT_RELU: return vec_relu(x);
    case CM_ACT_PRELU: return vec_prelu(x, slope);
    case CM_ACT_CLIP: return vec_clip(x, vec_all(epilogue->low), vec_all(epilogue->high));
    case CM_ACT_SIGMOID: return vec_sigmoid(x);
    case CM_ACT_LEAKY_RELU: return vec_prelu(x, vec_all(epilogue->low));
    case CM_ACT_HARD_SIGMOID: return vec_hard_sigmoid(x, vec_all(epilogue->low), vec_all(epilogue->high));
    case CM_ACT_HARD_SWISH: return vec_mul(x, vec_hard_sigmoid(x, vec_all(1.0f / 6.0f), vec_all(0.5f)));
    case CM_ACT_TANH: return vec_tanh(x);
    case CM_ACT_NONE:
    case CM_ACT_COUNT: break;
    }
    return x;
}

/* A whole vector, or its first elements where `part` (a constant) says so. */
VEC_INLINE vec vec_load_if(const float *p, int part, vec_mask mask)
{
    return part ? vec_load_part(p, mask) : vec_load(p);
}

VEC_INLINE void vec_store_if(float *p, vec x, int part, vec_mask mask)
{
    if (part)
        vec_store_part(p, x, mask);
    else
        vec_store(p, x);
}

#endif

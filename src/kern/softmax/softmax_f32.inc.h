/* Softmax on the vectors of the including file: exp(x - max) / sum. A row's sum runs in VEC lanes, folded in halves at the end: its order
 * depends on the number of channels alone. */
#ifndef CM_KERN_SOFTMAX_F32_INC_H
#define CM_KERN_SOFTMAX_F32_INC_H

#include "kern/kernel_list.h"
#include "kern/vector/scalar_math.h"
#include "kern/vector/vector_math.h"

#include <stddef.h>

VEC_INLINE float softmax_highest(const float *a, ptrdiff_t whole, vec_mask rest)
{
    vec highest = vec_keep(vec_load_part(a + whole, rest), rest, vec_all(-INFINITY));
    for (ptrdiff_t i = 0; i < whole; i += VEC)
        highest = vec_max_nan(highest, vec_load(a + i));
    float lanes[VEC];
    vec_store(lanes, highest);
    for (int half = VEC / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; i++)
            lanes[i] = scalar_max(lanes[i], lanes[i + half]);
    }
    return lanes[0];
}

/* c = exp(a - highest); -> their sum */
VEC_INLINE float softmax_exp(const float *a, float *c, ptrdiff_t whole, vec_mask rest, float highest)
{
    vec sum = vec_zero(), shift = vec_all(highest);
    for (ptrdiff_t i = 0; i < whole; i += VEC) {
        vec e = vec_exp(vec_sub(vec_load(a + i), shift));
        vec_store(c + i, e);
        sum = vec_add(sum, e);
    }
    vec e = vec_exp(vec_sub(vec_load_part(a + whole, rest), shift));
    vec_store_part(c + whole, e, rest);
    sum = vec_add(sum, vec_keep(e, rest, vec_zero()));
    float lanes[VEC];
    vec_store(lanes, sum);
    for (int half = VEC / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    }
    return lanes[0];
}

VEC_INLINE void softmax_all(const float *a, float *c, int64_t rows, int channels)
{
    /* Vectors that are mostly empty cost more than they bring. */
    if (channels < VEC / 2) {
        cameo_k_softmax_f32_1x1__ref(a, c, rows, channels);
        return;
    }
    ptrdiff_t whole = channels / VEC * VEC;
    vec_mask rest = vec_first(channels - whole);
    for (int64_t row = 0; row < rows; row++, a += channels, c += channels) {
        vec sum = vec_all(softmax_exp(a, c, whole, rest, softmax_highest(a, whole, rest)));
        for (ptrdiff_t i = 0; i < whole; i += VEC)
            vec_store(c + i, vec_div(vec_load(c + i), sum));
        vec_store_part(c + whole, vec_div(vec_load_part(c + whole, rest), sum), rest);
    }
}

#endif

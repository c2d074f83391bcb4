/* The vectors that the shared kernels (*.inc.h) are written in: 8 floats of AVX2 with FMA. */
#ifndef CM_KERN_VECTOR_AVX2_H
#define CM_KERN_VECTOR_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define VEC 8
typedef __m256 vec;
typedef __m256i vec_mask; /* which elements of a partial vector are there */

/* The first `count` elements, count 0..VEC. */
static inline vec_mask vec_first(int64_t count)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline vec vec_zero(void) { return _mm256_setzero_ps(); }
static inline vec vec_all(float x) { return _mm256_set1_ps(x); }
static inline vec vec_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void vec_store(float *p, vec x) { _mm256_storeu_ps(p, x); }
/* Elements outside the mask are neither read (they become 0) nor written. */
static inline vec vec_load_part(const float *p, vec_mask mask) { return _mm256_maskload_ps(p, mask); }
static inline void vec_store_part(float *p, vec x, vec_mask mask) { _mm256_maskstore_ps(p, mask, x); }

/* VEC half-precision floats (IEEE 754 binary16), widened. */
static inline vec vec_load_half(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
/* Soon to be read. Never faults, whatever p is. */
static inline __attribute__((always_inline)) void vec_prefetch(const void *p) { _mm_prefetch((const char *)p, _MM_HINT_T0); }
/* The same, into the second-level cache. */
static inline __attribute__((always_inline)) void vec_prefetch_far(const void *p) { _mm_prefetch((const char *)p, _MM_HINT_T1); }

static inline vec vec_add(vec a, vec b) { return _mm256_add_ps(a, b); }
static inline vec vec_sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
static inline vec vec_mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
static inline vec vec_div(vec a, vec b) { return _mm256_div_ps(a, b); }
static inline vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }       /* a * b + c */
static inline vec vec_fma_minus(vec a, vec b, vec c) { return _mm256_fnmadd_ps(a, b, c); } /* c - a * b */
/* The second operand wins where either is NaN. */
static inline vec vec_max(vec a, vec b) { return _mm256_max_ps(a, b); }
static inline vec vec_min(vec a, vec b) { return _mm256_min_ps(a, b); }
static inline vec vec_sqrt(vec x) { return _mm256_sqrt_ps(x); }
static inline vec vec_floor(vec x) { return _mm256_floor_ps(x); }
static inline vec vec_round(vec x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vec vec_abs(vec x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
static inline vec vec_negate(vec x) { return _mm256_xor_ps(x, _mm256_set1_ps(-0.0f)); }
/* The size of a with the sign of b. */
static inline vec vec_sign(vec a, vec b)
{
    vec sign = _mm256_set1_ps(-0.0f);
    return _mm256_or_ps(_mm256_andnot_ps(sign, a), _mm256_and_ps(sign, b));
}
/* a < b ? yes : no; NaN: no. */
static inline vec vec_if_less(vec a, vec b, vec yes, vec no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
/* Neighbours change places: 1 0 3 2 ... */
static inline vec vec_swap_pairs(vec x) { return _mm256_permute_ps(x, 0xb1); }
/* x is NaN ? yes : no. */
static inline vec vec_if_nan(vec x, vec yes, vec no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(x, x, _CMP_UNORD_Q)); }
/* Elements outside the mask become `other`. */
static inline vec vec_keep(vec x, vec_mask mask, vec other) { return _mm256_blendv_ps(other, x, _mm256_castsi256_ps(mask)); }

/* 2^n, n in -126..127. */
static inline vec vec_power_of_two(__m256i n)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
/* x * 2^n, n whole and in -252..254; in two steps, so that results beyond the normal numbers come out right. */
static inline vec vec_scale(vec x, vec n)
{
    __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
    return _mm256_mul_ps(_mm256_mul_ps(x, vec_power_of_two(half)), vec_power_of_two(_mm256_sub_epi32(whole, half)));
}

#endif

/* The vectors that the shared kernels (*.inc.h) are written in: 16 floats of AVX-512. */
#ifndef CM_KERN_VECTOR_AVX512_H
#define CM_KERN_VECTOR_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define VEC 16
typedef __m512 vec;
typedef __mmask16 vec_mask; /* which elements of a partial vector are there; also the result of a comparison */

/* The first `count` elements, count 0..VEC. */
static inline vec_mask vec_first(int64_t count) { return (vec_mask)_bzhi_u32(0xffffu, (unsigned)count); }

static inline vec vec_zero(void) { return _mm512_setzero_ps(); }
static inline vec vec_all(float x) { return _mm512_set1_ps(x); }
static inline vec vec_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vec_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
/* Elements outside the mask are neither read (they become 0) nor written. */
static inline vec vec_load_part(const float *p, vec_mask mask) { return _mm512_maskz_loadu_ps(mask, p); }
static inline void vec_store_part(float *p, vec x, vec_mask mask) { _mm512_mask_storeu_ps(p, mask, x); }

/* VEC half-precision floats (IEEE 754 binary16), widened. */
static inline vec vec_load_half(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
/* Soon to be read. Never faults, whatever p is. */
static inline __attribute__((always_inline)) void vec_prefetch(const void *p) { _mm_prefetch((const char *)p, _MM_HINT_T0); }
/* The same, into the second-level cache. */
static inline __attribute__((always_inline)) void vec_prefetch_far(const void *p) { _mm_prefetch((const char *)p, _MM_HINT_T1); }

static inline vec vec_add(vec a, vec b) { return _mm512_add_ps(a, b); }
static inline vec vec_sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
static inline vec vec_mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
static inline vec vec_div(vec a, vec b) { return _mm512_div_ps(a, b); }
static inline vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }       /* a * b + c */
static inline vec vec_fma_minus(vec a, vec b, vec c) { return _mm512_fnmadd_ps(a, b, c); } /* c - a * b */
/* The second operand wins where either is NaN. */
static inline vec vec_max(vec a, vec b) { return _mm512_max_ps(a, b); }
static inline vec vec_min(vec a, vec b) { return _mm512_min_ps(a, b); }
static inline vec vec_sqrt(vec x) { return _mm512_sqrt_ps(x); }
static inline vec vec_floor(vec x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
static inline vec vec_round(vec x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vec vec_abs(vec x) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), x); }
static inline vec vec_negate(vec x) { return _mm512_xor_ps(x, _mm512_set1_ps(-0.0f)); }
/* The size of a with the sign of b. */
static inline vec vec_sign(vec a, vec b)
{
    vec sign = _mm512_set1_ps(-0.0f);
    return _mm512_or_ps(_mm512_andnot_ps(sign, a), _mm512_and_ps(sign, b));
}
/* a < b ? yes : no; NaN: no. */
static inline vec vec_if_less(vec a, vec b, vec yes, vec no)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
/* Neighbours change places: 1 0 3 2 ... */
static inline vec vec_swap_pairs(vec x) { return _mm512_permute_ps(x, 0xb1); }
/* x is NaN ? yes : no. */
static inline vec vec_if_nan(vec x, vec yes, vec no)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), no, yes);
}
/* Elements outside the mask become `other`. */
static inline vec vec_keep(vec x, vec_mask mask, vec other) { return _mm512_mask_blend_ps(mask, other, x); }
/* x * 2^n, n whole. */
static inline vec vec_scale(vec x, vec n) { return _mm512_scalef_ps(x, n); }

#endif

/* Bytes and 32-bit sums as vectors of floats, and back: AVX-512. */
#ifndef CM_KERN_BYTES_AVX512_H
#define CM_KERN_BYTES_AVX512_H

#include "kern/vector/vector_avx512.h"

/* Sums plus offsets, which wraps, as floats. */
static inline vec vec_of_sums(const int32_t *sums, const int32_t *offset)
{
    return _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_loadu_si512(sums), _mm512_loadu_si512(offset)));
}

static inline vec vec_widen_bytes(__m128i bytes, int zero)
{
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_cvtepu8_epi32(bytes), _mm512_set1_epi32(zero)));
}

/* Bytes less zero. */
static inline vec vec_of_bytes(const uint8_t *p, int zero) { return vec_widen_bytes(_mm_loadu_si128((const __m128i *)(const void *)p), zero); }
/* The first `count` of them; nothing behind is read. */
static inline vec vec_of_bytes_part(const uint8_t *p, int zero, int count)
{
    return vec_widen_bytes(_mm_maskz_loadu_epi8(vec_first(count), p), zero);
}

/* As many 32-bit sums, from floats that hold them. */
static inline void vec_store_sums(int32_t *sums, vec x) { _mm512_storeu_si512(sums, _mm512_cvtps_epi32(x)); }

/* Rounded to whole numbers (halves to the even one) and moved by zero, which must give 0..255. */
static inline __m128i vec_narrow_bytes(vec x, int zero)
{
    return _mm512_cvtepi32_epi8(_mm512_add_epi32(_mm512_cvtps_epi32(x), _mm512_set1_epi32(zero)));
}
static inline void vec_to_bytes(uint8_t *p, vec x, int zero) { _mm_storeu_si128((__m128i *)(void *)p, vec_narrow_bytes(x, zero)); }
static inline void vec_to_bytes_part(uint8_t *p, vec x, int zero, int count)
{
    _mm_mask_storeu_epi8(p, vec_first(count), vec_narrow_bytes(x, zero));
}

#endif

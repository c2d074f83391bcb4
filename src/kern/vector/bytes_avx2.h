/* Bytes and 32-bit sums as vectors of floats, and back: AVX2. */
#ifndef CM_KERN_BYTES_AVX2_H
#define CM_KERN_BYTES_AVX2_H

#include "kern/vector/vector_avx2.h"

#include <string.h>

/* Sums plus offsets, which wraps, as floats. */
static inline vec vec_of_sums(const int32_t *sums, const int32_t *offset)
{
    __m256i sum = _mm256_loadu_si256((const __m256i *)(const void *)sums);
    return _mm256_cvtepi32_ps(_mm256_add_epi32(sum, _mm256_loadu_si256((const __m256i *)(const void *)offset)));
}

static inline vec vec_widen_bytes(__m128i bytes, int zero)
{
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_cvtepu8_epi32(bytes), _mm256_set1_epi32(zero)));
}

/* Bytes less zero. */
static inline vec vec_of_bytes(const uint8_t *p, int zero) { return vec_widen_bytes(_mm_loadl_epi64((const __m128i *)(const void *)p), zero); }
/* The first `count` of them; nothing behind is read. */
static inline vec vec_of_bytes_part(const uint8_t *p, int zero, int count)
{
    uint8_t bytes[VEC] = { 0 };
    memcpy(bytes, p, (size_t)count);
    return vec_of_bytes(bytes, zero);
}

/* As many 32-bit sums, from floats that hold them. */
static inline void vec_store_sums(int32_t *sums, vec x) { _mm256_storeu_si256((__m256i *)(void *)sums, _mm256_cvtps_epi32(x)); }

/* Rounded to whole numbers (halves to the even one) and moved by zero, which must give 0..255. */
static inline void vec_to_bytes(uint8_t *p, vec x, int zero)
{
    __m256i whole = _mm256_add_epi32(_mm256_cvtps_epi32(x), _mm256_set1_epi32(zero));
    __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(words, words));
}
static inline void vec_to_bytes_part(uint8_t *p, vec x, int zero, int count)
{
    uint8_t bytes[VEC];
    vec_to_bytes(bytes, x, zero);
    memcpy(p, bytes, (size_t)count);
}

#endif

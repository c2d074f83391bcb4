/* Bytes to floats, AVX2. */
#include "kern/normalize/normalize_f32.inc.h"

static inline void store_channel(__m128i bytes, float mean, float std, float *c)
{
    __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
    __m256 high = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)));
    _mm256_storeu_ps(c, _mm256_div_ps(_mm256_sub_ps(low, _mm256_set1_ps(mean)), _mm256_set1_ps(std)));
    _mm256_storeu_ps(c + 8, _mm256_div_ps(_mm256_sub_ps(high, _mm256_set1_ps(mean)), _mm256_set1_ps(std)));
}

void cameo_k_normalize_f32_1x16__avx2(const cm_normalization *how, const uint8_t *pixels, int64_t count, float *c, ptrdiff_t plane)
{
    normalize_all(how, pixels, count, c, plane);
}

/* Bytes to floats, AVX-512. */
#include "kern/normalize/normalize_f32.inc.h"

static inline void store_channel(__m128i bytes, float mean, float std, float *c)
{
    __m512 values = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
    _mm512_storeu_ps(c, _mm512_div_ps(_mm512_sub_ps(values, _mm512_set1_ps(mean)), _mm512_set1_ps(std)));
}

void cameo_k_normalize_f32_1x16__avx512(const cm_normalization *how, const uint8_t *pixels, int64_t count, float *c, ptrdiff_t plane)
{
    normalize_all(how, pixels, count, c, plane);
}

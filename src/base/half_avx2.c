#include "base/half_avx2.h"

#include <immintrin.h>

enum { LANES = 8 };

size_t cm_halves_by_avx2(const float *values, size_t count, uint16_t *halves)
{
    const __m256 sign = _mm256_set1_ps(-0.0f), one_nan = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fc00000));
    size_t whole = count / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        __m256 x = _mm256_loadu_ps(values + i);
        /* The instruction would keep some of a NaN's other bits. */
        x = _mm256_blendv_ps(x, _mm256_or_ps(_mm256_and_ps(x, sign), one_nan), _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
        _mm_storeu_si128((__m128i *)(void *)(halves + i), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
    }
    return whole;
}

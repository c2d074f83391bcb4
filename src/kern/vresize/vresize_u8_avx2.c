/* The vertical pass of a bilinear resize, AVX2. */
#include "kern/kernel_list.h"

#include <immintrin.h>

enum { BLOCK = 32 };

static inline __m256i blend(const int16_t *upper, const int16_t *lower, __m256i weight_upper, __m256i weight_lower)
{
    __m256i a = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)upper), weight_upper);
    __m256i b = _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)lower), weight_lower);
    return _mm256_srai_epi16(_mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_set1_epi16(2)), 2);
}

void cameo_k_vresize_u8_1x32__avx2(const int16_t *upper, const int16_t *lower, const int16_t weights[2], int count, uint8_t *c)
{
    if (count < BLOCK) {
        cameo_k_vresize_u8_1x1__ref(upper, lower, weights, count, c);
        return;
    }
    __m256i weight_upper = _mm256_set1_epi16(weights[0]), weight_lower = _mm256_set1_epi16(weights[1]);
    for (int i = 0; i < count; i += BLOCK) {
        int at = i + BLOCK <= count ? i : count - BLOCK; /* the last block may overlap the one before it */
        __m256i low = blend(upper + at, lower + at, weight_upper, weight_lower);
        __m256i high = blend(upper + at + 16, lower + at + 16, weight_upper, weight_lower);
        __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xd8);
        _mm256_storeu_si256((__m256i *)(c + at), bytes);
    }
}

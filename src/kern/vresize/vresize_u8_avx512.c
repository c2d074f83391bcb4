/* The vertical pass of a bilinear resize, AVX-512. */
#include "kern/kernel_list.h"

#include <immintrin.h>

enum { BLOCK = 64 };

static inline __m512i blend(const int16_t *upper, const int16_t *lower, __m512i weight_upper, __m512i weight_lower)
{
    __m512i a = _mm512_mulhi_epi16(_mm512_loadu_si512(upper), weight_upper);
    __m512i b = _mm512_mulhi_epi16(_mm512_loadu_si512(lower), weight_lower);
    return _mm512_srai_epi16(_mm512_add_epi16(_mm512_add_epi16(a, b), _mm512_set1_epi16(2)), 2);
}

void cameo_k_vresize_u8_1x64__avx512(const int16_t *upper, const int16_t *lower, const int16_t weights[2], int count, uint8_t *c)
{
    if (count < BLOCK) {
        cameo_k_vresize_u8_1x1__ref(upper, lower, weights, count, c);
        return;
    }
    const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7); /* packing leaves the halves of each quarter side by side */
    __m512i weight_upper = _mm512_set1_epi16(weights[0]), weight_lower = _mm512_set1_epi16(weights[1]);
    for (int i = 0; i < count; i += BLOCK) {
        int at = i + BLOCK <= count ? i : count - BLOCK; /* the last block may overlap the one before it */
        __m512i low = blend(upper + at, lower + at, weight_upper, weight_lower);
        __m512i high = blend(upper + at + 32, lower + at + 32, weight_upper, weight_lower);
        _mm512_storeu_si512(c + at, _mm512_permutexvar_epi64(order, _mm512_packus_epi16(low, high)));
    }
}

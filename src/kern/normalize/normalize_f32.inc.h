/* Bytes to floats, sixteen pixels at a time. */
#ifndef CM_KERN_NORMALIZE_F32_INC_H
#define CM_KERN_NORMALIZE_F32_INC_H

#include "kern/kernel_list.h"

#include <immintrin.h>

enum { BLOCK = 16 };

/* bytes: [16] of one channel -> c: [16]: (byte - mean) / std. The including file defines this. */
static inline void store_channel(__m128i bytes, float mean, float std, float *c);

/* Byte i of channel c is byte 3 i + c of the 48. split[c][part]: which bytes of the first, second and third 16 of them go where; -1 gives zero. */
static const int8_t split[3][3][BLOCK] = {
    {{0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1},
     {-1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14, -1, -1, -1, -1, -1},
     {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 4, 7, 10, 13}},
    {{1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1},
     {-1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1},
     {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14}},
    {{2, 5, 8, 11, 14, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1},
     {-1, -1, -1, -1, -1, 1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1},
     {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15}},
};

static inline __m128i pick_channel(const __m128i parts[3], int channel)
{
    __m128i picked = _mm_setzero_si128();
    for (int i = 0; i < 3; i++)
        picked = _mm_or_si128(picked, _mm_shuffle_epi8(parts[i], _mm_loadu_si128((const __m128i *)split[channel][i])));
    return picked;
}

static inline void normalize_block(const cm_normalization *how, const uint8_t *pixels, float *c, ptrdiff_t plane)
{
    __m128i parts[3];
    for (int i = 0; i < 3; i++)
        parts[i] = _mm_loadu_si128((const __m128i *)(pixels + i * BLOCK));
    for (int channel = 0; channel < 3; channel++)
        store_channel(pick_channel(parts, how->swap ? 2 - channel : channel), how->mean[channel], how->std[channel], c + channel * plane);
}

/* The last block may overlap the one before it: the same bytes become the same floats again. */
static inline void normalize_all(const cm_normalization *how, const uint8_t *pixels, int64_t count, float *c, ptrdiff_t plane)
{
    if (count < BLOCK) {
        cameo_k_normalize_f32_1x1__ref(how, pixels, count, c, plane);
        return;
    }
    for (int64_t i = 0; i < count; i += BLOCK) {
        int64_t at = i + BLOCK <= count ? i : count - BLOCK;
        normalize_block(how, pixels + 3 * at, c + at, plane);
    }
}

#endif

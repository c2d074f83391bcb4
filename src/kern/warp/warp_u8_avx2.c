/* Bilinear values of a picture at given places, AVX2: eight at a time, four in each half of a vector. The four pixels around a place come in
 * two loads of eight bytes, and two multiply-adds weigh them, first across, then down. */
#include "kern/kernel_list.h"

#include <immintrin.h>

enum { BLOCK = 8 };

/* Two pixels side by side and the two below them. */
static inline __m128i load_place(const cm_warp_row *row, int i)
{
    const uint8_t *upper = row->pixels + (row->y[i] >> 5) * row->stride + (ptrdiff_t)(row->x[i] >> 5) * 3;
    __m128i first = _mm_loadl_epi64((const __m128i *)upper);
    return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(first), (const __m64 *)(upper + row->stride)));
}

/* Places i and i + 4, [r g b 0] in each half. order: near and far of a channel above, then below, red first. */
static inline __m256i weigh(const cm_warp_row *row, int i, __m256i order, __m256i across, __m256i down)
{
    __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(load_place(row, i)), load_place(row, i + 4), 1);
    __m256i rows = _mm256_maddubs_epi16(_mm256_shuffle_epi8(pixels, order), across);
    return _mm256_srli_epi32(_mm256_add_epi32(_mm256_madd_epi16(rows, down), _mm256_set1_epi32(512)), 10);
}

static inline void warp_block(const cm_warp_row *row, int first, __m256i order)
{
    const __m256i close = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m256i fraction = _mm256_set1_epi32(31), one = _mm256_set1_epi32(32);
    __m256i fx = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(row->x + first)), fraction);
    __m256i fy = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(row->y + first)), fraction);
    /* One 32-bit number a place: two equal pairs of bytes, and one pair of 16 bits. */
    __m256i pair = _mm256_or_si256(_mm256_sub_epi32(one, fx), _mm256_slli_epi32(fx, 8));
    __m256i across = _mm256_or_si256(pair, _mm256_slli_epi32(pair, 16));
    __m256i down = _mm256_or_si256(_mm256_sub_epi32(one, fy), _mm256_slli_epi32(fy, 16));
    __m256i a = weigh(row, first, order, _mm256_shuffle_epi32(across, 0x00), _mm256_shuffle_epi32(down, 0x00));
    __m256i b = weigh(row, first + 1, order, _mm256_shuffle_epi32(across, 0x55), _mm256_shuffle_epi32(down, 0x55));
    __m256i c = weigh(row, first + 2, order, _mm256_shuffle_epi32(across, 0xaa), _mm256_shuffle_epi32(down, 0xaa));
    __m256i d = weigh(row, first + 3, order, _mm256_shuffle_epi32(across, 0xff), _mm256_shuffle_epi32(down, 0xff));
    __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(bytes, close), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 0, 0));
    uint8_t *to = row->c + 3 * (ptrdiff_t)first;
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(bytes));
    _mm_storel_epi64((__m128i *)(to + 16), _mm256_extracti128_si256(bytes, 1));
}

void cameo_k_warp_u8_1x8__avx2(const cm_warp_row *row)
{
    static const int8_t orders[2][16] = {{0, 3, 8, 11, 1, 4, 9, 12, 2, 5, 10, 13, -1, -1, -1, -1}, {2, 5, 10, 13, 1, 4, 9, 12, 0, 3, 8, 11, -1, -1, -1, -1}};
    __m256i order = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)orders[row->swap != 0]));
    if (row->count < BLOCK) {
        cameo_k_warp_u8_1x1__ref(row);
        return;
    }
    for (int i = 0; i < row->count; i += BLOCK)
        warp_block(row, i + BLOCK <= row->count ? i : row->count - BLOCK, order); /* the last block may overlap the one before it */
}

/* The horizontal pass of a bilinear resize, AVX-512: sixteen columns at a time, four in each quarter of a vector. */
#include "kern/hresize/hresize_u8.inc.h"

enum { BLOCK = 16 };

/* Two of every four columns. */
static inline __m512i load_eight(const uint8_t *row, const int32_t *offsets)
{
    __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(load_two(row, offsets)), load_two(row, offsets + 4), 1);
    __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(load_two(row, offsets + 8)), load_two(row, offsets + 12), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* The sums of four columns, all but 4 bits: [r g b 0] of one in each quarter. */
static inline __m512i weigh(__m512i pixels, __m128i order, __m512i weights)
{
    __m512i pairs = _mm512_shuffle_epi8(pixels, _mm512_broadcast_i32x4(order));
    return _mm512_srai_epi32(_mm512_madd_epi16(pairs, weights), 4);
}

/* [r g b 0 r g b 0] to 12 bytes, that is three 32-bit numbers, in each quarter. */
static inline __m512i pack(__m512i first, __m512i second)
{
    const __m128i close = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1);
    return _mm512_shuffle_epi8(_mm512_packs_epi32(first, second), _mm512_broadcast_i32x4(close));
}

static inline void hresize_block(const cm_hresize_row *row, int first)
{
    /* Three numbers of every quarter of one and of the other vector by turns: the first 16 of 24, and the rest. */
    const __m512i start = _mm512_setr_epi32(0, 1, 2, 16, 17, 18, 4, 5, 6, 20, 21, 22, 8, 9, 10, 24);
    const __m512i end = _mm512_setr_epi32(25, 26, 12, 13, 14, 28, 29, 30, 0, 0, 0, 0, 0, 0, 0, 0);
    const int32_t *offsets = row->offsets + first;
    __m128i lower = pair_channels(row->swap, 0), upper = pair_channels(row->swap, 1);
    __m512i w = _mm512_loadu_si512(row->weights + 2 * (ptrdiff_t)first); /* a pair for each of sixteen columns */
    __m512i pixels = load_eight(row->row, offsets), next = load_eight(row->row, offsets + 2);
    __m512i even = pack(weigh(pixels, lower, _mm512_shuffle_epi32(w, _MM_PERM_AAAA)), weigh(pixels, upper, _mm512_shuffle_epi32(w, _MM_PERM_BBBB)));
    __m512i odd = pack(weigh(next, lower, _mm512_shuffle_epi32(w, _MM_PERM_CCCC)), weigh(next, upper, _mm512_shuffle_epi32(w, _MM_PERM_DDDD)));
    int16_t *c = row->c + 3 * (ptrdiff_t)first;
    _mm512_storeu_si512(c, _mm512_permutex2var_epi32(even, start, odd));
    _mm256_storeu_si256((__m256i *)(c + 32), _mm512_castsi512_si256(_mm512_permutex2var_epi32(even, end, odd)));
}

void cameo_k_hresize_u8_1x16__avx512(const cm_hresize_row *row)
{
    hresize_all(row, BLOCK);
}

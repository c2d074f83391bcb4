/* The horizontal pass of a bilinear resize, AVX2: eight columns at a time, four in each half of a vector. */
#include "kern/hresize/hresize_u8.inc.h"

enum { BLOCK = 8 };

/* Two of every four columns. */
static inline __m256i load_four(const uint8_t *row, const int32_t *offsets)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load_two(row, offsets)), load_two(row, offsets + 4), 1);
}

/* The sums of two columns, all but 4 bits: [r g b 0] of one in each half. */
static inline __m256i weigh(__m256i pixels, __m128i order, __m256i weights)
{
    __m256i pairs = _mm256_shuffle_epi8(pixels, _mm256_broadcastsi128_si256(order));
    return _mm256_srai_epi32(_mm256_madd_epi16(pairs, weights), 4);
}

static inline void hresize_block(const cm_hresize_row *row, int first)
{
    /* In each half, [r g b 0 r g b 0] of two columns twice becomes 16 and 8 bytes of four. */
    const __m256i head = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1));
    const __m256i middle = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3));
    const __m256i tail = _mm256_broadcastsi128_si256(_mm_setr_epi8(4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1));
    const int32_t *offsets = row->offsets + first;
    __m128i lower = pair_channels(row->swap, 0), upper = pair_channels(row->swap, 1);
    __m256i w = _mm256_loadu_si256((const __m256i *)(row->weights + 2 * (ptrdiff_t)first)); /* a pair for each of eight columns */
    __m256i pixels = load_four(row->row, offsets), next = load_four(row->row, offsets + 2);
    __m256i even = _mm256_packs_epi32(weigh(pixels, lower, _mm256_shuffle_epi32(w, 0x00)), weigh(pixels, upper, _mm256_shuffle_epi32(w, 0x55)));
    __m256i odd = _mm256_packs_epi32(weigh(next, lower, _mm256_shuffle_epi32(w, 0xaa)), weigh(next, upper, _mm256_shuffle_epi32(w, 0xff)));
    __m256i start = _mm256_or_si256(_mm256_shuffle_epi8(even, head), _mm256_shuffle_epi8(odd, middle));
    __m256i end = _mm256_shuffle_epi8(odd, tail);
    int16_t *c = row->c + 3 * (ptrdiff_t)first;
    _mm_storeu_si128((__m128i *)c, _mm256_castsi256_si128(start));
    _mm_storel_epi64((__m128i *)(c + 8), _mm256_castsi256_si128(end));
    _mm_storeu_si128((__m128i *)(c + 12), _mm256_extracti128_si256(start, 1));
    _mm_storel_epi64((__m128i *)(c + 20), _mm256_extracti128_si256(end, 1));
}

void cameo_k_hresize_u8_1x8__avx2(const cm_hresize_row *row)
{
    hresize_all(row, BLOCK);
}

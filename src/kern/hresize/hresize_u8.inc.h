/* What the vector kernels share: a pixel and its right neighbour come in one load of eight bytes. */
#ifndef CM_KERN_HRESIZE_U8_INC_H
#define CM_KERN_HRESIZE_U8_INC_H

#include "kern/kernel_list.h"

#include <immintrin.h>

enum { LOAD_BYTES = 8 };

/* Columns first..first + block - 1, where `block` is the including file's; it defines this. */
static inline void hresize_block(const cm_hresize_row *row, int first);

/* Two pixels with their neighbours, eight bytes each. */
static inline __m128i load_two(const uint8_t *row, const int32_t *offsets)
{
    __m128i first = _mm_loadl_epi64((const __m128i *)(row + offsets[0]));
    return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(first), (const __m64 *)(row + offsets[1])));
}

/* Near and far of each channel side by side as 16-bit numbers, red first, of the pixel in the lower (upper) eight bytes. */
static inline __m128i pair_channels(int swap, int upper)
{
    static const int8_t order[2][2][16] = {
        {{0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1}, {8, -1, 11, -1, 9, -1, 12, -1, 10, -1, 13, -1, -1, -1, -1, -1}},
        {{2, -1, 5, -1, 1, -1, 4, -1, 0, -1, 3, -1, -1, -1, -1, -1}, {10, -1, 13, -1, 9, -1, 12, -1, 8, -1, 11, -1, -1, -1, -1, -1}},
    };
    return _mm_loadu_si128((const __m128i *)order[swap != 0][upper]);
}

static inline void hresize_rest(const cm_hresize_row *row, int first)
{
    cm_hresize_row rest = *row;
    rest.offsets += first;
    rest.weights += 2 * (ptrdiff_t)first;
    rest.c += 3 * (ptrdiff_t)first;
    rest.count -= first;
    cameo_k_hresize_u8_1x1__ref(&rest);
}

static inline void hresize_all(const cm_hresize_row *row, int block)
{
    int safe = row->channels == 3 && row->step == 3 ? row->count : 0, first = 0;
    while (safe > 0 && row->offsets[safe - 1] > row->bytes - LOAD_BYTES)
        safe--;
    for (; first + block <= safe; first += block)
        hresize_block(row, first);
    /* The last block overlaps the one before it: the same columns come out the same again. */
    if (first > 0 && first < safe) {
        hresize_block(row, safe - block);
        first = safe;
    }
    hresize_rest(row, first);
}

#endif

/* Winograd's transform of pairs of 8-bit filters into 16 bits, AVX2: 8 columns at a time. */
#include "kern/vector/unroll.h"
#include "kern/vector/vector_avx2.h"

#define WINOGRAD_NUMBER __m256i
#define WINOGRAD_INLINE static inline __attribute__((always_inline))
#define winograd_add _mm256_add_epi16
#define winograd_sub _mm256_sub_epi16
#define winograd_shift _mm256_slli_epi16
#include "kern/winograd/winograd_integers.h"
#include "kern/winograd_filter/winograd_filter_zeros.h"

/* filters: the first tap; u: the first weight */
WINOGRAD_INLINE void transform(const winograd_side side, const int8_t *filters, ptrdiff_t tap_bytes, float *u, ptrdiff_t weight_stride)
{
    __m256i columns[WINOGRAD_TAPS][WINOGRAD_EDGE]; /* [column][row]: G g */
    UNROLL for (int j = 0; j < WINOGRAD_TAPS; j++) {
        __m256i g[WINOGRAD_TAPS];
        UNROLL for (int i = 0; i < WINOGRAD_TAPS; i++)
            g[i] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(filters + (i * WINOGRAD_TAPS + j) * tap_bytes)));
        winograd_filter(side, g, columns[j]);
    }
    UNROLL for (int i = 0; i < WINOGRAD_EDGE; i++) {
        __m256i line[WINOGRAD_TAPS], out[WINOGRAD_EDGE];
        UNROLL for (int j = 0; j < WINOGRAD_TAPS; j++)
            line[j] = columns[j][i];
        winograd_filter(side, line, out);
        UNROLL for (int j = 0; j < WINOGRAD_EDGE; j++)
            _mm256_store_si256((__m256i *)(void *)(u + (i * WINOGRAD_EDGE + j) * weight_stride), out[j]);
    }
}

WINOGRAD_INLINE void all(const cm_winograd_filter_tile *tile, const winograd_side side)
{
    const int8_t *filters = tile->filters;
    for (int k = 0; k < tile->k; k++, filters += 2 * (ptrdiff_t)tile->row)
        for (int column = 0; column < tile->columns; column += VEC)
            transform(side, filters + 2 * (ptrdiff_t)column, 2 * tile->tap_stride,
                      tile->u + column / tile->nr * tile->panel_stride + (ptrdiff_t)k * tile->nr + column % tile->nr, tile->weight_stride);
    winograd_filter_zeros(tile, WINOGRAD_EDGE * WINOGRAD_EDGE);
}

void cameo_k_winograd_filter_s8_1x8__avx2(const cm_winograd_filter_tile *tile)
{
    if (tile->scheme == CM_WINOGRAD_4_STRIDE2)
        all(tile, WINOGRAD_4_STRIDE2);
    else
        all(tile, WINOGRAD_4);
}

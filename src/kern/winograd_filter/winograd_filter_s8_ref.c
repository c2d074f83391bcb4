/* Winograd's transform of pairs of 8-bit filters into 16 bits, reference. */
#include "kern/winograd/winograd_uint.h"
#include "kern/winograd_filter/winograd_filter_zeros.h"

#include <string.h>

/* One number. filters: the first tap; u: [2] numbers a word, the one of the first weight */
static void transform(const winograd_side side, const int8_t *filters, ptrdiff_t tap_stride, int16_t *u, ptrdiff_t weight_stride)
{
    uint32_t columns[WINOGRAD_TAPS][WINOGRAD_EDGE];
    for (int j = 0; j < WINOGRAD_TAPS; j++) {
        uint32_t g[WINOGRAD_TAPS];
        for (int i = 0; i < WINOGRAD_TAPS; i++)
            g[i] = (uint32_t)filters[(i * WINOGRAD_TAPS + j) * tap_stride];
        winograd_filter(side, g, columns[j]);
    }
    for (int i = 0; i < WINOGRAD_EDGE; i++) {
        uint32_t line[WINOGRAD_TAPS], out[WINOGRAD_EDGE];
        for (int j = 0; j < WINOGRAD_TAPS; j++)
            line[j] = columns[j][i];
        winograd_filter(side, line, out);
        for (int j = 0; j < WINOGRAD_EDGE; j++)
            u[(i * WINOGRAD_EDGE + j) * weight_stride] = (int16_t)(int32_t)out[j];
    }
}

void cameo_k_winograd_filter_s8_1x1__ref(const cm_winograd_filter_tile *tile)
{
    const winograd_side side = winograd_side_of(tile->scheme, false);
    const int8_t *filters = tile->filters;
    for (int k = 0; k < tile->k; k++)
        for (int column = 0; column < tile->columns; column++)
            for (int half = 0; half < 2; half++) {
                float *u = tile->u + column / tile->nr * tile->panel_stride + (ptrdiff_t)k * tile->nr + column % tile->nr;
                transform(side, filters + 2 * ((ptrdiff_t)k * tile->row + column) + half, 2 * tile->tap_stride, (int16_t *)(void *)u + half,
                          2 * tile->weight_stride);
            }
    winograd_filter_zeros(tile, WINOGRAD_EDGE * WINOGRAD_EDGE);
}

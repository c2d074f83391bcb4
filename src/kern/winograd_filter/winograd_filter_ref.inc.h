/* Winograd's filter transform in C alone; the including file says how a filter's element is stored (filter_element, filter_load). */
#ifndef CM_KERN_WINOGRAD_FILTER_REF_INC_H
#define CM_KERN_WINOGRAD_FILTER_REF_INC_H

#include "kern/winograd/winograd_scalar.h"
#include "kern/winograd_filter/winograd_filter_zeros.h"

enum { FILTER_SIDE = 3 };

/* One column. filters: the first tap; u: the first weight */
static void transform(winograd_side side, const filter_element *filters, ptrdiff_t tap_stride, float *u, ptrdiff_t weight_stride)
{
    int weights = winograd_weights(side);
    float columns[FILTER_SIDE][CM_WINOGRAD_MOST_EDGE];
    for (int j = 0; j < FILTER_SIDE; j++) {
        float g[FILTER_SIDE];
        for (int i = 0; i < FILTER_SIDE; i++)
            g[i] = filter_load(filters[(i * FILTER_SIDE + j) * tap_stride]);
        winograd_filter(side, g, columns[j]);
    }
    for (int i = 0; i < weights; i++) {
        float line[FILTER_SIDE], out[CM_WINOGRAD_MOST_EDGE];
        for (int j = 0; j < FILTER_SIDE; j++)
            line[j] = columns[j][i];
        winograd_filter(side, line, out);
        for (int j = 0; j < weights; j++)
            u[(i * weights + j) * weight_stride] = out[j];
    }
}

static void winograd_filter_all(const cm_winograd_filter_tile *tile)
{
    const filter_element *filters = tile->filters;
    for (int k = 0; k < tile->k; k++, filters += tile->row)
        for (int column = 0; column < tile->columns; column++)
            transform((winograd_side)(2 * (int)tile->scheme), filters + column, tile->tap_stride,
                      tile->u + column / tile->nr * tile->panel_stride + (ptrdiff_t)k * tile->nr + column % tile->nr, tile->weight_stride);
    winograd_filter_zeros(tile, cm_winograd_edge(tile->scheme) * cm_winograd_edge(tile->scheme));
}

#endif

/* Winograd's filter transform on the vectors of the including file, which also says how a filter's element is stored (filter_element, filter_load):
 * a vector of columns at a time. */
#ifndef CM_KERN_WINOGRAD_FILTER_INC_H
#define CM_KERN_WINOGRAD_FILTER_INC_H

#include "kern/winograd/winograd_vector.h"
#include "kern/winograd_filter/winograd_filter_zeros.h"

enum { FILTER_SIDE = 3 };

/* filters: the first tap; u: the first weight */
VEC_INLINE void winograd_filter_vector(const winograd_side side, const filter_element *filters, ptrdiff_t tap_stride, float *u,
                                       ptrdiff_t weight_stride)
{
    const int weights = winograd_weights(side);
    vec columns[FILTER_SIDE][CM_WINOGRAD_MOST_EDGE]; /* [column][row]: G g */
    UNROLL for (int j = 0; j < FILTER_SIDE; j++) {
        vec g[FILTER_SIDE];
        UNROLL for (int i = 0; i < FILTER_SIDE; i++)
            g[i] = filter_load(filters + (i * FILTER_SIDE + j) * tap_stride);
        winograd_filter(side, g, columns[j]);
    }
    UNROLL for (int i = 0; i < weights; i++) {
        vec line[FILTER_SIDE], out[CM_WINOGRAD_MOST_EDGE];
        UNROLL for (int j = 0; j < FILTER_SIDE; j++)
            line[j] = columns[j][i];
        winograd_filter(side, line, out);
        UNROLL for (int j = 0; j < weights; j++)
            vec_store(u + (i * weights + j) * weight_stride, out[j]);
    }
}

VEC_INLINE void winograd_filter_side(const cm_winograd_filter_tile *tile, const winograd_side side)
{
    const filter_element *filters = tile->filters;
    for (int k = 0; k < tile->k; k++, filters += tile->row) {
        for (int column = 0; column < tile->columns; column += VEC) {
            float *u = tile->u + column / tile->nr * tile->panel_stride + (ptrdiff_t)k * tile->nr + column % tile->nr;
            winograd_filter_vector(side, filters + column, tile->tap_stride, u, tile->weight_stride);
        }
    }
    winograd_filter_zeros(tile, winograd_weights(side) * winograd_weights(side));
}

VEC_INLINE void winograd_filter_all(const cm_winograd_filter_tile *tile)
{
    switch (tile->scheme) {
    case CM_WINOGRAD_2: winograd_filter_side(tile, WINOGRAD_2); break;
    case CM_WINOGRAD_4: winograd_filter_side(tile, WINOGRAD_4); break;
    case CM_WINOGRAD_2_STRIDE2: winograd_filter_side(tile, WINOGRAD_2_STRIDE2); break;
    case CM_WINOGRAD_4_STRIDE2: winograd_filter_side(tile, WINOGRAD_4_STRIDE2); break;
    }
}

#endif

/* Winograd's input transform on the vectors of the including file: tile by tile, a vector of channels at a time. */
#ifndef CM_KERN_WINOGRAD_INPUT_F32_INC_H
#define CM_KERN_WINOGRAD_INPUT_F32_INC_H

#include "kern/winograd/winograd_vector.h"

/* A vector of channels of one tile. rows: [edge * edge] pointers; v: where position 0 goes; part: only the first channels are there. */
VEC_INLINE void winograd_input_vector(const int m, const float *const *rows, ptrdiff_t channel, float *v, ptrdiff_t position_stride, int part,
                                      vec_mask mask)
{
    const int edge = m + 2;
    vec columns[CM_WINOGRAD_MOST_EDGE][CM_WINOGRAD_MOST_EDGE]; /* [column][row]: B' d */
    UNROLL for (int j = 0; j < edge; j++) {
        vec d[CM_WINOGRAD_MOST_EDGE];
        UNROLL for (int i = 0; i < edge; i++)
            d[i] = vec_load_if(rows[i * edge + j] + channel, part, mask);
        winograd_forward(m, d, columns[j]);
    }
    UNROLL for (int i = 0; i < edge; i++) {
        vec line[CM_WINOGRAD_MOST_EDGE], out[CM_WINOGRAD_MOST_EDGE];
        UNROLL for (int j = 0; j < edge; j++)
            line[j] = columns[j][i];
        winograd_forward(m, line, out);
        UNROLL for (int j = 0; j < edge; j++)
            vec_store(v + (i * edge + j) * position_stride, out[j]);
    }
}

/* The channels from c on of all tiles; part: only the first `left` of the vector are there. */
VEC_INLINE void winograd_input_channels(const cm_winograd_input_tile *tile, const int m, int c, const int part, int left)
{
    const int positions = (m + 2) * (m + 2);
    float *v = tile->v + (ptrdiff_t)(c / CM_GEMM_K) * tile->v_rows * CM_GEMM_K + c % CM_GEMM_K;
    for (int i = 0; i < tile->tiles; i++)
        winograd_input_vector(m, tile->rows + (ptrdiff_t)i * positions, part && left == 0 ? 0 : c, v + i * CM_GEMM_K, tile->position_stride, part,
                              vec_first(left));
}

/* Tiles are the inner loop: neighbours share pixels, and V is written line after line. */
VEC_INLINE void winograd_input_all(const cm_winograd_input_tile *tile, const int m)
{
    int whole = tile->channels / VEC * VEC, padded = (tile->channels + CM_GEMM_K - 1) / CM_GEMM_K * CM_GEMM_K;
    for (int c = 0; c < whole; c += VEC)
        winograd_input_channels(tile, m, c, 0, VEC);
    for (int c = whole; c < padded; c += VEC)
        winograd_input_channels(tile, m, c, 1, tile->channels > c ? tile->channels - c : 0);
}

#endif

/* Winograd's input transform on the vectors of the including file: tile by tile, a vector of channels at a time. */
#ifndef CM_KERN_WINOGRAD_INPUT_F32_INC_H
#define CM_KERN_WINOGRAD_INPUT_F32_INC_H

#include "kern/winograd/winograd_kinds.h"
#include "kern/winograd/winograd_vector.h"

/* A vector of channels of one tile. pixels: [inputs * inputs] pointers; rows: [positions * positions]; v: the group; part: only the first
 * channels are there. */
VEC_INLINE void winograd_input_vector(const winograd_side down, const winograd_side across, const float *const *pixels, ptrdiff_t channel,
                                      const uint32_t *rows, float *v, int part, vec_mask mask)
{
    const int inputs = winograd_inputs(across), positions = winograd_positions(across);
    vec columns[CM_WINOGRAD_MOST_INPUTS][CM_WINOGRAD_MOST_POSITIONS]; /* [column][row]: B' d */
    UNROLL for (int j = 0; j < inputs; j++) {
        vec d[CM_WINOGRAD_MOST_INPUTS];
        UNROLL for (int i = 0; i < winograd_inputs(down); i++)
            d[i] = vec_load_if(pixels[i * inputs + j] + channel, part, mask);
        winograd_forward(down, d, columns[j]);
    }
    UNROLL for (int i = 0; i < winograd_positions(down); i++) {
        vec line[CM_WINOGRAD_MOST_INPUTS], out[CM_WINOGRAD_MOST_POSITIONS];
        UNROLL for (int j = 0; j < inputs; j++)
            line[j] = columns[j][i];
        winograd_forward(across, line, out);
        UNROLL for (int j = 0; j < positions; j++)
            vec_store(v + rows[i * positions + j], out[j]);
    }
}

/* The channels from c on of all tiles; part: only the first `left` of the vector are there. */
VEC_INLINE void winograd_input_channels(const cm_winograd_input_tile *tile, const winograd_side down, const winograd_side across, int c,
                                        const int part, int left)
{
    const ptrdiff_t pixels = (ptrdiff_t)winograd_inputs(down) * winograd_inputs(across);
    const ptrdiff_t positions = (ptrdiff_t)winograd_positions(down) * winograd_positions(across);
    float *v = tile->v + c / CM_GEMM_K * tile->group_stride + c % CM_GEMM_K;
    for (int i = 0; i < tile->tiles; i++)
        winograd_input_vector(down, across, tile->pixels + i * pixels, part && left == 0 ? 0 : c, tile->rows + i * positions, v, part,
                              vec_first(left));
}

/* Tiles are the inner loop: neighbours share pixels, and V is written line after line. */
VEC_INLINE void winograd_input_sides(const cm_winograd_input_tile *tile, const winograd_side down, const winograd_side across)
{
    int whole = tile->channels / VEC * VEC, padded = cm_gemm_padded(tile->channels);
    for (int c = 0; c < whole; c += VEC)
        winograd_input_channels(tile, down, across, c, 0, VEC);
    for (int c = whole; c < padded; c += VEC)
        winograd_input_channels(tile, down, across, c, 1, tile->channels > c ? tile->channels - c : 0);
}

VEC_INLINE void winograd_input_all(const cm_winograd_input_tile *tile)
{
    switch (tile->scheme) {
    case CM_WINOGRAD_2: WINOGRAD_KINDS(winograd_input_sides, tile, WINOGRAD_2); break;
    case CM_WINOGRAD_4: WINOGRAD_KINDS(winograd_input_sides, tile, WINOGRAD_4); break;
    case CM_WINOGRAD_2_STRIDE2: WINOGRAD_KINDS(winograd_input_sides, tile, WINOGRAD_2_STRIDE2); break;
    case CM_WINOGRAD_4_STRIDE2: WINOGRAD_KINDS(winograd_input_sides, tile, WINOGRAD_4_STRIDE2); break;
    }
}

#endif

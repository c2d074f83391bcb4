/* Winograd's output transform and the epilogue on the vectors of the including file: tile by tile, a vector of channels at a time. */
#ifndef CM_KERN_WINOGRAD_OUTPUT_F32_INC_H
#define CM_KERN_WINOGRAD_OUTPUT_F32_INC_H

#include "kern/winograd/winograd_kinds.h"
#include "kern/winograd/winograd_vector.h"

/* A vector of channels: where it begins in the picture's pixels, what of it is there, and its numbers. */
typedef struct winograd_output_channels {
    ptrdiff_t first;
    int part; /* constant: not all of it */
    vec_mask mask;
    vec scale, bias, slope;
} winograd_output_channels;

VEC_INLINE winograd_output_channels winograd_output_begin(const cm_winograd_output_tile *tile, int first, const int part)
{
    const cm_epilogue *epilogue = tile->epilogue;
    winograd_output_channels channels = { .first = tile->column + first, .part = part, .mask = vec_first(part ? tile->channels - first : VEC) };
    channels.scale = epilogue->scale != NULL ? vec_load_if(epilogue->scale + channels.first, part, channels.mask) : vec_all(1.0f);
    channels.bias = epilogue->bias != NULL ? vec_load_if(epilogue->bias + channels.first, part, channels.mask) : vec_zero();
    channels.slope = epilogue->activation == CM_ACT_PRELU ? vec_load_if(epilogue->slope + channels.first, part, channels.mask) : vec_zero();
    return channels;
}

/* The activations that are not worth a copy at each of a tile's outputs. */
static __attribute__((noinline)) vec winograd_output_activate_rare(const cm_epilogue *epilogue, vec x)
{
    return vec_activate(epilogue, x, vec_zero());
}

/* One output vector: `at` floats from the picture's start. */
VEC_INLINE void winograd_output_finish(const cm_winograd_output_tile *tile, const winograd_output_channels *channels, ptrdiff_t at, vec sum)
{
    const cm_epilogue *epilogue = tile->epilogue;
    at += channels->first;
    sum = vec_fma(sum, channels->scale, channels->bias);
    if (epilogue->add != NULL && !epilogue->add_after)
        sum = vec_add(sum, vec_load_if(epilogue->add + at, channels->part, channels->mask));
    if (epilogue->activation == CM_ACT_PRELU)
        sum = vec_prelu(sum, channels->slope);
    else if (epilogue->activation == CM_ACT_RELU)
        sum = vec_relu(sum);
    else if (epilogue->activation != CM_ACT_NONE)
        sum = winograd_output_activate_rare(epilogue, sum);
    if (epilogue->add != NULL && epilogue->add_after)
        sum = vec_add(sum, vec_load_if(epilogue->add + at, channels->part, channels->mask));
    vec_store_if(tile->c + at, sum, channels->part, channels->mask);
}

/* A vector of channels of one tile; sums: the group. rows: [positions * positions] */
VEC_INLINE void winograd_output_vector(const winograd_side down, const winograd_side across, const cm_winograd_output_tile *tile,
                                       const winograd_output_channels *channels, const cm_winograd_place *place, const uint32_t *rows,
                                       const float *sums)
{
    const int positions = winograd_positions(across);
    vec columns[CM_WINOGRAD_MOST_POSITIONS][CM_WINOGRAD_MOST_OUTPUTS]; /* [column][output row]: A' sums */
    UNROLL for (int j = 0; j < positions; j++) {
        vec s[CM_WINOGRAD_MOST_POSITIONS];
        UNROLL for (int i = 0; i < winograd_positions(down); i++)
            s[i] = vec_load(sums + rows[i * positions + j]);
        winograd_backward(down, s, columns[j]);
    }
    UNROLL for (int i = 0; i < winograd_outputs(down); i++) {
        vec line[CM_WINOGRAD_MOST_POSITIONS], out[CM_WINOGRAD_MOST_OUTPUTS];
        UNROLL for (int j = 0; j < positions; j++)
            line[j] = columns[j][i];
        winograd_backward(across, line, out);
        if (i < place->rows) {
            UNROLL for (int j = 0; j < winograd_outputs(across); j++) {
                if (j < place->columns)
                    winograd_output_finish(tile, channels, place->offset + i * tile->line_stride + j * tile->pixel_stride, out[j]);
            }
        }
    }
}

VEC_INLINE void winograd_output_channels_from(const cm_winograd_output_tile *tile, const winograd_side down, const winograd_side across, int c,
                                              const int part)
{
    const ptrdiff_t positions = (ptrdiff_t)winograd_positions(down) * winograd_positions(across);
    winograd_output_channels channels = winograd_output_begin(tile, c, part);
    const float *sums = tile->sums + c / CM_GEMM_K * tile->group_stride + c % CM_GEMM_K;
    for (int i = 0; i < tile->tiles; i++)
        winograd_output_vector(down, across, tile, &channels, &tile->places[i], tile->rows + i * positions, sums);
}

VEC_INLINE void winograd_output_sides(const cm_winograd_output_tile *tile, const winograd_side down, const winograd_side across)
{
    int whole = tile->channels / VEC * VEC;
    for (int c = 0; c < whole; c += VEC)
        winograd_output_channels_from(tile, down, across, c, 0);
    if (whole < tile->channels)
        winograd_output_channels_from(tile, down, across, whole, 1);
}

VEC_INLINE void winograd_output_all(const cm_winograd_output_tile *tile)
{
    switch (tile->scheme) {
    case CM_WINOGRAD_2: WINOGRAD_KINDS(winograd_output_sides, tile, WINOGRAD_2); break;
    case CM_WINOGRAD_4: WINOGRAD_KINDS(winograd_output_sides, tile, WINOGRAD_4); break;
    case CM_WINOGRAD_2_STRIDE2: WINOGRAD_KINDS(winograd_output_sides, tile, WINOGRAD_2_STRIDE2); break;
    case CM_WINOGRAD_4_STRIDE2: WINOGRAD_KINDS(winograd_output_sides, tile, WINOGRAD_4_STRIDE2); break;
    }
}

#endif

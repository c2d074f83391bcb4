/* Winograd's output transform and the epilogue on the vectors of the including file: tile by tile, a vector of channels at a time. */
#ifndef CM_KERN_WINOGRAD_OUTPUT_F32_INC_H
#define CM_KERN_WINOGRAD_OUTPUT_F32_INC_H

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

/* A vector of channels of one tile; sums: its position 0. */
VEC_INLINE void winograd_output_vector(const int m, const cm_winograd_output_tile *tile, const winograd_output_channels *channels,
                                       const cm_winograd_place *place, const float *sums)
{
    const int edge = m + 2;
    vec columns[CM_WINOGRAD_MOST_EDGE][CM_WINOGRAD_MOST_EDGE]; /* [column][output row]: A' sums */
    UNROLL for (int j = 0; j < edge; j++) {
        vec s[CM_WINOGRAD_MOST_EDGE];
        UNROLL for (int i = 0; i < edge; i++)
            s[i] = vec_load(sums + (i * edge + j) * tile->position_stride);
        winograd_backward(m, s, columns[j]);
    }
    UNROLL for (int i = 0; i < m; i++) {
        vec line[CM_WINOGRAD_MOST_EDGE], out[CM_WINOGRAD_MOST_EDGE];
        UNROLL for (int j = 0; j < edge; j++)
            line[j] = columns[j][i];
        winograd_backward(m, line, out);
        if (i < place->rows) {
            UNROLL for (int j = 0; j < m; j++) {
                if (j < place->columns)
                    winograd_output_finish(tile, channels, place->offset + i * tile->line_stride + j * tile->pixel_stride, out[j]);
            }
        }
    }
}

VEC_INLINE void winograd_output_all(const cm_winograd_output_tile *tile, const int m)
{
    int whole = tile->channels / VEC * VEC;
    for (int c = 0; c < whole; c += VEC) {
        winograd_output_channels channels = winograd_output_begin(tile, c, 0);
        for (int i = 0; i < tile->tiles; i++)
            winograd_output_vector(m, tile, &channels, &tile->places[i], tile->sums + i * tile->row_stride + c);
    }
    if (whole < tile->channels) {
        winograd_output_channels channels = winograd_output_begin(tile, whole, 1);
        for (int i = 0; i < tile->tiles; i++)
            winograd_output_vector(m, tile, &channels, &tile->places[i], tile->sums + i * tile->row_stride + whole);
    }
}

#endif

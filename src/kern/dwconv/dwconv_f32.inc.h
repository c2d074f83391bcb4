/* Depthwise convolution on the vectors of the including file, which defines the blocks that are held in registers: DWCONV_PIXELS by DWCONV_VECTORS
 * sums where every tap has a pointer (a vector of weights serves all pixels of the block, a row pointer all its vectors), and DWCONV_STRIP pixels
 * by one vector where the pixels lie side by side: there neighbouring windows share what they read. */
#ifndef CM_KERN_DWCONV_F32_INC_H
#define CM_KERN_DWCONV_F32_INC_H

#include "kern/kernel_list.h"
#include "kern/vector/unroll.h"
#include "kern/vector/vector_math.h"

#include <stddef.h>

/* A vector of channels: where it begins, and how much of it is there. */
typedef struct dwconv_channels {
    ptrdiff_t first;
    int part; /* constant: not all of it */
    vec_mask mask;
    vec bias, slope;
} dwconv_channels;

VEC_INLINE dwconv_channels dwconv_begin(const cm_dwconv_tile *tile, ptrdiff_t first, const int part)
{
    const cm_epilogue *epilogue = tile->epilogue;
    dwconv_channels channels = { .first = first, .part = part, .mask = vec_first(part ? tile->channels - first : VEC) };
    channels.bias = channels.slope = vec_zero();
    if (epilogue->bias != NULL)
        channels.bias = vec_load_if(epilogue->bias + first, part, channels.mask);
    if (epilogue->activation == CM_ACT_PRELU)
        channels.slope = vec_load_if(epilogue->slope + first, part, channels.mask);
    return channels;
}

/* The activations that are not worth a copy at each of a block's sums. */
static __attribute__((noinline)) vec dwconv_activate_rare(const cm_epilogue *epilogue, vec x)
{
    return vec_activate(epilogue, x, vec_zero());
}

VEC_INLINE void dwconv_finish(const cm_dwconv_tile *tile, const dwconv_channels *channels, int pixel, vec sum)
{
    const cm_epilogue *epilogue = tile->epilogue;
    const float *add = epilogue->add;
    if (add != NULL)
        add += pixel * epilogue->add_stride + channels->first;
    sum = vec_add(sum, channels->bias);
    if (add != NULL && !epilogue->add_after)
        sum = vec_add(sum, vec_load_if(add, channels->part, channels->mask));
    if (epilogue->activation == CM_ACT_PRELU)
        sum = vec_prelu(sum, channels->slope);
    else if (epilogue->activation == CM_ACT_RELU)
        sum = vec_relu(sum);
    else if (epilogue->activation != CM_ACT_NONE)
        sum = dwconv_activate_rare(epilogue, sum);
    if (add != NULL && epilogue->add_after)
        sum = vec_add(sum, vec_load_if(add, channels->part, channels->mask));
    vec_store_if(tile->c + pixel * tile->c_stride + channels->first, sum, channels->part, channels->mask);
}

/* What a block is made for; all constant. */
typedef struct dwconv_variant {
    int pixels, vectors, part, paired;
} dwconv_variant;

/* The block from `pixel` and channel `first` on. */
VEC_INLINE void dwconv_block(const cm_dwconv_tile *tile, int pixel, ptrdiff_t first, const dwconv_variant variant)
{
    const int pixels = variant.pixels, vectors = variant.vectors, part = variant.part, paired = variant.paired, taps = tile->taps;
    const float *const *rows = tile->rows + (ptrdiff_t)pixel * taps;
    const float *weights = tile->weights + first;
    vec_mask mask = vec_first(part ? tile->channels - first : VEC);
    vec sums[DWCONV_PIXELS][DWCONV_VECTORS];
    UNROLL for (int i = 0; i < pixels; i++) {
        UNROLL for (int v = 0; v < vectors; v++)
            sums[i][v] = vec_zero();
    }
    for (int tap = 0; tap < taps; tap++, weights += (1 + paired) * (ptrdiff_t)tile->channels) {
        vec weight[DWCONV_VECTORS], neighbour[DWCONV_VECTORS];
        UNROLL for (int v = 0; v < vectors; v++) {
            weight[v] = vec_load_if(weights + v * VEC, part, mask);
            neighbour[v] = paired ? vec_load_if(weights + tile->channels + v * VEC, part, mask) : vec_zero();
        }
        UNROLL for (int i = 0; i < pixels; i++) {
            const float *row = rows[i * taps + tap] + first;
            UNROLL for (int v = 0; v < vectors; v++) {
                vec x = vec_load_if(row + v * VEC, part, mask);
                sums[i][v] = vec_fma(x, weight[v], sums[i][v]);
                if (paired)
                    sums[i][v] = vec_fma(vec_swap_pairs(x), neighbour[v], sums[i][v]);
            }
        }
    }
    UNROLL for (int v = 0; v < vectors; v++) {
        dwconv_channels channels = dwconv_begin(tile, first + v * VEC, part);
        UNROLL for (int i = 0; i < pixels; i++)
            dwconv_finish(tile, &channels, pixel + i, sums[i][v]);
    }
}

VEC_INLINE void dwconv_pixels(const cm_dwconv_tile *tile, int pixel, const int pixels, const int paired)
{
    ptrdiff_t first = 0, whole = tile->channels / VEC * VEC;
    for (; first + DWCONV_VECTORS * VEC <= whole; first += DWCONV_VECTORS * VEC)
        dwconv_block(tile, pixel, first, (dwconv_variant){ pixels, DWCONV_VECTORS, 0, paired });
    for (; first < whole; first += VEC)
        dwconv_block(tile, pixel, first, (dwconv_variant){ pixels, 1, 0, paired });
    if (whole < tile->channels)
        dwconv_block(tile, pixel, whole, (dwconv_variant){ pixels, 1, 1, paired });
}

VEC_INLINE void dwconv_line(const cm_dwconv_tile *tile, const int paired)
{
    int pixel = 0;
    for (; pixel + DWCONV_PIXELS <= tile->pixels; pixel += DWCONV_PIXELS)
        dwconv_pixels(tile, pixel, DWCONV_PIXELS, paired);
    for (; pixel < tile->pixels; pixel++)
        dwconv_pixels(tile, pixel, 1, paired);
}

/* Constant: pixels of a strip's block, from window to window, whether the vector is whole. */
typedef struct dwconv_strip {
    int pixels, step, part;
} dwconv_strip;

/* The activation of all sums of a block: asked for once, not for each. */
VEC_INLINE void dwconv_strip_activate(const cm_dwconv_tile *tile, const dwconv_channels *ends, vec sums[DWCONV_STRIP], const int pixels)
{
    const cm_epilogue *epilogue = tile->epilogue;
    if (epilogue->activation == CM_ACT_PRELU) {
        UNROLL for (int i = 0; i < pixels; i++)
            sums[i] = vec_prelu(sums[i], ends->slope);
    } else if (epilogue->activation == CM_ACT_RELU) {
        UNROLL for (int i = 0; i < pixels; i++)
            sums[i] = vec_relu(sums[i]);
    } else if (epilogue->activation != CM_ACT_NONE) {
        UNROLL for (int i = 0; i < pixels; i++)
            sums[i] = dwconv_activate_rare(epilogue, sums[i]);
    }
}

VEC_INLINE void dwconv_strip_add(const cm_dwconv_tile *tile, const dwconv_channels *ends, vec sums[DWCONV_STRIP], int pixel, const int pixels)
{
    const float *add = tile->epilogue->add + pixel * tile->epilogue->add_stride + ends->first;
    UNROLL for (int i = 0; i < pixels; i++)
        sums[i] = vec_add(sums[i], vec_load_if(add + i * tile->epilogue->add_stride, ends->part, ends->mask));
}

VEC_INLINE void dwconv_strip_block(const cm_dwconv_tile *tile, int pixel, ptrdiff_t first, const dwconv_strip strip)
{
    enum { COLUMNS = 3 };
    const int pixels = strip.pixels, step = strip.step, inputs = (pixels - 1) * step + COLUMNS;
    const float *weights = tile->weights + first;
    ptrdiff_t channels = tile->channels, shift = (ptrdiff_t)pixel * step * channels + first;
    dwconv_channels ends = dwconv_begin(tile, first, strip.part);
    vec sums[DWCONV_STRIP];
    UNROLL for (int i = 0; i < pixels; i++)
        sums[i] = vec_zero();
    const int lines = tile->taps / COLUMNS;
    for (int row = 0; row < lines; row++) {
        const float *line = tile->rows[row] + shift;
        vec x[2 * DWCONV_STRIP + 1];
        UNROLL for (int i = 0; i < inputs; i++)
            x[i] = vec_load_if(line + i * channels, strip.part, ends.mask);
        if (row + 1 == lines) {
            /* The last line is the one that no window has seen yet: what the next block reads of it is fetched now. */
            UNROLL for (int i = 0; i < pixels * step; i++)
                vec_prefetch((const void *)((uintptr_t)line + (uintptr_t)((inputs + i) * channels) * sizeof(float)));
        }
        UNROLL for (int j = 0; j < COLUMNS; j++, weights += channels) {
            vec weight = vec_load_if(weights, strip.part, ends.mask);
            UNROLL for (int i = 0; i < pixels; i++)
                sums[i] = vec_fma(x[i * step + j], weight, sums[i]);
        }
    }
    const float *add = tile->epilogue->add;
    UNROLL for (int i = 0; i < pixels; i++)
        sums[i] = vec_add(sums[i], ends.bias);
    if (add != NULL && !tile->epilogue->add_after)
        dwconv_strip_add(tile, &ends, sums, pixel, pixels);
    dwconv_strip_activate(tile, &ends, sums, pixels);
    if (add != NULL && tile->epilogue->add_after)
        dwconv_strip_add(tile, &ends, sums, pixel, pixels);
    float *c = tile->c + pixel * tile->c_stride + first;
    UNROLL for (int i = 0; i < pixels; i++)
        vec_store_if(c + i * tile->c_stride, sums[i], strip.part, ends.mask);
}

VEC_INLINE void dwconv_strip_pixels(const cm_dwconv_tile *tile, int pixel, const int pixels, const int step)
{
    ptrdiff_t first = 0, whole = tile->channels / VEC * VEC;
    for (; first < whole; first += VEC)
        dwconv_strip_block(tile, pixel, first, (dwconv_strip){ pixels, step, 0 });
    if (whole < tile->channels)
        dwconv_strip_block(tile, pixel, whole, (dwconv_strip){ pixels, step, 1 });
}

/* In blocks of so many pixels; the last one begins early enough to be whole, and computes some pixels once more. */
VEC_INLINE void dwconv_strip_line(const cm_dwconv_tile *tile, const int pixels, const int step)
{
    for (int pixel = 0; pixel < tile->pixels; pixel += pixels)
        dwconv_strip_pixels(tile, pixel + pixels <= tile->pixels ? pixel : tile->pixels - pixels, pixels, step);
}

VEC_INLINE void dwconv_strip_all(const cm_dwconv_tile *tile, const int step)
{
    if (tile->pixels >= DWCONV_STRIP)
        dwconv_strip_line(tile, DWCONV_STRIP, step);
    else if (tile->pixels >= DWCONV_STRIP / 2)
        dwconv_strip_line(tile, DWCONV_STRIP / 2, step);
    else
        dwconv_strip_line(tile, 1, step);
}

VEC_INLINE void dwconv_all(const cm_dwconv_tile *tile)
{
    if (tile->step == 1)
        dwconv_strip_all(tile, 1);
    else if (tile->step == 2)
        dwconv_strip_all(tile, 2);
    else if (tile->paired)
        dwconv_line(tile, 1);
    else
        dwconv_line(tile, 0);
}

#endif

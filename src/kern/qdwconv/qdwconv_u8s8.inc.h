/* Depthwise convolution of bytes on the vectors of the including file, which says how many pixels are summed at once: QDWCONV_PIXELS where every tap has
 * a pointer, QDWCONV_STRIP where pixels lie side by side and neighbouring windows share what they read.
 *
 * Bytes become floats, whose products and sums are whole numbers below 2^24 and so exact: one FMA does what in integers takes two instructions and a
 * shuffle. The sums of a block go through the first-level cache to what becomes of them. */
#ifndef CM_KERN_QDWCONV_U8S8_INC_H
#define CM_KERN_QDWCONV_U8S8_INC_H

#define QDWCONV_CHANNELS 64
#include "kern/qdwconv/qdwconv_finish.inc.h"

enum { QDWCONV_COLUMNS = 3 };

/* A vector of channels. */
typedef struct qdwconv_channels {
    ptrdiff_t first;
    int part, count; /* part: constant: not all of the vector is there, but `count` */
    vec_mask mask;
} qdwconv_channels;

VEC_INLINE qdwconv_channels qdwconv_at(const cm_qdwconv_tile *tile, ptrdiff_t first, const int part)
{
    return (qdwconv_channels){ .first = first, .part = part, .count = (int)(tile->channels - first),
                               .mask = vec_first(part ? tile->channels - first : VEC) };
}

VEC_INLINE vec qdwconv_bytes(const cm_qdwconv_tile *tile, const qdwconv_channels *at, const uint8_t *pixel)
{
    return at->part ? vec_of_bytes_part(pixel + at->first, tile->zero, at->count) : vec_of_bytes(pixel + at->first, tile->zero);
}

/* Sums of `pixels` pixels from `pixel` on, each tap through its pointer -> sums: [pixels, QDWCONV_CHANNELS]. */
VEC_INLINE void qdwconv_points(const cm_qdwconv_tile *tile, int pixel, const int pixels, const int paired, const qdwconv_channels *at, int32_t *sums)
{
    const void *const *rows = tile->rows + (ptrdiff_t)pixel * tile->taps;
    const float *weights = (const float *)tile->weights + at->first;
    vec s[QDWCONV_PIXELS];
    UNROLL for (int i = 0; i < pixels; i++)
        s[i] = vec_zero();
    for (int tap = 0; tap < tile->taps; tap++, weights += (1 + paired) * (ptrdiff_t)tile->channels) {
        vec weight = vec_load_if(weights, at->part, at->mask);
        vec neighbour = paired ? vec_load_if(weights + tile->channels, at->part, at->mask) : vec_zero();
        UNROLL for (int i = 0; i < pixels; i++) {
            vec x = qdwconv_bytes(tile, at, rows[i * tile->taps + tap]);
            s[i] = vec_fma(x, weight, s[i]);
            if (paired)
                s[i] = vec_fma(vec_swap_pairs(x), neighbour, s[i]);
        }
    }
    UNROLL for (int i = 0; i < pixels; i++)
        vec_store_sums(sums + i * QDWCONV_CHANNELS, s[i]);
}

/* The same of pixels side by side. */
VEC_INLINE void qdwconv_strip(const cm_qdwconv_tile *tile, int pixel, const int pixels, const int step, const int paired, const qdwconv_channels *at,
                              int32_t *sums)
{
    const int inputs = (pixels - 1) * step + QDWCONV_COLUMNS, lines = tile->taps / QDWCONV_COLUMNS;
    const float *weights = (const float *)tile->weights + at->first;
    vec s[QDWCONV_STRIP];
    UNROLL for (int i = 0; i < pixels; i++)
        s[i] = vec_zero();
    for (int row = 0; row < lines; row++) {
        const uint8_t *line = (const uint8_t *)tile->rows[row] + (ptrdiff_t)pixel * step * tile->pixel_bytes;
        vec x[2 * QDWCONV_STRIP + 1];
        UNROLL for (int i = 0; i < inputs; i++)
            x[i] = qdwconv_bytes(tile, at, line + i * tile->pixel_bytes);
        for (int side = 0; side <= paired; side++) { /* each channel's own, and its neighbour's */
            const float *from = weights + side * (ptrdiff_t)tile->channels;
            UNROLL for (int j = 0; j < QDWCONV_COLUMNS; j++) {
                vec weight = vec_load_if(from + j * (1 + paired) * (ptrdiff_t)tile->channels, at->part, at->mask);
                UNROLL for (int i = 0; i < pixels; i++)
                    s[i] = vec_fma(x[i * step + j], weight, s[i]);
            }
            UNROLL for (int i = 0; paired && i < inputs; i++)
                x[i] = vec_swap_pairs(x[i]);
        }
        weights += QDWCONV_COLUMNS * (1 + paired) * (ptrdiff_t)tile->channels;
    }
    UNROLL for (int i = 0; i < pixels; i++)
        vec_store_sums(sums + i * QDWCONV_CHANNELS, s[i]);
}

VEC_INLINE void qdwconv_vector(const cm_qdwconv_tile *tile, int pixel, const int pixels, const int step, const int paired, const qdwconv_channels *at,
                               int32_t *sums)
{
    if (step == 0)
        qdwconv_points(tile, pixel, pixels, paired, at, sums);
    else
        qdwconv_strip(tile, pixel, pixels, step, paired, at, sums);
}

VEC_INLINE void qdwconv_block(const cm_qdwconv_tile *tile, int pixel, const int pixels, const int step, const int paired)
{
    _Alignas(64) int32_t sums[(QDWCONV_PIXELS > QDWCONV_STRIP ? QDWCONV_PIXELS : QDWCONV_STRIP) * QDWCONV_CHANNELS];
    for (ptrdiff_t group = 0; group < tile->channels; group += QDWCONV_CHANNELS) {
        ptrdiff_t end = tile->channels - group < QDWCONV_CHANNELS ? tile->channels : group + QDWCONV_CHANNELS, first = group;
        for (; first + VEC <= end; first += VEC) {
            qdwconv_channels at = qdwconv_at(tile, first, 0);
            qdwconv_vector(tile, pixel, pixels, step, paired, &at, sums + (first - group));
        }
        if (first < end) {
            qdwconv_channels at = qdwconv_at(tile, first, 1);
            qdwconv_vector(tile, pixel, pixels, step, paired, &at, sums + (first - group));
        }
        qdwconv_finish(tile, sums, pixel, pixels, group);
    }
}

/* In blocks of so many pixels; the last one begins early enough to be whole, and computes some pixels once more. */
VEC_INLINE void qdwconv_line(const cm_qdwconv_tile *tile, const int pixels, const int step, const int paired)
{
    for (int pixel = 0; pixel < tile->pixels; pixel += pixels)
        qdwconv_block(tile, pixel + pixels <= tile->pixels ? pixel : tile->pixels - pixels, pixels, step, paired);
}

VEC_INLINE void qdwconv_all(const cm_qdwconv_tile *tile, const int most, const int step, const int paired)
{
    if (tile->pixels >= most)
        qdwconv_line(tile, most, step, paired);
    else if (tile->pixels >= most / 2)
        qdwconv_line(tile, most / 2, step, paired);
    else
        qdwconv_line(tile, 1, step, paired);
}

VEC_INLINE void qdwconv_steps(const cm_qdwconv_tile *tile, const int paired)
{
    if (tile->step == 1)
        qdwconv_all(tile, QDWCONV_STRIP, 1, paired);
    else if (tile->step == 2)
        qdwconv_all(tile, QDWCONV_STRIP, 2, paired);
    else
        qdwconv_all(tile, QDWCONV_PIXELS, 0, paired);
}

VEC_INLINE void qdwconv_any(const cm_qdwconv_tile *tile)
{
    if (tile->paired)
        qdwconv_steps(tile, 1);
    else
        qdwconv_steps(tile, 0);
}

#endif

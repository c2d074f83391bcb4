/* Depthwise convolution of bytes by dot products of four, on the vectors of the including file. Four taps of a channel must lie side by side for that:
 * pixels are interleaved, first bytes, then pairs. With a step of one pixel the four that two neighbouring windows look at are interleaved once, and
 * multiplied by the weights (0, 1, 2, -) and (-, 0, 1, 2). The including file defines
 *
 *   QDWCONV_CHANNELS (bytes of a vector), QDWCONV_STRIP (pixels summed at once; even), dot_vector, and, each on one vector,
 *   dot_load(p), dot_load_part(p, count): bytes in the order in which interleaving brings channels into their place; dot_weights(p);
 *   dot_bytes_low/high, dot_pairs_low/high(a, b): interleaved within 16 bytes; dot_add(sum, bytes, weights), dot_later(weights): moved on by a tap,
 *   dot_all(byte), dot_zero(), dot_less(a, b), dot_store(to, sums), dot_swap(bytes): neighbouring channels change places
 *
 * weights: [words, paired ? 2 : 1, CM_REQUANTIZE_PADDED(channels), 4]. */
#ifndef CM_KERN_QDWCONV_U8S8_DOT_INC_H
#define CM_KERN_QDWCONV_U8S8_DOT_INC_H

#include "kern/qdwconv/qdwconv_finish.inc.h"

enum { DOT_PARTS = 4, DOT_SUMS = QDWCONV_CHANNELS / DOT_PARTS, DOT_COLUMNS = 3 };

/* Two pixels, interleaved. */
typedef struct dot_pair {
    dot_vector low, high;
} dot_pair;

/* A block of channels. */
typedef struct dot_channels {
    ptrdiff_t first;
    int count;           /* constant where all of it is there */
    const int8_t *weights;
    ptrdiff_t word;      /* bytes of the weights that belong to one word of all channels */
    int sides;           /* constant; 2: each word is followed by the neighbours' */
} dot_channels;

VEC_INLINE dot_vector dot_pixel(const dot_channels *at, const void *pixel)
{
    const uint8_t *from = (const uint8_t *)pixel + at->first;
    return at->count == QDWCONV_CHANNELS ? dot_load(from) : dot_load_part(from, at->count);
}

VEC_INLINE dot_pair dot_interleave(dot_vector a, dot_vector b)
{
    return (dot_pair){ dot_bytes_low(a, b), dot_bytes_high(a, b) };
}

/* Four pixels of a quarter of the channels. */
VEC_INLINE dot_vector dot_four(const dot_pair *a, const dot_pair *b, const int part)
{
    dot_vector x = part < 2 ? a->low : a->high, y = part < 2 ? b->low : b->high;
    return part % 2 ? dot_pairs_high(x, y) : dot_pairs_low(x, y);
}

/* What the zero of the bytes adds to each sum is taken off before. */
VEC_INLINE void dot_begin(const cm_qdwconv_tile *tile, const dot_channels *at, int words, dot_vector sums[DOT_PARTS])
{
    dot_vector zero = dot_all(tile->zero);
    UNROLL for (int part = 0; part < DOT_PARTS; part++) {
        dot_vector sum = dot_zero();
        for (int word = 0; word < words * at->sides; word++)
            sum = dot_add(sum, zero, dot_weights(at->weights + word * at->word + part * QDWCONV_CHANNELS));
        sums[part] = dot_less(dot_zero(), sum);
    }
}

/* One pixel, each tap through its pointer. */
VEC_INLINE void dot_point(const cm_qdwconv_tile *tile, int pixel, const dot_channels *at, int32_t *to)
{
    const void *const *rows = tile->rows + (ptrdiff_t)pixel * tile->taps;
    const int words = (tile->taps + tile->word_taps - 1) / tile->word_taps;
    dot_vector sums[DOT_PARTS];
    dot_begin(tile, at, words, sums);
    for (int word = 0, tap = 0; word < words; word++, tap += tile->word_taps) {
        /* Past the last tap the weights are zero. */
        dot_vector x[4];
        UNROLL for (int i = 0; i < 4; i++)
            x[i] = dot_pixel(at, rows[tap + i < tile->taps && i < tile->word_taps ? tap + i : tap]);
        dot_pair a = dot_interleave(x[0], x[1]), b = dot_interleave(x[2], x[3]);
        UNROLL for (int part = 0; part < DOT_PARTS; part++) {
            const int8_t *weights = at->weights + word * at->sides * at->word + part * QDWCONV_CHANNELS;
            dot_vector four = dot_four(&a, &b, part);
            sums[part] = dot_add(sums[part], four, dot_weights(weights));
            if (at->sides == 2)
                sums[part] = dot_add(sums[part], dot_swap(four), dot_weights(weights + at->word));
        }
    }
    UNROLL for (int part = 0; part < DOT_PARTS; part++)
        dot_store(to + part * DOT_SUMS, sums[part]);
}

/* Pixels side by side. All but the last argument constant. */
VEC_INLINE void dot_strip(const cm_qdwconv_tile *tile, int pixel, const int pixels, const int step, const dot_channels *at, int32_t *to)
{
    const int inputs = (pixels - 1) * step + DOT_COLUMNS, pairs = (inputs + 1) / 2, lines = tile->taps / DOT_COLUMNS;
    dot_vector sums[QDWCONV_STRIP][DOT_PARTS];
    dot_begin(tile, at, lines, sums[0]);
    UNROLL for (int i = 1; i < pixels; i++) {
        UNROLL for (int part = 0; part < DOT_PARTS; part++)
            sums[i][part] = sums[0][part];
    }
    for (int row = 0; row < lines; row++) {
        const uint8_t *line = (const uint8_t *)tile->rows[row] + (ptrdiff_t)pixel * step * tile->pixel_bytes;
        dot_pair x[QDWCONV_STRIP + 1];
        UNROLL for (int i = 0; i < pairs; i++) {
            dot_vector even = dot_pixel(at, line + 2 * i * tile->pixel_bytes);
            x[i] = dot_interleave(even, 2 * i + 1 < inputs ? dot_pixel(at, line + (2 * i + 1) * tile->pixel_bytes) : even);
        }
        UNROLL for (int side_part = 0; side_part < at->sides * DOT_PARTS; side_part++) {
            const int part = side_part % DOT_PARTS, side = side_part / DOT_PARTS;
            dot_vector weights = dot_weights(at->weights + (row * at->sides + side) * at->word + part * QDWCONV_CHANNELS), later = dot_later(weights);
            UNROLL for (int i = 0; i + 1 < pairs; i++) {
                dot_vector plain = dot_four(&x[i], &x[i + 1], part), four = side == 1 ? dot_swap(plain) : plain;
                const int first = step == 1 ? 2 * i : i;
                sums[first][part] = dot_add(sums[first][part], four, weights);
                if (step == 1 && pixels > 1)
                    sums[first + 1][part] = dot_add(sums[first + 1][part], four, later);
            }
        }
    }
    UNROLL for (int i = 0; i < pixels; i++) {
        UNROLL for (int part = 0; part < DOT_PARTS; part++)
            dot_store(to + i * QDWCONV_CHANNELS + part * DOT_SUMS, sums[i][part]);
    }
}

VEC_INLINE void dot_sums(const cm_qdwconv_tile *tile, int pixel, const int pixels, const int step, const dot_channels *at, int32_t *to)
{
    if (step == 0)
        dot_point(tile, pixel, at, to);
    else
        dot_strip(tile, pixel, pixels, step, at, to);
}

VEC_INLINE void dot_block(const cm_qdwconv_tile *tile, int pixel, const int pixels, const int step, const int sides)
{
    _Alignas(64) int32_t sums[QDWCONV_STRIP * QDWCONV_CHANNELS];
    for (ptrdiff_t first = 0; first < tile->channels; first += QDWCONV_CHANNELS) {
        dot_channels at = { .first = first, .count = QDWCONV_CHANNELS, .weights = (const int8_t *)tile->weights + first * 4,
                            .word = CM_REQUANTIZE_PADDED((ptrdiff_t)tile->channels) * 4, .sides = sides };
        if (tile->channels - first >= QDWCONV_CHANNELS) {
            dot_sums(tile, pixel, pixels, step, &at, sums);
        } else {
            at.count = (int)(tile->channels - first);
            dot_sums(tile, pixel, pixels, step, &at, sums);
        }
        qdwconv_finish(tile, sums, pixel, pixels, first);
    }
}

/* In blocks of so many pixels; the last one begins early enough to be whole, and computes some pixels once more. */
VEC_INLINE void dot_line(const cm_qdwconv_tile *tile, const int pixels, const int step, const int sides)
{
    for (int pixel = 0; pixel < tile->pixels; pixel += pixels)
        dot_block(tile, pixel + pixels <= tile->pixels ? pixel : tile->pixels - pixels, pixels, step, sides);
}

VEC_INLINE void dot_strips(const cm_qdwconv_tile *tile, const int step, const int sides)
{
    if (tile->pixels >= QDWCONV_STRIP)
        dot_line(tile, QDWCONV_STRIP, step, sides);
    else if (tile->pixels >= 2)
        dot_line(tile, 2, step, sides);
    else
        dot_line(tile, 1, step, sides);
}

VEC_INLINE void dot_steps(const cm_qdwconv_tile *tile, const int sides)
{
    if (tile->step == 1)
        dot_strips(tile, 1, sides);
    else if (tile->step == 2)
        dot_strips(tile, 2, sides);
    else
        dot_line(tile, 1, 0, sides);
}

VEC_INLINE void dot_any(const cm_qdwconv_tile *tile)
{
    if (tile->paired)
        dot_steps(tile, 2);
    else
        dot_steps(tile, 1);
}

#endif

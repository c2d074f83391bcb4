/* Winograd's transforms along one side of a tile in exact integers: F(4,3) at the points 0, 1, -1, 2, -2, infinity, and for half a side F(2,3) at 0, 1, -1,
 * infinity, whose weights are among them. The including file defines the type WINOGRAD_NUMBER (a vector or an integer) and the functions winograd_add,
 * winograd_sub and winograd_shift (a * 2^bits) on it, which may wrap.
 *
 * Filters are evaluated at the points as they are (G), inputs are without denominators too (B'), and the points' factors are in A'. So all is whole, and
 * what comes out is 24 times the convolution for each whole side, 2 times for each half:
 *
 *   G:  1  0  0    B':  4  0 -5  0  1  0    A':  6 -4 -4  1  1  0     B' of a half:  1  0 -1  0    A':  2  1  1  0
 *       1  1  1         0 -4 -4  1  1  0         0 -4  4  2 -2  0                    0  1  1  0         0  1 -1  2
 *       1 -1  1         0  4 -4 -1  1  0         0 -4 -4  4  4  0                    0 -1  1  0
 *       1  2  4         0 -2 -1  2  1  0         0 -4  4  8 -8 24                    0 -1  0  1
 *       1 -2  4         0  2 -1 -2  1  0
 *       0  0  1         0  4  0 -5  0  1
 *
 * Stride 2: F(4,2) on the even pixels at 1, -1, 2, -2, infinity, for half a side F(2,2) at 1, -1, infinity, then the odd pixels as they are. What comes out is
 * 12 times the convolution for each whole side, 2 times for each half:
 *
 *   G:  1  0  1    B' of the even:  -4 -4  1  1  0    A':  -2 -2  1  1  0  12  0  0  0    half, B':   1  1  0    A':  1  1  0  2  0
 *       1  0 -1                     -4  4  1 -1  0         -2  2  2 -2  0   0 12  0  0                 1 -1  0         1 -1  2  0  2
 *       1  0  2                     -2 -1  2  1  0         -2 -2  4  4  0   0  0 12  0                -1  0  1
 *       1  0 -2                     -2  1  2 -1  0         -2  2  8 -8 12   0  0  0 12
 *       0  0  1                      4  0 -5  0  1
 *       0  1  0
 *
 * Inputs of -255..255 become at most 10 * 10 * 255 = 25500, filters of -128..127 at most 7 * 7 * 128 = 6272: both fit 16 bits. Sums of their products are
 * taken modulo 2^32, and so is A': of 24 * 24 * y that leaves y modulo 2^26, since 9 has an inverse (winograd_recover), and more
 * of what has smaller factors. */
#ifndef CM_KERN_WINOGRAD_INTEGERS_H
#define CM_KERN_WINOGRAD_INTEGERS_H

#include "kern/kernel_list.h"

enum { WINOGRAD_TAPS = 3, WINOGRAD_EDGE = 6 };

/* What a side is; a constant wherever it counts. Half a side comes after the whole one. */
typedef enum winograd_side { WINOGRAD_4, WINOGRAD_4_HALF, WINOGRAD_4_STRIDE2, WINOGRAD_4_STRIDE2_HALF } winograd_side;

static inline winograd_side winograd_side_of(cm_winograd_scheme scheme, bool half)
{
    return (winograd_side)((scheme == CM_WINOGRAD_4_STRIDE2 ? 2 : 0) + half);
}

WINOGRAD_INLINE int winograd_outputs(const winograd_side side)
{
    return side % 2 ? 2 : 4;
}

/* Inputs, and positions, of a side. */
WINOGRAD_INLINE int winograd_inputs(const winograd_side side)
{
    return side >= WINOGRAD_4_STRIDE2 ? 2 * winograd_outputs(side) + 1 : winograd_outputs(side) + 2;
}

/* G times g: [3] -> u: [6] */
WINOGRAD_INLINE void winograd_filter(const winograd_side whole, const WINOGRAD_NUMBER *g, WINOGRAD_NUMBER *u)
{
    if (whole == WINOGRAD_4_STRIDE2) {
        WINOGRAD_NUMBER twice = winograd_shift(g[2], 1);
        u[0] = winograd_add(g[0], g[2]);
        u[1] = winograd_sub(g[0], g[2]);
        u[2] = winograd_add(g[0], twice);
        u[3] = winograd_sub(g[0], twice);
        u[4] = g[2];
        u[5] = g[1];
        return;
    }
    WINOGRAD_NUMBER even = winograd_add(g[0], g[2]), even_2 = winograd_add(g[0], winograd_shift(g[2], 2)), odd_2 = winograd_shift(g[1], 1);
    u[0] = g[0];
    u[1] = winograd_add(even, g[1]);
    u[2] = winograd_sub(even, g[1]);
    u[3] = winograd_add(even_2, odd_2);
    u[4] = winograd_sub(even_2, odd_2);
    u[5] = g[2];
}

WINOGRAD_INLINE void winograd_forward_stride2(const winograd_side side, const WINOGRAD_NUMBER *d, WINOGRAD_NUMBER *v)
{
    const int outputs = winograd_outputs(side);
    for (int i = 0; i < outputs; i++)
        v[outputs + 1 + i] = d[2 * i + 1];
    if (side == WINOGRAD_4_STRIDE2_HALF) {
        v[0] = winograd_add(d[0], d[2]);
        v[1] = winograd_sub(d[0], d[2]);
        v[2] = winograd_sub(d[4], d[0]);
        return;
    }
    WINOGRAD_NUMBER even = winograd_sub(d[4], winograd_shift(d[0], 2)), odd = winograd_sub(d[6], winograd_shift(d[2], 2));
    WINOGRAD_NUMBER even_2 = winograd_shift(winograd_sub(d[4], d[0]), 1), odd_2 = winograd_sub(d[6], d[2]);
    v[0] = winograd_add(even, odd);
    v[1] = winograd_sub(even, odd);
    v[2] = winograd_add(even_2, odd_2);
    v[3] = winograd_sub(even_2, odd_2);
    v[4] = winograd_sub(winograd_sub(d[8], d[4]), winograd_shift(even_2, 1));
}

/* B' times d: [inputs] -> v: [positions] */
WINOGRAD_INLINE void winograd_forward(const winograd_side side, const WINOGRAD_NUMBER *d, WINOGRAD_NUMBER *v)
{
    if (side >= WINOGRAD_4_STRIDE2) {
        winograd_forward_stride2(side, d, v);
        return;
    }
    if (side == WINOGRAD_4_HALF) {
        v[0] = winograd_sub(d[0], d[2]);
        v[1] = winograd_add(d[2], d[1]);
        v[2] = winograd_sub(d[2], d[1]);
        v[3] = winograd_sub(d[3], d[1]);
        return;
    }
    WINOGRAD_NUMBER even = winograd_sub(d[4], winograd_shift(d[2], 2)), odd = winograd_sub(d[3], winograd_shift(d[1], 2));
    WINOGRAD_NUMBER even_2 = winograd_sub(d[4], d[2]), odd_2 = winograd_sub(d[3], d[1]), twice = winograd_shift(odd_2, 1);
    v[0] = winograd_add(winograd_shift(winograd_sub(d[0], d[2]), 2), even_2);
    v[1] = winograd_add(even, odd);
    v[2] = winograd_sub(even, odd);
    v[3] = winograd_add(even_2, twice);
    v[4] = winograd_sub(even_2, twice);
    v[5] = winograd_sub(winograd_sub(d[5], d[3]), winograd_shift(odd_2, 2));
}

WINOGRAD_INLINE void winograd_backward_stride2(const winograd_side side, const WINOGRAD_NUMBER *s, WINOGRAD_NUMBER *y)
{
    WINOGRAD_NUMBER even = winograd_add(s[0], s[1]), odd = winograd_sub(s[0], s[1]);
    if (side == WINOGRAD_4_STRIDE2_HALF) {
        y[0] = winograd_add(winograd_shift(s[3], 1), even);
        y[1] = winograd_add(winograd_shift(winograd_add(s[2], s[4]), 1), odd);
        return;
    }
    WINOGRAD_NUMBER even_2 = winograd_add(s[2], s[3]), odd_2 = winograd_sub(s[2], s[3]), sums[4];
    sums[0] = winograd_sub(even_2, winograd_shift(even, 1));
    sums[1] = winograd_shift(winograd_sub(odd_2, odd), 1);
    sums[2] = winograd_sub(winograd_shift(even_2, 2), winograd_shift(even, 1));
    sums[3] = winograd_sub(winograd_shift(odd_2, 3), winograd_shift(odd, 1));
    for (int i = 0; i < 4; i++) {
        WINOGRAD_NUMBER own = i == 3 ? winograd_add(s[8], s[4]) : s[5 + i];
        y[i] = winograd_add(sums[i], winograd_add(winograd_shift(own, 2), winograd_shift(own, 3)));
    }
}

/* A' times s: [positions] -> y: [outputs] */
WINOGRAD_INLINE void winograd_backward(const winograd_side side, const WINOGRAD_NUMBER *s, WINOGRAD_NUMBER *y)
{
    if (side >= WINOGRAD_4_STRIDE2) {
        winograd_backward_stride2(side, s, y);
        return;
    }
    WINOGRAD_NUMBER even = winograd_add(s[1], s[2]), odd = winograd_sub(s[1], s[2]);
    if (side == WINOGRAD_4_HALF) {
        y[0] = winograd_add(winograd_shift(s[0], 1), even);
        y[1] = winograd_add(winograd_shift(s[3], 1), odd);
        return;
    }
    WINOGRAD_NUMBER even_2 = winograd_add(s[3], s[4]), odd_2 = winograd_shift(winograd_sub(s[3], s[4]), 1);
    WINOGRAD_NUMBER first = winograd_sub(winograd_shift(s[0], 1), even), last = winograd_add(winograd_shift(s[5], 1), winograd_shift(s[5], 2));
    y[0] = winograd_add(winograd_add(winograd_shift(first, 1), winograd_shift(winograd_sub(s[0], even), 1)), even_2);
    y[1] = winograd_sub(odd_2, winograd_shift(odd, 2));
    y[2] = winograd_shift(winograd_sub(even_2, even), 2);
    y[3] = winograd_shift(winograd_add(winograd_sub(odd_2, odd), last), 2);
}

/* What undoes the factors of both sides: a product modulo 2^32, then an arithmetic shift. */
typedef struct winograd_recover {
    uint32_t inverse; /* of 3 for each whole side */
    int shift;        /* 3 for each whole side, 2 with stride 2, 1 for each half */
} winograd_recover;

WINOGRAD_INLINE winograd_recover winograd_recover_of(const winograd_side down, const winograd_side across)
{
    const uint32_t third = 0xaaaaaaabu; /* 3 * third is 1 modulo 2^32 */
    const int whole = down >= WINOGRAD_4_STRIDE2 ? 2 : 3;
    winograd_recover recover = { .inverse = 1, .shift = (down % 2 ? 1 : whole) + (across % 2 ? 1 : whole) };
    recover.inverse *= down % 2 ? 1 : third;
    recover.inverse *= across % 2 ? 1 : third;
    return recover;
}

#endif

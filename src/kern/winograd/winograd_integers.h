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
 * Inputs of -255..255 become at most 10 * 10 * 255 = 25500, filters of -128..127 at most 7 * 7 * 128 = 6272: both fit 16 bits. Sums of their products are
 * taken modulo 2^32, and so is A': of 24 * 24 * y that leaves y modulo 2^26, since 9 has an inverse (winograd_recover). */
#ifndef CM_KERN_WINOGRAD_INTEGERS_H
#define CM_KERN_WINOGRAD_INTEGERS_H

#include "kern/kernel_list.h"

enum { WINOGRAD_SIDE = 6, WINOGRAD_TAPS = 3, WINOGRAD_OUTPUTS = 4 };

/* Inputs, and positions, of a side. */
WINOGRAD_INLINE int winograd_inputs(const int half)
{
    return half ? 4 : 6;
}

WINOGRAD_INLINE int winograd_outputs(const int half)
{
    return half ? 2 : 4;
}

/* G times g: [3] -> u: [6] */
WINOGRAD_INLINE void winograd_filter(const WINOGRAD_NUMBER *g, WINOGRAD_NUMBER *u)
{
    WINOGRAD_NUMBER even = winograd_add(g[0], g[2]), even_2 = winograd_add(g[0], winograd_shift(g[2], 2)), odd_2 = winograd_shift(g[1], 1);
    u[0] = g[0];
    u[1] = winograd_add(even, g[1]);
    u[2] = winograd_sub(even, g[1]);
    u[3] = winograd_add(even_2, odd_2);
    u[4] = winograd_sub(even_2, odd_2);
    u[5] = g[2];
}

/* B' times d: [inputs] -> v: [positions] */
WINOGRAD_INLINE void winograd_forward(const int half, const WINOGRAD_NUMBER *d, WINOGRAD_NUMBER *v)
{
    if (half) {
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

/* A' times s: [positions] -> y: [outputs] */
WINOGRAD_INLINE void winograd_backward(const int half, const WINOGRAD_NUMBER *s, WINOGRAD_NUMBER *y)
{
    WINOGRAD_NUMBER even = winograd_add(s[1], s[2]), odd = winograd_sub(s[1], s[2]);
    if (half) {
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
    int shift;        /* 3 for each whole side, 1 for each half */
} winograd_recover;

WINOGRAD_INLINE winograd_recover winograd_recover_of(const int half_down, const int half_across)
{
    const uint32_t third = 0xaaaaaaabu; /* 3 * third is 1 modulo 2^32 */
    winograd_recover recover = { .inverse = 1, .shift = (half_down ? 1 : 3) + (half_across ? 1 : 3) };
    recover.inverse *= half_down ? 1 : third;
    recover.inverse *= half_across ? 1 : third;
    return recover;
}

#endif

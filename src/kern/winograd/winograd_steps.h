/* Winograd's one-dimensional transforms, on anything that adds and multiplies: the including file defines the type WINOGRAD_NUMBER (a vector or a
 * float) and the functions winograd_add, winograd_sub, winograd_fma (a * factor + b, the factor a float) on it.
 *
 * F(2,3) at the points 0, 1, -1, infinity; F(4,3) at 0, a, -a, b, -b, infinity with a = 3/4 and b = 3/2. The usual 1 and 2 make rounding errors of
 * the transformed weights, half floats above all, twice as large in the result (points after Alam et al. 2022, arXiv:2201.10369); these are exact
 * in binary, and all of U is about as large as the weights.
 *
 *   B', m 2:  -1  0  1  0      B', m 4:   a2b2   0    -a2-b2    0     1  0      A', m 4:   1   1   1   1   1   0
 *              0  1  1  0                   0  -ab2    -b2      a     1  0                 0   a  -a   b  -b   0
 *              0 -1  1  0                   0   ab2    -b2     -a     1  0                 0  a2  a2  b2  b2   0
 *              0 -1  0  1                   0  -a2b    -a2      b     1  0                 0  a3 -a3  b3 -b3   1
 *                                           0   a2b    -a2     -b     1  0
 *   A', m 2:   1  1  1  0                   0  a2b2     0    -a2-b2   0  1
 *              0  1 -1  1
 *
 * Every sum has one order, the same for each tile and channel. */
#ifndef CM_KERN_WINOGRAD_STEPS_H
#define CM_KERN_WINOGRAD_STEPS_H

#include "kern/winograd/winograd_points.h"

/* B' times d: [m + 2] -> v: [m + 2] */
WINOGRAD_INLINE void winograd_forward(const int m, const WINOGRAD_NUMBER *d, WINOGRAD_NUMBER *v)
{
    if (m == 2) {
        v[0] = winograd_sub(d[2], d[0]);
        v[1] = winograd_add(d[1], d[2]);
        v[2] = winograd_sub(d[2], d[1]);
        v[3] = winograd_sub(d[3], d[1]);
        return;
    }
    const float a = WINOGRAD_A, b = WINOGRAD_B;
    WINOGRAD_NUMBER even_a = winograd_fma(d[2], -b * b, d[4]), odd_a = winograd_fma(d[1], -b * b, d[3]);
    WINOGRAD_NUMBER even_b = winograd_fma(d[2], -a * a, d[4]), odd_b = winograd_fma(d[1], -a * a, d[3]);
    v[0] = winograd_fma(d[0], a * a * b * b, winograd_fma(d[2], -a * a - b * b, d[4]));
    v[1] = winograd_fma(odd_a, a, even_a);
    v[2] = winograd_fma(odd_a, -a, even_a);
    v[3] = winograd_fma(odd_b, b, even_b);
    v[4] = winograd_fma(odd_b, -b, even_b);
    v[5] = winograd_fma(d[1], a * a * b * b, winograd_fma(d[3], -a * a - b * b, d[5]));
}

/* A' times s: [m + 2] -> y: [m] */
WINOGRAD_INLINE void winograd_backward(const int m, const WINOGRAD_NUMBER *s, WINOGRAD_NUMBER *y)
{
    WINOGRAD_NUMBER even = winograd_add(s[1], s[2]), odd = winograd_sub(s[1], s[2]);
    if (m == 2) {
        y[0] = winograd_add(s[0], even);
        y[1] = winograd_add(odd, s[3]);
        return;
    }
    WINOGRAD_NUMBER even2 = winograd_add(s[3], s[4]), odd2 = winograd_sub(s[3], s[4]);
    const float a = WINOGRAD_A, b = WINOGRAD_B;
    y[0] = winograd_add(winograd_add(s[0], even), even2);
    y[1] = winograd_fma(odd2, b, winograd_mul(odd, a));
    y[2] = winograd_fma(even2, b * b, winograd_mul(even, a * a));
    y[3] = winograd_fma(odd2, b * b * b, winograd_fma(odd, a * a * a, s[5]));
}

#endif

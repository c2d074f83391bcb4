/* Winograd's transforms along one side of a tile, on anything that adds and multiplies: the including file defines the type WINOGRAD_NUMBER (a vector
 * or a float) and the functions winograd_add, winograd_sub, winograd_mul and winograd_fma (a * factor + b, the factor a float) on it.
 *
 * F(2,3) at the points 0, 1, -1, infinity; F(4,3) at 0, a, -a, b, -b, infinity with a = 3/4 and b = 3/2. The usual 1 and 2 make rounding errors
 * twice as large (points after Alam et al. 2022, arXiv:2201.10369). The filter is evaluated at the points as it is; the usual denominators, a point's
 * distances from all others, are in B', since there are more filters to transform than inputs:
 *
 *   G, m 2:   1  0  0    B', m 2:   1    0   -1   0     A', m 2:   1  1  1  0
 *             1  1  1               0   1/2  1/2  0                0  1 -1  1
 *             1 -1  1               0  -1/2  1/2  0
 *             0  0  1               0   -1   0    1
 *
 *   G, m 4:   1  0  0    B', m 4:  a2b2   0   -a2-b2   0     1  0   / a2b2             A', m 4:   1   1   1   1   1   0
 *             1  a  a2               0  -ab2   -b2     a     1  0   / 2a2(a2-b2)                  0   a  -a   b  -b   0
 *             1 -a  a2               0   ab2   -b2    -a     1  0   / 2a2(a2-b2)                  0  a2  a2  b2  b2   0
 *             1  b  b2               0  -a2b   -a2     b     1  0   / 2b2(b2-a2)                  0  a3 -a3  b3 -b3   1
 *             1 -b  b2               0   a2b   -a2    -b     1  0   / 2b2(b2-a2)
 *             0  0  1                0  a2b2     0   -a2-b2  0  1
 *
 * Stride 2, m 4: F(4,2) on the even pixels at a, -a, b, -b, infinity with a = 1/2 and b = 5/4, then the odd pixels as they are:
 *
 *   G:   1  0  a    B' of the even:  -ab2  -b2    a      1  0   /  2a(a2-b2)    A':   1   1   1   1   0   1 0 0 0
 *        1  0 -a                      ab2  -b2   -a      1  0   / -2a(a2-b2)          a  -a   b  -b   0   0 1 0 0
 *        1  0  b                     -a2b  -a2    b      1  0   /  2b(b2-a2)         a2  a2  b2  b2   0   0 0 1 0
 *        1  0 -b                      a2b  -a2   -b      1  0   / -2b(b2-a2)         a3 -a3  b3 -b3   1   0 0 0 1
 *        0  0  1                     a2b2   0  -a2-b2    0  1
 *        0  1  0
 *
 * Stride 2, m 2: the same of F(2,2) at 1, -1, infinity:
 *
 *   G:   1  0  1    B' of the even:  1/2  1/2  0    A':  1  1  0   1 0
 *        1  0 -1                     1/2 -1/2  0         1 -1  1   0 1
 *        0  0  1                     -1    0   1
 *        0  1  0
 *
 * Half a side is the same with fewer points: m 2 without -1, m 4 without b and -b.
 *
 * Every sum has one order, the same for each tile and channel. */
#ifndef CM_KERN_WINOGRAD_STEPS_H
#define CM_KERN_WINOGRAD_STEPS_H

#include "kern/winograd/winograd_points.h"

/* What a side is; a constant wherever it counts. Half a side comes after the whole one: 2 * cm_winograd_scheme + half. */
typedef enum winograd_side {
    WINOGRAD_2,
    WINOGRAD_2_HALF,
    WINOGRAD_4,
    WINOGRAD_4_HALF,
    WINOGRAD_2_STRIDE2,
    WINOGRAD_2_STRIDE2_HALF,
    WINOGRAD_4_STRIDE2,
    WINOGRAD_4_STRIDE2_HALF
} winograd_side;

WINOGRAD_INLINE int winograd_outputs(const winograd_side side)
{
    const int whole = side < WINOGRAD_4 || (side >= WINOGRAD_2_STRIDE2 && side < WINOGRAD_4_STRIDE2) ? 2 : 4;
    return side % 2 ? whole / 2 : whole;
}

WINOGRAD_INLINE int winograd_inputs(const winograd_side side)
{
    int outputs = winograd_outputs(side);
    return side >= WINOGRAD_2_STRIDE2 ? 2 * outputs + 1 : outputs + 2;
}

WINOGRAD_INLINE int winograd_positions(const winograd_side side)
{
    return winograd_inputs(side); /* also with stride 2: m + 1 of the even pixels, m of the odd */
}

WINOGRAD_INLINE int winograd_weights(const winograd_side whole)
{
    return winograd_outputs(whole) + 2;
}

/* G times g: [3] -> u: [weights] */
WINOGRAD_INLINE void winograd_filter(const winograd_side whole, const WINOGRAD_NUMBER *g, WINOGRAD_NUMBER *u)
{
    if (whole == WINOGRAD_4_STRIDE2) {
        u[0] = winograd_fma(g[2], WINOGRAD_EVEN_A, g[0]);
        u[1] = winograd_fma(g[2], -WINOGRAD_EVEN_A, g[0]);
        u[2] = winograd_fma(g[2], WINOGRAD_EVEN_B, g[0]);
        u[3] = winograd_fma(g[2], -WINOGRAD_EVEN_B, g[0]);
        u[4] = g[2];
        u[5] = g[1];
        return;
    }
    if (whole == WINOGRAD_2_STRIDE2) {
        u[0] = winograd_add(g[0], g[2]);
        u[1] = winograd_sub(g[0], g[2]);
        u[2] = g[2];
        u[3] = g[1];
        return;
    }
    u[0] = g[0];
    if (whole == WINOGRAD_2) {
        WINOGRAD_NUMBER even = winograd_add(g[0], g[2]);
        u[1] = winograd_add(even, g[1]);
        u[2] = winograd_sub(even, g[1]);
        u[3] = g[2];
        return;
    }
    const float a = WINOGRAD_A, b = WINOGRAD_B;
    WINOGRAD_NUMBER even_a = winograd_fma(g[2], a * a, g[0]), even_b = winograd_fma(g[2], b * b, g[0]);
    u[1] = winograd_fma(g[1], a, even_a);
    u[2] = winograd_fma(g[1], -a, even_a);
    u[3] = winograd_fma(g[1], b, even_b);
    u[4] = winograd_fma(g[1], -b, even_b);
    u[5] = g[2];
}

/* Of even pixels e, for m 2 and 4. */
WINOGRAD_INLINE void winograd_forward_even_2(const int half, const WINOGRAD_NUMBER *e, WINOGRAD_NUMBER *v)
{
    if (half) {
        v[0] = e[0];
        v[1] = winograd_sub(e[1], e[0]);
        return;
    }
    WINOGRAD_NUMBER first = winograd_mul(e[0], 0.5f);
    v[0] = winograd_fma(e[1], 0.5f, first);
    v[1] = winograd_fma(e[1], -0.5f, first);
    v[2] = winograd_sub(e[2], e[0]);
}

WINOGRAD_INLINE void winograd_forward_even_4(const int half, const WINOGRAD_NUMBER *e, WINOGRAD_NUMBER *v)
{
    const float a = WINOGRAD_EVEN_A, b = WINOGRAD_EVEN_B, over_a = 1.0f / (2.0f * a * (a * a - b * b)), over_b = 1.0f / (2.0f * b * (b * b - a * a));
    if (half) {
        WINOGRAD_NUMBER first = winograd_mul(e[0], 0.5f);
        v[0] = winograd_fma(e[1], 0.5f / a, first);
        v[1] = winograd_fma(e[1], -0.5f / a, first);
        v[2] = winograd_fma(e[0], -a * a, e[2]);
        return;
    }
    WINOGRAD_NUMBER odd_a = winograd_fma(e[1], -b * b * over_a, winograd_mul(e[3], over_a));
    WINOGRAD_NUMBER even_a = winograd_fma(e[0], -a * b * b * over_a, winograd_mul(e[2], a * over_a));
    WINOGRAD_NUMBER odd_b = winograd_fma(e[1], -a * a * over_b, winograd_mul(e[3], over_b));
    WINOGRAD_NUMBER even_b = winograd_fma(e[0], -a * a * b * over_b, winograd_mul(e[2], b * over_b));
    v[0] = winograd_add(even_a, odd_a);
    v[1] = winograd_sub(even_a, odd_a);
    v[2] = winograd_add(even_b, odd_b);
    v[3] = winograd_sub(even_b, odd_b);
    v[4] = winograd_fma(e[0], a * a * b * b, winograd_fma(e[2], -a * a - b * b, e[4]));
}

WINOGRAD_INLINE void winograd_forward_stride2(const winograd_side side, const WINOGRAD_NUMBER *d, WINOGRAD_NUMBER *v)
{
    const int outputs = winograd_outputs(side);
    WINOGRAD_NUMBER even[5];
    for (int i = 0; i <= outputs; i++)
        even[i] = d[2 * i];
    if (side >= WINOGRAD_4_STRIDE2)
        winograd_forward_even_4(side == WINOGRAD_4_STRIDE2_HALF, even, v);
    else
        winograd_forward_even_2(side == WINOGRAD_2_STRIDE2_HALF, even, v);
    for (int i = 0; i < outputs; i++)
        v[outputs + 1 + i] = d[2 * i + 1];
}

WINOGRAD_INLINE void winograd_forward_2(const int half, const WINOGRAD_NUMBER *d, WINOGRAD_NUMBER *v)
{
    if (half) {
        v[0] = winograd_sub(d[0], d[1]);
        v[1] = d[1];
        v[2] = winograd_sub(d[2], d[1]);
        return;
    }
    WINOGRAD_NUMBER odd = winograd_mul(d[1], 0.5f);
    v[0] = winograd_sub(d[0], d[2]);
    v[1] = winograd_fma(d[2], 0.5f, odd);
    v[2] = winograd_sub(winograd_mul(d[2], 0.5f), odd);
    v[3] = winograd_sub(d[3], d[1]);
}

WINOGRAD_INLINE void winograd_forward_4(const int half, const WINOGRAD_NUMBER *d, WINOGRAD_NUMBER *v)
{
    const float a = WINOGRAD_A, b = WINOGRAD_B, over_a = 1.0f / (2.0f * a * a * (a * a - b * b)), over_b = 1.0f / (2.0f * b * b * (b * b - a * a));
    if (half) {
        WINOGRAD_NUMBER even = winograd_mul(d[2], 0.5f / (a * a));
        v[0] = winograd_fma(d[2], -1.0f / (a * a), d[0]);
        v[1] = winograd_fma(d[1], 0.5f / a, even);
        v[2] = winograd_fma(d[1], -0.5f / a, even);
        v[3] = winograd_fma(d[1], -a * a, d[3]);
        return;
    }
    WINOGRAD_NUMBER even_a = winograd_fma(d[2], -b * b * over_a, winograd_mul(d[4], over_a));
    WINOGRAD_NUMBER odd_a = winograd_fma(d[1], -a * b * b * over_a, winograd_mul(d[3], a * over_a));
    WINOGRAD_NUMBER even_b = winograd_fma(d[2], -a * a * over_b, winograd_mul(d[4], over_b));
    WINOGRAD_NUMBER odd_b = winograd_fma(d[1], -a * a * b * over_b, winograd_mul(d[3], b * over_b));
    v[0] = winograd_fma(d[4], 1.0f / (a * a * b * b), winograd_fma(d[2], -1.0f / (a * a) - 1.0f / (b * b), d[0]));
    v[1] = winograd_add(even_a, odd_a);
    v[2] = winograd_sub(even_a, odd_a);
    v[3] = winograd_add(even_b, odd_b);
    v[4] = winograd_sub(even_b, odd_b);
    v[5] = winograd_fma(d[1], a * a * b * b, winograd_fma(d[3], -a * a - b * b, d[5]));
}

/* B' times d: [inputs] -> v: [positions] */
WINOGRAD_INLINE void winograd_forward(const winograd_side side, const WINOGRAD_NUMBER *d, WINOGRAD_NUMBER *v)
{
    if (side >= WINOGRAD_2_STRIDE2)
        winograd_forward_stride2(side, d, v);
    else if (side >= WINOGRAD_4)
        winograd_forward_4(side == WINOGRAD_4_HALF, d, v);
    else
        winograd_forward_2(side == WINOGRAD_2_HALF, d, v);
}

WINOGRAD_INLINE void winograd_backward_2_stride2(const int half, const WINOGRAD_NUMBER *s, WINOGRAD_NUMBER *y)
{
    y[0] = winograd_add(winograd_add(s[0], s[1]), half ? s[2] : s[3]);
    if (!half)
        y[1] = winograd_add(winograd_sub(s[0], s[1]), winograd_add(s[2], s[4]));
}

WINOGRAD_INLINE void winograd_backward_4_stride2(const int half, const WINOGRAD_NUMBER *s, WINOGRAD_NUMBER *y)
{
    const float a = WINOGRAD_EVEN_A, b = WINOGRAD_EVEN_B;
    WINOGRAD_NUMBER even = winograd_add(s[0], s[1]), odd = winograd_sub(s[0], s[1]);
    if (half) {
        y[0] = winograd_add(even, s[3]);
        y[1] = winograd_fma(odd, a, winograd_add(s[2], s[4]));
        return;
    }
    WINOGRAD_NUMBER even2 = winograd_add(s[2], s[3]), odd2 = winograd_sub(s[2], s[3]);
    y[0] = winograd_add(winograd_add(even, even2), s[5]);
    y[1] = winograd_fma(odd2, b, winograd_fma(odd, a, s[6]));
    y[2] = winograd_fma(even2, b * b, winograd_fma(even, a * a, s[7]));
    y[3] = winograd_fma(odd2, b * b * b, winograd_fma(odd, a * a * a, winograd_add(s[4], s[8])));
}

/* A' times s: [positions] -> y: [outputs] */
WINOGRAD_INLINE void winograd_backward(const winograd_side side, const WINOGRAD_NUMBER *s, WINOGRAD_NUMBER *y)
{
    if (side >= WINOGRAD_4_STRIDE2) {
        winograd_backward_4_stride2(side == WINOGRAD_4_STRIDE2_HALF, s, y);
        return;
    }
    if (side >= WINOGRAD_2_STRIDE2) {
        winograd_backward_2_stride2(side == WINOGRAD_2_STRIDE2_HALF, s, y);
        return;
    }
    if (side == WINOGRAD_2_HALF) {
        y[0] = winograd_add(winograd_add(s[0], s[1]), s[2]);
        return;
    }
    const float a = WINOGRAD_A, b = WINOGRAD_B;
    WINOGRAD_NUMBER even = winograd_add(s[1], s[2]), odd = winograd_sub(s[1], s[2]);
    if (side == WINOGRAD_2 || side == WINOGRAD_4_HALF) {
        y[0] = winograd_add(s[0], even);
        y[1] = side == WINOGRAD_2 ? winograd_add(odd, s[3]) : winograd_fma(odd, a, s[3]);
        return;
    }
    WINOGRAD_NUMBER even2 = winograd_add(s[3], s[4]), odd2 = winograd_sub(s[3], s[4]);
    y[0] = winograd_add(winograd_add(s[0], even), even2);
    y[1] = winograd_fma(odd2, b, winograd_mul(odd, a));
    y[2] = winograd_fma(even2, b * b, winograd_mul(even, a * a));
    y[3] = winograd_fma(odd2, b * b * b, winograd_fma(odd, a * a * a, s[5]));
}

#endif

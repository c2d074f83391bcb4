/* checkkern: the vectors that the shared kernels are written in, those of the including file's vector_*.h, against plain C, bit for bit. */
#ifndef CM_TEST_KERN_CHECK_VECTOR_INC_H
#define CM_TEST_KERN_CHECK_VECTOR_INC_H

#include "check.h"

#include "kern/vector/vector_math.h"

#include <math.h>

static const float values[] = { 0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 1.5f, -2.5f, 1e-40f, -3e38f, 8388609.0f, NAN, INFINITY, -INFINITY };
enum { VALUES = sizeof values / sizeof values[0] };

static void lanes_same(const cm_kernel *vectors, const char *what, vec got, const float wanted[VEC])
{
    float lanes[VEC];
    vec_store(lanes, got);
    for (int i = 0; i < VEC; i++)
        check_same(vectors, wanted[i], lanes[i], what, 0, i);
    check_counted();
}

static void all_same(const cm_kernel *vectors, const char *what, vec got, float wanted)
{
    float lanes[VEC];
    for (int i = 0; i < VEC; i++)
        lanes[i] = wanted;
    lanes_same(vectors, what, got, lanes);
}

/* IEEE 754 binary16. */
static float half_value(unsigned bits)
{
    int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
    float size = fraction != 0 ? NAN : INFINITY;
    if (exponent < 31)
        size = ldexpf((float)(exponent > 0 ? fraction + 1024 : fraction), (exponent > 0 ? exponent : 1) - 25);
    return (bits & 0x8000) != 0 ? -size : size;
}

/* Every half there is, each vector of them before an unreadable page. */
static void check_halves(const cm_kernel *vectors)
{
    uint16_t *halves = guard_bytes(SLOT_A, VEC * sizeof *halves);
    float wanted[VEC];
    for (unsigned first = 0; first < 65536; first += VEC) {
        for (unsigned i = 0; i < VEC; i++) {
            halves[i] = (uint16_t)(first + i);
            wanted[i] = half_value(first + i);
        }
        lanes_same(vectors, "half", vec_load_half(halves), wanted);
    }
}

/* Partial vectors: nothing outside of them is read or written. */
static void check_parts(const cm_kernel *vectors)
{
    for (int count = 0; count <= VEC; count++) {
        const float *from = guard_random(SLOT_A, (size_t)count);
        float *to = guard_floats(SLOT_C, (size_t)count), around[VEC], loaded[VEC], kept[VEC], stored[VEC];
        vec_mask mask = vec_first(count);
        vec x = vec_load_part(from, mask), other = vec_all(7.0f);
        vec_store_part(to, x, mask);
        vec_store(around, other);
        vec_store_part(around, x, mask);
        for (int i = 0; i < VEC; i++) {
            loaded[i] = i < count ? from[i] : 0.0f;
            kept[i] = i < count ? from[i] : 7.0f;
            stored[i] = i < count ? to[i] : 7.0f;
        }
        lanes_same(vectors, "part loaded", x, loaded);
        lanes_same(vectors, "part kept", vec_keep(x, mask, other), kept);
        lanes_same(vectors, "part stored", vec_load(around), kept);
        lanes_same(vectors, "part stored at the end", vec_load(stored), kept);
    }
}

/* One operand; NaN, infinities and both zeros among them. */
static void check_one(const cm_kernel *vectors, float a)
{
    vec x = vec_all(a);
    all_same(vectors, "floor", vec_floor(x), floorf(a));
    all_same(vectors, "round", vec_round(x), nearbyintf(a));
    all_same(vectors, "abs", vec_abs(x), fabsf(a));
    all_same(vectors, "negate", vec_negate(x), -a);
    all_same(vectors, "sqrt", vec_sqrt(x), sqrtf(a));
    all_same(vectors, "if nan", vec_if_nan(x, vec_all(1.0f), vec_all(2.0f)), isnan(a) ? 1.0f : 2.0f);
}

static void check_two(const cm_kernel *vectors, float a, float b)
{
    vec x = vec_all(a), y = vec_all(b);
    all_same(vectors, "add", vec_add(x, y), a + b);
    all_same(vectors, "sub", vec_sub(x, y), a - b);
    all_same(vectors, "mul", vec_mul(x, y), a * b);
    all_same(vectors, "div", vec_div(x, y), a / b);
    all_same(vectors, "fma", vec_fma(x, y, vec_all(0.75f)), fmaf(a, b, 0.75f));
    all_same(vectors, "fma minus", vec_fma_minus(x, y, vec_all(0.75f)), fmaf(-a, b, 0.75f));
    all_same(vectors, "max", vec_max(x, y), a > b ? a : b);
    all_same(vectors, "min", vec_min(x, y), a < b ? a : b);
    all_same(vectors, "sign", vec_sign(x, y), copysignf(a, b));
    all_same(vectors, "if less", vec_if_less(x, y, vec_all(1.0f), vec_all(2.0f)), a < b ? 1.0f : 2.0f);
}

static void check_vocabulary(const cm_kernel *vectors)
{
    check_halves(vectors);
    check_parts(vectors);
    for (int i = 0; i < VALUES; i++) {
        check_one(vectors, values[i]);
        for (int j = 0; j < VALUES; j++)
            check_two(vectors, values[i], values[j]);
    }
    float numbers[VEC], swapped[VEC];
    for (int n = -252; n <= 254; n++) {
        float x = 1.5f + 0.5f * random_float();
        all_same(vectors, "scale", vec_scale(vec_all(x), vec_all((float)n)), ldexpf(x, n));
    }
    fill_random(numbers, VEC);
    for (int i = 0; i < VEC; i++)
        swapped[i] = numbers[i ^ 1];
    lanes_same(vectors, "swap pairs", vec_swap_pairs(vec_load(numbers)), swapped);
    vec_prefetch(numbers);
}

#endif

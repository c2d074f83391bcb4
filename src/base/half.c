#include "base/half.h"

#include "base/half_avx2.h"

#include <string.h>

/* Half: 1 sign, 5 exponent (bias 15), 10 fraction; float: 1, 8 (bias 127), 23. */
enum { FRACTION_SHIFT = 13, EXPONENT_SHIFT = 112, HALF_INFINITY = 0x7c00, FLOAT_INFINITY = 0x7f800000 };

/* The bits of a float become those of a half; all three ways are computed and one is chosen, so that compilers can do it for many at once. */
static inline uint32_t half_bits(uint32_t bits)
{
    uint32_t sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    /* Below 2^-14 halves are multiples of 2^-24: adding 0.5 makes the float's own rounding do it. Larger values are cut off, they go the other way. */
    uint32_t small = bits < 0x38800000 ? bits : 0;
    float size;
    memcpy(&size, &small, sizeof size);
    size += 0.5f;
    memcpy(&small, &size, sizeof small);
    small -= 0x3f000000;
    uint32_t normal = (bits + 0xfff + (bits >> FRACTION_SHIFT & 1) - ((uint32_t)EXPONENT_SHIFT << 23)) >> FRACTION_SHIFT;
    uint32_t large = HALF_INFINITY | (bits > FLOAT_INFINITY ? 0x200 : 0); /* 65520 and more round to infinity */
    uint32_t half = bits < 0x38800000 ? small : normal;
    return sign | (bits >= 0x477ff000 ? large : half);
}

uint16_t cm_half_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)half_bits(bits);
}

void cm_halves_from_floats(const float *values, size_t count, uint16_t *halves, cm_cpu_tier tier)
{
    size_t done = 0;
#if defined(__x86_64__)
    if (cm_cpu_tier_holds(tier, CM_CPU_AVX2))
        done = cm_halves_by_avx2(values, count, halves);
#else
    (void)tier;
#endif
    for (size_t i = done; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        halves[i] = (uint16_t)half_bits(bits);
    }
}

float cm_half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = half & 0x7fff, bits;
    float value;
    if (rest < 0x400) { /* zero and subnormal: multiples of 2^-24 */
        value = (float)rest * 0x1p-24f;
        memcpy(&bits, &value, sizeof bits);
        bits |= sign;
    } else if (rest >= HALF_INFINITY) {
        bits = sign | FLOAT_INFINITY | (rest & 0x3ff) << FRACTION_SHIFT;
    } else {
        bits = sign | ((rest << FRACTION_SHIFT) + ((uint32_t)EXPONENT_SHIFT << 23));
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

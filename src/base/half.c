#include "base/half.h"

#include <string.h>

/* Half: 1 sign, 5 exponent (bias 15), 10 fraction; float: 1, 8 (bias 127), 23. */
enum { FRACTION_SHIFT = 13, EXPONENT_SHIFT = 112, HALF_INFINITY = 0x7c00, FLOAT_INFINITY = 0x7f800000 };

uint16_t cm_half_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits >= FLOAT_INFINITY)
        return (uint16_t)(sign | HALF_INFINITY | (bits > FLOAT_INFINITY ? 0x200 : 0));
    if (bits >= 0x477ff000) /* 65520 and more round to infinity */
        return (uint16_t)(sign | HALF_INFINITY);
    if (bits < 0x38800000) {
        /* Below 2^-14 halves are multiples of 2^-24: adding 0.5 makes the float's own rounding do it. */
        float size;
        memcpy(&size, &bits, sizeof size);
        size += 0.5f;
        memcpy(&bits, &size, sizeof bits);
        return (uint16_t)(sign | (bits - 0x3f000000));
    }
    uint32_t odd = bits >> FRACTION_SHIFT & 1;
    bits += 0xfff + odd - ((uint32_t)EXPONENT_SHIFT << 23);
    return (uint16_t)(sign | bits >> FRACTION_SHIFT);
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

/* Half floats by the processor's own instruction; for half.c, which knows whether it is there. */
#ifndef CM_BASE_HALF_AVX2_H
#define CM_BASE_HALF_AVX2_H

#include <stddef.h>
#include <stdint.h>

/* As cm_halves_from_floats, to the bit, of the first values up to the last eight that are whole. Returns how many. */
size_t cm_halves_by_avx2(const float *values, size_t count, uint16_t *halves);

#endif

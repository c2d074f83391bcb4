/* IEEE 754 half floats (binary16), as models store them and as packed weights may be kept. */
#ifndef CM_BASE_HALF_H
#define CM_BASE_HALF_H

#include "base/cpu.h"

#include <stddef.h>
#include <stdint.h>

/* To the nearest, ties to even; beyond the range infinity; NaN stays NaN. Thread-safe, as is the way back. */
uint16_t cm_half_from_float(float value);
/* The same bits for [count] of them, several at a time; `tier`: the instructions that may be used. */
void cm_halves_from_floats(const float *values, size_t count, uint16_t *halves, cm_cpu_tier tier);
/* Exact: every half is a float. */
float cm_half_to_float(uint16_t half);

#endif

/* Random numbers that are the same on every machine: integers only (xoshiro256++ by Blackman and Vigna, seeded by splitmix64),
 * and a normal distribution that needs no logarithm or cosine, whose last digit differs between C libraries. */
#ifndef CM_MAKE_MAKE_RANDOM_H
#define CM_MAKE_MAKE_RANDOM_H

#include <stdint.h>

/* A fused multiply-add rounds once where others round twice. GCC fuses nothing under -std=c17. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

typedef struct cm_make_random {
    uint64_t state[4];
} cm_make_random;

/* Stream number `stream` of a seed: different streams are independent. */
void cm_make_random_start(cm_make_random *random, uint64_t seed, uint64_t stream);
/* Evenly in low..high. */
double cm_make_random_between(cm_make_random *random, double low, double high);
/* Mean 0, variance 1, nearly normal (never beyond 3.5): the sum of four 16-bit numbers. */
double cm_make_random_normal(cm_make_random *random);

#endif

/* Random numbers that are the same everywhere: xoshiro256** seeded by splitmix64 (Blackman and Vigna), and smooth value noise. */
#ifndef CM_PORTRAIT_RANDOM_H
#define CM_PORTRAIT_RANDOM_H

#include <stdint.h>

typedef struct cm_random {
    uint64_t state[4];
} cm_random;

/* Mixes two numbers into one well-spread seed. */
uint64_t cm_random_mix(uint64_t a, uint64_t b);

void cm_random_seed(cm_random *random, uint64_t seed);
uint64_t cm_random_bits(cm_random *random);
/* Uniform in [low, high). */
float cm_random_between(cm_random *random, float low, float high);
/* Bell-shaped around `mean` (the sum of four uniforms), deviation `deviation`, never further than 3.4 deviations. */
float cm_random_bell(cm_random *random, float mean, float deviation);

/* Smooth noise over the plane in -1..1, one knot a unit; `seed` chooses the pattern. */
float cm_noise(float x, float y, uint32_t seed);
/* `octaves` of it, each of half the size and half the strength; about -1..1. */
float cm_noise_octaves(float x, float y, uint32_t seed, int octaves);

#endif

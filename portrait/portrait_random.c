#include "portrait_random.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t cm_random_mix(uint64_t a, uint64_t b)
{
    uint64_t state = a;
    state = splitmix(&state) ^ (b * 0xd1342543de82ef95u);
    return splitmix(&state);
}

void cm_random_seed(cm_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed);
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t cm_random_bits(cm_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

float cm_random_between(cm_random *random, float low, float high)
{
    float unit = (float)(cm_random_bits(random) >> 40) * (1.0f / 16777216.0f);
    return low + (high - low) * unit;
}

float cm_random_bell(cm_random *random, float mean, float deviation)
{
    float sum = 0.0f;
    for (int i = 0; i < 4; i++)
        sum += cm_random_between(random, -1.0f, 1.0f);
    return mean + deviation * sum * 0.8660254f; /* the sum's variance is 4/3 */
}

static float knot(int x, int y, uint32_t seed)
{
    uint32_t h = seed + (uint32_t)x * 0x9e3779b1u + (uint32_t)y * 0x85ebca77u;
    h = (h ^ (h >> 15)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12)) * 0x297a2d39u;
    h ^= h >> 15;
    return (float)(h >> 8) * (2.0f / 16777216.0f) - 1.0f;
}

float cm_noise(float x, float y, uint32_t seed)
{
    float fx = floorf(x), fy = floorf(y);
    int ix = (int)fx, iy = (int)fy;
    float u = x - fx, v = y - fy;
    u = u * u * (3.0f - 2.0f * u);
    v = v * v * (3.0f - 2.0f * v);
    float low = knot(ix, iy, seed), high = knot(ix, iy + 1, seed);
    low += (knot(ix + 1, iy, seed) - low) * u;
    high += (knot(ix + 1, iy + 1, seed) - high) * u;
    return low + (high - low) * v;
}

float cm_noise_octaves(float x, float y, uint32_t seed, int octaves)
{
    float sum = 0.0f, strength = 0.5f;
    for (int i = 0; i < octaves; i++) {
        sum += strength * cm_noise(x, y, seed + (uint32_t)i * 977u);
        float turned = 1.6f * x - 1.2f * y; /* twice as fine, turned by 37 degrees, so that no grid shows */
        y = 1.2f * x + 1.6f * y;
        x = turned;
        strength *= 0.5f;
    }
    return sum;
}

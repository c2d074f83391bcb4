#include "make_random.h"

static uint64_t rotate(uint64_t value, int by)
{
    return value << by | value >> (64 - by);
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void cm_make_random_start(cm_make_random *random, uint64_t seed, uint64_t stream)
{
    uint64_t state = seed;
    state = splitmix(&state) ^ stream;
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&state);
}

static uint64_t next(cm_make_random *random)
{
    uint64_t *s = random->state, result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double cm_make_random_between(cm_make_random *random, double low, double high)
{
    return low + (high - low) * ((double)(next(random) >> 11) * 0x1p-53);
}

double cm_make_random_normal(cm_make_random *random)
{
    /* One of 65536 even values has variance (2^32 - 1) / 12; the reciprocal of the root of four times that. */
    const double scale = 2.6428997921303014e-05;
    uint64_t bits = next(random);
    int64_t sum =
        (int64_t)(bits & 0xffff) + (int64_t)(bits >> 16 & 0xffff) + (int64_t)(bits >> 32 & 0xffff) + (int64_t)(bits >> 48);
    return ((double)sum - 2 * 65535.0) * scale;
}

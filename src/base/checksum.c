#include "base/checksum.h"

#include <string.h>

enum { LANES = 8, ROTATION = 29, PREFETCH_BYTES = 4096 };

/* Odd, so that multiplying loses nothing: two states that differ stay different. */
#define MULTIPLIER 0x9fb21c651e98df25u
#define START 0x9e3779b97f4a7c15u

static uint64_t mix(uint64_t state, uint64_t word)
{
    return ((state << ROTATION | state >> (64 - ROTATION)) ^ word) * MULTIPLIER;
}

uint64_t cm_checksum(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t lanes[LANES];
    size_t left = size;
    for (int i = 0; i < LANES; i++)
        lanes[i] = START * (uint64_t)(i + 1);
    for (; left >= sizeof lanes; left -= sizeof lanes, at += sizeof lanes) {
        /* The processor's own prefetching stops at the end of each page. Reaching past the end is harmless. */
        __builtin_prefetch((const void *)((uintptr_t)at + PREFETCH_BYTES));
        for (int i = 0; i < LANES; i++) {
            uint64_t word;
            memcpy(&word, at + (size_t)i * sizeof word, sizeof word);
            lanes[i] = mix(lanes[i], word);
        }
    }
    uint64_t state = size;
    for (int i = 0; i < LANES; i++)
        state = mix(state, lanes[i]);
    for (; left; left--, at++)
        state = mix(state, *at);
    return state ^ state >> 32;
}

/* The loop of one instruction set; peak_loop_<isa>.c says its name and how it multiplies and adds. Plain C: the compiler makes vectors of what the
 * file's name lets it use (cmake/rooms.cmake). */
#include "peak.h"

/* So many numbers, each taking so many steps between load and store: enough that loads and stores do not hold the steps up, and few enough that
 * the processor looks past them to the next numbers instead of waiting for each step's result. */
enum { NUMBERS = 1024, DEPTH = 4 };

uint64_t CM_PEAK_LOOP(float *numbers, long rounds)
{
    const float factor = 0.5f;
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < NUMBERS; i++) {
            float x = numbers[i];
            for (int step = 0; step < DEPTH; step++)
                x = MULTIPLY_ADD(x, factor, factor);
            numbers[i] = x;
        }
    }
    return (uint64_t)rounds * NUMBERS * DEPTH * 2;
}

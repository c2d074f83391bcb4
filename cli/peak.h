/* What this machine could do at best: the roof that `cameo bench --layers` compares layers with (Williams et al. 2009, "Roofline"). */
#ifndef CM_CLI_PEAK_H
#define CM_CLI_PEAK_H

#include <stdint.h>

typedef struct cm_peak {
    double flops; /* operations a second, a multiply-add being two; of all threads together */
    double bytes; /* read a second, of all threads together; 0: out of memory */
} cm_peak;

/* Measures both for a fifth of a second, with `threads` threads at once. tier: of the kernels that are compared ("avx2"; NULL: cameo_cpu_tier()); where
 * the machine has less, what it has. block_bytes are read over and over, each thread its share: a block as large as what a network reads gives the
 * speed of the caches or the memory that hold it. */
cm_peak cm_peak_measure(const char *tier, int threads, uint64_t block_bytes);

/* For an instruction set: multiplies and adds over and over. numbers: [1024], changed. Returns the number of operations, 2^13 a round. */
uint64_t cm_peak_loop_ref(float *numbers, long rounds);
uint64_t cm_peak_loop_avx2(float *numbers, long rounds);
uint64_t cm_peak_loop_avx512(float *numbers, long rounds);
uint64_t cm_peak_loop_neon(float *numbers, long rounds);

#endif

/* Which way a convolution is computed: chosen from the layer's shape and the instruction set alone, never from threads, batch or a clock, so that
 * the bits stay the same. */
#ifndef CM_RUN_ALGORITHM_H
#define CM_RUN_ALGORITHM_H

#include "graph/graph.h"

typedef struct cm_algorithm {
    int winograd; /* tiles of so many output pixels squared, 0: direct */
    bool half;    /* weights kept as half floats */
} cm_algorithm;

/* Both thread-safe. The second: whether a fully connected layer's weights are kept as half floats. */
cm_algorithm cm_algorithm_choose(const cm_op *conv, cm_cpu_tier tier);
bool cm_algorithm_halves(const cm_op *dense);

#endif

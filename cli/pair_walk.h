/* Every pair of many vectors, by several threads. */
#ifndef CM_CLI_PAIR_WALK_H
#define CM_CLI_PAIR_WALK_H

#include <stddef.h>

/* Row `row` against the `count` vectors from `first` on, all of them before it: their dot products. Called by several threads at the same time, each with its
 * number 0 .. threads - 1. */
typedef void cm_pair_visitor(int thread, size_t row, size_t first, const float *dots, size_t count, void *context);

/* vectors: [count, dimension]. Returns -1 without memory. */
int cm_pair_walk(const float *vectors, size_t count, int dimension, int threads, cm_pair_visitor *visit, void *context);

#endif

/* Which way a convolution is computed: chosen from the layer's shape, the instruction set and what the caller wants (speed or little memory) alone,
 * never from threads, batch or a clock, so that the bits stay the same. */
#ifndef CM_RUN_ALGORITHM_H
#define CM_RUN_ALGORITHM_H

#include "graph/graph.h"

typedef struct cm_algorithm {
    int winograd; /* tiles of so many output pixels squared, 2 or 4; 0: direct */
    bool half;    /* weights kept as half floats */
    bool kept;    /* Winograd with half floats: filters kept transformed; otherwise they are transformed in each run */
} cm_algorithm;

/* What decides beside the layer; the same for all layers of a network. */
typedef struct cm_policy {
    cm_cpu_tier tier;
    bool compact;               /* little memory is wanted before speed */
    const cm_algorithm *forced; /* for tests and tuning: every layer's algorithm, as far as the layer can; NULL: chosen */
} cm_policy;

/* Output sizes (the square root of height * width) that were measured: the columns of the table. */
enum { CM_ALGORITHM_SIZES = 11 };
extern const short cm_algorithm_sizes[CM_ALGORITHM_SIZES];

/* The best ways for 3x3 convolutions of that stride with so many channels, one for each of those sizes: the fastest, and the fastest among those
 * that take little memory. */
typedef struct cm_algorithm_row {
    short stride, inputs, outputs;
    cm_algorithm fast[CM_ALGORITHM_SIZES], compact[CM_ALGORITHM_SIZES];
} cm_algorithm_row;

/* With fewer input channels convolutions are direct: transforms outweigh what they save, and sums of a few exact numbers stay exact. */
enum { CM_FEWEST_WINOGRAD_INPUTS = 8 };

/* A tier's table; never empty. Static storage. Thread-safe. */
const cm_algorithm_row *cm_algorithm_rows(cm_cpu_tier tier, int *count);

/* The algorithm of a CONV or DENSE op. Winograd's tiles only come out for what they can compute: 3x3, stride 1 or 2, dilation 1, one group; half floats
 * not for depthwise convolutions. Thread-safe. */
cm_algorithm cm_algorithm_choose(const cm_op *op, const cm_policy *policy);

/* The same for an op on bytes: directly, or, where the tier has no dot products of bytes, by Winograd's tiles of 4x4 pixels. */
cm_algorithm cm_algorithm_choose_bytes(const cm_op *op, const cm_policy *policy);

/* A convolution in groups of one channel, in and out, or of two: 1 or 2, since these have a kernel of their own; 0 for all others. Thread-safe. */
int cm_algorithm_depthwise(const cm_op *op);

/* "direct", "winograd 4x4, half filters". Static storage. Thread-safe. */
const char *cm_algorithm_text(cm_algorithm algorithm);

/* Bytes of a 3x3 convolution's weights as an algorithm keeps them, without the padding that depends on the kernel. Thread-safe. */
double cm_algorithm_bytes(cm_algorithm algorithm, int64_t inputs, int64_t outputs);

#endif

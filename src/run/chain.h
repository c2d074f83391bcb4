/* Chains: layers that follow each other and are computed together, band by band of lines, so that what one hands to the next stays in the second-level
 * cache of the thread and takes no memory of its own (depth-first execution; Alwani et al. 2016, "Fused-layer CNN accelerators").
 *
 *   input lines  ==> | layer 0 | -> lines held -> | layer 1 | -> lines held -> | layer 2 | ==> output lines
 *
 * A thread goes down a slab of the picture. For each band of the last layer's lines every layer computes the lines that are wanted and not there yet; of
 * those that are there, the next layer's window still wants a few. Each line is computed as it would be without chains: same bits. */
#ifndef CM_RUN_CHAIN_H
#define CM_RUN_CHAIN_H

#include "run/step.h"

enum { CM_CHAIN_MOST = 16 };

/* A picture's values between two layers of a chain take at least so much: less stays in the cache anyway. */
#define CM_CHAIN_LEAST_BYTES ((size_t)1 << 20)

/* A thread's ring for the lines of an output: line i at i % lines. */
typedef struct cm_held {
    size_t offset; /* from the start of the thread's scratch */
    int64_t lines;
} cm_held;

typedef struct cm_chain {
    cm_step *steps; /* [count], as they lie in the runner */
    int count;
    int64_t lines[CM_CHAIN_MOST]; /* of each output that are computed at a time */
    cm_held held[CM_CHAIN_MOST]; /* of each output but the last */
    double *busy;   /* [threads, count] seconds, of the run that is profiled */
} cm_chain;

/* Some lines of a picture: first .. end - 1. */
typedef struct cm_lines {
    int64_t first, end;
} cm_lines;

/* The lines of its input that a layer reads for these (not none) of its output. */
cm_lines cm_chain_wanted(const cm_op *op, cm_lines lines);

/* Finds the chains of a graph, whose values have no places yet, and sets chain_before and chain_after of their ops. Between two layers of one lie at
 * least `least_bytes` a picture. */
void cm_chain_find(cm_graph *graph, const cm_policy *policy, size_t least_bytes);

/* Makes the chain of the prepared steps from `first` on if it begins one. Errors: MEMORY. */
cameo_status cm_chain_prepare(cm_step *first, cm_graph *graph, int threads, cameo_error *error);

/* Runs all steps of a chain; with context->profiling adds to their seconds. */
void cm_chain_run(const cm_chain *chain, const cm_context *context);

#endif

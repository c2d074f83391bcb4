/* Weights packed for their kernels, made once and shared by all runners of a network. */
#ifndef CM_RUN_WEIGHTS_H
#define CM_RUN_WEIGHTS_H

#include "graph/graph.h"

#include <pthread.h>

/* How one layer's weights were packed; together with the layer this names them. */
typedef struct cm_weight_key {
    int source;  /* cm_op.source */
    int nr;      /* panel width; 0: depthwise [taps, channels] */
    int spatial; /* cm_dense.spatial */
    uint64_t content; /* hash of sizes and factors, and of weights that are computed: they may depend on the input shape */
} cm_weight_key;

typedef struct cm_packed {
    cm_weight_key key;
    float *weights; /* panels group by group, or [taps, channels]; CM_ALIGNMENT-aligned */
    float *bias;    /* [outputs] */
    float *pad_row; /* [input channels]; convolutions only */
    size_t group_floats; /* distance of two groups' panels */
    size_t bytes;   /* all three */
    struct cm_packed *next;
} cm_packed;

/* Grows only, under its mutex; what is in it never changes. */
typedef struct cm_weight_store {
    pthread_mutex_t mutex;
    cm_packed *first;
    uint64_t bytes, max_bytes;
} cm_weight_store;

cameo_status cm_weight_store_init(cm_weight_store *store, uint64_t max_bytes, cameo_error *error);
void cm_weight_store_free(cm_weight_store *store);

/* The weights of a CONV or DENSE op packed for panels of `nr` columns (0: depthwise), from the store or made now. They live as
 * long as the store. Errors: MEMORY, LIMIT, FORMAT (a weight that is no finite number: layer and place are named). Thread-safe. */
cameo_status cm_weights_pack(cm_weight_store *store, cm_graph *graph, const cm_op *op, int nr, const cm_packed **packed, cameo_error *error);

#endif

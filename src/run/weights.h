/* Weights packed for their kernels, made once and shared by all runners of a network. */
#ifndef CM_RUN_WEIGHTS_H
#define CM_RUN_WEIGHTS_H

#include "base/threads.h"
#include "graph/graph.h"

#include <pthread.h>

/* Which bytes packing makes of a layer: to be raised whenever the same weights and the same key become other bytes, so that files of packed weights
 * that older code has written are not taken for those of today (tests/run/test_packing.c notices). */
enum { CM_PACKING_VERSION = 2 };

/* How weights lie in memory: which kernel reads them. */
typedef enum cm_weight_form {
    CM_WEIGHTS_DEPTHWISE, /* [taps, channels] */
    CM_WEIGHTS_PAIRED,    /* groups of two channels: [taps, 2, channels], what a channel takes of itself and of its neighbour */
    CM_WEIGHTS_PANELS,    /* igemm's panels, group by group; also Winograd's filters where they are transformed in each run */
    CM_WEIGHTS_WINOGRAD,  /* gemm's panels of Winograd's filters, transformed: [group of CM_WINOGRAD_GROUP outputs][weight][panel in group][k][nr] */
    CM_WEIGHTS_BYTES,     /* qgemm's panels of 8-bit weights */
    CM_WEIGHTS_BYTES_DEPTHWISE, /* as qdwconv reads 8-bit weights */
    CM_WEIGHTS_BYTES_WINOGRAD   /* 8-bit filters that are transformed in each run: [group of nr outputs][tap][pair of inputs][nr][2] */
} cm_weight_form;

/* The layer's input is bytes. */
static inline bool cm_weights_of_bytes(cm_weight_form form)
{
    return form >= CM_WEIGHTS_BYTES;
}

typedef struct cm_weight_layout {
    cm_weight_form form;
    int nr;   /* panel width; BYTES_DEPTHWISE: taps that lie side by side, the kernel's mr */
    int edge; /* WINOGRAD: edge * edge weights */
    bool half; /* half floats, each output channel scaled by a power of two to use their range; PANELS; WINOGRAD always */
} cm_weight_layout;

/* How one layer's weights were packed; together with the layer this names them. */
typedef struct cm_weight_key {
    int source;  /* cm_op.source */
    int spatial; /* cm_dense.spatial */
    cm_weight_layout layout;
    uint64_t content; /* hash of sizes and factors, and of weights that are computed: they may depend on the input shape */
} cm_weight_key;

/* All of a layer is one block, which is also what the cache keeps:
 *
 *   | weights | bias or offset | pad_row | scale |      each CM_ALIGNMENT-aligned, the space between them zero
 */
typedef struct cm_packed {
    cm_weight_key key;
    void *block;    /* [bytes], only read once it is in the store: it may be a mapped file's */
    void *weights;  /* in the layout's form */
    float *bias;    /* [outputs] */
    int32_t *offset; /* BYTES.., instead of the bias: [CM_REQUANTIZE_PADDED(outputs)], what is added to the sums */
    float *pad_row; /* [input channels] of floats or, BYTES.., words of bytes; convolutions only */
    float *scale;   /* [outputs], what the sums are multiplied with; half floats only */
    size_t group_bytes; /* PANELS: distance of two groups' panels */
    size_t bytes;
    bool cached;    /* the block belongs to the cache */
    struct cm_packed *next, *bucket_next;
} cm_packed;

/* Of the store's index: models have hundreds of layers, hostile ones a hundred thousand. */
enum { CM_WEIGHT_BUCKETS = 1024 };

/* Output channels that Winograd's convolutions handle together. */
enum { CM_WINOGRAD_GROUP = 64 };

/* Of the WINOGRAD form: bytes in all, and from the start to the panel that holds the nr outputs from panel * nr on, of one weight. */
size_t cm_winograd_bytes(const cm_weight_layout *layout, int inputs, int outputs);
size_t cm_winograd_panel(const cm_weight_layout *layout, int inputs, int outputs, int panel, int weight);

/* Of the BYTES_DEPTHWISE form: how many taps of a convolution share a word; bytes of the weights of a line of a window three wide, for
 * one input of each output. */
int cm_bytes_word_taps(const cm_conv *conv);
size_t cm_bytes_line(size_t channels, int nr);

struct cm_weight_cache;

/* Grows only, under its mutex; what is in it never changes. */
typedef struct cm_weight_store {
    pthread_mutex_t packing; /* held while a runner's layers are packed */
    cm_pool *pool;           /* whose threads pack, under `packing`; NULL: the caller alone */
    pthread_mutex_t mutex;
    cm_packed *first; /* the last that was packed */
    cm_packed *buckets[CM_WEIGHT_BUCKETS]; /* the same by what names them */
    uint64_t bytes, max_bytes;
    uint64_t cached_bytes; /* of `bytes`: found in the cache */
    uint64_t new_bytes;    /* packed since the cache was last written */
    struct cm_weight_cache *cache; /* NULL: none */
    cm_cpu_tier tier;              /* instructions that packing may use; set once, before the first layer */
} cm_weight_store;

cameo_status cm_weight_store_init(cm_weight_store *store, uint64_t max_bytes, cameo_error *error);
void cm_weight_store_free(cm_weight_store *store);
/* Between these two the threads of a pool, which the caller does not use otherwise, help with the packing; whoever else begins waits. The end puts
 * into the cache what has been packed, if there is a cache and it is worth it. That never fails: without a cache everything is just packed
 * again. Thread-safe. */
void cm_weight_store_begin(cm_weight_store *store, cm_pool *pool);
void cm_weight_store_end(cm_weight_store *store);

/* The weights of a CONV or DENSE op packed in a layout, from the store, the cache, or made now. They live as long as the store.
 * -> NULL for BYTES_WINOGRAD where the weights are so large that sums of bytes may pass what Winograd's integers hold (kern.h): another form must do.
 * Errors: MEMORY, LIMIT, FORMAT (a weight that is no finite number: layer and place are named). Thread-safe. */
cameo_status cm_weights_pack(cm_weight_store *store, cm_graph *graph, const cm_op *op, const cm_weight_layout *layout, const cm_packed **packed,
                             cameo_error *error);

#endif

/* A step: one op with everything decided that running it needs. */
#ifndef CM_RUN_STEP_H
#define CM_RUN_STEP_H

#include "base/threads.h"
#include "graph/graph.h"
#include "run/weights.h"

struct cm_step;

/* What a run works on: the arena's memory and the threads. */
typedef struct cm_context {
    cm_pool *pool;
    unsigned char *memory;  /* activations; cm_value.offset counts from here */
    unsigned char *scratch; /* [threads][scratch_bytes] */
    size_t scratch_bytes;
    int threads;
} cm_context;

typedef void cm_step_fn(const struct cm_step *step, const cm_context *context);

typedef struct cm_step {
    const cm_op *op;
    cm_step_fn *run;
    const cm_kernel *kernel;    /* NULL: plain C */
    const char *kernel_name;
    const cm_packed *packed;    /* CONV, DENSE */
    const float *pool_scale;    /* average pooling: one factor a pixel of one picture */
    size_t scratch_bytes;       /* each thread needs so much */
    int block_pixels;           /* output pixels (rows) a task handles at once, a multiple of the kernel's mr */
    bool gather;                /* CONV: copy taps side by side first, for few input channels */
    double seconds;             /* profile */
} cm_step;

/* Decide kernels, pack weights, set `run` and scratch. tier: highest instruction set. Errors: MEMORY, LIMIT, FORMAT. */
cameo_status cm_step_prepare(cm_step *step, cm_graph *graph, const cm_op *op, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error);
cameo_status cm_step_prepare_conv(cm_step *step, cm_graph *graph, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error);
cameo_status cm_step_prepare_dense(cm_step *step, cm_graph *graph, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error);
cameo_status cm_step_prepare_pool(cm_step *step, cm_graph *graph, cm_cpu_tier tier, cameo_error *error);
cameo_status cm_step_prepare_map(cm_step *step, cm_cpu_tier tier);
cameo_status cm_step_prepare_move(cm_step *step, cm_cpu_tier tier);
cameo_status cm_step_prepare_matmul(cm_step *step, cm_cpu_tier tier);
cameo_status cm_step_prepare_resize(cm_step *step, const cm_graph *graph, cameo_error *error);

/* Where a value's elements are during a run. */
float *cm_context_data(const cm_context *context, const cm_value *value);
/* The epilogue of a CONV or DENSE layer at output row `row`. */
cm_epilogue cm_step_epilogue(const cm_fused *fused, const float *bias, const float *residual, int64_t row,
                             int64_t channels);

/* A sliding window over a channels-last picture, for convolution and pooling. */
typedef struct cm_window {
    int64_t batch, height, width, channels, out_height, out_width;
    const int *kernel, *stride, *dilation, *pad;
    int taps;
} cm_window;

cm_window cm_window_of(const cm_op *op);
/* Pointers to the rows under the window for output pixel `pixel` (batch, row, column flattened), tap t at rows[t * distance]; `outside` stands
 * for padding. */
void cm_window_rows(const cm_window *w, const float *x, int64_t pixel, const float *outside, const float **rows, ptrdiff_t distance);

#endif

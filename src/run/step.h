/* A step: one op with everything decided that running it needs. */
#ifndef CM_RUN_STEP_H
#define CM_RUN_STEP_H

#include "base/threads.h"
#include "graph/graph.h"
#include "run/algorithm.h"
#include "run/weights.h"

struct cm_step;

/* What a run works on: the arena's memory and the threads. */
typedef struct cm_context {
    cm_pool *pool;
    unsigned char *memory;  /* activations; cm_value.offset counts from here */
    unsigned char *scratch; /* [threads][scratch_bytes] */
    size_t scratch_bytes;
    int threads;
    bool profiling;
} cm_context;

typedef void cm_step_fn(const struct cm_step *step, const cm_context *context);

/* What one thread computes of a layer at a time. */
typedef struct cm_part {
    const float *x;         /* the input: all pictures, or a ring of so many lines of one: line i at i % ring */
    int64_t ring;           /* 0: all */
    const float *residual;  /* [pixels, channels], NULL: none */
    float *y;               /* [pixels, channels] */
    int64_t first;          /* output pixel: batch, row, column flattened */
    int pixels;
    unsigned char *scratch; /* [step->scratch_bytes] */
} cm_part;

typedef void cm_part_fn(const struct cm_step *step, const cm_part *part);

/* A side of a picture cut into Winograd's tiles. */
typedef struct cm_winograd_cut {
    const cm_winograd_side *whole, *half;
    int tiles;
    bool has_half; /* the last tile is half */
} cm_winograd_cut;

/* A convolution by Winograd's transforms; geometry that does not change from run to run. */
typedef struct cm_winograd {
    const cm_kernel *filter, *input, *multiply, *output;
    cm_winograd_scheme scheme;
    int edge;                     /* weights along a side: edge * edge in all */
    cm_winograd_cut down, across; /* of one picture */
    int64_t tiles;                /* of all pictures */
    int chunk_tiles;              /* a thread's scratch holds so many */
    int k, k_block;               /* input channels (bytes: pairs of them) rounded up to CM_GEMM_K; so many are multiplied at once */
    int width;                    /* output channels of a group */
    bool kept;                    /* filters are kept transformed, as half floats */
    bool whole;                   /* they are not, and all are transformed before the first tile */
    cm_weight_layout layout;
} cm_winograd;

struct cm_chain;

typedef struct cm_step {
    const cm_op *op;
    cm_step_fn *run;
    cm_part_fn *part;           /* NULL: the layer is only computed as a whole */
    const cm_kernel *kernel;    /* NULL: plain C */
    const char *kernel_name;
    cm_algorithm algorithm;     /* CONV, DENSE */
    const cm_packed *packed;    /* CONV, DENSE */
    const float *pool_scale;    /* average pooling: one factor a pixel of one picture */
    cm_winograd winograd;       /* CONV by Winograd's transforms */
    size_t scratch_bytes;       /* each thread needs so much */
    int block_pixels;           /* output pixels (rows) a task handles at once, a multiple of the kernel's mr */
    bool lines;                 /* CONV: a line of the window is one tap of the kernel, for few input channels */
    bool strips;                /* CONV: the kernel goes along the lines of the picture where it can */
    struct cm_chain *chain;     /* of the first of several steps that run together, band by band; NULL: there are none */
    double seconds;             /* profile */
} cm_step;

/* Decide algorithms and kernels, pack weights, set `run` and scratch. Errors: MEMORY, LIMIT, FORMAT. */
cameo_status cm_step_prepare(cm_step *step, cm_graph *graph, const cm_op *op, cm_weight_store *store, const cm_policy *policy, cameo_error *error);
cameo_status cm_step_prepare_depthwise(cm_step *step, cm_graph *graph, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error);
cameo_status cm_step_prepare_conv(cm_step *step, cm_graph *graph, cm_weight_store *store, const cm_policy *policy, cameo_error *error);
/* step->algorithm is set. Bytes: step->packed stays NULL where sums may be too large (cm_weights_pack). */
cameo_status cm_step_prepare_winograd(cm_step *step, cm_graph *graph, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error);
cameo_status cm_step_prepare_dense(cm_step *step, cm_graph *graph, cm_weight_store *store, const cm_policy *policy, cameo_error *error);
/* QUANTIZE, DEQUANTIZE, REQUANTIZE. */
cameo_status cm_step_prepare_bytes(cm_step *step, cm_cpu_tier tier);
cameo_status cm_step_prepare_pool(cm_step *step, cm_graph *graph, cm_cpu_tier tier, cameo_error *error);
cameo_status cm_step_prepare_map(cm_step *step, cm_cpu_tier tier);
cameo_status cm_step_prepare_move(cm_step *step, cm_cpu_tier tier);
cameo_status cm_step_prepare_matmul(cm_step *step, cm_cpu_tier tier);
cameo_status cm_step_prepare_resize(cm_step *step, const cm_graph *graph, cameo_error *error);

/* What the integers of an op become at run time: with the operand that is added, from row `row` on. */
cm_requantize cm_step_requantize(const cm_integer *integer, const int32_t *offset, const void *add, ptrdiff_t add_stride);

/* For cameo_layer_info: how the step is computed ("" without weights; static storage), how many multiply-adds that takes, and how many bytes of
 * activations go through memory: what the layers of a chain hand to each other does not. */
const char *cm_step_algorithm(const cm_step *step);
uint64_t cm_step_products(const cm_step *step);
uint64_t cm_step_activation_bytes(const cm_step *step);

/* Where a value's elements are during a run. */
float *cm_context_data(const cm_context *context, const cm_value *value);
/* What is added to a layer's sums, floats or bytes; NULL: nothing. fused: the op's own. */
const float *cm_context_residual(const cm_context *context, const cm_op *op, const cm_fused *fused);
/* The epilogue of a layer at output row `row`. packed: NULL for layers without weights. */
cm_epilogue cm_step_epilogue(const cm_fused *fused, const cm_packed *packed, const float *residual, int64_t row,
                             int64_t channels);

/* Pixels whose pointers to `taps` rows each stay in the first-level cache beside the rows; a multiple of mr. */
int cm_step_block_pixels(int mr, int taps);

/* A sliding window over a channels-last picture, for convolution and pooling. */
typedef struct cm_window {
    int64_t batch, height, width, channels, out_height, out_width;
    int64_t ring; /* x holds only so many lines of a single picture, line i at i % ring; 0: all lines of all pictures */
    const int *kernel, *stride, *dilation, *pad;
    int taps;
} cm_window;

cm_window cm_window_of(const cm_op *op);
/* Pointers to the pixels under the window, for `pixels` output pixels from `first` on (batch, row, column flattened): -> rows, tile by tile of `tile`
 * output pixels, each [taps, tile]; of the last tile only what is there is written. `outside` stands for padding. */
void cm_window_rows(const cm_window *w, const float *x, int64_t first, int pixels, const float *outside, int tile, const float **rows);
/* The same with one pointer for a line of the window, to kernel[1] pixels side by side: -> rows: [kernel[0], tile] a tile. Where the window sticks out
 * its lines are put together in gathered: [pixels, taps, channels]. dilation[1] must be 1. */
void cm_window_lines(const cm_window *w, const float *x, int64_t first, int pixels, const float *outside, int tile, const float **rows,
                     float *gathered);

/* Output pixels of one kind. */
typedef struct cm_window_strip {
    int pixels;
    int line, lines; /* which of the window's lines lie in the picture; none: the windows stick out to the left or the right, or lie outside */
} cm_window_strip;

/* The longest strip from `first` on, of at most `pixels`. lines: [kernel[0]] -> pointers to the left pixel of those lines under output pixel
 * `first`; with every pixel the window moves on by stride[1] pixels. */
cm_window_strip cm_window_strip_of(const cm_window *w, const float *x, int64_t first, int pixels, const float **lines);

#endif

/* The graph: an ONNX model at concrete input shapes, every shape known, everything constant folded, operators reduced to the few
 * kinds that are run. Built once for each input shape, then changed by the passes, then read only.
 *
 *   cm_onnx_model + input dims -> cm_graph_build -> cm_graph_fuse -> cm_graph_quantise -> cm_graph_merge -> cm_graph_layout -> cm_graph_place -> run
 */
#ifndef CM_GRAPH_GRAPH_H
#define CM_GRAPH_GRAPH_H

#include "base/memory.h"
#include "kern/kern.h"
#include "onnx/onnx.h"

/* How the elements of a value lie in memory. Only values of rank 4 are ever CHANNELS_LAST: [N,C,H,W] lies as [N][H][W][C]. */
typedef enum cm_layout { CM_LAYOUT_ROW_MAJOR = 0, CM_LAYOUT_CHANNELS_LAST = 1 } cm_layout;

struct cm_op;

/* What a constant of 8-bit numbers stands for: (number - zero) * scale. */
typedef struct cm_quantised {
    const cm_onnx_tensor *tensor; /* INT8, whose zero is 0, or UINT8, whose zero is 128 */
    const float *scales;          /* [scale_count] */
    int scale_count, axis;        /* 1: for all; or one for each entry of the axis */
} cm_quantised;

/* A tensor: a constant (floats, ints or tensor set) or the output of an operator or a graph input. */
typedef struct cm_value {
    const char *name;
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    int64_t elements;
    bool is_int;          /* int64 (also for BOOL and smaller integers); such values are always constant */
    bool is_constant;
    const float *floats;  /* constant content, row-major; may be NULL while `tensor` is set: use cm_value_floats */
    const int64_t *ints;
    const cm_onnx_tensor *tensor; /* where a constant comes straight from the file */
    const cm_quantised *quantised; /* where a constant of floats comes from 8-bit numbers of the file; or NULL */
    bool is_bytes;        /* unsigned bytes, each pixel (row) in whole words: see cm_value_words; never constant, input or output */
    bool is_signed;       /* bytes: the model's are signed, here they are 128 more */
    struct cm_op *producer; /* NULL: constant or graph input */
    int uses;             /* operators that read it, plus 1 if it is a graph output */
    struct cm_op *user;   /* during the passes: the last of them in running order */
    int input_index;      /* graph input number, or -1 */
    bool is_output;
    cm_layout layout;
    struct cm_value *view_of; /* shares the memory of this value (same bytes, other shape); NULL: its own */
    size_t offset;        /* bytes from the arena's start, set by cm_graph_place */
    struct cm_value **items; /* while the graph is built: a sequence of tensors instead of a tensor, [item_count]; else NULL */
    int item_count;
} cm_value;

typedef enum cm_op_kind {
    CM_OP_CONV = 0, /* inputs: x [, residual] */
    CM_OP_DENSE,    /* x [rows, K] times constant weights [N, K]: Gemm, MatMul; inputs: x [, residual] */
    CM_OP_MATMUL,   /* both operands computed: [.., M, K] x [.., K, N] */
    CM_OP_POOL,
    CM_OP_AFFINE,   /* x * scale[channel] + shift[channel], channel = axis 1 */
    CM_OP_MAP,      /* element by element, one or two operands */
    CM_OP_SOFTMAX,  /* over the last axis */
    CM_OP_REDUCE,   /* over the last axis */
    CM_OP_NORMALIZE, /* layer normalisation over the last axis */
    CM_OP_MOVE,     /* copies of boxes: Transpose, Slice, Concat, Pad, Expand, ... */
    CM_OP_RESIZE,   /* weighted sums of rows and columns: height and width */
    CM_OP_VIEW,     /* the same bytes in another shape */
    CM_OP_QUANTIZE, /* floats to bytes */
    CM_OP_DEQUANTIZE, /* bytes to floats */
    CM_OP_REQUANTIZE, /* bytes to bytes, element by element, by `integer`; inputs: x [, what is added] */
    CM_OP_KIND_COUNT
} cm_op_kind;

/* Weights as the file holds them, with what packing works in, so that they are read only once:
 * w[o][i] becomes w[o][i] * out_scale[o] * in_scale[i], and bias[o] becomes bias[o] + out_scale[o] * sum over i of w[o][i] * in_shift[i]. */
typedef struct cm_weights {
    cm_value *value;
    bool transposed;        /* DENSE: stored [K, N] */
    const float *in_scale, *in_shift; /* [input channels], for DENSE [K]; or NULL */
    const float *out_scale; /* [outputs] or NULL */
    const float *bias;      /* [outputs] or NULL */
} cm_weights;

/* What follows the sum; see cm_epilogue. slope is [outputs]. */
typedef struct cm_fused {
    cm_activation activation;
    const float *slope;
    float low, high;
    bool has_residual; /* the op's last input is added */
    bool add_after;
} cm_fused;

typedef struct cm_conv {
    int kernel[2], stride[2], dilation[2]; /* height, width */
    int pad[4];                            /* top, left, bottom, right */
    int groups;
    const float *pad_value; /* [input channels]; NULL: zero */
    cm_weights weights;
    cm_fused fused;
} cm_conv;

typedef struct cm_dense {
    int k, n;
    /* The input is a flattened [C, H, W] that lies channels last: packing reorders k. spatial = H * W, or 0. */
    int spatial;
    cm_weights weights;
    cm_fused fused;
} cm_dense;

typedef struct cm_pool_op {
    int kernel[2], stride[2], dilation[2], pad[4];
    bool average, count_include_pad;
} cm_pool_op;

typedef struct cm_map {
    cm_map_op op;
    cm_fused fused; /* activation and its numbers for CM_MAP_ACTIVATION */
    /* Set by the layout pass: the output as [outer][rows][channels], the second operand by `b_kind` within each of the outer. */
    int64_t outer, rows;
    int channels;
    cm_map_operand b_kind;
} cm_map;

#define CM_MOVE_MAX_LOOPS 12

/* One box of elements that is copied. Loop i runs `extent` times; each round steps src_step along src_axis and dst_step along
 * dst_axis (axis -1: does not move). Starts are per axis. */
typedef struct cm_move_loop {
    int64_t extent;
    int src_axis, dst_axis;
    int64_t src_step, dst_step;
} cm_move_loop;

typedef struct cm_move_piece {
    int input; /* which input of the op */
    int loop_count;
    cm_move_loop loops[CM_MOVE_MAX_LOOPS];
    int64_t src_start[CAMEO_MAX_RANK], dst_start[CAMEO_MAX_RANK];
} cm_move_piece;

typedef struct cm_move {
    cm_move_piece *pieces;
    int piece_count;
    bool fill; /* first set the whole output to fill_value (Pad) */
    float fill_value;
} cm_move;

/* One axis of a resize: what output i takes, and of how much. */
typedef struct cm_resize_axis {
    int taps;            /* 1: nearest, 2: linear, 4: cubic, more where antialiasing reaches further */
    const int *index;    /* [out, taps] source rows (columns) */
    const float *weight; /* [out, taps], their sum is 1 */
    const bool *outside; /* [out]: the point lies outside of the cut-out: it gets outside_value instead; NULL: none does */
} cm_resize_axis;

typedef struct cm_resize {
    cm_resize_axis axis[2]; /* height, width */
    float outside_value;
} cm_resize;

/* As cm_plain_reduction. */
typedef enum cm_reduce_kind {
    CM_REDUCE_SUM, CM_REDUCE_MEAN, CM_REDUCE_MAX, CM_REDUCE_MIN, CM_REDUCE_L2, CM_REDUCE_L1, CM_REDUCE_SUM_SQUARE, CM_REDUCE_PRODUCT,
    CM_REDUCE_LOG_SUM, CM_REDUCE_LOG_SUM_EXP
} cm_reduce_kind;

/* What bytes stand for: (byte - zero) * scale. */
typedef struct cm_byte_scale {
    float scale;
    int zero; /* 0..255 */
} cm_byte_scale;

/* A CONV or DENSE that multiplies bytes by 8-bit weights, or a REQUANTIZE. */
typedef struct cm_integer {
    int zero;               /* of the input's bytes */
    const int32_t *bias;    /* [outputs] in units of the sums; NULL: none */
    cm_requantize requantize; /* all but what belongs to a run: offset, add, add_stride */
    bool has_add;           /* the op's last input is added */
} cm_integer;

typedef struct cm_op {
    cm_op_kind kind;
    const char *name;   /* the node's name, or its output's */
    const char *label;  /* "Conv+PRelu" */
    int source;         /* value index (in the ONNX model) of what the op first computed: names its weights across input shapes */
    int input_count;
    cm_value **inputs;
    cm_value *output;
    int order;          /* position in the graph's list */
    int chain_before, chain_after; /* so many ops before and after it in the list run together with it; only the last one's output has a place */
    bool removed;       /* during the passes: taken out, no longer run */
    cm_integer *integer; /* CONV, DENSE: NULL unless they compute in integers; REQUANTIZE: set */
    union {
        cm_conv conv;
        cm_dense dense;
        cm_pool_op pool;
        struct {
            const float *scale, *shift; /* [channels] */
        } affine;
        cm_map map;
        cm_move move;
        cm_resize resize;
        cm_reduce_kind reduce;
        cm_byte_scale quantize; /* QUANTIZE, DEQUANTIZE */
        struct {
            const float *scale, *shift; /* [last dim]; NULL: 1, 0 */
            float epsilon;
        } normalize;
    } u;
} cm_op;

typedef struct cm_graph {
    cm_arena arena;
    const cm_onnx_model *model;
    const char *path; /* for messages */
    cm_op **ops;      /* in running order */
    int op_count, op_capacity;
    cm_value **inputs, **outputs;
    int input_count, output_count;
    size_t activation_bytes, activation_bytes_unshared; /* set by cm_graph_place */
} cm_graph;

enum { CM_SLOWER_CONSTANTS = 64 };

typedef struct cm_graph_limits {
    uint64_t max_bytes; /* constants that are computed, and the graph itself */
    uint64_t max_macs;  /* of a run; of computing constants, a CM_SLOWER_CONSTANTS-th of cm_op_work: the reference kernels, on one thread, do that */
} cm_graph_limits;

/* Builds the graph for concrete input shapes. dims: [model->input_count][CAMEO_MAX_RANK], every dimension >= 1. Shape subgraphs and whatever else is
 * constant are computed here. The model must outlive the graph. Errors: UNSUPPORTED (operator, attribute: node named), MISMATCH
 * (shapes do not fit), FORMAT, LIMIT (constants, or the work of computing them, beyond the limits), MEMORY. */
cameo_status cm_graph_build(cm_graph **graph, const cm_onnx_model *model, const char *path, const int64_t (*dims)[CAMEO_MAX_RANK],
                            const cm_graph_limits *limits, cameo_error *error);
void cm_graph_free(cm_graph *graph);

/* Folds BatchNormalization into neighbouring convolutions and fully connected layers, and bias, activation and residual addition into their
 * epilogues. Errors: MEMORY, FORMAT (weights that are not numbers). */
cameo_status cm_graph_fuse(cm_graph *graph, cameo_error *error);

/* Has convolutions and fully connected layers between DequantizeLinear and QuantizeLinear compute in integers, with what follows them, and what
 * goes from bytes to bytes element by element do so in one step. After fusing. Errors: MEMORY. */
cameo_status cm_graph_quantise(cm_graph *graph, cameo_error *error);

/* Makes one of several small convolutions of the same picture. Errors: MEMORY. */
cameo_status cm_graph_merge(cm_graph *graph, cameo_error *error);

/* Decides how each value lies in memory and inserts the copies that this needs. Errors: MEMORY. */
cameo_status cm_graph_layout(cm_graph *graph, cameo_error *error);

/* Gives every value its place in one block of memory; values whose lives do not overlap share. Errors: LIMIT, MEMORY. */
cameo_status cm_graph_place(cm_graph *graph, uint64_t max_bytes, cameo_error *error);

/* Multiply-adds of one op, saturating. Thread-safe. */
uint64_t cm_op_macs(const cm_op *op);
/* A MOVE that the layout pass put in: the same elements, channels last instead of row-major, or back. Thread-safe. */
bool cm_op_changes_layout(const cm_op *op);
/* What running it takes, whichever is more: multiply-adds, or elements read and written (copies multiply nothing). Saturating. Thread-safe. */
uint64_t cm_op_work(const cm_op *op);
/* The status, and in *error the sentence, after something in the graph's arena was refused while `doing`: MEMORY, or LIMIT. */
cameo_status cm_graph_no_memory(const cm_graph *graph, const char *doing, cameo_error *error);
/* Weights and biases of one op, in elements. */
uint64_t cm_op_parameters(const cm_op *op);

/* The constant's floats, converted or aligned into the arena on first use; NULL: out of memory or not a float tensor. */
const float *cm_value_floats(cm_graph *graph, cm_value *value);
/* Distance in elements between neighbours along each logical axis, as the value lies in memory. strides: [rank]. */
void cm_value_strides(const cm_value *value, int64_t *strides);
/* The value that owns the memory: follows view_of. */
cm_value *cm_value_storage(cm_value *value);

/* Bytes of a value in memory. A pixel (row) of bytes fills whole words of four; what is beyond its channels is undefined. */
size_t cm_value_bytes(const cm_value *value);
/* 4-byte words of one pixel (rank 4) or row (rank 2) of so many bytes. */
static inline int64_t cm_value_words(int64_t channels)
{
    return (channels + 3) / 4;
}
/* From one pixel (rank 4) or row (rank 2) of a value to the next: in 4-byte words, which are floats or four bytes; in elements. */
static inline ptrdiff_t cm_value_pixel_words(const cm_value *value)
{
    return (ptrdiff_t)(value->is_bytes ? cm_value_words(value->dims[1]) : value->dims[1]);
}
static inline ptrdiff_t cm_value_pixel_elements(const cm_value *value)
{
    return value->is_bytes ? 4 * cm_value_pixel_words(value) : cm_value_pixel_words(value);
}
/* True if both layouts of the value are the same bytes. */
bool cm_value_layouts_agree(const cm_value *value);

/* ---- For the parts of this room ---- */

cm_value *cm_graph_new_value(cm_graph *graph, const char *name, int rank, const int64_t *dims);
/* An op with room for input_count inputs, appended to the list; its output is made with the given shape. NULL: out of memory. */
cm_op *cm_graph_new_op(cm_graph *graph, cm_op_kind kind, const char *name, const char *label, int input_count);
bool cm_graph_append_op(cm_graph *graph, cm_op *op);
/* product of dims, or -1 when it exceeds INT64_MAX / 16 */
int64_t cm_dims_elements(int rank, const int64_t *dims);
/* "Conv" and "Relu" -> "Conv+Relu" in the arena (the first label where memory is out). */
const char *cm_graph_join_labels(cm_graph *graph, const char *first, const char *second);

/* Takes removed ops out of the list and numbers the others anew. */
void cm_graph_compact(cm_graph *graph);
/* Takes out ops whose output nobody reads. */
void cm_graph_remove_unused(cm_graph *graph);
/* The op that alone reads the value, which is no output; or NULL. */
cm_op *cm_value_only_user(const cm_value *value);
/* Same rank and dimensions. */
bool cm_value_same_shape(const cm_value *a, const cm_value *b);
/* Sets `user` and `uses` of all values from the list. */
void cm_graph_count_uses(cm_graph *graph);

/* Where a block of memory is needed: from before op `first` to after op `last`. */
typedef struct cm_lifetime {
    int first, last;
    size_t bytes;
    size_t offset; /* out */
} cm_lifetime;

/* Gives each its offset (a multiple of CM_ALIGNMENT), so that blocks whose lives overlap do not; *needed: bytes of all, SIZE_MAX on overflow. False:
 * memory is out. Largest first, each at the lowest free place (after XNNPACK's memory planner). */
bool cm_place_lifetimes(cm_lifetime *lifetimes, int count, size_t *needed);

/* Runs a MOVE on plain memory: element sizes of 4 or 8 bytes. src: one pointer an input; src_strides: [inputs][CAMEO_MAX_RANK]. */
void cm_move_run_piece(const cm_move_piece *piece, const void *src, const int64_t *src_strides, void *dst,
                       const int64_t *dst_strides, size_t element_size);

#endif

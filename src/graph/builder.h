/* What the operator rows of this room share: the node being built, its inputs and outputs, constants. */
#ifndef CM_GRAPH_BUILDER_H
#define CM_GRAPH_BUILDER_H

#include "graph/graph.h"

typedef struct cm_builder {
    cm_graph *graph;
    const cm_onnx_model *model;
    const cm_onnx_node *node;
    cm_value **values; /* [model->value_count] */
    cameo_error *error;
    const bool *is_number; /* [model->value_count]: somebody but a DequantizeLinear wants the value itself */
    uint64_t max_work, work; /* of constants: the limit, and what has been done */
    cameo_status refused; /* set where cm_build_op has told already why it makes no op */
} cm_builder;

typedef cameo_status cm_build_fn(cm_builder *b);

/* An operator that is supported: name, how many inputs the file may give, and what builds it. */
typedef struct cm_operator {
    const char *name;
    int min_inputs, max_inputs; /* max -1: any number */
    cm_build_fn *build;
} cm_operator;

/* The row for an operator of the default domain, or NULL. */
const cm_operator *cm_operator_find(const char *name);
/* All names, sorted. */
const char *const *cm_operator_names(size_t *count);

/* Status and sentence with the node in front: "node 'x' (Conv): ...". */
cameo_status cm_build_fail(cm_builder *b, cameo_status status, const char *format, ...) CM_PRINTF(3, 4);
/* For what follows a NULL: memory, or what cm_build_op has told already. */
cameo_status cm_build_no_memory(cm_builder *b);

/* Input i of the node; NULL where it is left out or does not exist. */
cm_value *cm_build_input(const cm_builder *b, int i);
/* Makes `value` output i of the node. */
void cm_build_set_output(cm_builder *b, int i, cm_value *value);
/* Name for what the node computes. */
const char *cm_build_name(const cm_builder *b);
/* A new op of this node with the given inputs; its output value (shape given) becomes output i. At most one CONV or DENSE a node: their packed weights
 * are known by the node's output. NULL: out of memory, or the result has more than INT32_MAX elements; return cm_build_no_memory then. */
cm_op *cm_build_op(cm_builder *b, cm_op_kind kind, cm_value *const *inputs, int input_count, int output, int rank, const int64_t *dims);
/* A constant with storage of its own (floats or ints, zeroed), not yet an output. NULL: out of memory or over the limit. */
cm_value *cm_build_constant(cm_builder *b, bool is_int, int rank, const int64_t *dims);

/* Makes the integers of a constant from the file readable, if they are not yet. Errors: LIMIT, UNSUPPORTED, MEMORY. */
cameo_status cm_build_load_ints(cm_builder *b, cm_value *value);
/* Integers of a constant input (or attribute): for shapes, axes, pads. Fails naming input and node. */
cameo_status cm_build_ints(cm_builder *b, const cm_value *value, const char *what, const int64_t **ints, int *count);
/* axis in -rank..rank-1 -> 0..rank-1 */
cameo_status cm_build_axis(cm_builder *b, int64_t axis, int rank, int *result);
/* An ints attribute with exactly `count` entries into out, or `otherwise` for each where it is missing. Values must lie in min..max. */
cameo_status cm_build_int_list(cm_builder *b, const char *name, int count, int64_t otherwise, int64_t min, int64_t max, int *out);

/* Finishes a move whose pieces are set: runs it at once if all inputs are constant, else adds a MOVE op. inputs: [input_count]. */
cameo_status cm_build_move(cm_builder *b, cm_value *const *inputs, int input_count, const cm_move *move, int output, int rank,
                           const int64_t *dims);
/* The value in another shape: a constant with the same content, or a VIEW op. */
cameo_status cm_build_view(cm_builder *b, cm_value *value, int output, int rank, const int64_t *dims);
/* Output number that no node has: the result goes to the caller, not to the node's outputs. */
enum { CM_NO_OUTPUT = 1 << 20 };
/* The same, handed to the caller instead of becoming an output. */
cameo_status cm_build_viewed(cm_builder *b, cm_value *value, int rank, const int64_t *dims, cm_value **result);
/* A copy of the value with perm: result axis i is source axis perm[i]; the value itself where nothing changes. *result may be used further. */
cameo_status cm_build_transposed(cm_builder *b, cm_value *value, const int *perm, cm_value **result);
/* True if `value`, broadcast to x, has other entries than one along axes first..last of x only, and there as many as x. */
bool cm_build_spans(const cm_value *value, const cm_value *x, int first, int last);
/* NumPy broadcasting of two shapes. */
cameo_status cm_build_broadcast(cm_builder *b, const cm_value *x, const cm_value *y, int *rank, int64_t *dims);
/* `value` repeated to the given shape (itself if it has it already). */
cameo_status cm_build_expanded(cm_builder *b, cm_value *value, int rank, const int64_t *dims, cm_value **result);

/* The same as cm_build_move, handed to the caller instead of becoming an output. */
cameo_status cm_build_moved(cm_builder *b, cm_value *const *inputs, int input_count, const cm_move *move, int rank, const int64_t *dims,
                            cm_value **result);
/* What a MOVE of constants gives: a new constant. */
cameo_status cm_build_moved_constants(cm_builder *b, cm_value *const *inputs, const cm_move *move, int rank, const int64_t *dims,
                                      cm_value **moved);

/* ---- Pieces that builders put together ----
 * Each takes values and gives a value for the caller (no output of the node). NULL where something failed: it has been told, and b->refused holds the
 * status. Pieces hand a NULL operand on, so that a builder looks once, at the end: cm_piece_output. Operands are floats, unless said otherwise. */

/* One constant float of rank 0. */
cm_value *cm_piece_number(cm_builder *b, float number);
/* Constant integers as floats; everything else as it is. */
cm_value *cm_piece_floats(cm_builder *b, cm_value *x);
/* The same elements in another shape; in the shape it has, the value itself. Integers too. */
cm_value *cm_piece_view(cm_builder *b, cm_value *x, int rank, const int64_t *dims);
/* cm_build_transposed, cm_build_expanded, cm_build_moved as pieces. Integers too. */
cm_value *cm_piece_transpose(cm_builder *b, cm_value *x, const int *perm);
cm_value *cm_piece_expand(cm_builder *b, cm_value *x, int rank, const int64_t *dims);
cm_value *cm_piece_move(cm_builder *b, cm_value *x, const cm_move *move, int rank, const int64_t *dims);
/* An operator of one operand; of two, broadcast as NumPy does; and of a value and a number. */
cm_value *cm_piece_map(cm_builder *b, cm_map_op op, cm_value *x);
cm_value *cm_piece_map_two(cm_builder *b, cm_map_op op, cm_value *x, cm_value *y);
cm_value *cm_piece_map_number(cm_builder *b, cm_map_op op, cm_value *x, float number);
/* An activation alone; fused: activation, low, high. */
cm_value *cm_piece_activation(cm_builder *b, const cm_fused *fused, cm_value *x);
cm_value *cm_piece_relu(cm_builder *b, cm_value *x);
cm_value *cm_piece_tanh(cm_builder *b, cm_value *x);
/* Over the last axis: [rows, columns] -> [rows, 1]. */
cm_value *cm_piece_reduce(cm_builder *b, cm_reduce_kind kind, cm_value *x);
/* x * scale + shift, one constant each for every entry of axis 1; x of rank 2 or 4. */
cm_value *cm_piece_affine(cm_builder *b, cm_value *x, const float *scale, const float *shift);
/* An op of one operand, to be filled in by the caller; NULL: failed, as above. */
cm_op *cm_piece_op(cm_builder *b, cm_op_kind kind, cm_value *x, int rank, const int64_t *dims);
/* Makes x output `output` of the node, as it is or in the given shape. Returns what failed before, if something did. */
cameo_status cm_piece_output(cm_builder *b, cm_value *x, int output);
cameo_status cm_piece_shaped_output(cm_builder *b, cm_value *x, int output, int rank, const int64_t *dims);

/* perm that brings the flagged axes to the end, keeping the order otherwise. perm: [rank]. Returns how many are not flagged. */
int cm_build_axes_last(int rank, const bool *flagged, int *perm);
/* What a node does along one axis (attribute `axis`, the last if it is not there), its only output: `along` gets x as rows of that axis and makes rows of
 * the same size of them, which are turned back. */
typedef cm_value *cm_build_rows_fn(cm_builder *b, cm_value *rows);
cameo_status cm_build_along_axis(cm_builder *b, cm_value *x, cm_build_rows_fn *along);
bool cm_build_is_identity(int rank, const int *perm);

/* Integers of an attribute (older opsets) or of constant input `input`, whichever is there; NULL and 0 if neither. At most CAMEO_MAX_RANK. */
cameo_status cm_build_int_choice(cm_builder *b, const char *attribute, int input, const int64_t **ints, int *count);
/* Flags the axes that the attribute or input names; *given: how many. */
cameo_status cm_build_flagged_axes(cm_builder *b, int input, int rank, bool *flagged, int *given);
/* The first input and, flagged, those of its axes that the attribute or the second input names; flagged: [CAMEO_MAX_RANK]. Errors: FORMAT (no input), and
 * those of cm_build_flagged_axes. */
cameo_status cm_build_input_with_axes(cm_builder *b, cm_value **x, bool *flagged, int *given);

/* Tensors in a sequence, at most. */
enum { CM_SEQUENCE_MOST = 1024 };

/* A sliding window over one to three spatial axes. */
typedef struct cm_build_window {
    int axes;
    int kernel[3], stride[3], dilation[3], before[3], after[3]; /* padding before and after */
    int64_t out[3];
} cm_build_window;

/* Reads strides, dilations, pads and auto_pad for w->axes axes of `in` entries and a kernel that is set; sets w->out. */
cameo_status cm_build_read_window(cm_builder *b, const int64_t *in, bool ceil_mode, cm_build_window *w);
/* x float of rank 3 to 5: [N, C, one to three spatial axes]. */
cameo_status cm_build_need_picture(cm_builder *b, const cm_value *x);
/* A convolution over one to three spatial axes: x [N, C, ...], weights (constant) [O, C/groups, ...], bias [O] or NULL -> output 0. */
cameo_status cm_build_convolution(cm_builder *b, cm_value *x, cm_value *weights, cm_value *bias, const cm_build_window *w, int groups);
/* The same over three spatial axes. */
cameo_status cm_build_convolution_3d(cm_builder *b, cm_value *x, cm_value *weights, cm_value *bias, const cm_build_window *w, int groups);
/* The same over two as a piece, for axes first, first + 1 of the window. */
cm_value *cm_piece_convolution(cm_builder *b, cm_value *x, cm_value *weights, cm_value *bias, const cm_build_window *w, int first, int groups);

/* Computes what of the node's ops, from number `first` on, reads constants only; these become constants too. Errors: UNSUPPORTED (an empty
 * tensor where it cannot be), MEMORY. */
cameo_status cm_build_fold(cm_builder *b, int first);

/* ---- Constant integers: shape arithmetic, masks ---- */

/* The node's operator on two constants of integers, broadcast. */
cm_value *cm_piece_int_pair(cm_builder *b, cm_value *x, cm_value *y);
/* The node's comparison of two constants of floats: integers 0 and 1. */
cm_value *cm_piece_comparison(cm_builder *b, cm_value *x, cm_value *y);
/* Is the operator's result a truth value? */
bool cm_build_is_comparison(const char *op_type);
/* The node's operator (Abs, Neg, Sign, Not, Relu) on a constant of integers. */
cm_value *cm_piece_int_unary(cm_builder *b, cm_value *x);
/* The node's reduction of a constant of integers along the last axis: [rows, columns] -> [rows, 1]. */
cm_value *cm_piece_int_reduce(cm_builder *b, cm_value *x);
/* The values of a constant tensor as integers of an ONNX type, wrapping (floats are cut towards zero). */
cm_value *cm_piece_integers(cm_builder *b, cm_value *x, int64_t type);
bool cm_build_is_int_type(int64_t type);
bool cm_build_is_float_type(int64_t type);

/* ---- Operator families ---- */
cm_build_fn cm_build_conv, cm_build_conv_transpose;
cm_build_fn cm_build_max_pool, cm_build_average_pool, cm_build_global_average_pool, cm_build_global_max_pool;
cm_build_fn cm_build_gemm, cm_build_matmul;
cm_build_fn cm_build_binary, cm_build_variadic, cm_build_unary, cm_build_prelu, cm_build_clip, cm_build_where, cm_build_cast,
    cm_build_cast_like, cm_build_elu, cm_build_gelu, cm_build_composed_unary;
cm_build_fn cm_build_softmax, cm_build_reduce;
cm_build_fn cm_build_batch_normalization, cm_build_layer_normalization, cm_build_instance_normalization, cm_build_group_normalization,
    cm_build_lp_normalization;
cm_build_fn cm_build_identity, cm_build_dropout, cm_build_constant_node, cm_build_constant_of_shape, cm_build_shape, cm_build_size,
    cm_build_range, cm_build_cumsum;
cm_build_fn cm_build_reshape, cm_build_flatten, cm_build_squeeze, cm_build_unsqueeze, cm_build_transpose, cm_build_concat,
    cm_build_slice, cm_build_split, cm_build_gather, cm_build_pad, cm_build_expand, cm_build_tile, cm_build_resize,
    cm_build_depth_to_space, cm_build_space_to_depth;
cm_build_fn cm_build_gather_nd, cm_build_scatter_nd, cm_build_split_to_sequence, cm_build_sequence_at;
cm_build_fn cm_build_quantize, cm_build_dequantize;
cm_build_fn cm_build_if;

/* Whether the node that is being built stands in a branch that is taken, or in none. Errors: UNSUPPORTED (that depends on what is run). */
cameo_status cm_build_is_taken(cm_builder *b, bool *taken);

#endif

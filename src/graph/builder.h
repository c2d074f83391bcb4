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
/* A new op of this node with the given inputs; its output value (shape given) becomes output i. NULL: out of memory, or the tensors are empty (constants
 * may be; what is computed may not) or have more than INT32_MAX elements; return cm_build_no_memory then. */
cm_op *cm_build_op(cm_builder *b, cm_op_kind kind, cm_value *const *inputs, int input_count, int output, int rank, const int64_t *dims);
/* A constant with storage of its own (floats or ints, zeroed), not yet an output. NULL: out of memory or over the limit. */
cm_value *cm_build_constant(cm_builder *b, bool is_int, int rank, const int64_t *dims);

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
/* A copy of the value with perm: result axis i is source axis perm[i]. *result may be used further. */
cameo_status cm_build_transposed(cm_builder *b, cm_value *value, const int *perm, cm_value **result);
/* True if `value`, broadcast to x, has other entries than one along axes first..last of x only, and there as many as x. */
bool cm_build_spans(const cm_value *value, const cm_value *x, int first, int last);
/* NumPy broadcasting of two shapes. */
cameo_status cm_build_broadcast(cm_builder *b, const cm_value *x, const cm_value *y, int *rank, int64_t *dims);
/* `value` repeated to the given shape (itself if it has it already). */
cameo_status cm_build_expanded(cm_builder *b, cm_value *value, int rank, const int64_t *dims, cm_value **result);

/* Operator families. */
cm_build_fn cm_build_conv, cm_build_max_pool, cm_build_average_pool, cm_build_global_average_pool, cm_build_global_max_pool;
cm_build_fn cm_build_gemm, cm_build_matmul;
cm_build_fn cm_build_binary, cm_build_unary, cm_build_prelu, cm_build_clip, cm_build_softmax, cm_build_where, cm_build_cast;
cm_build_fn cm_build_batch_normalization, cm_build_layer_normalization, cm_build_reduce;
cm_build_fn cm_build_identity, cm_build_constant_node, cm_build_constant_of_shape, cm_build_shape, cm_build_range;
cm_build_fn cm_build_reshape, cm_build_flatten, cm_build_squeeze, cm_build_unsqueeze, cm_build_transpose, cm_build_concat,
    cm_build_slice, cm_build_split, cm_build_gather, cm_build_pad, cm_build_expand, cm_build_tile, cm_build_resize;

#endif

#include "graph/builder.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

cameo_status cm_build_fail(cm_builder *b, cameo_status status, const char *format, ...)
{
    char text[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return cm_fail(b->error, status, "%s: node '%s' (%s): %s", b->graph->path, cm_build_name(b), b->node->op_type, text);
}

cameo_status cm_build_no_memory(cm_builder *b)
{
    if (b->refused != CAMEO_OK)
        return b->refused;
    if (b->graph->arena.limited)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "with its tensors, constants take more than the limit of %zu bytes" CM_RAISE_MEMORY,
                             b->graph->arena.limit_bytes);
    return cm_build_fail(b, CAMEO_ERROR_MEMORY, "out of memory");
}

cm_value *cm_build_input(const cm_builder *b, int i)
{
    if (i >= b->node->input_count || b->node->inputs[i] < 0)
        return NULL;
    return b->values[b->node->inputs[i]];
}

void cm_build_set_output(cm_builder *b, int i, cm_value *value)
{
    if (i < b->node->output_count && b->node->outputs[i] >= 0)
        b->values[b->node->outputs[i]] = value;
}

static const char *output_name(const cm_builder *b, int i)
{
    return i < b->node->output_count && b->node->outputs[i] >= 0 ? b->model->values[b->node->outputs[i]].name : "";
}

const char *cm_build_name(const cm_builder *b)
{
    return b->node->name[0] ? b->node->name : output_name(b, 0);
}

/* Nothing that is run has more elements than an int can count: steps rely on it. */
static bool accept_size(cm_builder *b, int rank, const int64_t *dims)
{
    int64_t elements = cm_dims_elements(rank, dims);
    if (elements < 0 || elements > INT32_MAX)
        b->refused = cm_build_fail(b, CAMEO_ERROR_LIMIT, "its result has more than %d elements", INT32_MAX);
    return b->refused == CAMEO_OK;
}

cm_op *cm_build_op(cm_builder *b, cm_op_kind kind, cm_value *const *inputs, int input_count, int output, int rank, const int64_t *dims)
{
    if (!accept_size(b, rank, dims))
        return NULL;
    cm_op *op = cm_graph_new_op(b->graph, kind, cm_build_name(b), b->node->op_type, input_count);
    cm_value *value = cm_graph_new_value(b->graph, output_name(b, output), rank, dims);
    if (!op || !value || !cm_graph_append_op(b->graph, op))
        return NULL;
    for (int i = 0; i < input_count; i++) {
        op->inputs[i] = inputs[i];
        inputs[i]->uses++;
    }
    op->output = value;
    if (b->node->output_count > 0)
        op->source = b->node->outputs[output < b->node->output_count ? output : 0];
    value->producer = op;
    cm_build_set_output(b, output, value);
    return op;
}

cm_value *cm_build_constant(cm_builder *b, bool is_int, int rank, const int64_t *dims)
{
    cm_value *value = cm_graph_new_value(b->graph, output_name(b, 0), rank, dims);
    if (!value)
        return NULL;
    value->is_constant = true;
    value->is_int = is_int;
    void *content = cm_arena_alloc(&b->graph->arena, (size_t)value->elements, is_int ? sizeof(int64_t) : sizeof(float));
    if (!content)
        return NULL;
    if (is_int)
        value->ints = content;
    else
        value->floats = content;
    return value;
}

cameo_status cm_build_ints(cm_builder *b, const cm_value *value, const char *what, const int64_t **ints, int *count)
{
    if (!value || !value->is_constant || !value->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "%s must be integers that are known when the model is loaded", what);
    if (value->elements > 1 << 20)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "%s has %lld entries", what, (long long)value->elements);
    *ints = value->ints;
    *count = (int)value->elements;
    return CAMEO_OK;
}

cameo_status cm_build_axis(cm_builder *b, int64_t axis, int rank, int *result)
{
    if (axis < -rank || axis >= rank)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "axis %lld does not exist in a tensor of rank %d", (long long)axis, rank);
    *result = (int)(axis < 0 ? axis + rank : axis);
    return CAMEO_OK;
}

cameo_status cm_build_int_list(cm_builder *b, const char *name, int count, int64_t otherwise, int64_t min, int64_t max, int *out)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, name);
    if (attribute && (attribute->kind != CM_ONNX_ATTR_INTS || attribute->count != (size_t)count))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "attribute %s must hold %d integers", name, count);
    for (int i = 0; i < count; i++) {
        int64_t value = attribute ? attribute->ints[i] : otherwise;
        if (value < min || value > max)
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "attribute %s holds %lld, it must be in %lld..%lld", name,
                                 (long long)value, (long long)min, (long long)max);
        out[i] = (int)value;
    }
    return CAMEO_OK;
}

/* Content of a constant as bytes for a move: floats (converted if need be) or ints. */
static const void *constant_content(cm_builder *b, cm_value *value)
{
    return value->is_int ? (const void *)value->ints : (const void *)cm_value_floats(b->graph, value);
}

cameo_status cm_build_moved_constants(cm_builder *b, cm_value *const *inputs, const cm_move *move, int rank, const int64_t *dims,
                                      cm_value **moved)
{
    cm_value *result = cm_build_constant(b, inputs[0]->is_int, rank, dims);
    if (!result)
        return cm_build_no_memory(b);
    /* cm_build_constant made the content; nobody else sees it yet. */
    void *content = result->is_int ? (void *)(uintptr_t)result->ints : (void *)(uintptr_t)result->floats;
    for (int64_t i = 0; move->fill && i < result->elements; i++) {
        if (result->is_int)
            ((int64_t *)content)[i] = (int64_t)move->fill_value;
        else
            ((float *)content)[i] = move->fill_value;
    }
    int64_t dst_strides[CAMEO_MAX_RANK] = {0}, src_strides[CAMEO_MAX_RANK] = {0};
    cm_value_strides(result, dst_strides);
    for (int i = 0; i < move->piece_count && result->elements; i++) {
        cm_value *source = inputs[move->pieces[i].input];
        const void *from = constant_content(b, source);
        if (!from)
            return cm_build_no_memory(b);
        cm_value_strides(source, src_strides);
        cm_move_run_piece(&move->pieces[i], from, src_strides, content, dst_strides,
                          result->is_int ? sizeof(int64_t) : sizeof(float));
    }
    *moved = result;
    return CAMEO_OK;
}

static cameo_status move_to_value(cm_builder *b, cm_value *const *inputs, int input_count, const cm_move *move, int output, int rank,
                                  const int64_t *dims, cm_value **moved)
{
    bool constant = true;
    for (int i = 0; i < input_count; i++) {
        constant = constant && inputs[i]->is_constant;
        if (inputs[i]->is_int != inputs[0]->is_int)
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "integers and floats are mixed");
    }
    /* What is empty is known, whatever it was cut from. */
    if (constant || cm_dims_elements(rank, dims) == 0)
        return cm_build_moved_constants(b, inputs, move, rank, dims, moved);
    cm_op *op = cm_build_op(b, CM_OP_MOVE, inputs, input_count, output, rank, dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.move = *move;
    op->u.move.pieces = cm_arena_alloc(&b->graph->arena, (size_t)move->piece_count, sizeof *move->pieces);
    if (!op->u.move.pieces)
        return cm_build_no_memory(b);
    memcpy(op->u.move.pieces, move->pieces, (size_t)move->piece_count * sizeof *move->pieces);
    *moved = op->output;
    return CAMEO_OK;
}

cameo_status cm_build_move(cm_builder *b, cm_value *const *inputs, int input_count, const cm_move *move, int output, int rank,
                           const int64_t *dims)
{
    cm_value *moved;
    cameo_status status = move_to_value(b, inputs, input_count, move, output, rank, dims, &moved);
    if (status == CAMEO_OK)
        cm_build_set_output(b, output, moved);
    return status;
}

cameo_status cm_build_moved(cm_builder *b, cm_value *const *inputs, int input_count, const cm_move *move, int rank, const int64_t *dims,
                            cm_value **result)
{
    return move_to_value(b, inputs, input_count, move, CM_NO_OUTPUT, rank, dims, result);
}

static cameo_status view_to_value(cm_builder *b, cm_value *value, int output, int rank, const int64_t *dims, cm_value **result)
{
    if (!value->is_constant) {
        cm_op *op = cm_build_op(b, CM_OP_VIEW, &value, 1, output, rank, dims);
        *result = op ? op->output : NULL;
        return op ? CAMEO_OK : cm_build_no_memory(b);
    }
    cm_value *copy = cm_graph_new_value(b->graph, output_name(b, output), rank, dims);
    if (!copy)
        return cm_build_no_memory(b);
    if (value->quantised && !cm_value_floats(b->graph, value))
        return cm_build_no_memory(b);
    copy->is_constant = true;
    copy->is_int = value->is_int;
    copy->floats = value->floats;
    copy->ints = value->ints;
    copy->tensor = value->tensor;
    *result = copy;
    return CAMEO_OK;
}

cameo_status cm_build_view(cm_builder *b, cm_value *value, int output, int rank, const int64_t *dims)
{
    cm_value *view;
    cameo_status status = view_to_value(b, value, output, rank, dims, &view);
    if (status == CAMEO_OK)
        cm_build_set_output(b, output, view);
    return status;
}

cameo_status cm_build_viewed(cm_builder *b, cm_value *value, int rank, const int64_t *dims, cm_value **result)
{
    return view_to_value(b, value, CM_NO_OUTPUT, rank, dims, result);
}

cameo_status cm_build_transposed(cm_builder *b, cm_value *value, const int *perm, cm_value **result)
{
    cm_move_piece piece = {.loop_count = value->rank};
    int64_t dims[CAMEO_MAX_RANK];
    *result = value;
    if (cm_build_is_identity(value->rank, perm))
        return CAMEO_OK;
    for (int i = 0; i < value->rank; i++) {
        dims[i] = value->dims[perm[i]];
        piece.loops[i] = (cm_move_loop){dims[i], perm[i], i, 1, 1};
    }
    cm_move move = {.pieces = &piece, .piece_count = 1};
    return move_to_value(b, &value, 1, &move, CM_NO_OUTPUT, value->rank, dims, result);
}

bool cm_build_spans(const cm_value *value, const cm_value *x, int first, int last)
{
    if (value->rank > x->rank)
        return false;
    for (int i = 0; i < value->rank; i++) {
        int axis = i + x->rank - value->rank;
        if (value->dims[i] != 1 && (axis < first || axis > last || value->dims[i] != x->dims[axis]))
            return false;
    }
    return true;
}

cameo_status cm_build_broadcast(cm_builder *b, const cm_value *x, const cm_value *y, int *rank, int64_t *dims)
{
    *rank = x->rank > y->rank ? x->rank : y->rank;
    for (int i = 0; i < *rank; i++) {
        int xi = i - (*rank - x->rank), yi = i - (*rank - y->rank);
        int64_t xd = xi < 0 ? 1 : x->dims[xi], yd = yi < 0 ? 1 : y->dims[yi];
        if (xd != yd && xd != 1 && yd != 1)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "shapes do not fit each other: axis %d has %lld and %lld", i,
                                 (long long)xd, (long long)yd);
        dims[i] = xd == 1 ? yd : xd;
    }
    return CAMEO_OK;
}

cameo_status cm_build_expanded(cm_builder *b, cm_value *value, int rank, const int64_t *dims, cm_value **result)
{
    bool same = value->rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = value->dims[i] == dims[i];
    *result = value;
    if (same)
        return CAMEO_OK;
    cm_move_piece piece = {.loop_count = rank};
    for (int i = 0; i < rank; i++) {
        int axis = i - (rank - value->rank);
        bool repeated = axis < 0 || value->dims[axis] == 1;
        piece.loops[i] = (cm_move_loop){dims[i], repeated ? -1 : axis, i, 1, 1};
    }
    cm_move move = {.pieces = &piece, .piece_count = 1};
    return move_to_value(b, &value, 1, &move, CM_NO_OUTPUT, rank, dims, result);
}

#include "graph/graph.h"

#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t cm_dims_elements(int rank, const int64_t *dims)
{
    int64_t product = 1;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return -1;
        if (dims[i] == 0)
            empty = true;
        else if (__builtin_mul_overflow(product, dims[i], &product) || product > INT64_MAX / 16)
            return -1;
    }
    return empty ? 0 : product;
}

cm_value *cm_graph_new_value(cm_graph *graph, const char *name, int rank, const int64_t *dims)
{
    int64_t elements = cm_dims_elements(rank, dims);
    if (elements < 0 || rank > CAMEO_MAX_RANK)
        return NULL;
    cm_value *value = cm_arena_alloc(&graph->arena, 1, sizeof *value);
    if (!value)
        return NULL;
    value->name = name ? name : "";
    value->rank = rank;
    for (int i = 0; i < rank; i++)
        value->dims[i] = dims[i];
    value->elements = elements;
    value->input_index = -1;
    return value;
}

cm_op *cm_graph_new_op(cm_graph *graph, cm_op_kind kind, const char *name, const char *label, int input_count)
{
    cm_op *op = cm_arena_alloc(&graph->arena, 1, sizeof *op);
    /* One place more than asked for: fusing may add the residual as a last input. */
    cm_value **inputs = cm_arena_alloc(&graph->arena, (size_t)input_count + 1, sizeof *inputs);
    if (!op || !inputs)
        return NULL;
    op->kind = kind;
    op->name = name;
    op->label = label;
    op->inputs = inputs;
    op->input_count = input_count;
    op->source = -1;
    return op;
}

bool cm_graph_append_op(cm_graph *graph, cm_op *op)
{
    if (graph->op_count == graph->op_capacity) {
        int capacity = graph->op_capacity ? graph->op_capacity * 2 : 256;
        cm_op **grown = realloc(graph->ops, (size_t)capacity * sizeof(cm_op *));
        if (!grown)
            return false;
        graph->ops = grown;
        graph->op_capacity = capacity;
    }
    op->order = graph->op_count;
    graph->ops[graph->op_count++] = op;
    return true;
}

void cm_graph_free(cm_graph *graph)
{
    if (!graph)
        return;
    free(graph->ops);
    cm_arena_free(&graph->arena);
    free(graph);
}

/* What the 8-bit numbers of a constant stand for, in the arena. */
static const float *dequantised(cm_graph *graph, cm_value *value)
{
    const cm_quantised *q = value->quantised;
    float *floats = cm_arena_alloc(&graph->arena, (size_t)value->elements, sizeof *floats);
    int64_t inner = q->scale_count > 1 ? cm_dims_elements(value->rank - q->axis - 1, value->dims + q->axis + 1) : value->elements;
    for (int64_t i = 0; floats && i < value->elements; i++) {
        int number = q->tensor->type == CM_ONNX_INT8 ? (int8_t)q->tensor->data[i] : q->tensor->data[i] - 128;
        floats[i] = (float)number * q->scales[q->scale_count > 1 ? i / inner % q->scale_count : 0];
    }
    value->floats = floats;
    return floats;
}

const float *cm_value_floats(cm_graph *graph, cm_value *value)
{
    if (!value->floats && value->quantised)
        return dequantised(graph, value);
    if (value->floats || !value->is_constant || value->is_int || !value->tensor)
        return value->floats;
    const cm_onnx_tensor *tensor = value->tensor;
    if (tensor->type == CM_ONNX_FLOAT && (uintptr_t)tensor->data % _Alignof(float) == 0) {
        value->floats = (const float *)(const void *)tensor->data;
        return value->floats;
    }
    float *copy = cm_arena_alloc(&graph->arena, (size_t)value->elements, sizeof(float));
    if (!copy || !cm_onnx_tensor_floats(tensor, copy))
        return NULL;
    value->floats = copy;
    return copy;
}

void cm_value_strides(const cm_value *value, int64_t *strides)
{
    if (value->layout == CM_LAYOUT_CHANNELS_LAST) {
        strides[1] = 1;
        strides[3] = value->dims[1];
        strides[2] = strides[3] * value->dims[3];
        strides[0] = strides[2] * value->dims[2];
        return;
    }
    int64_t stride = 1;
    for (int i = value->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= value->dims[i];
    }
}

cm_value *cm_value_storage(cm_value *value)
{
    while (value->view_of)
        value = value->view_of;
    return value;
}

size_t cm_value_bytes(const cm_value *value)
{
    if (!value->is_bytes)
        return (size_t)value->elements * sizeof(float);
    int64_t channels = value->dims[1];
    return (size_t)(value->elements / channels * cm_value_words(channels)) * 4;
}

cm_op *cm_value_only_user(const cm_value *value)
{
    cm_op *user = value->uses == 1 && !value->is_output ? value->user : NULL;
    for (int i = 0; user && !user->removed && i < user->input_count; i++)
        if (user->inputs[i] == value)
            return user;
    return NULL;
}

bool cm_value_same_shape(const cm_value *a, const cm_value *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof a->dims[0]) == 0;
}

bool cm_value_layouts_agree(const cm_value *value)
{
    return value->rank != 4 || value->dims[1] == 1 || (value->dims[2] == 1 && value->dims[3] == 1);
}

void cm_graph_compact(cm_graph *graph)
{
    int kept = 0;
    for (int i = 0; i < graph->op_count; i++) {
        if (graph->ops[i]->removed)
            continue;
        graph->ops[kept] = graph->ops[i];
        graph->ops[kept]->order = kept;
        kept++;
    }
    graph->op_count = kept;
}

void cm_graph_count_uses(cm_graph *graph)
{
    for (int i = 0; i < graph->op_count; i++) {
        cm_op *op = graph->ops[i];
        op->output->uses = op->output->is_output;
        op->output->user = NULL;
        for (int j = 0; j < op->input_count; j++) {
            op->inputs[j]->uses = op->inputs[j]->is_output;
            op->inputs[j]->user = NULL;
        }
    }
    for (int i = 0; i < graph->op_count; i++)
        for (int j = 0; j < graph->ops[i]->input_count; j++) {
            graph->ops[i]->inputs[j]->uses++;
            graph->ops[i]->inputs[j]->user = graph->ops[i];
        }
}

void cm_graph_remove_unused(cm_graph *graph)
{
    cm_graph_count_uses(graph);
    for (int i = graph->op_count - 1; i >= 0; i--) {
        cm_op *op = graph->ops[i];
        if (op->output->uses > 0)
            continue;
        op->removed = true;
        for (int j = 0; j < op->input_count; j++)
            op->inputs[j]->uses--;
    }
    cm_graph_compact(graph);
}

static uint64_t saturating_mul(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

bool cm_op_changes_layout(const cm_op *op)
{
    return op->kind == CM_OP_MOVE && strcmp(op->label, "Layout") == 0 && op->inputs[0]->layout != op->output->layout;
}

uint64_t cm_op_macs(const cm_op *op)
{
    uint64_t outputs = (uint64_t)op->output->elements;
    switch (op->kind) {
    case CM_OP_CONV: {
        const cm_conv *conv = &op->u.conv;
        uint64_t taps = saturating_mul((uint64_t)conv->kernel[0], (uint64_t)conv->kernel[1]);
        uint64_t channels = (uint64_t)(op->inputs[0]->dims[1] / conv->groups);
        return saturating_mul(outputs, saturating_mul(taps, channels));
    }
    case CM_OP_DENSE:
        return saturating_mul(outputs, (uint64_t)op->u.dense.k);
    case CM_OP_MATMUL:
        return saturating_mul(outputs, (uint64_t)op->inputs[0]->dims[op->inputs[0]->rank - 1]);
    case CM_OP_POOL:
        return saturating_mul(outputs, saturating_mul((uint64_t)op->u.pool.kernel[0], (uint64_t)op->u.pool.kernel[1]));
    case CM_OP_MOVE:
    case CM_OP_VIEW:
        return 0;
    default:
        return outputs;
    }
}

uint64_t cm_op_work(const cm_op *op)
{
    uint64_t macs = cm_op_macs(op), elements = (uint64_t)op->output->elements;
    if (op->kind == CM_OP_VIEW)
        return 0;
    for (int i = 0; i < op->input_count; i++)
        elements += (uint64_t)op->inputs[i]->elements; /* below 2^60 each, and memory bounds how many there are */
    return macs > elements ? macs : elements;
}

cameo_status cm_graph_no_memory(const cm_graph *graph, const char *doing, cameo_error *error)
{
    if (graph->arena.limited)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: its constants take more than the limit of %zu bytes (%s)" CM_RAISE_MEMORY, graph->path,
                       graph->arena.limit_bytes, doing);
    return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory (%s)", graph->path, doing);
}

uint64_t cm_op_parameters(const cm_op *op)
{
    const cm_weights *weights = op->kind == CM_OP_CONV    ? &op->u.conv.weights
                                : op->kind == CM_OP_DENSE ? &op->u.dense.weights
                                                          : NULL;
    if (weights) {
        uint64_t outputs = (uint64_t)(op->kind == CM_OP_CONV ? op->output->dims[1] : op->u.dense.n);
        const cm_fused *fused = op->kind == CM_OP_CONV ? &op->u.conv.fused : &op->u.dense.fused;
        return (uint64_t)weights->value->elements + (weights->bias ? outputs : 0) + (fused->slope ? outputs : 0);
    }
    if (op->kind == CM_OP_AFFINE)
        return 2 * (uint64_t)op->output->dims[1];
    return 0;
}

const char *cm_graph_join_labels(cm_graph *graph, const char *first, const char *second)
{
    size_t size = strlen(first) + strlen(second) + 2;
    char *text = cm_arena_alloc(&graph->arena, size, 1);
    if (!text)
        return first;
    snprintf(text, size, "%s+%s", first, second);
    return text;
}

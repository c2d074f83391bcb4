/* Merging: convolutions that look at the same picture through the same window and have few outputs each (the heads of a detector: scores, boxes,
 * landmarks) become one, whose output is then cut into theirs. A kernel's tile is several times as wide as such a head; together they fill it, and
 * the picture is read once. */
#include "graph/graph.h"

#include <stdlib.h>
#include <string.h>

/* Outputs of one that may be merged, and of all together; how many ops lie between the first and the last: heads stand close to each other, and a
 * graph of a hundred thousand convolutions must not be searched that often. */
enum { MOST_OUTPUTS = 32, MOST_TOGETHER = 64, MOST_MERGED = 16, MOST_AHEAD = 2048 };

static bool may_merge(const cm_op *op)
{
    if (op->removed || op->kind != CM_OP_CONV || op->integer || op->output->dims[1] > MOST_OUTPUTS)
        return false;
    const cm_conv *conv = &op->u.conv;
    bool simple = conv->fused.activation == CM_ACT_NONE || conv->fused.activation == CM_ACT_RELU;
    return conv->groups == 1 && simple && !conv->fused.has_residual && !conv->weights.in_scale && !conv->weights.in_shift && !conv->pad_value;
}

static bool alike(const cm_op *a, const cm_op *b)
{
    const cm_conv *x = &a->u.conv, *y = &b->u.conv;
    return a->inputs[0] == b->inputs[0] && x->fused.activation == y->fused.activation && memcmp(x->kernel, y->kernel, sizeof x->kernel) == 0 &&
           memcmp(x->stride, y->stride, sizeof x->stride) == 0 && memcmp(x->dilation, y->dilation, sizeof x->dilation) == 0 &&
           memcmp(x->pad, y->pad, sizeof x->pad) == 0;
}

/* The convolutions from `first` on that can be one with it; -> members: [MOST_MERGED]. Returns how many, itself included. */
static int find_members(cm_op *const *ops, int count, int first, cm_op **members)
{
    int found = 0, end = count - first > MOST_AHEAD ? first + MOST_AHEAD : count;
    int64_t together = 0;
    for (int i = first; i < end && found < MOST_MERGED && may_merge(ops[first]); i++) {
        if (!may_merge(ops[i]) || !alike(ops[first], ops[i]) || together + ops[i]->output->dims[1] > MOST_TOGETHER)
            continue;
        together += ops[i]->output->dims[1];
        members[found++] = ops[i];
    }
    return found;
}

/* All members' weights [outputs, inputs, kernel], with their output factors in, and biases, one after the other. False: out of memory. */
static bool join_weights(cm_graph *graph, cm_op *const *members, int count, cm_conv *conv)
{
    const cm_value *like = members[0]->u.conv.weights.value;
    int64_t dims[4] = {0, like->dims[1], like->dims[2], like->dims[3]}, row = like->dims[1] * like->dims[2] * like->dims[3];
    for (int i = 0; i < count; i++)
        dims[0] += members[i]->output->dims[1];
    cm_value *value = cm_graph_new_value(graph, like->name, 4, dims);
    float *floats = cm_arena_alloc(&graph->arena, (size_t)(dims[0] * row), sizeof *floats), *to = floats;
    float *bias = cm_arena_alloc(&graph->arena, (size_t)dims[0], sizeof *bias), *bias_to = bias;
    if (!value || !floats || !bias)
        return false;
    for (int i = 0; i < count; i++) {
        const cm_weights *weights = &members[i]->u.conv.weights;
        const float *from = cm_value_floats(graph, weights->value);
        if (!from)
            return false;
        for (int64_t o = 0; o < members[i]->output->dims[1]; o++) {
            for (int64_t k = 0; k < row; k++)
                *to++ = *from++ * (weights->out_scale ? weights->out_scale[o] : 1.0f);
            *bias_to++ = weights->bias ? weights->bias[o] : 0.0f;
        }
    }
    value->is_constant = true;
    value->floats = floats;
    conv->weights = (cm_weights){.value = value, .bias = bias};
    return true;
}

/* Appends the copy of the channels from `start` on that member's output is. */
static bool append_slice(cm_graph *graph, cm_value *joined, cm_op *member, int64_t start)
{
    cm_op *op = cm_graph_new_op(graph, CM_OP_MOVE, member->name, "Slice", 1);
    cm_move_piece *piece = cm_arena_alloc(&graph->arena, 1, sizeof *piece);
    if (!op || !piece)
        return false;
    piece->loop_count = 4;
    for (int i = 0; i < 4; i++)
        piece->loops[i] = (cm_move_loop){member->output->dims[i], i, i, 1, 1};
    piece->src_start[1] = start;
    op->u.move = (cm_move){.pieces = piece, .piece_count = 1};
    op->inputs[0] = joined;
    op->output = member->output;
    op->output->producer = op;
    return cm_graph_append_op(graph, op);
}

/* Appends one convolution in place of all members, and what cuts its output. */
static bool append_joined(cm_graph *graph, cm_op *const *members, int count)
{
    const cm_op *like = members[0];
    cm_op *op = cm_graph_new_op(graph, CM_OP_CONV, like->name, like->label, 1);
    if (!op)
        return false;
    op->source = like->source;
    op->u.conv = like->u.conv;
    op->inputs[0] = like->inputs[0];
    if (!join_weights(graph, members, count, &op->u.conv))
        return false;
    int64_t dims[4], start = 0;
    memcpy(dims, like->output->dims, sizeof dims);
    dims[1] = op->u.conv.weights.value->dims[0];
    op->output = cm_graph_new_value(graph, like->output->name, 4, dims);
    if (!op->output || !cm_graph_append_op(graph, op))
        return false;
    op->output->producer = op;
    for (int i = 0; i < count; i++) {
        op->label = i ? cm_graph_join_labels(graph, op->label, members[i]->label) : op->label;
        members[i]->removed = true;
        if (!append_slice(graph, op->output, members[i], start))
            return false;
        start += members[i]->output->dims[1];
    }
    return true;
}

cameo_status cm_graph_merge(cm_graph *graph, cameo_error *error)
{
    cm_op **ops = graph->ops;
    int count = graph->op_count;
    bool ok = true;
    graph->ops = NULL;
    graph->op_count = graph->op_capacity = 0;
    for (int i = 0; i < count && ok; i++) {
        cm_op *members[MOST_MERGED];
        int found = find_members(ops, count, i, members);
        if (found > 1)
            ok = append_joined(graph, members, found);
        else if (!ops[i]->removed)
            ok = cm_graph_append_op(graph, ops[i]);
    }
    free(ops);
    cm_graph_count_uses(graph);
    return ok ? CAMEO_OK : cm_graph_no_memory(graph, "merging convolutions", error);
}

/* Fusing: fewer passes over memory for the same numbers.
 *
 *   conv -> AFFINE              scale and shift go into weights and bias
 *   AFFINE -> conv              exact through zero padding too, if padding holds -shift/scale instead of 0
 *   AFFINE -> flatten -> dense  likewise
 *   conv -> activation          into the epilogue
 *   conv -> Add(other)          the residual goes into the epilogue of whichever operand is computed last
 */
#include "graph/graph.h"

#include <math.h>
#include <string.h>

/* Below this a channel's scale counts as zero: -shift/scale would leave the range of floats. */
#define SMALLEST_SCALE 1e-18f
#define LARGEST_PAD_VALUE 1e18f

static cm_weights *op_weights(cm_op *op)
{
    return op->kind == CM_OP_CONV ? &op->u.conv.weights : op->kind == CM_OP_DENSE ? &op->u.dense.weights : NULL;
}

static cm_fused *op_fused(cm_op *op)
{
    return op->kind == CM_OP_CONV ? &op->u.conv.fused : &op->u.dense.fused;
}

/* Channels along axis 1 of what a conv or a dense layer on a matrix gives; 0 for everything else. */
static int64_t output_channels(const cm_op *op)
{
    if (op->kind == CM_OP_CONV)
        return op->output->dims[1];
    return op->kind == CM_OP_DENSE && op->output->rank == 2 ? op->u.dense.n : 0;
}

/* The op that makes `value`, if nobody but one op reads it. */
static cm_op *only_producer(const cm_value *value)
{
    return value->uses == 1 ? value->producer : NULL;
}

/* `op` disappears; `producer` writes its output instead. */
static void take_over_output(cm_graph *graph, cm_op *producer, cm_op *op)
{
    producer->label = cm_graph_join_labels(graph, producer->label, op->label);
    producer->output = op->output;
    producer->output->producer = producer;
    op->removed = true;
}

static bool nothing_fused(const cm_fused *fused)
{
    return fused->activation == CM_ACT_NONE && !fused->has_residual;
}

/* conv -> AFFINE and AFFINE -> AFFINE. False: out of memory. */
static bool fuse_affine_after(cm_graph *graph, cm_op *op)
{
    cm_op *producer = only_producer(op->inputs[0]);
    if (!producer || producer->removed)
        return true;
    int64_t channels = op->output->dims[1];
    bool after_affine = producer->kind == CM_OP_AFFINE;
    if (!after_affine && (output_channels(producer) != channels || !nothing_fused(op_fused(producer))))
        return true;
    float *scale = cm_arena_alloc(&graph->arena, (size_t)channels, sizeof *scale);
    float *shift = cm_arena_alloc(&graph->arena, (size_t)channels, sizeof *shift);
    if (!scale || !shift)
        return false;
    cm_weights *weights = op_weights(producer);
    const float *old_scale = after_affine ? producer->u.affine.scale : weights->out_scale;
    const float *old_shift = after_affine ? producer->u.affine.shift : weights->bias;
    for (int64_t i = 0; i < channels; i++) {
        scale[i] = op->u.affine.scale[i] * (old_scale ? old_scale[i] : 1.0f);
        shift[i] = op->u.affine.scale[i] * (old_shift ? old_shift[i] : 0.0f) + op->u.affine.shift[i];
    }
    if (after_affine) {
        producer->u.affine.scale = scale;
        producer->u.affine.shift = shift;
    } else {
        weights->out_scale = scale;
        weights->bias = shift;
    }
    take_over_output(graph, producer, op);
    return true;
}

static void fuse_activation(cm_graph *graph, cm_op *op)
{
    cm_op *producer = only_producer(op->inputs[0]);
    if (!producer || producer->removed || !op_weights(producer))
        return;
    cm_fused *fused = op_fused(producer);
    if (fused->activation != CM_ACT_NONE || (op->u.map.fused.slope && output_channels(producer) != op->output->dims[1]))
        return;
    fused->activation = op->u.map.fused.activation;
    fused->slope = op->u.map.fused.slope;
    fused->low = op->u.map.fused.low;
    fused->high = op->u.map.fused.high;
    take_over_output(graph, producer, op);
}

static bool takes_residual(const cm_op *producer, const cm_value *other)
{
    if (!producer || producer->removed || (producer->kind != CM_OP_CONV && producer->kind != CM_OP_DENSE))
        return false;
    const cm_fused *fused = producer->kind == CM_OP_CONV ? &producer->u.conv.fused : &producer->u.dense.fused;
    /* The other operand must be there when the producer runs. */
    bool ready = !other->producer || other->producer->order < producer->order;
    return !fused->has_residual && ready && !other->is_constant;
}

static void fuse_residual(cm_graph *graph, cm_op *op)
{
    if (!cm_value_same_shape(op->inputs[0], op->output) || !cm_value_same_shape(op->inputs[1], op->output) || op->inputs[0] == op->inputs[1])
        return;
    for (int i = 0; i < 2; i++) {
        cm_op *producer = only_producer(op->inputs[i]);
        cm_value *other = op->inputs[1 - i];
        if (!takes_residual(producer, other))
            continue;
        cm_fused *fused = op_fused(producer);
        fused->has_residual = true;
        fused->add_after = fused->activation != CM_ACT_NONE;
        producer->inputs[producer->input_count++] = other;
        take_over_output(graph, producer, op);
        return;
    }
}

/* ---- AFFINE -> conv ---- */

static bool can_pad(const cm_op *affine, int64_t channels)
{
    for (int64_t i = 0; i < channels; i++) {
        float scale = affine->u.affine.scale[i], shift = affine->u.affine.shift[i];
        if (shift != 0.0f && !(fabsf(scale) > SMALLEST_SCALE && fabsf(shift / scale) < LARGEST_PAD_VALUE))
            return false;
    }
    return true;
}

static bool conv_takes_affine(const cm_op *affine, const cm_op *conv)
{
    if (conv->kind != CM_OP_CONV || conv->inputs[0] != affine->output || conv->u.conv.weights.in_scale || conv->u.conv.pad_value)
        return false;
    for (int i = 1; i < conv->input_count; i++)
        if (conv->inputs[i] == affine->output)
            return false;
    const int *pad = conv->u.conv.pad;
    bool padded = pad[0] || pad[1] || pad[2] || pad[3];
    return !padded || can_pad(affine, affine->output->dims[1]);
}

static bool fold_into_conv(cm_graph *graph, const cm_op *affine, cm_op *conv)
{
    int64_t channels = affine->output->dims[1];
    float *pad_value = cm_arena_alloc(&graph->arena, (size_t)channels, sizeof *pad_value);
    if (!pad_value)
        return false;
    for (int64_t i = 0; i < channels; i++)
        pad_value[i] = affine->u.affine.shift[i] == 0.0f ? 0.0f : -affine->u.affine.shift[i] / affine->u.affine.scale[i];
    conv->u.conv.pad_value = pad_value;
    conv->u.conv.weights.in_scale = affine->u.affine.scale;
    conv->u.conv.weights.in_shift = affine->u.affine.shift;
    conv->inputs[0] = affine->inputs[0];
    conv->label = cm_graph_join_labels(graph, affine->label, conv->label);
    return true;
}

/* Every op that reads the affine's output is a convolution that may have the affine folded in. */
static bool all_users_take(const cm_graph *graph, const cm_op *affine)
{
    const cm_op *last = affine->output->user;
    int takers = 0;
    if (!conv_takes_affine(affine, last))
        return false;
    for (int i = affine->order + 1; i <= last->order; i++)
        if (!graph->ops[i]->removed && conv_takes_affine(affine, graph->ops[i]))
            takers++;
    return takers == affine->output->uses;
}

/* The dense layer that alone reads the affine's output, directly or through *view, a flattening; NULL: none. */
static cm_op *dense_behind(const cm_op *affine, cm_op **view)
{
    const cm_value *value = affine->output;
    *view = NULL;
    if (value->uses == 1 && value->user->kind == CM_OP_VIEW && value->user->output->uses == 1) {
        *view = value->user;
        const cm_value *flat = (*view)->output;
        if (flat->rank != 2 || flat->dims[0] != value->dims[0])
            return NULL;
        value = flat;
    }
    cm_op *dense = value->uses == 1 ? value->user : NULL;
    return dense && dense->kind == CM_OP_DENSE && dense->inputs[0] == value ? dense : NULL;
}

/* AFFINE -> flatten -> dense, or AFFINE -> dense. */
static bool fold_into_dense(cm_graph *graph, cm_op *affine)
{
    cm_op *view, *dense = dense_behind(affine, &view);
    const cm_value *value = affine->output;
    if (!dense || dense->u.dense.weights.in_scale || dense->output->rank != 2 || value->dims[1] == 0 ||
        dense->u.dense.k % value->dims[1] != 0)
        return true;
    int k = dense->u.dense.k;
    int64_t repeat = k / value->dims[1]; /* entries of one channel: height * width */
    float *scale = cm_arena_alloc(&graph->arena, (size_t)k, sizeof *scale);
    float *shift = cm_arena_alloc(&graph->arena, (size_t)k, sizeof *shift);
    if (!scale || !shift)
        return false;
    for (int i = 0; i < k; i++) {
        scale[i] = affine->u.affine.scale[i / repeat];
        shift[i] = affine->u.affine.shift[i / repeat];
    }
    dense->u.dense.weights.in_scale = scale;
    dense->u.dense.weights.in_shift = shift;
    dense->label = cm_graph_join_labels(graph, affine->label, dense->label);
    (view ? view : dense)->inputs[0] = affine->inputs[0];
    affine->removed = true;
    return true;
}

static bool fuse_affine_before(cm_graph *graph, cm_op *affine)
{
    if (affine->output->is_output || affine->output->uses == 0)
        return true;
    if (!all_users_take(graph, affine))
        return fold_into_dense(graph, affine);
    int last = affine->output->user->order;
    for (int i = affine->order + 1; i <= last; i++)
        if (!graph->ops[i]->removed && graph->ops[i]->inputs[0] == affine->output && !fold_into_conv(graph, affine, graph->ops[i]))
            return false;
    affine->removed = true;
    return true;
}

cameo_status cm_graph_fuse(cm_graph *graph, cameo_error *error)
{
    cm_graph_remove_unused(graph);
    bool ok = true;
    for (int i = 0; i < graph->op_count && ok; i++) {
        cm_op *op = graph->ops[i];
        if (op->kind == CM_OP_AFFINE)
            ok = fuse_affine_after(graph, op);
        else if (op->kind == CM_OP_MAP && op->u.map.op == CM_MAP_ACTIVATION)
            fuse_activation(graph, op);
        else if (op->kind == CM_OP_MAP && op->u.map.op == CM_MAP_ADD)
            fuse_residual(graph, op);
    }
    cm_graph_compact(graph);
    cm_graph_count_uses(graph);
    for (int i = 0; i < graph->op_count && ok; i++)
        if (graph->ops[i]->kind == CM_OP_AFFINE)
            ok = fuse_affine_before(graph, graph->ops[i]);
    cm_graph_remove_unused(graph);
    return ok ? CAMEO_OK : cm_graph_no_memory(graph, "fusing operators", error);
}

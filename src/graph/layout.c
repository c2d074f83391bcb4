/* How each value lies in memory. Convolutions, pooling and resizing want the channels last; matrices, and what the caller sees,
 * are row-major. Where the two meet, a copy is inserted, unless the bytes are the same either way. */
#include "graph/graph.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST_OUTER = 64 };

typedef struct layouter {
    cm_graph *graph;
    cm_op **old_ops; /* the list before this pass; graph->ops is filled anew */
    int old_count;
    bool out_of_memory;
} layouter;

static void append(layouter *l, cm_op *op)
{
    if (!cm_graph_append_op(l->graph, op))
        l->out_of_memory = true;
}

static cm_move_piece *whole_copy(layouter *l, const cm_value *from, const cm_value *to)
{
    cm_move_piece *piece = cm_arena_alloc(&l->graph->arena, 1, sizeof *piece);
    if (!piece)
        return NULL;
    piece->loop_count = to->rank;
    for (int i = 0; i < to->rank; i++)
        piece->loops[i] = (cm_move_loop){to->dims[i], from->dims[i] == to->dims[i] ? i : -1, i, 1, 1};
    return piece;
}

/* Appends a copy of `value` with the given shape (axes of one are repeated) and layout; NULL: out of memory. */
static cm_value *append_copy(layouter *l, cm_value *value, const char *label, const int64_t *dims, cm_layout layout)
{
    cm_op *op = cm_graph_new_op(l->graph, CM_OP_MOVE, value->name, label, 1);
    cm_value *copy = cm_graph_new_value(l->graph, value->name, value->rank, dims);
    cm_move_piece *piece = copy ? whole_copy(l, value, copy) : NULL;
    if (!op || !piece) {
        l->out_of_memory = true;
        return NULL;
    }
    copy->layout = layout;
    copy->producer = op;
    op->inputs[0] = value;
    op->output = copy;
    op->u.move = (cm_move){.pieces = piece, .piece_count = 1};
    append(l, op);
    return copy;
}

/* Makes input i of `op` lie as wanted. */
static void need_layout(layouter *l, cm_op *op, int i, cm_layout wanted)
{
    cm_value *value = op->inputs[i];
    if (value->rank != 4 || value->layout == wanted || cm_value_layouts_agree(value))
        return;
    cm_value *copy = append_copy(l, value, "Layout", value->dims, wanted);
    if (copy)
        op->inputs[i] = copy;
}

/* ---- Element by element, with broadcasting ---- */

/* Axes in the order of memory. */
static void memory_order(const cm_value *value, int *axes)
{
    static const int last[4] = {0, 2, 3, 1};
    for (int i = 0; i < value->rank; i++)
        axes[i] = value->layout == CM_LAYOUT_CHANNELS_LAST ? last[i] : i;
}

/* Describes how `b` repeats within `out` as [outer: both][rows: b repeats][channels: both] or [outer][rows: both][channels: b repeats].
 * False: neither, or too finely. */
static bool broadcast_pattern(const cm_value *out, const cm_value *b, cm_map *map)
{
    int axes[CAMEO_MAX_RANK], run_count = 0;
    struct {
        bool full;
        int64_t extent;
    } runs[CAMEO_MAX_RANK];
    memory_order(out, axes);
    for (int i = 0; i < out->rank; i++) {
        int64_t extent = out->dims[axes[i]];
        if (extent == 1)
            continue;
        bool full = b->dims[axes[i]] == extent;
        if (run_count && runs[run_count - 1].full == full) {
            runs[run_count - 1].extent *= extent;
        } else {
            runs[run_count].full = full;
            runs[run_count++].extent = extent;
        }
    }
    int at = 0;
    map->outer = map->rows = 1;
    if (run_count == 3 && runs[0].full)
        map->outer = runs[at++].extent;
    int left = run_count - at;
    if (left > 2)
        return false;
    int64_t channels;
    if (left == 0) { /* one element */
        channels = 1;
        map->b_kind = CM_MAP_FULL;
    } else if (left == 1) {
        channels = runs[at].extent;
        map->b_kind = runs[at].full ? CM_MAP_FULL : CM_MAP_SCALAR;
    } else {
        map->rows = runs[at].extent;
        channels = runs[at + 1].extent;
        map->b_kind = runs[at].full ? CM_MAP_PER_ROW : CM_MAP_PER_CHANNEL;
    }
    map->channels = (int)channels;
    /* A call of the kernel for every few elements costs more than a copy of the operand. */
    return map->outer == 1 || map->rows * channels >= SMALLEST_OUTER;
}

static int64_t largest_row(int64_t elements)
{
    /* A dense stretch split into rows that threads can share; any divisor does, a power of two is found fast. */
    int64_t channels = elements;
    while (channels > 4096 && channels % 2 == 0)
        channels /= 2;
    return channels;
}

static void set_dense_map(cm_map *map, int64_t elements)
{
    int64_t channels = largest_row(elements);
    map->outer = 1;
    if (channels > 1 << 20)
        channels = 1;
    map->channels = (int)(channels ? channels : 1);
    map->rows = channels ? elements / channels : 0;
}

static void layout_map(layouter *l, cm_op *op)
{
    cm_map *map = &op->u.map;
    cm_value *out = op->output;
    bool per_channel = map->fused.slope != NULL; /* channel = axis 1 */
    bool last = out->rank == 4 && (per_channel || op->inputs[0]->layout == CM_LAYOUT_CHANNELS_LAST ||
                                   (op->input_count > 1 && op->inputs[1]->layout == CM_LAYOUT_CHANNELS_LAST));
    out->layout = last ? CM_LAYOUT_CHANNELS_LAST : CM_LAYOUT_ROW_MAJOR;
    for (int i = 0; i < op->input_count; i++)
        need_layout(l, op, i, out->layout);
    if (op->input_count == 1 && per_channel) {
        map->outer = 1;
        map->channels = (int)out->dims[1];
        map->rows = out->dims[1] ? out->elements / out->dims[1] : 0;
        return;
    }
    if (op->input_count == 1 || (op->inputs[1]->elements == out->elements)) {
        set_dense_map(map, out->elements);
        map->b_kind = CM_MAP_FULL;
        return;
    }
    if (!broadcast_pattern(out, op->inputs[1], map)) {
        cm_value *full = append_copy(l, op->inputs[1], "Expand", out->dims, out->layout);
        if (full)
            op->inputs[1] = full;
        set_dense_map(map, out->elements);
        map->b_kind = CM_MAP_FULL;
    }
}

/* ---- Copies that change no byte ---- */

/* The move reads all of its one input in memory order: the output is the same bytes. */
static bool is_plain_view(const cm_op *op)
{
    const cm_move *move = &op->u.move;
    if (op->input_count != 1 || move->piece_count != 1 || move->fill || op->inputs[0]->elements != op->output->elements ||
        op->inputs[0]->is_constant)
        return false;
    const cm_move_piece *piece = &move->pieces[0];
    int64_t src[CAMEO_MAX_RANK], dst[CAMEO_MAX_RANK];
    cm_value_strides(op->inputs[0], src);
    cm_value_strides(op->output, dst);
    for (int i = 0; i < piece->loop_count; i++) {
        const cm_move_loop *loop = &piece->loops[i];
        if (loop->extent == 1)
            continue;
        if (loop->src_axis < 0 || loop->dst_axis < 0 ||
            loop->src_step * src[loop->src_axis] != loop->dst_step * dst[loop->dst_axis] || loop->src_step < 0)
            return false;
    }
    return true;
}

static void layout_move(cm_op *op)
{
    cm_value *out = op->output;
    if (out->rank == 4 && strcmp(op->label, "Transpose") == 0) {
        /* From [N,H,W,C] to [N,C,H,W]: nothing to do if the result lies channels last. */
        out->layout = CM_LAYOUT_CHANNELS_LAST;
        if (!is_plain_view(op))
            out->layout = CM_LAYOUT_ROW_MAJOR;
    } else if (out->rank == 4 && op->inputs[0]->rank == 4) {
        out->layout = op->inputs[0]->layout;
    }
    if (is_plain_view(op)) {
        op->kind = CM_OP_VIEW;
        out->view_of = op->inputs[0];
    }
}

/* A flattened picture that only a dense layer reads: its weights are reordered instead of the data. */
static bool flattens_for_dense(const cm_op *view)
{
    const cm_value *from = view->inputs[0], *to = view->output;
    const cm_op *user = to->uses == 1 ? to->user : NULL;
    return user && user->kind == CM_OP_DENSE && user->inputs[0] == to && (user->input_count == 1 || user->inputs[1] != to) &&
           from->rank == 4 && from->layout == CM_LAYOUT_CHANNELS_LAST && to->rank == 2 && to->dims[0] == from->dims[0] &&
           to->dims[1] == from->dims[1] * from->dims[2] * from->dims[3];
}

static void layout_view(layouter *l, cm_op *op)
{
    if (flattens_for_dense(op) && !cm_value_layouts_agree(op->inputs[0]))
        op->output->user->u.dense.spatial = (int)(op->inputs[0]->dims[2] * op->inputs[0]->dims[3]);
    else
        need_layout(l, op, 0, CM_LAYOUT_ROW_MAJOR);
    op->output->view_of = op->inputs[0];
}

static void layout_op(layouter *l, cm_op *op)
{
    switch (op->kind) {
    case CM_OP_CONV:
    case CM_OP_POOL:
    case CM_OP_RESIZE:
        for (int i = 0; i < op->input_count; i++)
            need_layout(l, op, i, CM_LAYOUT_CHANNELS_LAST);
        op->output->layout = CM_LAYOUT_CHANNELS_LAST;
        break;
    case CM_OP_AFFINE:
    case CM_OP_QUANTIZE:
    case CM_OP_DEQUANTIZE:
    case CM_OP_REQUANTIZE:
        if (op->output->rank == 4) {
            for (int i = 0; i < op->input_count; i++)
                need_layout(l, op, i, CM_LAYOUT_CHANNELS_LAST);
            op->output->layout = CM_LAYOUT_CHANNELS_LAST;
        }
        break;
    case CM_OP_MAP:
        layout_map(l, op);
        break;
    case CM_OP_MOVE:
        layout_move(op);
        break;
    case CM_OP_VIEW:
        layout_view(l, op);
        break;
    default:
        for (int i = 0; i < op->input_count; i++)
            need_layout(l, op, i, CM_LAYOUT_ROW_MAJOR);
    }
}

/* Whoever calls reads outputs row-major, and may already write the next inputs meanwhile. */
static void layout_outputs(layouter *l)
{
    for (int i = 0; i < l->graph->output_count; i++) {
        cm_value *value = l->graph->outputs[i];
        bool row_major = value->layout == CM_LAYOUT_ROW_MAJOR || cm_value_layouts_agree(value);
        bool is_input = cm_value_storage(value)->input_index >= 0;
        if (row_major && !is_input)
            continue;
        cm_value *copy = append_copy(l, value, row_major ? "Identity" : "Layout", value->dims, CM_LAYOUT_ROW_MAJOR);
        if (!copy)
            return;
        value->is_output = false;
        copy->is_output = true;
        l->graph->outputs[i] = copy;
    }
}

cameo_status cm_graph_layout(cm_graph *graph, cameo_error *error)
{
    cm_graph_count_uses(graph);
    layouter l = {.graph = graph, .old_ops = graph->ops, .old_count = graph->op_count};
    graph->ops = NULL;
    graph->op_count = graph->op_capacity = 0;
    for (int i = 0; i < l.old_count && !l.out_of_memory; i++) {
        layout_op(&l, l.old_ops[i]);
        append(&l, l.old_ops[i]);
    }
    if (!l.out_of_memory)
        layout_outputs(&l);
    free(l.old_ops);
    for (int i = 0; i < graph->op_count; i++)
        graph->ops[i]->removed = graph->ops[i]->kind == CM_OP_VIEW;
    cm_graph_compact(graph);
    return l.out_of_memory ? cm_graph_no_memory(graph, "laying out values", error) : CAMEO_OK;
}

/* Pad: with a number, or with what lies at the edges. */
#include "graph/builder.h"

#include <stdlib.h>
#include <string.h>

/* The list of pads: attribute (opset < 11) or constant input. */
static cameo_status pad_list(cm_builder *b, const int64_t **pads, int *count)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, "pads");
    if (cm_build_input(b, 1))
        return cm_build_ints(b, cm_build_input(b, 1), "pads", pads, count);
    if (!attribute || attribute->kind != CM_ONNX_ATTR_INTS || attribute->count > 2 * CAMEO_MAX_RANK)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "it has no pads");
    *pads = attribute->ints;
    *count = (int)attribute->count;
    return CAMEO_OK;
}

/* Pads of a Pad node: [starts, ends], for the axes named by a fourth input or for all. */
static cameo_status read_pads(cm_builder *b, const cm_value *x, int64_t before[], int64_t after[])
{
    const int64_t *pads = NULL, *axes = NULL;
    int count = 0, axis_count = x->rank;
    cameo_status status = pad_list(b, &pads, &count);
    if (status == CAMEO_OK && cm_build_input(b, 3))
        status = cm_build_ints(b, cm_build_input(b, 3), "axes", &axes, &axis_count);
    if (status != CAMEO_OK)
        return status;
    if (axis_count > x->rank || count != 2 * axis_count)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%d pads do not fit %d axes", count, axis_count);
    for (int i = 0; i < axis_count; i++) {
        int axis;
        status = cm_build_axis(b, axes ? axes[i] : i, x->rank, &axis);
        if (status != CAMEO_OK)
            return status;
        before[axis] = pads[i];
        after[axis] = pads[i + axis_count];
        bool huge = before[axis] > INT32_MAX || before[axis] < -INT32_MAX || after[axis] > INT32_MAX || after[axis] < -INT32_MAX;
        if (huge || x->dims[axis] + before[axis] + after[axis] < 0)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "pads %lld and %lld do not fit axis %d of %lld", (long long)before[axis],
                                 (long long)after[axis], axis, (long long)x->dims[axis]);
    }
    return CAMEO_OK;
}

/* What the new elements hold: attribute (opset < 11), third input, or 0. */
static cameo_status pad_fill(cm_builder *b, float *value)
{
    cm_value *fill = cm_build_input(b, 2);
    *value = cm_onnx_attribute_float(b->node, "value", 0.0f);
    if (!fill)
        return CAMEO_OK;
    if (!fill->is_constant || fill->elements != 1)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its fill value must be one constant number");
    const float *floats = fill->is_int ? NULL : cm_value_floats(b->graph, fill);
    if (!fill->is_int && !floats)
        return cm_build_no_memory(b);
    *value = floats ? floats[0] : (float)fill->ints[0];
    return CAMEO_OK;
}

typedef enum pad_mode { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT, PAD_WRAP } pad_mode;

/* A stretch of one axis: `extent` entries of the result from `to` on, taken from the source at `from`, `step` apart. */
typedef struct stretch {
    int64_t extent, from, step, to;
} stretch;

/* What the result's axis is made of: the entries that stay and, where they are taken from the source, those before and after them. Negative pads
 * cut. Returns how many stretches. */
static int axis_stretches(pad_mode mode, int64_t size, int64_t before, int64_t after, stretch out[3])
{
    int64_t cut = before < 0 ? -before : 0, kept = size - cut - (after < 0 ? -after : 0), last = cut + kept - 1;
    int count = 0;
    before = before > 0 ? before : 0;
    after = after > 0 ? after : 0;
    if (mode != PAD_CONSTANT && before)
        out[count++] = mode == PAD_EDGE      ? (stretch){before, cut, 0, 0}
                       : mode == PAD_REFLECT ? (stretch){before, cut + before, -1, 0}
                                             : (stretch){before, last - before + 1, 1, 0};
    if (kept > 0)
        out[count++] = (stretch){kept, cut, 1, before};
    if (mode != PAD_CONSTANT && after)
        out[count++] = mode == PAD_EDGE      ? (stretch){after, last, 0, before + kept}
                       : mode == PAD_REFLECT ? (stretch){after, last - 1, -1, before + kept}
                                             : (stretch){after, cut, 1, before + kept};
    return count;
}

/* Reflecting and wrapping go round once. */
static cameo_status check_reach(cm_builder *b, pad_mode mode, int axis, int64_t size, int64_t before, int64_t after)
{
    int64_t kept = size + (before < 0 ? before : 0) + (after < 0 ? after : 0);
    int64_t most = mode == PAD_EDGE && kept > 0 ? INT32_MAX : mode == PAD_REFLECT ? kept - 1 : kept;
    if (mode == PAD_CONSTANT || ((before <= 0 || before <= most) && (after <= 0 || after <= most)))
        return CAMEO_OK;
    return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "pads %lld and %lld reach further than axis %d of %lld", (long long)before,
                         (long long)after, axis, (long long)size);
}

/* Every combination of the axes' stretches is a box. pieces: [product of counts]. */
static void fill_pieces(int rank, stretch (*stretches)[3], const int *counts, int piece_count, cm_move_piece *pieces)
{
    for (int i = 0; i < piece_count; i++) {
        pieces[i] = (cm_move_piece){.loop_count = rank};
        for (int axis = 0, rest = i; axis < rank; rest /= counts[axis], axis++) {
            const stretch *s = &stretches[axis][rest % counts[axis]];
            pieces[i].loops[axis] = (cm_move_loop){s->extent, s->step ? axis : -1, axis, s->step, 1};
            pieces[i].src_start[axis] = s->from;
            pieces[i].dst_start[axis] = s->to;
        }
    }
}

static cameo_status read_mode(cm_builder *b, pad_mode *mode)
{
    static const char *const names[] = {"constant", "edge", "reflect", "wrap"};
    const char *wanted = cm_onnx_attribute_string(b->node, "mode", "constant");
    for (int i = 0; i < 4; i++)
        if (strcmp(wanted, names[i]) == 0) {
            *mode = (pad_mode)i;
            return CAMEO_OK;
        }
    return cm_build_fail(b, CAMEO_ERROR_FORMAT, "mode '%s' is none of constant, edge, reflect, wrap", wanted);
}

cameo_status cm_build_pad(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int64_t before[CAMEO_MAX_RANK] = {0}, after[CAMEO_MAX_RANK] = {0}, dims[CAMEO_MAX_RANK];
    stretch stretches[CAMEO_MAX_RANK][3];
    int counts[CAMEO_MAX_RANK], piece_count = 1;
    float value = 0.0f;
    pad_mode mode = PAD_CONSTANT;
    if (!x)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
    cameo_status status = read_mode(b, &mode);
    if (status == CAMEO_OK)
        status = read_pads(b, x, before, after);
    if (status == CAMEO_OK)
        status = pad_fill(b, &value);
    for (int i = 0; i < x->rank && status == CAMEO_OK; i++) {
        status = check_reach(b, mode, i, x->dims[i], before[i], after[i]);
        dims[i] = x->dims[i] + before[i] + after[i];
        counts[i] = axis_stretches(mode, x->dims[i], before[i], after[i], stretches[i]);
        piece_count *= counts[i];
    }
    if (status != CAMEO_OK)
        return status;
    cm_move_piece *pieces = calloc((size_t)piece_count + 1, sizeof *pieces);
    if (!pieces)
        return cm_build_no_memory(b);
    fill_pieces(x->rank, stretches, counts, piece_count, pieces);
    cm_move move = {.pieces = pieces, .piece_count = piece_count, .fill = mode == PAD_CONSTANT, .fill_value = value};
    status = cm_build_move(b, &x, 1, &move, 0, x->rank, dims);
    free(pieces);
    return status;
}

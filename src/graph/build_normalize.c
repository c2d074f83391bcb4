/* BatchNormalization, LayerNormalization, Softmax and the reductions. */
#include "graph/builder.h"

#include <math.h>
#include <string.h>

/* gamma / sqrt(var + eps) and beta - mean * that, in double. */
static cameo_status batch_norm_factors(cm_builder *b, int64_t channels, float *scale, float *shift)
{
    const float *p[4];
    for (int i = 0; i < 4; i++)
        if (!(p[i] = cm_value_floats(b->graph, cm_build_input(b, i + 1))))
            return cm_build_no_memory(b);
    double epsilon = (double)cm_onnx_attribute_float(b->node, "epsilon", 1e-5f);
    for (int64_t i = 0; i < channels; i++) {
        double factor = (double)p[0][i] / sqrt((double)p[3][i] + epsilon);
        scale[i] = (float)factor;
        shift[i] = (float)((double)p[1][i] - (double)p[2][i] * factor);
        if (!isfinite(scale[i]) || !isfinite(shift[i]))
            return cm_build_fail(b, CAMEO_ERROR_FORMAT, "its parameters for channel %lld give no finite number", (long long)i);
    }
    return CAMEO_OK;
}

static cameo_status check_batch_norm(cm_builder *b, const cm_value *x)
{
    if (!x || x->is_int || x->rank < 2 || x->rank > 4)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 2 to 4");
    if (cm_onnx_attribute_int(b->node, "training_mode", 0))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "training mode is not supported; export the model in evaluation mode");
    for (int i = 1; i < 5; i++) {
        const cm_value *p = cm_build_input(b, i);
        if (!p || !p->is_constant || p->is_int || p->elements != x->dims[1])
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "input %d must hold %lld constant floats, one a channel", i, (long long)x->dims[1]);
    }
    return CAMEO_OK;
}

cameo_status cm_build_batch_normalization(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    cameo_status status = check_batch_norm(b, x);
    if (status != CAMEO_OK)
        return status;
    float *scale = cm_arena_alloc(&b->graph->arena, (size_t)x->dims[1], sizeof *scale);
    float *shift = cm_arena_alloc(&b->graph->arena, (size_t)x->dims[1], sizeof *shift);
    if (!scale || !shift)
        return cm_build_no_memory(b);
    status = batch_norm_factors(b, x->dims[1], scale, shift);
    cm_value *from = x;
    if (status == CAMEO_OK && x->rank == 3)
        status = cm_build_viewed(b, x, 4, (int64_t[4]){x->dims[0], x->dims[1], x->dims[2], 1}, &from);
    if (status != CAMEO_OK)
        return status;
    cm_op *op = cm_build_op(b, CM_OP_AFFINE, &from, 1, x->rank == 3 ? CM_NO_OUTPUT : 0, from->rank, from->dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.affine.scale = scale;
    op->u.affine.shift = shift;
    return x->rank == 3 ? cm_build_view(b, op->output, 0, 3, x->dims) : CAMEO_OK;
}

/* One constant float for each element of x from `axis` on. */
static bool has_constants(const cm_value *value, const cm_value *x, int axis, int64_t count)
{
    return value && value->is_constant && !value->is_int && value->elements == count && cm_build_spans(value, x, axis, x->rank - 1);
}

cameo_status cm_build_layer_normalization(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *scale = cm_build_input(b, 1), *shift = cm_build_input(b, 2);
    if (!x || x->is_int || x->rank < 1)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float");
    int axis;
    cameo_status status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", -1), x->rank, &axis);
    if (status != CAMEO_OK)
        return status;
    int64_t outer = cm_dims_elements(axis, x->dims), inner = cm_dims_elements(x->rank - axis, x->dims + axis);
    if (!has_constants(scale, x, axis, inner) || (shift && !has_constants(shift, x, axis, inner)))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its scale and bias must be constants of %lld floats", (long long)inner);
    cm_value *flat;
    status = cm_build_viewed(b, x, 2, (int64_t[2]){outer, inner}, &flat);
    if (status != CAMEO_OK)
        return status;
    cm_op *op = cm_build_op(b, CM_OP_NORMALIZE, &flat, 1, CM_NO_OUTPUT, 2, flat->dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.normalize.epsilon = cm_onnx_attribute_float(b->node, "epsilon", 1e-5f);
    op->u.normalize.scale = cm_value_floats(b->graph, scale);
    op->u.normalize.shift = shift ? cm_value_floats(b->graph, shift) : NULL;
    if (!op->u.normalize.scale || (shift && !op->u.normalize.shift))
        return cm_build_no_memory(b);
    return cm_build_view(b, op->output, 0, x->rank, x->dims);
}

/* perm that brings `axes` (flagged) to the end, keeping the order otherwise. Returns how many are not flagged. */
static int axes_last(int rank, const bool *flagged, int *perm)
{
    int count = 0;
    for (int i = 0; i < rank; i++)
        if (!flagged[i])
            perm[count++] = i;
    int kept = count;
    for (int i = 0; i < rank; i++)
        if (flagged[i])
            perm[count++] = i;
    return kept;
}

static bool is_identity(int rank, const int *perm)
{
    for (int i = 0; i < rank; i++)
        if (perm[i] != i)
            return false;
    return true;
}

/* Undoes a transposition by perm: `flat` holds the elements of `turned`; the result is the node's output. */
static cameo_status turn_back(cm_builder *b, cm_value *flat, const cm_value *turned, const int *perm)
{
    cm_value *shaped;
    int back[CAMEO_MAX_RANK];
    for (int i = 0; i < turned->rank; i++)
        back[perm[i]] = i;
    cameo_status status = cm_build_viewed(b, flat, turned->rank, turned->dims, &shaped);
    if (status == CAMEO_OK)
        status = cm_build_transposed(b, shaped, back, &shaped);
    if (status == CAMEO_OK)
        cm_build_set_output(b, 0, shaped);
    return status;
}

cameo_status cm_build_softmax(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    if (!x || x->is_int || x->rank < 1)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float");
    bool joined = b->model->opset < 13; /* until then all axes from `axis` on are one */
    int axis, perm[CAMEO_MAX_RANK];
    cameo_status status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", joined ? 1 : -1), x->rank, &axis);
    if (status != CAMEO_OK)
        return status;
    bool flagged[CAMEO_MAX_RANK] = {false};
    flagged[axis] = true;
    cm_value *from = x;
    axes_last(x->rank, flagged, perm);
    bool turned = !joined && !is_identity(x->rank, perm);
    if (turned)
        status = cm_build_transposed(b, x, perm, &from);
    int64_t inner = joined ? cm_dims_elements(x->rank - axis, x->dims + axis) : x->dims[axis];
    cm_value *flat;
    if (status == CAMEO_OK)
        status = cm_build_viewed(b, from, 2, (int64_t[2]){inner ? x->elements / inner : 0, inner}, &flat);
    if (status != CAMEO_OK)
        return status;
    cm_op *op = cm_build_op(b, CM_OP_SOFTMAX, &flat, 1, CM_NO_OUTPUT, 2, flat->dims);
    if (!op)
        return cm_build_no_memory(b);
    return turned ? turn_back(b, op->output, from, perm) : cm_build_view(b, op->output, 0, x->rank, x->dims);
}

static cm_reduce_kind reduce_kind(const char *op_type)
{
    static const struct {
        const char *name;
        cm_reduce_kind kind;
    } table[] = {{"ReduceSum", CM_REDUCE_SUM}, {"ReduceMean", CM_REDUCE_MEAN}, {"ReduceMax", CM_REDUCE_MAX}, {"ReduceMin", CM_REDUCE_MIN},
                 {"ReduceL1", CM_REDUCE_L1},   {"ReduceL2", CM_REDUCE_L2}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(op_type, table[i].name) == 0)
            return table[i].kind;
    return CM_REDUCE_SUM_SQUARE;
}

/* Which axes go: attribute `axes` (older opsets) or a constant input; none given means all, or nothing with noop_with_empty_axes. */
static cameo_status reduced_axes(cm_builder *b, const cm_value *x, bool *flagged)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, "axes");
    const int64_t *axes = NULL;
    int count = 0;
    cameo_status status = CAMEO_OK;
    if (cm_build_input(b, 1))
        status = cm_build_ints(b, cm_build_input(b, 1), "axes", &axes, &count);
    else if (attribute && attribute->kind == CM_ONNX_ATTR_INTS) {
        axes = attribute->ints;
        count = (int)(attribute->count < CAMEO_MAX_RANK ? attribute->count : CAMEO_MAX_RANK);
    }
    if (status == CAMEO_OK && count == 0 && !cm_onnx_attribute_int(b->node, "noop_with_empty_axes", 0))
        for (int i = 0; i < x->rank; i++)
            flagged[i] = true;
    for (int i = 0; i < count && status == CAMEO_OK; i++) {
        int axis;
        status = cm_build_axis(b, axes[i], x->rank, &axis);
        if (status == CAMEO_OK)
            flagged[axis] = true;
    }
    return status;
}

cameo_status cm_build_reduce(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    bool flagged[CAMEO_MAX_RANK] = {false};
    if (!x || x->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float");
    cameo_status status = reduced_axes(b, x, flagged);
    if (status != CAMEO_OK)
        return status;
    int perm[CAMEO_MAX_RANK], kept = axes_last(x->rank, flagged, perm), rank = 0;
    bool keep = cm_onnx_attribute_int(b->node, "keepdims", 1) != 0;
    int64_t dims[CAMEO_MAX_RANK], outer = 1;
    for (int i = 0; i < x->rank; i++)
        if (!flagged[i] || keep)
            dims[rank++] = flagged[i] ? 1 : x->dims[i];
    for (int i = 0; i < kept; i++)
        outer *= x->dims[perm[i]];
    cm_value *from = x;
    if (!is_identity(x->rank, perm))
        status = cm_build_transposed(b, x, perm, &from);
    if (status == CAMEO_OK)
        status = cm_build_viewed(b, from, 2, (int64_t[2]){outer, outer ? x->elements / outer : 0}, &from);
    if (status != CAMEO_OK)
        return status;
    cm_op *op = cm_build_op(b, CM_OP_REDUCE, &from, 1, CM_NO_OUTPUT, 1, &outer);
    if (!op)
        return cm_build_no_memory(b);
    op->u.reduce = reduce_kind(b->node->op_type);
    return cm_build_view(b, op->output, 0, rank, dims);
}

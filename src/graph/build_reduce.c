/* Softmax and the reductions. Both run over the last axis: others are brought there by a transposition. */
#include "graph/builder.h"

#include <string.h>

/* x - max - log(sum(exp(x - max))) over the rows of x: [rows, columns] */
static cm_value *log_softmax(cm_builder *b, cm_value *x)
{
    x = cm_piece_map_two(b, CM_MAP_SUB, x, cm_piece_reduce(b, CM_REDUCE_MAX, x));
    return cm_piece_map_two(b, CM_MAP_SUB, x, cm_piece_reduce(b, CM_REDUCE_LOG_SUM, cm_piece_map(b, CM_MAP_EXP, x)));
}

static cm_value *softmax_rows(cm_builder *b, cm_value *x)
{
    if (x && strcmp(b->node->op_type, "LogSoftmax") == 0)
        return log_softmax(b, x);
    cm_op *op = x ? cm_piece_op(b, CM_OP_SOFTMAX, x, 2, x->dims) : NULL;
    return op ? op->output : NULL;
}

/* Before opset 13 all axes from `axis` on are one. */
static cameo_status softmax_joined(cm_builder *b, cm_value *x)
{
    int64_t given = cm_onnx_attribute_int(b->node, "axis", 1);
    int axis = 0;
    if (x->rank > 1 || given != 1) { /* the default of a vector is its only axis */
        cameo_status status = cm_build_axis(b, given, x->rank, &axis);
        if (status != CAMEO_OK)
            return status;
    }
    int64_t flat[2] = {cm_dims_elements(axis, x->dims), cm_dims_elements(x->rank - axis, x->dims + axis)};
    return cm_piece_shaped_output(b, softmax_rows(b, cm_piece_view(b, x, 2, flat)), 0, x->rank, x->dims);
}

cameo_status cm_build_softmax(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    if (!x || x->is_int || x->rank < 1)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float");
    if (b->model->opset < 13)
        return softmax_joined(b, x);
    return cm_build_along_axis(b, x, softmax_rows);
}

static cm_reduce_kind reduce_kind(const char *op_type)
{
    static const struct {
        const char *name;
        cm_reduce_kind kind;
    } table[] = {{"ReduceSum", CM_REDUCE_SUM},     {"ReduceMean", CM_REDUCE_MEAN},      {"ReduceMax", CM_REDUCE_MAX},
                 {"ReduceMin", CM_REDUCE_MIN},     {"ReduceL1", CM_REDUCE_L1},          {"ReduceL2", CM_REDUCE_L2},
                 {"ReduceProd", CM_REDUCE_PRODUCT}, {"ReduceLogSum", CM_REDUCE_LOG_SUM}, {"ReduceLogSumExp", CM_REDUCE_LOG_SUM_EXP}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(op_type, table[i].name) == 0)
            return table[i].kind;
    return CM_REDUCE_SUM_SQUARE;
}

/* Height and width of a picture: average pooling, where the picture lies as it is. */
static cm_value *mean_of_picture(cm_builder *b, cm_value *x)
{
    cm_op *op = cm_piece_op(b, CM_OP_POOL, x, 4, (int64_t[4]){x->dims[0], x->dims[1], 1, 1});
    if (op)
        op->u.pool = (cm_pool_op){.kernel = {(int)x->dims[2], (int)x->dims[3]}, .stride = {1, 1}, .dilation = {1, 1}, .average = true};
    return op ? op->output : NULL;
}

static bool is_picture_mean(const cm_value *x, const bool *flagged, cm_reduce_kind kind)
{
    return kind == CM_REDUCE_MEAN && !x->is_constant && x->rank == 4 && !flagged[0] && !flagged[1] && flagged[2] && flagged[3] &&
           x->dims[2] <= 128 && x->dims[3] <= 128;
}

/* Over the flagged axes: [what is kept, 1] */
static cm_value *reduce_axes(cm_builder *b, cm_value *x, const bool *flagged)
{
    int perm[CAMEO_MAX_RANK], kept = cm_build_axes_last(x->rank, flagged, perm);
    int64_t flat[2] = {1, 1};
    for (int i = 0; i < x->rank; i++)
        flat[i >= kept] *= x->dims[perm[i]];
    cm_value *rows = cm_piece_view(b, cm_piece_transpose(b, x, perm), 2, flat);
    return x->is_int ? cm_piece_int_reduce(b, rows) : cm_piece_reduce(b, reduce_kind(b->node->op_type), rows);
}

cameo_status cm_build_reduce(cm_builder *b)
{
    cm_value *x;
    bool flagged[CAMEO_MAX_RANK];
    int given;
    cameo_status status = cm_build_input_with_axes(b, &x, flagged, &given);
    if (status != CAMEO_OK)
        return status;
    /* No axes named means all, or none with noop_with_empty_axes. */
    bool all = given == 0 && !cm_onnx_attribute_int(b->node, "noop_with_empty_axes", 0);
    bool keep = cm_onnx_attribute_int(b->node, "keepdims", 1) != 0;
    int64_t dims[CAMEO_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < x->rank; i++) {
        flagged[i] = flagged[i] || all;
        if (!flagged[i] || keep)
            dims[rank++] = flagged[i] ? 1 : x->dims[i];
    }
    bool picture = is_picture_mean(x, flagged, reduce_kind(b->node->op_type));
    return cm_piece_shaped_output(b, picture ? mean_of_picture(b, x) : reduce_axes(b, x, flagged), 0, rank, dims);
}

/* Pieces that builders put together to an operator. */
#include "graph/builder.h"

#include <string.h>

/* Keeps the status of what has been told. */
static cm_value *failed(cm_builder *b, cameo_status status)
{
    b->refused = status;
    return NULL;
}

cm_value *cm_piece_number(cm_builder *b, float number)
{
    cm_value *constant = cm_build_constant(b, false, 0, NULL);
    if (!constant)
        return failed(b, cm_build_no_memory(b));
    ((float *)(uintptr_t)constant->floats)[0] = number;
    return constant;
}

cm_value *cm_piece_floats(cm_builder *b, cm_value *x)
{
    if (!x || !x->is_int)
        return x;
    cm_value *floats = cm_build_constant(b, false, x->rank, x->dims);
    if (!floats)
        return failed(b, cm_build_no_memory(b));
    for (int64_t i = 0; i < x->elements; i++)
        ((float *)(uintptr_t)floats->floats)[i] = (float)x->ints[i];
    return floats;
}

static bool has_dims(const cm_value *value, int rank, const int64_t *dims)
{
    bool same = value->rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = value->dims[i] == dims[i];
    return same;
}

cm_value *cm_piece_view(cm_builder *b, cm_value *x, int rank, const int64_t *dims)
{
    if (!x || has_dims(x, rank, dims))
        return x;
    cameo_status status = cm_build_viewed(b, x, rank, dims, &x);
    return status == CAMEO_OK ? x : failed(b, status);
}

cm_value *cm_piece_transpose(cm_builder *b, cm_value *x, const int *perm)
{
    cameo_status status = x ? cm_build_transposed(b, x, perm, &x) : CAMEO_OK;
    return status == CAMEO_OK ? x : failed(b, status);
}

cm_value *cm_piece_expand(cm_builder *b, cm_value *x, int rank, const int64_t *dims)
{
    cameo_status status = x ? cm_build_expanded(b, x, rank, dims, &x) : CAMEO_OK;
    return status == CAMEO_OK ? x : failed(b, status);
}

cm_value *cm_piece_move(cm_builder *b, cm_value *x, const cm_move *move, int rank, const int64_t *dims)
{
    cameo_status status = x ? cm_build_moved(b, &x, 1, move, rank, dims, &x) : CAMEO_OK;
    return status == CAMEO_OK ? x : failed(b, status);
}

cm_op *cm_piece_op(cm_builder *b, cm_op_kind kind, cm_value *x, int rank, const int64_t *dims)
{
    cm_op *op = x ? cm_build_op(b, kind, &x, 1, CM_NO_OUTPUT, rank, dims) : NULL;
    if (x && !op)
        b->refused = cm_build_no_memory(b);
    return op;
}

/* ---- Element by element ---- */

/* `value` with ones in front of its shape, up to `rank`. */
static cm_value *pad_rank(cm_builder *b, cm_value *value, int rank)
{
    int64_t dims[CAMEO_MAX_RANK];
    for (int i = 0; i < rank; i++)
        dims[i] = i < rank - value->rank ? 1 : value->dims[i - (rank - value->rank)];
    return cm_piece_view(b, value, rank, dims);
}

/* The operator that gives the same with its operands exchanged. */
static bool exchanged(cm_map_op op, cm_map_op *other)
{
    static const cm_map_op pairs[][2] = {
        {CM_MAP_ADD, CM_MAP_ADD},      {CM_MAP_MUL, CM_MAP_MUL},     {CM_MAP_MAX, CM_MAP_MAX},   {CM_MAP_MIN, CM_MAP_MIN},
        {CM_MAP_EQUAL, CM_MAP_EQUAL},  {CM_MAP_SUB, CM_MAP_RSUB},    {CM_MAP_RSUB, CM_MAP_SUB},  {CM_MAP_DIV, CM_MAP_RDIV},
        {CM_MAP_RDIV, CM_MAP_DIV},     {CM_MAP_LESS, CM_MAP_GREATER}, {CM_MAP_GREATER, CM_MAP_LESS},
        {CM_MAP_LESS_EQUAL, CM_MAP_GREATER_EQUAL},                   {CM_MAP_GREATER_EQUAL, CM_MAP_LESS_EQUAL},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i][0] == op) {
            *other = pairs[i][1];
            return true;
        }
    return false;
}

/* The kernel repeats the second operand only; the first is copied to the full shape unless the two can change places. */
cm_value *cm_piece_map_two(cm_builder *b, cm_map_op op, cm_value *x, cm_value *y)
{
    int rank;
    int64_t dims[CAMEO_MAX_RANK];
    if (!x || !y)
        return NULL;
    cm_value *inputs[2] = {x, y};
    cm_map_op other;
    cameo_status status = cm_build_broadcast(b, x, y, &rank, dims);
    if (status != CAMEO_OK)
        return failed(b, status);
    if (!has_dims(x, rank, dims) && has_dims(y, rank, dims) && exchanged(op, &other)) {
        inputs[0] = y;
        inputs[1] = x;
        op = other;
    }
    inputs[0] = cm_piece_expand(b, inputs[0], rank, dims);
    inputs[1] = pad_rank(b, inputs[1], rank);
    if (!inputs[0] || !inputs[1])
        return NULL;
    cm_op *map = cm_build_op(b, CM_OP_MAP, inputs, 2, CM_NO_OUTPUT, rank, dims);
    if (!map)
        return failed(b, cm_build_no_memory(b));
    map->u.map.op = op;
    return map->output;
}

cm_value *cm_piece_map(cm_builder *b, cm_map_op op, cm_value *x)
{
    cm_op *map = x ? cm_piece_op(b, CM_OP_MAP, x, x->rank, x->dims) : NULL;
    if (map)
        map->u.map.op = op;
    return map ? map->output : NULL;
}

cm_value *cm_piece_map_number(cm_builder *b, cm_map_op op, cm_value *x, float number)
{
    return cm_piece_map_two(b, op, x, x ? cm_piece_number(b, number) : NULL);
}

cm_value *cm_piece_activation(cm_builder *b, const cm_fused *fused, cm_value *x)
{
    cm_op *map = x ? cm_piece_op(b, CM_OP_MAP, x, x->rank, x->dims) : NULL;
    if (!map)
        return NULL;
    map->u.map.op = CM_MAP_ACTIVATION;
    map->u.map.fused = *fused;
    return map->output;
}

cm_value *cm_piece_relu(cm_builder *b, cm_value *x)
{
    return cm_piece_activation(b, &(cm_fused){.activation = CM_ACT_RELU}, x);
}

cm_value *cm_piece_tanh(cm_builder *b, cm_value *x)
{
    return cm_piece_activation(b, &(cm_fused){.activation = CM_ACT_TANH}, x);
}

/* ---- Rows, channels ---- */

cm_value *cm_piece_reduce(cm_builder *b, cm_reduce_kind kind, cm_value *x)
{
    cm_op *op = x ? cm_piece_op(b, CM_OP_REDUCE, x, 2, (int64_t[2]){x->dims[0], 1}) : NULL;
    if (op)
        op->u.reduce = kind;
    return op ? op->output : NULL;
}

cm_value *cm_piece_affine(cm_builder *b, cm_value *x, const float *scale, const float *shift)
{
    cm_op *op = x ? cm_piece_op(b, CM_OP_AFFINE, x, x->rank, x->dims) : NULL;
    if (!op)
        return NULL;
    op->u.affine.scale = scale;
    op->u.affine.shift = shift;
    return op->output;
}

/* ---- The end ---- */

cameo_status cm_piece_output(cm_builder *b, cm_value *x, int output)
{
    if (!x)
        return cm_build_no_memory(b);
    cm_build_set_output(b, output, x);
    return CAMEO_OK;
}

cameo_status cm_piece_shaped_output(cm_builder *b, cm_value *x, int output, int rank, const int64_t *dims)
{
    if (!x)
        return cm_build_no_memory(b);
    if (!has_dims(x, rank, dims))
        return cm_build_view(b, x, output, rank, dims);
    cm_build_set_output(b, output, x);
    return CAMEO_OK;
}

/* ---- Axes ---- */

int cm_build_axes_last(int rank, const bool *flagged, int *perm)
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

/* perm that brings one axis to the end, and the one that brings it back. perm, back: [rank] */
static void axis_last(int rank, int axis, int *perm, int *back)
{
    bool flagged[CAMEO_MAX_RANK] = {false};
    flagged[axis] = true;
    (void)cm_build_axes_last(rank, flagged, perm);
    for (int i = 0; i < rank; i++)
        back[perm[i]] = i;
}

cameo_status cm_build_along_axis(cm_builder *b, cm_value *x, cm_build_rows_fn *along)
{
    int axis, perm[CAMEO_MAX_RANK], back[CAMEO_MAX_RANK];
    cameo_status status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", -1), x->rank, &axis);
    if (status != CAMEO_OK)
        return status;
    axis_last(x->rank, axis, perm, back);
    cm_value *turned = cm_piece_transpose(b, x, perm);
    if (!turned)
        return cm_build_no_memory(b);
    int64_t columns = x->dims[axis], flat[2] = {columns ? x->elements / columns : 0, columns};
    cm_value *result = cm_piece_view(b, along(b, cm_piece_view(b, turned, 2, flat)), turned->rank, turned->dims);
    return cm_piece_output(b, cm_piece_transpose(b, result, back), 0);
}

bool cm_build_is_identity(int rank, const int *perm)
{
    for (int i = 0; i < rank; i++)
        if (perm[i] != i)
            return false;
    return true;
}

cameo_status cm_build_int_choice(cm_builder *b, const char *name, int input, const int64_t **ints, int *count)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, name);
    *ints = NULL;
    *count = 0;
    cameo_status status = CAMEO_OK;
    if (cm_build_input(b, input)) {
        status = cm_build_ints(b, cm_build_input(b, input), name, ints, count);
    } else if (attribute && attribute->kind == CM_ONNX_ATTR_INTS) {
        *ints = attribute->ints;
        *count = attribute->count > INT32_MAX ? INT32_MAX : (int)attribute->count;
    }
    if (status == CAMEO_OK && *count > CAMEO_MAX_RANK)
        status = cm_build_fail(b, CAMEO_ERROR_LIMIT, "%s has %d entries, there are %d axes at most", name, *count, CAMEO_MAX_RANK);
    return status;
}

cameo_status cm_build_flagged_axes(cm_builder *b, int input, int rank, bool *flagged, int *given)
{
    const int64_t *axes;
    cameo_status status = cm_build_int_choice(b, "axes", input, &axes, given);
    for (int i = 0; i < *given && status == CAMEO_OK; i++) {
        int axis;
        status = cm_build_axis(b, axes[i], rank, &axis);
        if (status == CAMEO_OK && flagged[axis])
            status = cm_build_fail(b, CAMEO_ERROR_MISMATCH, "axis %d is named twice", axis);
        if (status == CAMEO_OK)
            flagged[axis] = true;
    }
    return status;
}

cameo_status cm_build_input_with_axes(cm_builder *b, cm_value **x, bool *flagged, int *given)
{
    *x = cm_build_input(b, 0);
    memset(flagged, 0, CAMEO_MAX_RANK * sizeof *flagged);
    return *x ? cm_build_flagged_axes(b, 1, (*x)->rank, flagged, given) : cm_build_fail(b, CAMEO_ERROR_FORMAT, "its input is missing");
}

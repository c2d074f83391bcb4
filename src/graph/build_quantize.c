/* QuantizeLinear and DequantizeLinear, in float arithmetic: quantised numbers that are computed are floats that hold integers. */
#include "graph/builder.h"

/* One entry a block along the axis -> one an entry of x. */
static cm_value *repeat_blocks(cm_builder *b, cm_value *value, const cm_value *x, int axis, int64_t block)
{
    int64_t dims[CAMEO_MAX_RANK];
    cm_move_piece piece = {.loop_count = x->rank + 1};
    for (int i = 0; i < x->rank; i++) {
        dims[i] = i == axis ? value->dims[i] * block : value->dims[i];
        piece.loops[i] = (cm_move_loop){value->dims[i], i, i, 1, i == axis ? block : 1};
    }
    piece.loops[x->rank] = (cm_move_loop){block, -1, axis, 0, 1};
    const cm_move move = {.pieces = &piece, .piece_count = 1};
    return cm_piece_move(b, value, &move, x->rank, dims);
}

/* Scale or zero point, given for all of x, for each entry of an axis, or for blocks along it: in a shape that is broadcast to x. */
static cm_value *along_axis(cm_builder *b, cm_value *value, const cm_value *x, int axis, int64_t block)
{
    int64_t dims[CAMEO_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        dims[i] = i == axis ? x->dims[i] : 1;
    value = cm_piece_floats(b, value);
    if (!value)
        return NULL;
    if (value->elements == 1)
        return cm_piece_view(b, value, 0, NULL);
    if (block == 0 && value->rank == 1 && value->elements == x->dims[axis])
        return cm_piece_view(b, value, x->rank, dims);
    if (block > 0 && value->rank == x->rank && value->dims[axis] * block == x->dims[axis])
        return repeat_blocks(b, value, x, axis, block);
    b->refused = cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld scales or zero points do not fit axis %d of its input",
                               (long long)value->elements, axis);
    return NULL;
}

/* The node's scale and zero point (*zero NULL: none), to be broadcast to x. */
static cameo_status read_scale(cm_builder *b, const cm_value *x, cm_value **scale, cm_value **zero)
{
    cm_value *given = cm_build_input(b, 1), *point = cm_build_input(b, 2);
    int64_t block = cm_onnx_attribute_int(b->node, "block_size", 0);
    int axis = 0;
    if (!given || given->is_int || !given->is_constant || (point && !point->is_constant) || block < 0 || block > 1 << 20)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its scale and zero point must be constants");
    if (given->elements != 1) {
        cameo_status status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", 1), x->rank, &axis);
        if (status != CAMEO_OK)
            return status;
    }
    *scale = along_axis(b, given, x, axis, block);
    *zero = point ? along_axis(b, point, x, axis, block) : NULL;
    return *scale && (*zero || !point) ? CAMEO_OK : cm_build_no_memory(b);
}

/* (x - zero point) * scale */
cameo_status cm_build_dequantize(cm_builder *b)
{
    cm_value *x = cm_piece_floats(b, cm_build_input(b, 0)), *scale, *zero;
    if (!x)
        return cm_build_no_memory(b);
    cameo_status status = read_scale(b, x, &scale, &zero);
    if (status != CAMEO_OK)
        return status;
    if (zero)
        x = cm_piece_map_two(b, CM_MAP_SUB, x, zero);
    return cm_piece_output(b, cm_piece_map_two(b, CM_MAP_MUL, x, scale), 0);
}

/* What the quantised type holds: that of the zero point, or the attribute's, or UINT8. */
static cameo_status quantised_range(cm_builder *b, cm_fused *range)
{
    int64_t type = cm_onnx_attribute_int(b->node, "output_dtype", 0);
    if (cm_build_input(b, 2))
        type = b->model->values[b->node->inputs[2]].type;
    switch (type) {
    case CM_ONNX_UNDEFINED:
    case CM_ONNX_UINT8:
        range->high = 255.0f;
        return CAMEO_OK;
    case CM_ONNX_INT8:
        range->low = -128.0f;
        range->high = 127.0f;
        return CAMEO_OK;
    case CM_ONNX_UINT16:
        range->high = 65535.0f;
        return CAMEO_OK;
    case CM_ONNX_INT16:
        range->low = -32768.0f;
        range->high = 32767.0f;
        return CAMEO_OK;
    default:
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "quantising to type %lld is not supported, only to integers of 8 and 16 bits",
                             (long long)type);
    }
}

/* round(x / scale) + zero point, held in the type's range; halves go to the even number. */
cameo_status cm_build_quantize(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *scale, *zero;
    cm_fused range = {.activation = CM_ACT_CLIP};
    if (!x || x->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float");
    cameo_status status = read_scale(b, x, &scale, &zero);
    if (status == CAMEO_OK)
        status = quantised_range(b, &range);
    if (status != CAMEO_OK)
        return status;
    x = cm_piece_map(b, CM_MAP_ROUND, cm_piece_map_two(b, CM_MAP_DIV, x, scale));
    if (zero)
        x = cm_piece_map_two(b, CM_MAP_ADD, x, zero);
    return cm_piece_output(b, cm_piece_activation(b, &range, x), 0);
}

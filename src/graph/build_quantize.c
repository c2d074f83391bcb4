/* QuantizeLinear and DequantizeLinear. One scale for 8-bit numbers that only DequantizeLinear reads: they are bytes, which convolutions may compute
 * with (quantise.c). 8-bit constants stay as they are until somebody wants floats. Everything else is float arithmetic: quantised numbers are
 * floats that hold integers. */
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

/* ---- Bytes ---- */

static bool is_constant_float(const cm_value *value)
{
    return value && value->is_constant && !value->is_int;
}

/* The one scale and zero point of the node, the latter 128 more where the 8-bit numbers are signed. False: it has others. */
static bool read_byte_scale(cm_builder *b, bool is_signed, cm_byte_scale *scale)
{
    cm_value *given = cm_build_input(b, 1), *point = cm_build_input(b, 2);
    if (!is_constant_float(given) || given->elements != 1 || cm_onnx_attribute_int(b->node, "block_size", 0) != 0)
        return false;
    if (point && (!point->is_constant || !point->ints || point->elements != 1))
        return false;
    const float *number = cm_value_floats(b->graph, given);
    int64_t zero = (point ? point->ints[0] : 0) + (is_signed ? 128 : 0);
    if (!number || !(number[0] > 1e-30f && number[0] < 1e30f) || zero < 0 || zero > 255)
        return false;
    *scale = (cm_byte_scale){.scale = number[0], .zero = (int)zero};
    return true;
}

static bool has_byte_shape(const cm_value *x)
{
    return x->rank == 2 || x->rank == 4;
}

/* Every zero point is the one that weights without an offset have. */
static bool is_centred(const cm_value *point, int64_t centre)
{
    if (!point)
        return centre == 0;
    for (int64_t i = 0; i < point->elements; i++)
        if (!point->ints || point->ints[i] != centre)
            return false;
    return true;
}

static bool is_byte_constant(const cm_value *x)
{
    return x->is_constant && x->tensor && (x->tensor->type == CM_ONNX_INT8 || x->tensor->type == CM_ONNX_UINT8) && x->rank >= 2 && x->elements > 0;
}

/* The axis along which x has a scale for each entry, any where it has one for all; -1: neither. */
static int scaled_axis(cm_builder *b, const cm_value *x, const cm_value *given)
{
    if (!is_constant_float(given) || cm_onnx_attribute_int(b->node, "block_size", 0) != 0)
        return -1;
    if (given->elements == 1)
        return 0;
    int64_t axis = cm_onnx_attribute_int(b->node, "axis", 1);
    axis = axis < 0 ? axis + x->rank : axis;
    bool fits = axis >= 0 && axis < x->rank && given->rank == 1 && given->elements == x->dims[axis];
    return fits ? (int)axis : -1;
}

/* The constant x with its scales, for weights; NULL: its form is another, or memory is out (which then shows again). */
static cm_value *quantised_constant(cm_builder *b, cm_value *x)
{
    cm_value *given = cm_build_input(b, 1);
    int axis = scaled_axis(b, x, given);
    if (!is_byte_constant(x) || axis < 0 || !is_centred(cm_build_input(b, 2), x->tensor->type == CM_ONNX_UINT8 ? 128 : 0))
        return NULL;
    const float *scales = cm_value_floats(b->graph, given);
    cm_quantised *quantised = cm_arena_alloc(&b->graph->arena, 1, sizeof *quantised);
    cm_value *value = cm_graph_new_value(b->graph, x->name, x->rank, x->dims);
    if (!scales || !quantised || !value)
        return NULL;
    *quantised = (cm_quantised){.tensor = x->tensor, .scales = scales, .scale_count = (int)given->elements, .axis = axis};
    value->is_constant = true;
    value->quantised = quantised;
    return value;
}

static cm_value *dequantize_bytes(cm_builder *b, cm_value *x, const cm_byte_scale *scale)
{
    cm_op *op = cm_piece_op(b, CM_OP_DEQUANTIZE, x, x->rank, x->dims);
    if (op)
        op->u.quantize = *scale;
    return op ? op->output : NULL;
}

/* (x - zero point) * scale */
cameo_status cm_build_dequantize(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *scale, *zero;
    cm_byte_scale bytes;
    if (x && x->is_bytes && read_byte_scale(b, x->is_signed, &bytes))
        return cm_piece_output(b, dequantize_bytes(b, x, &bytes), 0);
    if (x && x->is_bytes) /* what is written with one scale may be read with many */
        x = dequantize_bytes(b, x, &(cm_byte_scale){.scale = 1.0f, .zero = x->is_signed ? 128 : 0});
    cm_value *constant = x ? quantised_constant(b, x) : NULL;
    if (constant)
        return cm_piece_output(b, constant, 0);
    cameo_status status = x ? cm_build_load_ints(b, x) : CAMEO_OK;
    if (status != CAMEO_OK)
        return status;
    x = cm_piece_floats(b, x);
    if (!x)
        return cm_build_no_memory(b);
    status = read_scale(b, x, &scale, &zero);
    if (status != CAMEO_OK)
        return status;
    if (zero)
        x = cm_piece_map_two(b, CM_MAP_SUB, x, zero);
    return cm_piece_output(b, cm_piece_map_two(b, CM_MAP_MUL, x, scale), 0);
}

/* What the quantised type holds: that of the zero point, or the attribute's, or UINT8. */
static int64_t quantised_type(const cm_builder *b)
{
    cm_value *point = cm_build_input(b, 2);
    if (!point)
        return cm_onnx_attribute_int(b->node, "output_dtype", 0);
    return point->tensor ? (int64_t)point->tensor->type : (int64_t)b->model->values[b->node->inputs[2]].type;
}

static cameo_status quantised_range(cm_builder *b, int64_t type, cm_fused *range)
{
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

static bool only_dequantized(const cm_builder *b)
{
    return b->node->outputs[0] >= 0 && !b->is_number[b->node->outputs[0]];
}

static cameo_status quantize_bytes(cm_builder *b, cm_value *x, const cm_byte_scale *scale, bool is_signed)
{
    cm_op *op = cm_piece_op(b, CM_OP_QUANTIZE, x, x->rank, x->dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.quantize = *scale;
    op->output->is_bytes = true;
    op->output->is_signed = is_signed;
    return cm_piece_output(b, op->output, 0);
}

/* round(x / scale) + zero point, held in the type's range; halves go to the even number. */
cameo_status cm_build_quantize(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *scale, *zero;
    cm_fused range = {.activation = CM_ACT_CLIP};
    if (!x || x->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float");
    int64_t type = quantised_type(b);
    cm_byte_scale bytes;
    bool is_signed = type == CM_ONNX_INT8, is_byte = is_signed || type == CM_ONNX_UINT8 || type == CM_ONNX_UNDEFINED;
    if (is_byte && !x->is_constant && has_byte_shape(x) && only_dequantized(b) && read_byte_scale(b, is_signed, &bytes))
        return quantize_bytes(b, x, &bytes, is_signed);
    cameo_status status = read_scale(b, x, &scale, &zero);
    if (status == CAMEO_OK)
        status = quantised_range(b, type, &range);
    if (status != CAMEO_OK)
        return status;
    x = cm_piece_map(b, CM_MAP_ROUND, cm_piece_map_two(b, CM_MAP_DIV, x, scale));
    if (zero)
        x = cm_piece_map_two(b, CM_MAP_ADD, x, zero);
    return cm_piece_output(b, cm_piece_activation(b, &range, x), 0);
}

/* Normalisations: of a batch (by constants), a layer, an instance, a group, and to length one. */
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
    if (!x || x->is_int || x->rank < 2)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 2 or more");
    if (cm_onnx_attribute_int(b->node, "training_mode", 0))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "training mode is not supported; export the model in evaluation mode");
    for (int i = 1; i < 5; i++) {
        const cm_value *p = cm_build_input(b, i);
        if (!p || !p->is_constant || p->is_int || p->elements != x->dims[1])
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "input %d must hold %lld constant floats, one a channel", i, (long long)x->dims[1]);
    }
    return CAMEO_OK;
}

/* x * scale + shift for every entry of axis 1; x has the elements of a value of shape dims: [rank], which becomes the output's. */
static cameo_status scale_channels(cm_builder *b, cm_value *x, const float *scale, const float *shift, int rank, const int64_t *dims)
{
    int64_t picture[4] = {dims[0], dims[1], cm_dims_elements(rank - 2, dims + 2), 1};
    bool fits = rank == 2 || rank == 4;
    x = cm_piece_affine(b, cm_piece_view(b, x, fits ? rank : 4, fits ? dims : picture), scale, shift);
    return cm_piece_shaped_output(b, x, 0, rank, dims);
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
    return status == CAMEO_OK ? scale_channels(b, x, scale, shift, x->rank, x->dims) : status;
}

/* Rows of x: [rows, columns] -> mean 0, variance 1, then scaled and shifted by constants [columns], or not (NULL). */
static cm_value *normalize_rows(cm_builder *b, cm_value *x, cm_value *scale, cm_value *shift)
{
    const float *factors[2] = {scale ? cm_value_floats(b->graph, scale) : NULL, shift ? cm_value_floats(b->graph, shift) : NULL};
    cm_op *op = x ? cm_piece_op(b, CM_OP_NORMALIZE, x, 2, x->dims) : NULL;
    if (!op || (scale && !factors[0]) || (shift && !factors[1]))
        return NULL;
    op->u.normalize.epsilon = cm_onnx_attribute_float(b->node, "epsilon", 1e-5f);
    op->u.normalize.scale = factors[0];
    op->u.normalize.shift = factors[1];
    return op->output;
}

/* ---- LayerNormalization ---- */

/* Outputs 1 and 2: each row's mean and 1 / sqrt(variance + epsilon). What nobody reads is not run. */
static cameo_status layer_statistics(cm_builder *b, cm_value *rows, int rank, const int64_t *dims)
{
    cm_value *mean = cm_piece_reduce(b, CM_REDUCE_MEAN, rows), *distance = cm_piece_map_two(b, CM_MAP_SUB, rows, mean);
    cm_value *variance = cm_piece_reduce(b, CM_REDUCE_MEAN, distance ? cm_piece_map_two(b, CM_MAP_MUL, distance, distance) : NULL);
    cm_value *shifted = cm_piece_map_number(b, CM_MAP_ADD, variance, cm_onnx_attribute_float(b->node, "epsilon", 1e-5f));
    cameo_status status = cm_piece_shaped_output(b, mean, 1, rank, dims);
    shifted = cm_piece_map_number(b, CM_MAP_RDIV, cm_piece_map(b, CM_MAP_SQRT, shifted), 1.0f);
    return status == CAMEO_OK ? cm_piece_shaped_output(b, shifted, 2, rank, dims) : status;
}

/* One constant for each element of x from `axis` on. */
static bool is_full(const cm_value *value, const cm_value *x, int axis)
{
    return value->is_constant && value->elements == cm_dims_elements(x->rank - axis, x->dims + axis) &&
           cm_build_spans(value, x, axis, x->rank - 1);
}

static cameo_status check_layer(cm_builder *b, const cm_value *x, const cm_value *scale, const cm_value *shift)
{
    if (!x || x->is_int || x->rank < 1 || !scale || scale->is_int || (shift && shift->is_int))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its inputs must be float");
    if (!cm_build_spans(scale, x, 0, x->rank - 1) || (shift && !cm_build_spans(shift, x, 0, x->rank - 1)))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its scale or bias does not fit its input of rank %d", x->rank);
    return CAMEO_OK;
}

cameo_status cm_build_layer_normalization(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *scale = cm_build_input(b, 1), *shift = cm_build_input(b, 2);
    int axis;
    cameo_status status = check_layer(b, x, scale, shift);
    if (status == CAMEO_OK)
        status = cm_build_axis(b, cm_onnx_attribute_int(b->node, "axis", -1), x->rank, &axis);
    if (status != CAMEO_OK)
        return status;
    int64_t dims[CAMEO_MAX_RANK], flat[2] = {cm_dims_elements(axis, x->dims), cm_dims_elements(x->rank - axis, x->dims + axis)};
    for (int i = 0; i < x->rank; i++)
        dims[i] = i < axis ? x->dims[i] : 1;
    bool full = is_full(scale, x, axis) && (!shift || is_full(shift, x, axis));
    cm_value *rows = cm_piece_view(b, x, 2, flat);
    cm_value *result = normalize_rows(b, rows, full ? scale : NULL, full ? shift : NULL);
    if (!full) {
        /* No list of constants as long as a row: multiplied and added as they are broadcast. */
        result = cm_piece_map_two(b, CM_MAP_MUL, cm_piece_view(b, result, x->rank, x->dims), scale);
        result = shift ? cm_piece_map_two(b, CM_MAP_ADD, result, shift) : result;
    }
    if (b->node->output_count > 1)
        status = layer_statistics(b, rows, x->rank, dims);
    return status == CAMEO_OK ? cm_piece_shaped_output(b, result, 0, x->rank, x->dims) : status;
}

/* ---- InstanceNormalization, GroupNormalization ---- */

/* Constants, one a part of the channels -> one a channel; NULL: failed, as with all pieces. */
static const float *channel_factors(cm_builder *b, int input, int64_t parts, int64_t channels)
{
    cm_value *value = cm_build_input(b, input);
    if (!value || !value->is_constant || value->is_int || value->elements != parts) {
        b->refused = cm_build_fail(b, CAMEO_ERROR_MISMATCH, "input %d must hold %lld constant floats", input, (long long)parts);
        return NULL;
    }
    const float *from = cm_value_floats(b->graph, value);
    float *factors = from ? cm_arena_alloc(&b->graph->arena, (size_t)channels, sizeof *factors) : NULL;
    for (int64_t i = 0; factors && i < channels; i++)
        factors[i] = from[i / (channels / parts)];
    return factors;
}

/* Channels in `groups` groups are normalised, then scaled and shifted by one number each for `parts` parts of the channels. */
static cameo_status normalize_groups(cm_builder *b, cm_value *x, int64_t groups, int64_t parts)
{
    const float *scale = channel_factors(b, 1, parts, x->dims[1]), *shift = scale ? channel_factors(b, 2, parts, x->dims[1]) : NULL;
    if (!scale || !shift)
        return cm_build_no_memory(b);
    int64_t count = x->dims[0] * groups;
    cm_value *rows = cm_piece_view(b, x, 2, (int64_t[2]){count, count ? x->elements / count : 0});
    return scale_channels(b, normalize_rows(b, rows, NULL, NULL), scale, shift, x->rank, x->dims);
}

cameo_status cm_build_instance_normalization(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    if (!x || x->is_int || x->rank < 3)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 3 or more");
    return normalize_groups(b, x, x->dims[1], x->dims[1]);
}

/* Scale and bias are one a group up to opset 20, then one a channel. */
cameo_status cm_build_group_normalization(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int64_t groups = cm_onnx_attribute_int(b->node, "num_groups", 0);
    if (!x || x->is_int || x->rank < 3)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 3 or more");
    if (groups < 1 || groups > x->dims[1] || x->dims[1] % groups)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld groups do not fit %lld channels", (long long)groups, (long long)x->dims[1]);
    return normalize_groups(b, x, groups, b->model->opset < 21 ? groups : x->dims[1]);
}

/* ---- LpNormalization ---- */

/* x / norm; where the norm is 0, x is too, and stays. */
static cm_value *lp_rows(cm_builder *b, cm_value *rows)
{
    cm_value *norm = cm_piece_reduce(b, cm_onnx_attribute_int(b->node, "p", 2) == 1 ? CM_REDUCE_L1 : CM_REDUCE_L2, rows);
    norm = cm_piece_map_two(b, CM_MAP_ADD, norm, cm_piece_map_number(b, CM_MAP_EQUAL, norm, 0.0f));
    return cm_piece_map_two(b, CM_MAP_DIV, rows, norm);
}

cameo_status cm_build_lp_normalization(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    int64_t p = cm_onnx_attribute_int(b->node, "p", 2);
    if (!x || x->is_int || (p != 1 && p != 2))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float, p 1 or 2");
    return cm_build_along_axis(b, x, lp_rows);
}

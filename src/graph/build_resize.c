/* Resize and Upsample of pictures: nearest and linear over height and width. */
#include "graph/builder.h"

#include <math.h>
#include <string.h>

typedef enum coordinate_mode { HALF_PIXEL, PYTORCH_HALF_PIXEL, ALIGN_CORNERS, ASYMMETRIC } coordinate_mode;

static cameo_status read_coordinate_mode(cm_builder *b, coordinate_mode *mode)
{
    static const char *const names[] = {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"};
    /* Upsample, and Resize before opset 11, know one way only. */
    bool old = strcmp(b->node->op_type, "Upsample") == 0 || b->model->opset < 11;
    const char *wanted = old ? "asymmetric" : cm_onnx_attribute_string(b->node, "coordinate_transformation_mode", "half_pixel");
    for (int i = 0; i < 4; i++)
        if (strcmp(wanted, names[i]) == 0) {
            *mode = (coordinate_mode)i;
            return CAMEO_OK;
        }
    return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "coordinate_transformation_mode '%s' is not supported", wanted);
}

static double source_position(coordinate_mode mode, int64_t out, double scale, int64_t in_size, int64_t out_size)
{
    switch (mode) {
    case HALF_PIXEL:
        return ((double)out + 0.5) / scale - 0.5;
    case PYTORCH_HALF_PIXEL:
        return out_size > 1 ? ((double)out + 0.5) / scale - 0.5 : 0.0;
    case ALIGN_CORNERS:
        return out_size > 1 ? (double)out * (double)(in_size - 1) / (double)(out_size - 1) : 0.0;
    default:
        return (double)out / scale;
    }
}

/* mode "": Upsample, and Resize before opset 11, which round up where they shrink (as ONNX Runtime does). */
static double round_nearest(const char *mode, double scale, double x)
{
    if (mode[0] == '\0')
        return scale < 1.0 ? ceil(x) : floor(x);
    if (strcmp(mode, "floor") == 0)
        return floor(x);
    if (strcmp(mode, "ceil") == 0)
        return ceil(x);
    return strcmp(mode, "round_prefer_ceil") == 0 ? floor(x + 0.5) : ceil(x - 0.5);
}

/* Fills the index tables of one axis (0: height, 1: width). */
static cameo_status fill_axis(cm_builder *b, cm_resize *resize, int axis, coordinate_mode mode, double scale, int64_t in_size, int64_t out_size)
{
    bool old = strcmp(b->node->op_type, "Upsample") == 0 || b->model->opset < 11;
    const char *nearest = old ? "" : cm_onnx_attribute_string(b->node, "nearest_mode", "round_prefer_floor");
    int *lower = cm_arena_alloc(&b->graph->arena, (size_t)out_size, sizeof *lower);
    int *upper = cm_arena_alloc(&b->graph->arena, (size_t)out_size, sizeof *upper);
    float *weight = cm_arena_alloc(&b->graph->arena, (size_t)out_size, sizeof *weight);
    if (!lower || !upper || !weight)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < out_size; i++) {
        double x = source_position(mode, i, scale, in_size, out_size);
        double last = (double)(in_size - 1);
        if (!resize->linear)
            x = round_nearest(nearest, scale, x);
        x = x < 0.0 ? 0.0 : x > last ? last : x;
        lower[i] = (int)floor(x);
        upper[i] = lower[i] + 1 < in_size ? lower[i] + 1 : lower[i];
        weight[i] = (float)(x - floor(x));
    }
    resize->lower[axis] = lower;
    resize->upper[axis] = upper;
    resize->weight[axis] = weight;
    return CAMEO_OK;
}

static cameo_status target_from_sizes(cm_builder *b, const cm_value *x, const cm_value *sizes, int64_t dims[4], double scale[4])
{
    const int64_t *ints;
    int count;
    cameo_status status = cm_build_ints(b, sizes, "its sizes", &ints, &count);
    if (status != CAMEO_OK)
        return status;
    if (count != 4)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it needs four sizes");
    for (int i = 0; i < 4; i++) {
        dims[i] = ints[i];
        scale[i] = x->dims[i] ? (double)ints[i] / (double)x->dims[i] : 0.0;
    }
    return CAMEO_OK;
}

/* scales: the input that may hold them; else they are Upsample-7's attribute. */
static cameo_status target_from_scales(cm_builder *b, const cm_value *x, cm_value *scales, int64_t dims[4], double scale[4])
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, "scales");
    const float *factors = attribute && attribute->kind == CM_ONNX_ATTR_FLOATS && attribute->count == 4 ? attribute->floats : NULL;
    if (scales && scales->is_constant && !scales->is_int && scales->elements == 4)
        factors = cm_value_floats(b->graph, scales);
    if (!factors)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it needs four sizes or scales that are known when the model is loaded");
    for (int i = 0; i < 4; i++) {
        double size = floor((double)x->dims[i] * (double)factors[i]);
        scale[i] = (double)factors[i];
        dims[i] = size >= 0.0 && size < 1e9 ? (int64_t)size : -1;
    }
    return CAMEO_OK;
}

/* Output sizes and scales: from `sizes` (input 3), or `scales` (input 2; input 1 before opset 11; attribute of Upsample-7). */
static cameo_status read_target(cm_builder *b, const cm_value *x, int64_t dims[4], double scale[4])
{
    bool old = strcmp(b->node->op_type, "Upsample") == 0 || b->model->opset < 11;
    cm_value *sizes = old ? NULL : cm_build_input(b, 3);
    cameo_status status = sizes && sizes->elements ? target_from_sizes(b, x, sizes, dims, scale)
                                                   : target_from_scales(b, x, cm_build_input(b, old ? 1 : 2), dims, scale);
    if (status != CAMEO_OK)
        return status;
    if (dims[0] != x->dims[0] || dims[1] != x->dims[1])
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "only height and width may be resized");
    for (int i = 2; i < 4; i++)
        if (dims[i] < 1 || dims[i] > 1 << 20 || x->dims[i] < 1 || !(scale[i] > 0.0))
            return cm_build_fail(b, CAMEO_ERROR_LIMIT, "a result of %lldx%lld is not possible", (long long)dims[3], (long long)dims[2]);
    return CAMEO_OK;
}

cameo_status cm_build_resize(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    const char *mode = cm_onnx_attribute_string(b->node, "mode", "nearest");
    if (!x || x->is_int || x->rank != 4)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 4 [N,C,H,W]");
    if (strcmp(mode, "nearest") != 0 && strcmp(mode, "linear") != 0 && strcmp(mode, "bilinear") != 0)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "mode '%s' is not supported, only nearest and linear", mode);
    if (cm_onnx_attribute_int(b->node, "antialias", 0) || cm_onnx_attribute_find(b->node, "axes"))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "antialias and axes are not supported");
    const char *policy = cm_onnx_attribute_string(b->node, "keep_aspect_ratio_policy", "stretch");
    if (strcmp(policy, "stretch") != 0)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "keep_aspect_ratio_policy '%s' is not supported", policy);
    coordinate_mode coordinates = ASYMMETRIC;
    int64_t dims[4];
    double scale[4];
    cameo_status status = read_coordinate_mode(b, &coordinates);
    if (status == CAMEO_OK)
        status = read_target(b, x, dims, scale);
    cm_resize resize = {.linear = strcmp(mode, "nearest") != 0};
    for (int i = 0; i < 2 && status == CAMEO_OK; i++)
        status = fill_axis(b, &resize, i, coordinates, scale[2 + i], x->dims[2 + i], dims[2 + i]);
    if (status != CAMEO_OK)
        return status;
    cm_op *op = cm_build_op(b, CM_OP_RESIZE, &x, 1, 0, 4, dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.resize = resize;
    return CAMEO_OK;
}

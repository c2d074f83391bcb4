/* Resize and Upsample over height and width: for every output row and column a table of source rows and columns and their weights.
 * Definitions: github.com/onnx/onnx, docs/Operators.md, Resize, and the reference implementation behind it (onnx/reference/ops/op_resize.py). */
#include "graph/builder.h"

#include <math.h>
#include <string.h>

typedef enum coordinate_mode {
    HALF_PIXEL, HALF_PIXEL_SYMMETRIC, PYTORCH_HALF_PIXEL, ALIGN_CORNERS, ASYMMETRIC, TF_HALF_PIXEL_FOR_NN, TF_CROP_AND_RESIZE
} coordinate_mode;

typedef enum interpolation { NEAREST, LINEAR, CUBIC } interpolation;

/* How one axis is resized. */
typedef struct axis_plan {
    int64_t in, out;
    double scale;    /* out / in, as the node says it */
    double begin, end; /* of the cut-out (tf_crop_and_resize), 0..1 */
} axis_plan;

typedef struct resize_plan {
    coordinate_mode coordinates;
    interpolation mode;
    const char *rounding; /* nearest_mode; "" for Upsample, and Resize before opset 11 */
    bool antialias, exclude_outside;
    double cubic;         /* cubic_coeff_a */
    axis_plan axis[4];
} resize_plan;

/* Upsample, and Resize before opset 11, know one way only. */
static bool is_old(const cm_builder *b)
{
    return strcmp(b->node->op_type, "Upsample") == 0 || b->model->opset < 11;
}

/* Index of `wanted` among `names`, or an error that names the attribute. */
static cameo_status choose(cm_builder *b, const char *attribute, const char *wanted, const char *const *names, int count, int *index)
{
    for (*index = 0; *index < count; ++*index)
        if (strcmp(wanted, names[*index]) == 0)
            return CAMEO_OK;
    return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "%s '%s' is not supported", attribute, wanted);
}

static cameo_status read_modes(cm_builder *b, resize_plan *plan)
{
    static const char *const coordinates[] = {"half_pixel",   "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
                                              "asymmetric",   "tf_half_pixel_for_nn", "tf_crop_and_resize"};
    static const char *const modes[] = {"nearest", "linear", "cubic", "bilinear"};
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    int which = ASYMMETRIC, mode, rounding = 0;
    cameo_status status = choose(b, "mode", cm_onnx_attribute_string(b->node, "mode", "nearest"), modes, 4, &mode);
    if (status != CAMEO_OK)
        return status;
    plan->mode = mode == 3 ? LINEAR : (interpolation)mode;
    plan->rounding = "";
    if (!is_old(b)) {
        status = choose(b, "coordinate_transformation_mode", cm_onnx_attribute_string(b->node, "coordinate_transformation_mode", "half_pixel"),
                        coordinates, 7, &which);
        if (status == CAMEO_OK)
            status = choose(b, "nearest_mode", cm_onnx_attribute_string(b->node, "nearest_mode", roundings[0]), roundings, 4, &rounding);
        plan->rounding = roundings[rounding < 4 ? rounding : 0];
    }
    plan->coordinates = (coordinate_mode)which;
    plan->antialias = cm_onnx_attribute_int(b->node, "antialias", 0) != 0 && plan->mode != NEAREST;
    plan->exclude_outside = cm_onnx_attribute_int(b->node, "exclude_outside", 0) != 0;
    plan->cubic = (double)cm_onnx_attribute_float(b->node, "cubic_coeff_a", -0.75f);
    return status;
}

/* ---- Sizes ---- */

/* The axes that sizes, scales and roi speak of: those named by the attribute, or all. */
static cameo_status read_axes(cm_builder *b, int axes[4], int *count)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, "axes");
    bool given = attribute && attribute->kind == CM_ONNX_ATTR_INTS;
    *count = given && attribute->count < 4 ? (int)attribute->count : 4;
    cameo_status status = CAMEO_OK;
    for (int i = 0; i < *count && status == CAMEO_OK; i++)
        status = cm_build_axis(b, given ? attribute->ints[i] : i, 4, &axes[i]);
    return status;
}

/* A size that may be infinite, negative or no number: -1 where it is none. */
static int64_t size_of(double size)
{
    return size >= 0.0 && size < 1e9 ? (int64_t)size : -1;
}

/* keep_aspect_ratio_policy: one scale for all named axes, the smallest or the largest; sizes are rounded, halves up. */
static cameo_status keep_aspect(cm_builder *b, const int axes[4], int count, resize_plan *plan)
{
    const char *policy = cm_onnx_attribute_string(b->node, "keep_aspect_ratio_policy", "stretch");
    bool smaller = strcmp(policy, "not_larger") == 0;
    if (strcmp(policy, "stretch") == 0)
        return CAMEO_OK;
    if (!smaller && strcmp(policy, "not_smaller") != 0)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "keep_aspect_ratio_policy '%s' is not supported", policy);
    double scale = plan->axis[axes[0]].scale;
    for (int i = 1; i < count; i++) {
        double other = plan->axis[axes[i]].scale;
        scale = (smaller ? other < scale : other > scale) ? other : scale;
    }
    for (int i = 0; i < count; i++) {
        axis_plan *axis = &plan->axis[axes[i]];
        axis->scale = scale;
        axis->out = size_of(floor(scale * (double)axis->in + 0.5));
    }
    return CAMEO_OK;
}

static cameo_status target_from_sizes(cm_builder *b, const cm_value *sizes, const int axes[4], int axis_count, resize_plan *plan)
{
    const int64_t *ints;
    int count;
    cameo_status status = cm_build_ints(b, sizes, "its sizes", &ints, &count);
    if (status != CAMEO_OK)
        return status;
    if (count != axis_count)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%d sizes do not fit %d axes", count, axis_count);
    for (int i = 0; i < count; i++) {
        axis_plan *axis = &plan->axis[axes[i]];
        axis->out = ints[i];
        axis->scale = (double)ints[i] / (double)axis->in;
    }
    return keep_aspect(b, axes, count, plan);
}

/* scales: the input that may hold them; else they are Upsample-7's attribute. */
static cameo_status target_from_scales(cm_builder *b, cm_value *scales, const int axes[4], int axis_count, resize_plan *plan)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(b->node, "scales");
    bool listed = attribute && attribute->kind == CM_ONNX_ATTR_FLOATS && attribute->count == (size_t)axis_count;
    const float *factors = listed ? attribute->floats : NULL;
    if (scales && scales->is_constant && !scales->is_int && scales->elements == axis_count)
        factors = cm_value_floats(b->graph, scales);
    if (!factors)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it needs %d sizes or scales that are known when the model is loaded", axis_count);
    for (int i = 0; i < axis_count; i++) {
        axis_plan *axis = &plan->axis[axes[i]];
        axis->scale = (double)factors[i];
        axis->out = size_of(floor((double)axis->in * (double)factors[i]));
    }
    return CAMEO_OK;
}

/* The cut-out of tf_crop_and_resize: [begins, ends] of the named axes. */
static cameo_status read_cut_out(cm_builder *b, const int axes[4], int count, resize_plan *plan)
{
    cm_value *roi = cm_build_input(b, 1);
    if (plan->coordinates != TF_CROP_AND_RESIZE)
        return CAMEO_OK;
    const float *floats = roi && roi->is_constant && !roi->is_int && roi->elements == 2 * count ? cm_value_floats(b->graph, roi) : NULL;
    if (!floats)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "tf_crop_and_resize needs a roi of %d constant floats", 2 * count);
    for (int i = 0; i < count; i++) {
        plan->axis[axes[i]].begin = (double)floats[i];
        plan->axis[axes[i]].end = (double)floats[i + count];
    }
    return CAMEO_OK;
}

static cameo_status check_target(cm_builder *b, const resize_plan *plan)
{
    if (plan->axis[0].out != plan->axis[0].in || plan->axis[1].out != plan->axis[1].in)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "only height and width may be resized");
    for (int i = 2; i < 4; i++)
        if (plan->axis[i].out < 1 || plan->axis[i].out > 1 << 20 || plan->axis[i].in < 1 || !(plan->axis[i].scale > 0.0))
            return cm_build_fail(b, CAMEO_ERROR_LIMIT, "a result of %lldx%lld is not possible", (long long)plan->axis[3].out,
                                 (long long)plan->axis[2].out);
    return CAMEO_OK;
}

/* Output sizes and scales: from `sizes` (input 3), or `scales` (input 2; input 1 before opset 11; attribute of Upsample-7). */
static cameo_status read_target(cm_builder *b, const cm_value *x, resize_plan *plan)
{
    int axes[4], count;
    cm_value *sizes = is_old(b) ? NULL : cm_build_input(b, 3), *scales = cm_build_input(b, is_old(b) ? 1 : 2);
    for (int i = 0; i < 4; i++)
        plan->axis[i] = (axis_plan){.in = x->dims[i], .out = x->dims[i], .scale = 1.0, .end = 1.0};
    cameo_status status = read_axes(b, axes, &count);
    if (status == CAMEO_OK)
        status = sizes && sizes->elements ? target_from_sizes(b, sizes, axes, count, plan) : target_from_scales(b, scales, axes, count, plan);
    if (status == CAMEO_OK)
        status = read_cut_out(b, axes, count, plan);
    return status == CAMEO_OK ? check_target(b, plan) : status;
}

/* ---- Tables ---- */

/* Where output i lies among the source's entries. */
static double source_position(coordinate_mode mode, const axis_plan *axis, int64_t i)
{
    double x = (double)i, scale = axis->scale, last = (double)(axis->in - 1), length = scale * (double)axis->in;
    switch (mode) {
    case HALF_PIXEL:
        return (x + 0.5) / scale - 0.5;
    case HALF_PIXEL_SYMMETRIC:
        return (double)axis->in / 2.0 * (1.0 - (double)axis->out / length) + (x + 0.5) / scale - 0.5;
    case PYTORCH_HALF_PIXEL:
        return length == 1.0 ? -0.5 : (x + 0.5) / scale - 0.5;
    case ALIGN_CORNERS:
        return length == 1.0 ? 0.0 : x * last / (length - 1.0);
    case TF_HALF_PIXEL_FOR_NN:
        return (x + 0.5) / scale;
    case TF_CROP_AND_RESIZE:
        return axis->begin * last + (length == 1.0 ? (axis->end - axis->begin) * last / 2.0 : x * (axis->end - axis->begin) * last / (length - 1.0));
    default:
        return x / scale;
    }
}

/* rounding "": rounded up where the picture shrinks (as ONNX Runtime does). */
static double round_nearest(const char *rounding, double scale, double x)
{
    if (rounding[0] == '\0')
        return scale < 1.0 ? ceil(x) : floor(x);
    if (strcmp(rounding, "floor") == 0)
        return floor(x);
    if (strcmp(rounding, "ceil") == 0)
        return ceil(x);
    return strcmp(rounding, "round_prefer_ceil") == 0 ? floor(x + 0.5) : ceil(x - 0.5);
}

/* The weight of an entry at distance d: a tent, or Keys' cubic (1981). */
static double kernel_weight(const resize_plan *plan, double d)
{
    double a = plan->cubic;
    d = fabs(d);
    if (plan->mode == LINEAR)
        return d < 1.0 ? 1.0 - d : 0.0;
    if (d <= 1.0)
        return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
    return d < 2.0 ? ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a : 0.0;
}

/* How far the kernel is stretched: antialiasing widens it where the picture shrinks. */
static double stretch_of(const resize_plan *plan, const axis_plan *axis)
{
    return plan->antialias && axis->scale < 1.0 ? axis->scale : 1.0;
}

/* The first entry that has weight, counted from floor(x); there are 2 - 2 * first of them. */
static int first_tap(const resize_plan *plan, const axis_plan *axis)
{
    return (int)floor((plan->mode == LINEAR ? -1.0 : -2.0) / stretch_of(plan, axis)) + 1;
}

/* Entries outside of the picture are those at its edge, or with exclude_outside none; the weights' sum is made 1. */
static void fill_taps(const resize_plan *plan, const axis_plan *axis, double x, int taps, int *index, float *weight)
{
    int first = first_tap(plan, axis);
    double stretch = stretch_of(plan, axis), sum = 0.0;
    for (int pass = 0; pass < 2; pass++)
        for (int t = 0; t < taps; t++) {
            double at = floor(x) + first + t;
            bool outside = at < 0.0 || at > (double)(axis->in - 1);
            double w = plan->exclude_outside && outside ? 0.0 : kernel_weight(plan, stretch * (x - at));
            if (pass == 0)
                sum += w;
            index[t] = (int)(at < 0.0 ? 0.0 : at > (double)(axis->in - 1) ? (double)(axis->in - 1) : at);
            weight[t] = (float)(sum != 0.0 ? w / sum : 0.0);
        }
}

static cameo_status fill_axis(cm_builder *b, const resize_plan *plan, const axis_plan *axis, cm_resize_axis *result)
{
    int taps = plan->mode == NEAREST ? 1 : 2 - 2 * first_tap(plan, axis);
    if (taps > 1 << 12)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "it shrinks its input too much (by %g)", axis->scale);
    int *index = cm_arena_alloc(&b->graph->arena, (size_t)axis->out * (size_t)taps, sizeof *index);
    float *weight = cm_arena_alloc(&b->graph->arena, (size_t)axis->out * (size_t)taps, sizeof *weight);
    bool *outside = plan->coordinates == TF_CROP_AND_RESIZE ? cm_arena_alloc(&b->graph->arena, (size_t)axis->out, sizeof *outside) : NULL;
    if (!index || !weight || (plan->coordinates == TF_CROP_AND_RESIZE && !outside))
        return cm_build_no_memory(b);
    double last = (double)(axis->in - 1);
    for (int64_t i = 0; i < axis->out; i++) {
        double x = source_position(plan->coordinates, axis, i);
        if (!(fabs(x) < 1e9))
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "output %lld would lie at %g of %lld", (long long)i, x, (long long)axis->in);
        if (outside)
            outside[i] = x < 0.0 || x > last;
        if (taps > 1) {
            fill_taps(plan, axis, x, taps, index + i * taps, weight + i * taps);
            continue;
        }
        x = round_nearest(plan->rounding, axis->scale, x);
        index[i] = (int)(x < 0.0 ? 0.0 : x > last ? last : x);
        weight[i] = 1.0f;
    }
    *result = (cm_resize_axis){.taps = taps, .index = index, .weight = weight, .outside = outside};
    return CAMEO_OK;
}

cameo_status cm_build_resize(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0);
    resize_plan plan = {0};
    cm_resize resize = {.outside_value = cm_onnx_attribute_float(b->node, "extrapolation_value", 0.0f)};
    if (!x || x->is_int || x->rank != 4)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 4 [N,C,H,W]");
    cameo_status status = read_modes(b, &plan);
    if (status == CAMEO_OK)
        status = read_target(b, x, &plan);
    for (int i = 0; i < 2 && status == CAMEO_OK; i++)
        status = fill_axis(b, &plan, &plan.axis[2 + i], &resize.axis[i]);
    if (status != CAMEO_OK)
        return status;
    cm_op *op = cm_build_op(b, CM_OP_RESIZE, &x, 1, 0, 4, (int64_t[4]){x->dims[0], x->dims[1], plan.axis[2].out, plan.axis[3].out});
    if (!op)
        return cm_build_no_memory(b);
    op->u.resize = resize;
    return CAMEO_OK;
}

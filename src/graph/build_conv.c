/* Convolutions over one or two spatial axes: checks, shapes. */
#include "graph/builder.h"

#include <string.h>

enum { MAX_WINDOW = 1 << 14, MOST_TAPS = 1 << 16 };

static cameo_status check_conv_size(cm_builder *b, const cm_value *weights)
{
    int64_t taps = 1;
    bool too_large = weights->elements == 0;
    for (int i = 0; i < weights->rank && !too_large; i++) {
        taps *= i < 2 ? 1 : weights->dims[i];
        too_large = weights->dims[i] > (i < 2 ? 1 << 20 : MAX_WINDOW) || taps > MOST_TAPS;
    }
    if (!too_large)
        return CAMEO_OK;
    return cm_build_fail(b, CAMEO_ERROR_LIMIT, "weights [%lld,%lld,%lld,..] are empty or absurdly large", (long long)weights->dims[0],
                         (long long)weights->dims[1], (long long)weights->dims[2]);
}

static bool is_constant_float(const cm_value *value)
{
    return value && value->is_constant && !value->is_int;
}

static cameo_status check_conv_weights(cm_builder *b, const cm_value *x, const cm_value *weights, const cm_value *bias, int64_t groups)
{
    if (!is_constant_float(weights) || weights->rank != x->rank)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its weights must be a constant float tensor of rank %d [O,C/groups,kH,kW]", x->rank);
    if (groups < 1 || groups > x->dims[1] || x->dims[1] % groups || weights->dims[0] % groups ||
        weights->dims[1] != x->dims[1] / groups)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld groups, %lld input channels and weights [%lld,%lld,..] do not fit each other",
                             (long long)groups, (long long)x->dims[1], (long long)weights->dims[0], (long long)weights->dims[1]);
    if (bias && (!is_constant_float(bias) || bias->elements != weights->dims[0]))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its bias must hold %lld constant floats", (long long)weights->dims[0]);
    return check_conv_size(b, weights);
}

cm_value *cm_piece_convolution(cm_builder *b, cm_value *x, cm_value *weights, cm_value *bias, const cm_build_window *w, int first, int groups)
{
    const float *added = bias ? cm_value_floats(b->graph, bias) : NULL;
    if (!x || !weights || (bias && !added))
        return NULL;
    cm_op *op = cm_piece_op(b, CM_OP_CONV, x, 4,
                            (int64_t[4]){x->dims[0], weights->dims[0], w->out[first], first + 1 < w->axes ? w->out[first + 1] : 1});
    if (!op)
        return NULL;
    cm_conv *conv = &op->u.conv;
    for (int i = 0; i < 2; i++) {
        int axis = first + i;
        bool there = axis < w->axes;
        conv->kernel[i] = there ? w->kernel[axis] : 1;
        conv->stride[i] = there ? w->stride[axis] : 1;
        conv->dilation[i] = there ? w->dilation[axis] : 1;
        conv->pad[i] = there ? w->before[axis] : 0;
        conv->pad[2 + i] = there ? w->after[axis] : 0;
    }
    conv->groups = groups;
    conv->weights.value = weights;
    conv->weights.bias = added;
    return op->output;
}

cameo_status cm_build_convolution(cm_builder *b, cm_value *x, cm_value *weights, cm_value *bias, const cm_build_window *w, int groups)
{
    if (w->axes == 3)
        return cm_build_convolution_3d(b, x, weights, bias, w, groups);
    if (w->axes == 2)
        return cm_piece_output(b, cm_piece_convolution(b, x, weights, bias, w, 0, groups), 0);
    const int64_t *in = x->dims, *k = weights->dims;
    cm_value *column = cm_piece_view(b, x, 4, (int64_t[4]){in[0], in[1], in[2], 1});
    cm_value *turned = cm_piece_view(b, weights, 4, (int64_t[4]){k[0], k[1], k[2], 1});
    return cm_piece_shaped_output(b, cm_piece_convolution(b, column, turned, bias, w, 0, groups), 0, 3, (int64_t[3]){in[0], k[0], w->out[0]});
}

/* The weights' window; the attribute kernel_shape may repeat it. */
static cameo_status read_kernel(cm_builder *b, const cm_value *weights, cm_build_window *w)
{
    int declared[3];
    w->axes = weights->rank - 2;
    for (int i = 0; i < w->axes; i++)
        w->kernel[i] = (int)weights->dims[2 + i];
    if (!cm_onnx_attribute_find(b->node, "kernel_shape"))
        return CAMEO_OK;
    cameo_status status = cm_build_int_list(b, "kernel_shape", w->axes, 1, 1, MAX_WINDOW, declared);
    for (int i = 0; i < w->axes && status == CAMEO_OK; i++)
        if (declared[i] != w->kernel[i])
            status = cm_build_fail(b, CAMEO_ERROR_MISMATCH, "kernel_shape says %d along spatial axis %d, its weights have %d", declared[i], i,
                                   w->kernel[i]);
    return status;
}

cameo_status cm_build_conv(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *weights = cm_build_input(b, 1), *bias = cm_build_input(b, 2);
    int64_t groups = cm_onnx_attribute_int(b->node, "group", 1);
    cm_build_window w = {0};
    cameo_status status = cm_build_need_picture(b, x);
    if (status == CAMEO_OK)
        status = check_conv_weights(b, x, weights, bias, groups);
    if (status == CAMEO_OK)
        status = read_kernel(b, weights, &w);
    if (status == CAMEO_OK)
        status = cm_build_read_window(b, &x->dims[2], false, &w);
    return status == CAMEO_OK ? cm_build_convolution(b, x, weights, bias, &w, (int)groups) : status;
}

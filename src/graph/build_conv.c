/* Convolution and pooling: shapes, padding, checks. */
#include "graph/builder.h"

#include <math.h>
#include <string.h>

typedef struct window {
    int kernel[2], stride[2], dilation[2], pad[4]; /* pad: top, left, bottom, right */
    int64_t out[2];
} window;

enum { MAX_WINDOW = 1 << 14, MOST_TAPS = 1 << 16 };

/* SAME_UPPER, SAME_LOWER: out = ceil(in / stride), the padding split with the odd one at the end or the beginning. */
static void pad_same(window *w, const int64_t in[2], bool upper)
{
    for (int i = 0; i < 2; i++) {
        int64_t out = (in[i] + w->stride[i] - 1) / w->stride[i];
        int64_t total = (out - 1) * w->stride[i] + (int64_t)(w->kernel[i] - 1) * w->dilation[i] + 1 - in[i];
        if (total < 0)
            total = 0;
        w->pad[i] = (int)(upper ? total / 2 : total - total / 2);
        w->pad[i + 2] = (int)(total - w->pad[i]);
    }
}

static cameo_status read_window(cm_builder *b, const int64_t in[2], bool ceil_mode, window *w)
{
    cameo_status status = cm_build_int_list(b, "strides", 2, 1, 1, MAX_WINDOW, w->stride);
    if (status == CAMEO_OK)
        status = cm_build_int_list(b, "dilations", 2, 1, 1, MAX_WINDOW, w->dilation);
    if (status == CAMEO_OK)
        status = cm_build_int_list(b, "pads", 4, 0, 0, MAX_WINDOW, w->pad);
    if (status != CAMEO_OK)
        return status;
    const char *auto_pad = cm_onnx_attribute_string(b->node, "auto_pad", "NOTSET");
    if (strcmp(auto_pad, "SAME_UPPER") == 0 || strcmp(auto_pad, "SAME_LOWER") == 0)
        pad_same(w, in, strcmp(auto_pad, "SAME_UPPER") == 0);
    else if (strcmp(auto_pad, "VALID") == 0)
        memset(w->pad, 0, sizeof w->pad);
    else if (strcmp(auto_pad, "NOTSET") != 0)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "auto_pad '%s' is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID", auto_pad);
    for (int i = 0; i < 2; i++) {
        int64_t span = (int64_t)(w->kernel[i] - 1) * w->dilation[i] + 1;
        int64_t room = in[i] + w->pad[i] + w->pad[i + 2] - span;
        if (room < 0)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its window of %lld does not fit into %lld padded by %d and %d",
                                 (long long)span, (long long)in[i], w->pad[i], w->pad[i + 2]);
        w->out[i] = room / w->stride[i] + 1;
        /* A last window that begins inside the picture or its leading padding counts in ceil mode. */
        if (ceil_mode && room % w->stride[i] && w->out[i] * w->stride[i] < in[i] + w->pad[i])
            w->out[i]++;
    }
    return CAMEO_OK;
}

static cameo_status need_picture(cm_builder *b, const cm_value *x)
{
    if (!x || x->rank != 4 || x->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 4 [N,C,H,W], it has rank %d", x ? x->rank : -1);
    return CAMEO_OK;
}

static cameo_status check_conv_size(cm_builder *b, const cm_value *weights)
{
    bool too_large = weights->elements == 0 || weights->dims[2] > MOST_TAPS || weights->dims[3] > MOST_TAPS / weights->dims[2];
    for (int i = 0; i < 4; i++)
        too_large = too_large || weights->dims[i] > (i < 2 ? 1 << 20 : MAX_WINDOW);
    if (!too_large)
        return CAMEO_OK;
    return cm_build_fail(b, CAMEO_ERROR_LIMIT, "weights [%lld,%lld,%lld,%lld] are empty or absurdly large", (long long)weights->dims[0],
                         (long long)weights->dims[1], (long long)weights->dims[2], (long long)weights->dims[3]);
}

static bool is_constant_float(const cm_value *value)
{
    return value && value->is_constant && !value->is_int;
}

static cameo_status check_conv_weights(cm_builder *b, const cm_value *x, const cm_value *weights, const cm_value *bias, int64_t groups)
{
    if (!is_constant_float(weights) || weights->rank != 4)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its weights must be a constant float tensor of rank 4 [O,C/groups,kH,kW]");
    if (groups < 1 || groups > x->dims[1] || x->dims[1] % groups || weights->dims[0] % groups ||
        weights->dims[1] != x->dims[1] / groups)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld groups, %lld input channels and weights [%lld,%lld,..] do not fit each other",
                             (long long)groups, (long long)x->dims[1], (long long)weights->dims[0], (long long)weights->dims[1]);
    if (bias && (!is_constant_float(bias) || bias->elements != weights->dims[0]))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its bias must hold %lld constant floats", (long long)weights->dims[0]);
    return check_conv_size(b, weights);
}

cameo_status cm_build_conv(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *weights = cm_build_input(b, 1), *bias = cm_build_input(b, 2);
    int64_t groups = cm_onnx_attribute_int(b->node, "group", 1);
    cameo_status status = need_picture(b, x);
    if (status == CAMEO_OK)
        status = check_conv_weights(b, x, weights, bias, groups);
    if (status != CAMEO_OK)
        return status;
    int declared[2];
    window w = {.kernel = {(int)weights->dims[2], (int)weights->dims[3]}};
    if (cm_onnx_attribute_find(b->node, "kernel_shape")) {
        status = cm_build_int_list(b, "kernel_shape", 2, 1, 1, MAX_WINDOW, declared);
        if (status == CAMEO_OK && (declared[0] != w.kernel[0] || declared[1] != w.kernel[1]))
            status = cm_build_fail(b, CAMEO_ERROR_MISMATCH, "kernel_shape %dx%d differs from its weights' %dx%d", declared[0], declared[1],
                                   w.kernel[0], w.kernel[1]);
    }
    if (status == CAMEO_OK)
        status = read_window(b, &x->dims[2], false, &w);
    if (status != CAMEO_OK)
        return status;
    int64_t dims[4] = {x->dims[0], weights->dims[0], w.out[0], w.out[1]};
    cm_op *op = cm_build_op(b, CM_OP_CONV, &x, 1, 0, 4, dims);
    if (!op)
        return cm_build_no_memory(b);
    cm_conv *conv = &op->u.conv;
    memcpy(conv->kernel, w.kernel, sizeof w.kernel);
    memcpy(conv->stride, w.stride, sizeof w.stride);
    memcpy(conv->dilation, w.dilation, sizeof w.dilation);
    memcpy(conv->pad, w.pad, sizeof w.pad);
    conv->groups = (int)groups;
    conv->weights.value = weights;
    if (bias && !(conv->weights.bias = cm_value_floats(b->graph, bias)))
        return cm_build_no_memory(b);
    return CAMEO_OK;
}

static cameo_status build_pool(cm_builder *b, bool average)
{
    cm_value *x = cm_build_input(b, 0);
    cameo_status status = need_picture(b, x);
    if (status == CAMEO_OK && !cm_onnx_attribute_find(b->node, "kernel_shape"))
        status = cm_build_fail(b, CAMEO_ERROR_FORMAT, "it has no kernel_shape");
    if (status == CAMEO_OK && b->node->output_count > 1 && b->node->outputs[1] >= 0)
        status = cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its second output (indices) is not supported");
    window w;
    if (status == CAMEO_OK)
        status = cm_build_int_list(b, "kernel_shape", 2, 1, 1, 4096, w.kernel);
    if (status == CAMEO_OK)
        status = read_window(b, &x->dims[2], cm_onnx_attribute_int(b->node, "ceil_mode", 0) != 0, &w);
    if (status != CAMEO_OK)
        return status;
    int64_t dims[4] = {x->dims[0], x->dims[1], w.out[0], w.out[1]};
    cm_op *op = cm_build_op(b, CM_OP_POOL, &x, 1, 0, 4, dims);
    if (!op)
        return cm_build_no_memory(b);
    cm_pool_op *pool = &op->u.pool;
    memcpy(pool->kernel, w.kernel, sizeof w.kernel);
    memcpy(pool->stride, w.stride, sizeof w.stride);
    memcpy(pool->dilation, w.dilation, sizeof w.dilation);
    memcpy(pool->pad, w.pad, sizeof w.pad);
    pool->average = average;
    pool->count_include_pad = cm_onnx_attribute_int(b->node, "count_include_pad", 0) != 0;
    return CAMEO_OK;
}

cameo_status cm_build_max_pool(cm_builder *b)
{
    return build_pool(b, false);
}

cameo_status cm_build_average_pool(cm_builder *b)
{
    return build_pool(b, true);
}

static cameo_status build_global_pool(cm_builder *b, bool average)
{
    cm_value *x = cm_build_input(b, 0);
    cameo_status status = need_picture(b, x);
    if (status != CAMEO_OK)
        return status;
    if (x->dims[2] > 4096 || x->dims[3] > 4096)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "pooling over %lldx%lld is not supported", (long long)x->dims[2], (long long)x->dims[3]);
    cm_op *op = cm_build_op(b, CM_OP_POOL, &x, 1, 0, 4, (int64_t[4]){x->dims[0], x->dims[1], 1, 1});
    if (!op)
        return cm_build_no_memory(b);
    op->u.pool = (cm_pool_op){.kernel = {(int)x->dims[2], (int)x->dims[3]}, .stride = {1, 1}, .dilation = {1, 1}, .average = average};
    return CAMEO_OK;
}

cameo_status cm_build_global_average_pool(cm_builder *b)
{
    return build_global_pool(b, true);
}

cameo_status cm_build_global_max_pool(cm_builder *b)
{
    return build_global_pool(b, false);
}

/* ConvTranspose, as the convolution that it is: its input with zeros between the entries, and the weights turned around.
 *
 *   x       a b c          stride 2, kernel 3, pad 1:   . a . b . c .   *   w2 w1 w0 */
#include "graph/builder.h"

#include <string.h>

enum { MAX_WINDOW = 1 << 14 };

/* How the transposed window lies along the spatial axes. */
typedef struct transposed {
    int axes;
    int kernel[3], stride[3], dilation[3], before[3], after[3], extra[3];
    int64_t out[3];
} transposed;

static bool is_constant_float(const cm_value *value)
{
    return value && value->is_constant && !value->is_int;
}

static cameo_status check_weights(cm_builder *b, const cm_value *x, const cm_value *weights, const cm_value *bias, int64_t groups)
{
    if (!is_constant_float(weights) || weights->rank != x->rank || weights->elements == 0)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its weights must be a constant float tensor of rank %d [C,O/groups,kH,kW]", x->rank);
    if (groups < 1 || groups > x->dims[1] || x->dims[1] % groups || weights->dims[0] != x->dims[1])
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "%lld groups, %lld input channels and weights [%lld,%lld,..] do not fit each other",
                             (long long)groups, (long long)x->dims[1], (long long)weights->dims[0], (long long)weights->dims[1]);
    for (int i = 0; i < weights->rank; i++)
        if (weights->dims[i] > (i < 2 ? 1 << 20 : MAX_WINDOW))
            return cm_build_fail(b, CAMEO_ERROR_LIMIT, "its weights have %lld entries along axis %d", (long long)weights->dims[i], i);
    if (bias && (!is_constant_float(bias) || bias->elements != weights->dims[1] * groups))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its bias must hold %lld constant floats", (long long)(weights->dims[1] * groups));
    return CAMEO_OK;
}

/* What the output would have without padding. */
static int64_t full_size(const transposed *t, int axis, int64_t in)
{
    return t->stride[axis] * (in - 1) + t->extra[axis] + (int64_t)(t->kernel[axis] - 1) * t->dilation[axis] + 1;
}

/* Where the output's size is given, or is in * stride, the padding follows from it. */
static void pad_to_size(transposed *t, const int64_t *in, bool upper)
{
    for (int i = 0; i < t->axes; i++) {
        int64_t total = full_size(t, i, in[i]) - t->out[i];
        total = total < 0 ? 0 : total;
        t->before[i] = (int)(upper ? total / 2 : total - total / 2);
        t->after[i] = (int)(total - t->before[i]);
    }
}

static cameo_status read_sizes(cm_builder *b, const int64_t *in, transposed *t)
{
    const char *auto_pad = cm_onnx_attribute_string(b->node, "auto_pad", "NOTSET");
    bool same = strncmp(auto_pad, "SAME_", 5) == 0, upper = strcmp(auto_pad, "SAME_UPPER") == 0;
    int sizes[3], pads[6];
    cameo_status status = cm_build_int_list(b, "output_shape", t->axes, 1, 1, 1 << 20, sizes);
    if (status == CAMEO_OK)
        status = cm_build_int_list(b, "pads", 2 * t->axes, 0, 0, MAX_WINDOW, pads);
    if (status != CAMEO_OK)
        return status;
    bool given = cm_onnx_attribute_find(b->node, "output_shape") != NULL;
    for (int i = 0; i < t->axes; i++) {
        bool valid = strcmp(auto_pad, "VALID") == 0;
        t->before[i] = valid ? 0 : pads[i];
        t->after[i] = valid ? 0 : pads[t->axes + i];
        t->out[i] = given ? sizes[i] : same ? in[i] * t->stride[i] : full_size(t, i, in[i]) - t->before[i] - t->after[i];
        if (t->out[i] < 1)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its padding %d and %d leaves nothing of %lld", t->before[i], t->after[i],
                                 (long long)full_size(t, i, in[i]));
    }
    if (given || same)
        pad_to_size(t, in, upper);
    return CAMEO_OK;
}

static cameo_status read_transposed(cm_builder *b, const cm_value *x, const cm_value *weights, transposed *t)
{
    t->axes = x->rank - 2;
    for (int i = 0; i < t->axes; i++)
        t->kernel[i] = (int)weights->dims[2 + i];
    cameo_status status = cm_build_int_list(b, "strides", t->axes, 1, 1, MAX_WINDOW, t->stride);
    if (status == CAMEO_OK)
        status = cm_build_int_list(b, "dilations", t->axes, 1, 1, MAX_WINDOW, t->dilation);
    if (status == CAMEO_OK)
        status = cm_build_int_list(b, "output_padding", t->axes, 0, 0, MAX_WINDOW, t->extra);
    return status == CAMEO_OK ? read_sizes(b, &x->dims[2], t) : status;
}

/* x with zeros between and around its entries, so that a convolution without padding gives the output. */
static cm_value *spread(cm_builder *b, cm_value *x, const transposed *t)
{
    int64_t dims[5] = {x->dims[0], x->dims[1]};
    cm_move_piece piece = {.loop_count = x->rank, .loops = {{dims[0], 0, 0, 1, 1}, {dims[1], 1, 1, 1, 1}}};
    for (int i = 0; i < t->axes; i++) {
        int64_t reach = (int64_t)(t->kernel[i] - 1) * t->dilation[i], offset = reach - t->before[i], stride = t->stride[i];
        int64_t size = t->out[i] + reach, in = x->dims[2 + i];
        /* Entries that the padding cuts off are left out. */
        int64_t first = offset < 0 ? (-offset + stride - 1) / stride : 0, last = (size - 1 - offset) / stride;
        last = last > in - 1 ? in - 1 : last;
        dims[2 + i] = size;
        piece.src_start[2 + i] = first < in ? first : 0;
        piece.dst_start[2 + i] = first < in ? offset + first * stride : 0;
        piece.loops[2 + i] = (cm_move_loop){last < first ? 0 : last - first + 1, 2 + i, 2 + i, 1, stride};
    }
    const cm_move move = {.pieces = &piece, .piece_count = 1, .fill = true};
    return cm_piece_move(b, x, &move, x->rank, dims);
}

/* [C, O/groups, k..] -> [O, C/groups, k..], every k backwards. */
static cm_value *turn_weights(cm_builder *b, cm_value *weights, int groups, const transposed *t)
{
    int64_t inputs = weights->dims[0] / groups, outputs = weights->dims[1];
    int64_t split[6] = {groups, inputs, outputs}, dims[6] = {groups, outputs, inputs}, joined[5] = {outputs * groups, inputs};
    cm_move_piece piece = {.loop_count = 3 + t->axes, .loops = {{groups, 0, 0, 1, 1}, {outputs, 2, 1, 1, 1}, {inputs, 1, 2, 1, 1}}};
    for (int i = 0; i < t->axes; i++) {
        split[3 + i] = dims[3 + i] = joined[2 + i] = t->kernel[i];
        piece.loops[3 + i] = (cm_move_loop){t->kernel[i], 3 + i, 3 + i, -1, 1};
        piece.src_start[3 + i] = t->kernel[i] - 1;
    }
    const cm_move move = {.pieces = &piece, .piece_count = 1};
    cm_value *turned = cm_piece_move(b, cm_piece_view(b, weights, 3 + t->axes, split), &move, 3 + t->axes, dims);
    return cm_piece_view(b, turned, 2 + t->axes, joined);
}

cameo_status cm_build_conv_transpose(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *weights = cm_build_input(b, 1), *bias = cm_build_input(b, 2);
    int64_t groups = cm_onnx_attribute_int(b->node, "group", 1);
    transposed t = {0};
    cameo_status status = cm_build_need_picture(b, x);
    if (status == CAMEO_OK)
        status = check_weights(b, x, weights, bias, groups);
    if (status == CAMEO_OK)
        status = read_transposed(b, x, weights, &t);
    if (status != CAMEO_OK)
        return status;
    cm_build_window w = {.axes = t.axes, .stride = {1, 1, 1}};
    memcpy(w.kernel, t.kernel, sizeof w.kernel);
    memcpy(w.dilation, t.dilation, sizeof w.dilation);
    memcpy(w.out, t.out, sizeof w.out);
    x = spread(b, x, &t);
    weights = turn_weights(b, weights, (int)groups, &t);
    return x && weights ? cm_build_convolution(b, x, weights, bias, &w, (int)groups) : cm_build_no_memory(b);
}

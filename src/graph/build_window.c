/* Sliding windows of convolutions and pooling: strides, dilations, padding. */
#include "graph/builder.h"

#include <string.h>

enum { MAX_WINDOW = 1 << 14 };

static int64_t span(const cm_build_window *w, int axis)
{
    return (int64_t)(w->kernel[axis] - 1) * w->dilation[axis] + 1;
}

/* SAME_UPPER, SAME_LOWER: out = ceil(in / stride), the padding split with the odd one at the end or the beginning. */
static void pad_same(cm_build_window *w, const int64_t *in, bool upper)
{
    for (int i = 0; i < w->axes; i++) {
        int64_t out = (in[i] + w->stride[i] - 1) / w->stride[i];
        int64_t total = (out - 1) * w->stride[i] + span(w, i) - in[i];
        if (total < 0)
            total = 0;
        w->before[i] = (int)(upper ? total / 2 : total - total / 2);
        w->after[i] = (int)(total - w->before[i]);
    }
}

static cameo_status read_padding(cm_builder *b, const int64_t *in, cm_build_window *w)
{
    int pads[6];
    cameo_status status = cm_build_int_list(b, "pads", 2 * w->axes, 0, 0, MAX_WINDOW, pads);
    if (status != CAMEO_OK)
        return status;
    memcpy(w->before, pads, sizeof(int) * (size_t)w->axes);
    memcpy(w->after, pads + w->axes, sizeof(int) * (size_t)w->axes);
    const char *auto_pad = cm_onnx_attribute_string(b->node, "auto_pad", "NOTSET");
    if (strcmp(auto_pad, "SAME_UPPER") == 0 || strcmp(auto_pad, "SAME_LOWER") == 0) {
        pad_same(w, in, strcmp(auto_pad, "SAME_UPPER") == 0);
    } else if (strcmp(auto_pad, "VALID") == 0) {
        memset(w->before, 0, sizeof w->before);
        memset(w->after, 0, sizeof w->after);
    } else if (strcmp(auto_pad, "NOTSET") != 0) {
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "auto_pad '%s' is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID", auto_pad);
    }
    return CAMEO_OK;
}

cameo_status cm_build_read_window(cm_builder *b, const int64_t *in, bool ceil_mode, cm_build_window *w)
{
    cameo_status status = cm_build_int_list(b, "strides", w->axes, 1, 1, MAX_WINDOW, w->stride);
    if (status == CAMEO_OK)
        status = cm_build_int_list(b, "dilations", w->axes, 1, 1, MAX_WINDOW, w->dilation);
    if (status == CAMEO_OK)
        status = read_padding(b, in, w);
    for (int i = 0; i < w->axes && status == CAMEO_OK; i++) {
        int64_t room = in[i] + w->before[i] + w->after[i] - span(w, i);
        if (room < 0)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its window of %lld does not fit into %lld padded by %d and %d",
                                 (long long)span(w, i), (long long)in[i], w->before[i], w->after[i]);
        w->out[i] = room / w->stride[i] + 1;
        /* A last window that begins inside the picture or its leading padding counts in ceil mode. */
        if (ceil_mode && room % w->stride[i] && w->out[i] * w->stride[i] < in[i] + w->before[i])
            w->out[i]++;
    }
    return status;
}

cameo_status cm_build_need_picture(cm_builder *b, const cm_value *x)
{
    if (!x || x->rank < 3 || x->rank > 5 || x->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 3 to 5, as [N,C,H,W]; it has rank %d",
                             x ? x->rank : -1);
    return CAMEO_OK;
}

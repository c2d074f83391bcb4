#include "run/step.h"

cm_window cm_window_of(const cm_op *op)
{
    const cm_value *x = op->inputs[0], *y = op->output;
    cm_window w = {.batch = x->dims[0], .channels = x->dims[1], .height = x->dims[2], .width = x->dims[3],
                   .out_height = y->dims[2], .out_width = y->dims[3]};
    if (op->kind == CM_OP_CONV) {
        w.kernel = op->u.conv.kernel;
        w.stride = op->u.conv.stride;
        w.dilation = op->u.conv.dilation;
        w.pad = op->u.conv.pad;
    } else {
        w.kernel = op->u.pool.kernel;
        w.stride = op->u.pool.stride;
        w.dilation = op->u.pool.dilation;
        w.pad = op->u.pool.pad;
    }
    w.taps = w.kernel[0] * w.kernel[1];
    return w;
}

void cm_window_rows(const cm_window *w, const float *x, int64_t pixel, const float *outside, const float **rows, ptrdiff_t distance)
{
    int64_t column = pixel % w->out_width, rest = pixel / w->out_width;
    int64_t row = rest % w->out_height, batch = rest / w->out_height;
    int64_t top = row * w->stride[0] - w->pad[0], left = column * w->stride[1] - w->pad[1];
    const float *picture = x + batch * w->height * w->width * w->channels;
    for (int i = 0; i < w->kernel[0]; i++) {
        int64_t y = top + (int64_t)i * w->dilation[0];
        bool row_inside = y >= 0 && y < w->height;
        const float *line = picture + (row_inside ? y * w->width * w->channels : 0);
        for (int j = 0; j < w->kernel[1]; j++, rows += distance) {
            int64_t at = left + (int64_t)j * w->dilation[1];
            *rows = row_inside && at >= 0 && at < w->width ? line + at * w->channels : outside;
        }
    }
}

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

cm_window_walk cm_window_start(const cm_window *w, const float *x, int64_t pixel, const float *outside)
{
    int64_t rest = pixel / w->out_width;
    cm_window_walk walk = {.window = w, .outside = outside, .row = rest % w->out_height, .column = pixel % w->out_width};
    walk.picture = x + rest / w->out_height * w->height * w->width * w->channels;
    return walk;
}

bool cm_window_inside(const cm_window_walk *walk)
{
    const cm_window *w = walk->window;
    int64_t top = walk->row * w->stride[0] - w->pad[0], left = walk->column * w->stride[1] - w->pad[1];
    return top >= 0 && left >= 0 && top + (int64_t)(w->kernel[0] - 1) * w->dilation[0] < w->height &&
           left + (int64_t)(w->kernel[1] - 1) * w->dilation[1] < w->width;
}

void cm_window_rows(const cm_window_walk *walk, const float **rows, ptrdiff_t distance)
{
    const cm_window *w = walk->window;
    int64_t top = walk->row * w->stride[0] - w->pad[0], left = walk->column * w->stride[1] - w->pad[1];
    ptrdiff_t across = (ptrdiff_t)(w->dilation[1] * w->channels), down = (ptrdiff_t)(w->dilation[0] * w->width * w->channels);
    bool inside = cm_window_inside(walk);
    const float *line = walk->picture + (inside ? (top * w->width + left) * w->channels : 0);
    for (int i = 0; i < w->kernel[0]; i++) {
        int64_t y = top + (int64_t)i * w->dilation[0];
        bool row_inside = y >= 0 && y < w->height;
        for (int j = 0; j < w->kernel[1]; j++, rows += distance) {
            if (inside) {
                *rows = line + j * across;
                continue;
            }
            int64_t at = left + (int64_t)j * w->dilation[1];
            *rows = row_inside && at >= 0 && at < w->width ? walk->picture + (y * w->width + at) * w->channels : walk->outside;
        }
        line += inside && i + 1 < w->kernel[0] ? down : 0;
    }
}

void cm_window_next(cm_window_walk *walk)
{
    const cm_window *w = walk->window;
    if (++walk->column < w->out_width)
        return;
    walk->column = 0;
    if (++walk->row < w->out_height)
        return;
    walk->row = 0;
    walk->picture += w->height * w->width * w->channels;
}

#include "run/step.h"

#include <string.h>

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

/* Where the window stands: output pixels are walked through in the order in which they lie. */
typedef struct walk {
    const cm_window *window;
    const float *picture, *outside; /* the picture of this batch number; what stands for padding */
    int64_t row, column;            /* of the output pixel */
} walk;

static walk start(const cm_window *w, const float *x, int64_t pixel, const float *outside)
{
    int64_t rest = pixel / w->out_width;
    walk at = {.window = w, .outside = outside, .row = rest % w->out_height, .column = pixel % w->out_width};
    at.picture = x + rest / w->out_height * w->height * w->width * w->channels;
    return at;
}

static void advance(walk *at, int64_t pixels)
{
    const cm_window *w = at->window;
    at->column += pixels;
    if (at->column < w->out_width)
        return;
    at->column = 0;
    if (++at->row < w->out_height)
        return;
    at->row = 0;
    at->picture += w->height * w->width * w->channels;
}

/* How many output pixels from here on to the right have windows that stick out of the picture neither left nor right: 0 if this one's does. */
static int64_t inside_columns(const walk *at)
{
    const cm_window *w = at->window;
    int64_t left = at->column * w->stride[1] - w->pad[1], right = left + (int64_t)(w->kernel[1] - 1) * w->dilation[1];
    if (left < 0 || right >= w->width)
        return 0;
    int64_t run = (w->width - 1 - right) / w->stride[1] + 1, row = w->out_width - at->column;
    return run < row ? run : row;
}

/* How many output pixels from here on to the right see no padding: 0 if this one does. */
static int64_t inside_run(const walk *at)
{
    const cm_window *w = at->window;
    int64_t top = at->row * w->stride[0] - w->pad[0];
    return top < 0 || top + (int64_t)(w->kernel[0] - 1) * w->dilation[0] >= w->height ? 0 : inside_columns(at);
}

/* One tap's pixel, or what stands for padding. */
static const float *tap_row(const walk *at, int i, int j)
{
    const cm_window *w = at->window;
    int64_t y = at->row * w->stride[0] - w->pad[0] + (int64_t)i * w->dilation[0];
    int64_t x = at->column * w->stride[1] - w->pad[1] + (int64_t)j * w->dilation[1];
    if (y < 0 || y >= w->height || x < 0 || x >= w->width)
        return at->outside;
    return at->picture + ((w->ring ? y % w->ring : y) * w->width + x) * w->channels;
}

/* Where pixel p's pointers begin: tile by tile of `tile` pixels, [taps, tile]. */
static const float **pixel_rows(const float **rows, int p, int taps, int tile)
{
    return rows + (ptrdiff_t)(p / tile) * taps * tile + p % tile;
}

/* Windows of one pixel: their pointers lie side by side, whatever the tile. */
static void run_rows_point(const walk *at, int p, int run, const float **rows)
{
    const float *from = tap_row(at, 0, 0), **to = rows + p;
    ptrdiff_t step = (ptrdiff_t)(at->window->stride[1] * at->window->channels);
    for (int k = 0; k < run; k++)
        to[k] = from + k * step;
}

/* Tiles of one pixel: its taps lie side by side. */
static void run_rows_one(const walk *at, int columns, int p, int run, const float **rows)
{
    const cm_window *w = at->window;
    int taps = w->kernel[0] * columns;
    ptrdiff_t step = (ptrdiff_t)(w->stride[1] * w->channels);
    for (int tap = 0; tap < taps; tap++) {
        const float *from = tap_row(at, tap / columns, tap % columns), **to = rows + (ptrdiff_t)p * taps + tap;
        for (int k = 0; k < run; k++, from += step, to += taps)
            *to = from;
    }
}

/* `run` pixels that see no padding: every tap walks along a line. columns: taps of a line that get a pointer. */
static void run_rows(const walk *at, int columns, int p, int run, const float **rows, int tile)
{
    const cm_window *w = at->window;
    int taps = w->kernel[0] * columns;
    ptrdiff_t step = (ptrdiff_t)(w->stride[1] * w->channels);
    for (int i = 0, tap = 0; i < w->kernel[0]; i++) {
        for (int j = 0; j < columns; j++, tap++) {
            const float *from = tap_row(at, i, j);
            for (int k = 0; k < run;) {
                int in_tile = (p + k) % tile, end = tile - in_tile < run - k ? k + tile - in_tile : run;
                const float **to = pixel_rows(rows, p + k, taps, tile) + tap * tile;
                for (; k < end; k++, from += step)
                    *to++ = from;
            }
        }
    }
}

void cm_window_rows(const cm_window *w, const float *x, int64_t first, int pixels, const float *outside, int tile, const float **rows)
{
    walk at = start(w, x, first, outside);
    for (int p = 0; p < pixels;) {
        int64_t inside = inside_run(&at);
        int run = inside == 0 ? 1 : inside < pixels - p ? (int)inside : pixels - p;
        if (inside > 0 && w->taps == 1)
            run_rows_point(&at, p, run, rows);
        else if (inside > 0 && tile == 1)
            run_rows_one(&at, w->kernel[1], p, run, rows);
        else if (inside > 0)
            run_rows(&at, w->kernel[1], p, run, rows, tile);
        for (int t = 0; inside == 0 && t < w->taps; t++)
            pixel_rows(rows, p, w->taps, tile)[t * tile] = tap_row(&at, t / w->kernel[1], t % w->kernel[1]);
        p += run;
        advance(&at, run);
    }
}

void cm_window_lines(const cm_window *w, const float *x, int64_t first, int pixels, const float *outside, int tile, const float **rows, float *gathered)
{
    walk at = start(w, x, first, outside);
    size_t bytes = (size_t)w->channels * sizeof(float);
    for (int p = 0; p < pixels;) {
        int64_t inside = inside_run(&at);
        int run = inside == 0 ? 1 : inside < pixels - p ? (int)inside : pixels - p;
        if (inside > 0)
            run_rows(&at, 1, p, run, rows, tile);
        for (int i = 0; inside == 0 && i < w->kernel[0]; i++) {
            pixel_rows(rows, p, w->kernel[0], tile)[i * tile] = gathered;
            for (int j = 0; j < w->kernel[1]; j++, gathered += w->channels)
                memcpy(gathered, tap_row(&at, i, j), bytes);
        }
        p += run;
        advance(&at, run);
    }
}

/* A window of one pixel that moves from pixel to pixel: the strip goes on over the ends of lines. */
static bool is_pointwise(const cm_window *w)
{
    return w->taps == 1 && w->stride[0] == 1 && w->stride[1] == 1 && w->width == w->out_width && w->height == w->out_height;
}

/* Pixels that lie side by side in x from here on: up to the ring's end, or all. */
static int64_t side_by_side(const walk *at)
{
    const cm_window *w = at->window;
    return w->ring ? (w->ring - at->row % w->ring) * w->width - at->column : INT64_MAX;
}

cm_window_strip cm_window_strip_of(const cm_window *w, const float *x, int64_t first, int pixels, const float **lines)
{
    walk at = start(w, x, first, NULL);
    int64_t columns = is_pointwise(w) ? side_by_side(&at) : inside_columns(&at);
    cm_window_strip strip = {.pixels = columns && columns < pixels ? (int)columns : pixels};
    for (int i = 0; columns && i < w->kernel[0]; i++) {
        const float *line = tap_row(&at, i, 0);
        if (!line)
            continue;
        if (!strip.lines)
            strip.line = i;
        lines[strip.lines++] = line;
    }
    for (int p = 0; !columns && p < strip.pixels; p++) {
        if (inside_columns(&at))
            strip.pixels = p;
        advance(&at, 1);
    }
    return strip;
}

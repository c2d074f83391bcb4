/* Convolutions and fully connected layers: output rows (pixels) in blocks, weights in panels; a task is some blocks times some panels.
 * Each output element is computed by one kernel call in one order of sums, so how the tasks are cut changes nothing. */
#include "run/step.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEW_CHANNELS = 8,            /* below, a line of the window is one tap, so that the kernel's inner loop is long */
    POINTER_BYTES = 24 * 1024,   /* of one block's row pointers: they stay in the first-level cache beside the rows */
    MOST_BLOCK_PIXELS = 256,
    FEWEST_BLOCK_TILES = 4,
    TASKS_PER_THREAD = 4,
    STRIP_WIDTH = 64,            /* lines so wide are worth the short tiles at both ends of a strip */
    MOST_STRIP_LINES = 16
};

/* ---- igemm ---- */

/* What does not change from run to run. */
typedef struct gemm_shape {
    const cm_step *step;
    cm_window window;    /* CONV */
    const cm_fused *fused;
    int64_t rows;        /* output pixels, or rows of a dense layer */
    int taps, inputs;    /* as in the file: of one group */
    int group_outputs, groups, panels; /* panels of one group */
    int64_t x_channels, y_channels; /* x_channels: 4-byte words of a pixel; bytes have four channels in one */
    int64_t y_words, add_words;     /* of a pixel of the output, of the residual */
} gemm_shape;

/* Some panels of one group. */
typedef struct gemm_panels {
    int group, first, end;
} gemm_panels;

typedef struct gemm_job {
    gemm_shape shape;
    const cm_context *context;
    const float *x, *residual;
    float *y;
    int blocks, block_pixels, panels_per_task, panel_tasks;
} gemm_job;

static int round_up(int value, int multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

int cm_step_block_pixels(int mr, int taps)
{
    int fits = POINTER_BYTES / (taps * (int)sizeof(float *)) / mr * mr;
    int most = MOST_BLOCK_PIXELS / mr * mr;
    return fits < mr ? mr : fits > most ? most : fits;
}

/* 4-byte words of so many channels: floats, or bytes. */
static int64_t words_of(const cm_value *value, int64_t channels)
{
    return value->is_bytes ? cm_value_words(channels) : channels;
}

static gemm_shape gemm_shape_of(const cm_step *step)
{
    const cm_op *op = step->op;
    gemm_shape shape = {.step = step};
    if (op->kind == CM_OP_CONV) {
        shape.window = cm_window_of(op);
        shape.fused = &op->u.conv.fused;
        shape.window.channels = words_of(op->inputs[0], shape.window.channels);
        shape.taps = shape.window.taps;
        shape.groups = op->u.conv.groups;
        shape.x_channels = shape.window.channels;
        shape.y_channels = op->output->dims[1];
        shape.rows = op->output->dims[0] * op->output->dims[2] * op->output->dims[3];
    } else {
        shape.fused = &op->u.dense.fused;
        shape.taps = shape.groups = 1;
        shape.x_channels = words_of(op->inputs[0], op->u.dense.k);
        shape.y_channels = op->u.dense.n;
        shape.rows = op->output->elements / shape.y_channels;
    }
    shape.y_words = words_of(op->output, shape.y_channels);
    shape.add_words = op->input_count > 1 ? words_of(op->inputs[1], shape.y_channels) : 0;
    shape.inputs = (int)(shape.x_channels / shape.groups);
    shape.group_outputs = (int)(shape.y_channels / shape.groups);
    shape.panels = (shape.group_outputs + step->kernel->nr - 1) / step->kernel->nr;
    return shape;
}

static gemm_job gemm_job_of(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    gemm_job job = {.shape = gemm_shape_of(step), .context = context};
    const gemm_shape *shape = &job.shape;
    job.x = cm_context_data(context, op->inputs[0]);
    job.y = cm_context_data(context, op->output);
    job.residual = cm_context_residual(context, op, shape->fused);
    /* Blocks of equal size, as many for each thread, unless that made them tiny. */
    int least = (int)((shape->rows + step->block_pixels - 1) / step->block_pixels), even = round_up(least, context->threads);
    job.blocks = shape->rows / even >= FEWEST_BLOCK_TILES * step->kernel->mr ? even : least;
    job.block_pixels = round_up((int)((shape->rows + job.blocks - 1) / job.blocks), step->kernel->mr);
    job.blocks = (int)((shape->rows + job.block_pixels - 1) / job.block_pixels);
    /* Few blocks: the panels are shared out too, so that every thread has work. */
    int wanted = context->threads > 1 ? context->threads * TASKS_PER_THREAD : 1;
    int64_t without = (int64_t)job.blocks * shape->groups;
    int split = without >= wanted ? 1 : (int)((wanted + without - 1) / without);
    job.panels_per_task = (shape->panels + split - 1) / split;
    job.panel_tasks = (shape->panels + job.panels_per_task - 1) / job.panels_per_task;
    return job;
}

/* Row pointers of one tile: [taps, mr]; rows past the end repeat the last one. */
static void repeat_last_row(const float **rows, int taps, int mr, int present)
{
    for (int t = 0; t < taps; t++)
        for (int i = present; i < mr; i++)
            rows[t * mr + i] = rows[t * mr + present - 1];
}

/* Row pointers of some pixels in the kernel's order: tile by tile, [taps, mr]. */
static void block_rows(const gemm_shape *shape, const cm_part *part, const float **rows)
{
    const cm_step *step = shape->step;
    int mr = step->kernel->mr, taps = step->lines ? shape->window.kernel[0] : shape->taps;
    if (step->lines) {
        size_t pointers = (size_t)step->block_pixels * (size_t)shape->taps * sizeof(float *);
        float *gathered = (float *)(void *)(part->scratch + (pointers + CM_ALIGNMENT - 1) / CM_ALIGNMENT * CM_ALIGNMENT);
        cm_window_lines(&shape->window, part->x, part->first, part->pixels, step->packed->pad_row, mr, rows, gathered);
    } else {
        cm_window_rows(&shape->window, part->x, part->first, part->pixels, step->packed->pad_row, mr, rows);
    }
    if (part->pixels % mr)
        repeat_last_row(rows + (ptrdiff_t)(part->pixels / mr) * taps * mr, taps, mr, part->pixels % mr);
}

/* Some output channels of bytes whose rows are known, as gemm_tiles. */
static void integer_tiles(const gemm_shape *shape, const cm_part *part, const gemm_panels *panels, const float **rows, ptrdiff_t step_words)
{
    const cm_step *step = shape->step;
    const cm_integer *integer = step->op->integer;
    int mr = step->kernel->mr, nr = step->kernel->nr, taps = shape->taps;
    bool bytes = integer->requantize.last.on;
    ptrdiff_t y_stride = (ptrdiff_t)(bytes ? 4 * shape->y_words : shape->y_words), add_words = (ptrdiff_t)shape->add_words;
    cm_requantize requantize = cm_step_requantize(integer, step->packed->offset, part->residual,
                                                  integer->requantize.add_bytes ? 4 * add_words : add_words);
    size_t panel_bytes = (size_t)taps * (size_t)shape->inputs * (size_t)nr * 4;
    cm_qgemm_tile tile = {.c_stride = y_stride, .step = step_words, .epilogue = &requantize, .taps = taps, .k = shape->inputs,
                          .pace = nr * 4 / ((part->pixels + mr - 1) / mr) + 1};
    for (int panel = panels->first; panel < panels->end; panel++) {
        tile.column = panel * nr;
        tile.n = shape->group_outputs - tile.column < nr ? shape->group_outputs - tile.column : nr;
        tile.panel = (const int8_t *)step->packed->weights + (size_t)panel * panel_bytes;
        tile.next = tile.panel + (panel + 1 < panels->end ? panel_bytes : 0);
        for (int p = 0; p < part->pixels; p += mr) {
            const void *strip = rows[0] + p * step_words;
            float *y = part->y + p * shape->y_words;
            tile.m = part->pixels - p < mr ? part->pixels - p : mr;
            tile.rows = step_words ? &strip : (const void *const *)(const void *)(rows + (ptrdiff_t)p * taps);
            tile.c = bytes ? (void *)((uint8_t *)(void *)y + tile.column) : (void *)(y + tile.column);
            requantize.add = part->residual ? part->residual + p * add_words : NULL;
            step->kernel->run.qgemm(&tile);
            tile.next += (ptrdiff_t)tile.pace * taps * shape->inputs;
        }
    }
}

/* Some output channels of pixels whose rows are known. step_floats: 0, and rows: tile by tile, [taps, mr]; or the rows of a tap lie so many floats apart, and
 * rows: [taps], those of the first pixel. */
static void gemm_tiles(const gemm_shape *shape, const cm_part *part, const gemm_panels *panels, const float **rows, ptrdiff_t step_floats)
{
    const cm_step *step = shape->step;
    int mr = step->kernel->mr, nr = step->kernel->nr;
    int taps = step->lines ? shape->window.kernel[0] : shape->taps, k = shape->taps * shape->inputs / taps;
    size_t panel_bytes = (size_t)taps * (size_t)k * (size_t)nr * (step->packed->key.layout.half ? sizeof(uint16_t) : sizeof(float));
    const unsigned char *weights = (const unsigned char *)step->packed->weights + (size_t)panels->group * step->packed->group_bytes;
    cm_epilogue epilogue = cm_step_epilogue(shape->fused, step->packed, part->residual, 0, shape->y_channels);
    cm_igemm_tile tile = {.c_stride = (ptrdiff_t)shape->y_channels, .step = step_floats, .epilogue = &epilogue, .taps = taps, .k = k};
    const float *strip[MOST_STRIP_LINES];
    for (int panel = panels->first; panel < panels->end; panel++) {
        int left = shape->group_outputs - panel * nr;
        tile.column = panels->group * shape->group_outputs + panel * nr;
        tile.n = left < nr ? left : nr;
        tile.panel = weights + (size_t)panel * panel_bytes;
        tile.c = part->y + tile.column;
        epilogue.add = part->residual;
        for (int p = 0; p < part->pixels; p += mr) {
            tile.m = part->pixels - p < mr ? part->pixels - p : mr;
            for (int tap = 0; step_floats && tap < taps; tap++)
                strip[tap] = rows[tap] + p * step_floats;
            tile.rows = step_floats ? strip : rows + (ptrdiff_t)p * taps;
            step->kernel->run.igemm(&tile);
            tile.c += mr * tile.c_stride;
            if (part->residual)
                epilogue.add += mr * epilogue.add_stride;
        }
    }
}

/* The strip at pixel p of a part: where its windows lie in the picture the kernel goes along the lines, else it gets pointers. Returns its pixels. */
static int gemm_strip(const gemm_shape *shape, const cm_part *part, const gemm_panels *panels, int p)
{
    const cm_step *step = shape->step;
    const float **rows = (const float **)(void *)part->scratch;
    cm_part strip = *part;
    strip.first += p;
    strip.pixels -= p;
    strip.y += p * shape->y_words;
    if (strip.residual)
        strip.residual += p * shape->add_words;
    ptrdiff_t step_floats = 0;
    if (step->op->kind == CM_OP_DENSE) {
        rows[0] = part->x + strip.first * shape->x_channels;
        step_floats = (ptrdiff_t)shape->x_channels;
    } else if (step->strips) {
        cm_window_strip found = cm_window_strip_of(&shape->window, part->x, strip.first, strip.pixels, rows);
        strip.pixels = found.pixels;
        step_floats = found.lines == shape->window.kernel[0] ? (ptrdiff_t)(shape->window.stride[1] * shape->x_channels) : 0;
    }
    int pointers = step_floats ? shape->taps : round_up(strip.pixels, step->kernel->mr) * shape->taps;
    if (!step_floats)
        block_rows(shape, &strip, rows);
    for (int i = 0, shift = panels->group * shape->inputs; shift && i < pointers; i++)
        rows[i] += shift;
    if (step->op->integer)
        integer_tiles(shape, &strip, panels, rows, step_floats);
    else
        gemm_tiles(shape, &strip, panels, rows, step_floats);
    return strip.pixels;
}

/* Some output channels of a part of at most step->block_pixels pixels. */
static void gemm_block(const gemm_shape *shape, const cm_part *part, const gemm_panels *panels)
{
    gemm_shape ring = *shape;
    ring.window.ring = part->ring;
    for (int p = 0; p < part->pixels;)
        p += gemm_strip(&ring, part, panels, p);
}

static void gemm_task(void *argument, int task, int worker)
{
    const gemm_job *job = argument;
    const gemm_shape *shape = &job->shape;
    int panel_task = task % job->panel_tasks, rest = task / job->panel_tasks;
    int64_t first = (int64_t)(rest % job->blocks) * job->block_pixels, left = shape->rows - first;
    gemm_panels panels = {.group = rest / job->blocks, .first = panel_task * job->panels_per_task};
    panels.end = panels.first + job->panels_per_task < shape->panels ? panels.first + job->panels_per_task : shape->panels;
    cm_part part = {.x = job->x,
                    .residual = job->residual ? job->residual + first * shape->add_words : NULL,
                    .y = job->y + first * shape->y_words,
                    .first = first,
                    .pixels = left < job->block_pixels ? (int)left : job->block_pixels,
                    .scratch = job->context->scratch + (size_t)worker * job->context->scratch_bytes};
    gemm_block(shape, &part, &panels);
}

static void run_gemm(const cm_step *step, const cm_context *context)
{
    gemm_job job = gemm_job_of(step, context);
    cm_pool_run(context->pool, gemm_task, &job, job.blocks * job.shape.groups * job.panel_tasks);
}

/* All output channels of a part of any size. */
static void gemm_part(const cm_step *step, const cm_part *whole)
{
    gemm_shape shape = gemm_shape_of(step);
    int blocks = (whole->pixels + step->block_pixels - 1) / step->block_pixels;
    int pixels = round_up((whole->pixels + blocks - 1) / blocks, step->kernel->mr);
    for (int p = 0; p < whole->pixels; p += pixels) {
        cm_part part = *whole;
        part.first += p;
        part.pixels = whole->pixels - p < pixels ? whole->pixels - p : pixels;
        part.y += p * shape.y_channels;
        if (part.residual)
            part.residual += p * shape.y_channels;
        for (int group = 0; group < shape.groups; group++)
            gemm_block(&shape, &part, &(gemm_panels){.group = group, .end = shape.panels});
    }
}

/* ---- preparing ---- */

/* Task numbers and row counts are ints. */
static cameo_status check_rows(const cm_graph *graph, const cm_op *op, int64_t rows, cameo_error *error)
{
    if (rows < INT_MAX / 64)
        return CAMEO_OK;
    return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: layer '%s' has %lld output pixels, more than are supported", graph->path, op->name,
                   (long long)rows);
}

/* Bytes, directly. */
static cameo_status prepare_integer(cm_step *step, cm_graph *graph, cm_weight_store *store, const cm_policy *policy, int taps, cameo_error *error)
{
    step->kernel = cm_kernel_choose(CM_KERNEL_qgemm, "u8s8", policy->tier);
    step->kernel_name = step->kernel->name;
    step->run = run_gemm;
    step->block_pixels = cm_step_block_pixels(step->kernel->mr, taps);
    step->strips = taps == 1;
    step->scratch_bytes = (size_t)step->block_pixels * (size_t)taps * sizeof(float *) + CM_ALIGNMENT;
    cm_weight_layout layout = {.form = CM_WEIGHTS_BYTES, .nr = step->kernel->nr};
    return cm_weights_pack(store, graph, step->op, &layout, &step->packed, error);
}

static cameo_status prepare_integer_conv(cm_step *step, cm_graph *graph, cm_weight_store *store, const cm_policy *policy, int taps, cameo_error *error)
{
    const cm_op *op = step->op;
    step->algorithm = cm_algorithm_choose_bytes(op, policy);
    if (step->algorithm.winograd) {
        cameo_status status = cm_step_prepare_winograd(step, graph, store, policy->tier, error);
        if (status != CAMEO_OK || step->packed)
            return status;
        *step = (cm_step){.op = op}; /* its sums may be too large for that */
    }
    return prepare_integer(step, graph, store, policy, taps, error);
}

cameo_status cm_step_prepare_conv(cm_step *step, cm_graph *graph, cm_weight_store *store, const cm_policy *policy, cameo_error *error)
{
    const cm_op *op = step->op;
    int taps = op->u.conv.kernel[0] * op->u.conv.kernel[1];
    int64_t rows = op->output->dims[0] * op->output->dims[2] * op->output->dims[3];
    cameo_status status = check_rows(graph, op, rows, error);
    if (status != CAMEO_OK)
        return status;
    if (cm_algorithm_depthwise(op))
        return cm_step_prepare_depthwise(step, graph, store, policy->tier, error);
    if (op->integer)
        return prepare_integer_conv(step, graph, store, policy, taps, error);
    step->algorithm = cm_algorithm_choose(op, policy);
    if (step->algorithm.winograd)
        return cm_step_prepare_winograd(step, graph, store, policy->tier, error);
    step->kernel = cm_kernel_choose(CM_KERNEL_igemm, step->algorithm.half ? "f16" : "f32", policy->tier);
    step->kernel_name = step->kernel->name;
    step->run = run_gemm;
    step->part = gemm_part;
    step->block_pixels = cm_step_block_pixels(step->kernel->mr, taps);
    int64_t inputs = op->inputs[0]->dims[1] / op->u.conv.groups;
    step->lines = inputs < FEW_CHANNELS && op->u.conv.groups == 1 && taps > 1 && op->u.conv.dilation[1] == 1;
    step->strips = taps == 1 || (step->lines && op->output->dims[3] >= STRIP_WIDTH && op->u.conv.kernel[0] <= MOST_STRIP_LINES);
    step->scratch_bytes = (size_t)step->block_pixels * (size_t)taps * sizeof(float *) + CM_ALIGNMENT;
    if (step->lines)
        step->scratch_bytes += (size_t)step->block_pixels * (size_t)taps * (size_t)inputs * sizeof(float);
    cm_weight_layout layout = {.form = CM_WEIGHTS_PANELS, .nr = step->kernel->nr, .half = step->algorithm.half};
    return cm_weights_pack(store, graph, op, &layout, &step->packed, error);
}

cameo_status cm_step_prepare_dense(cm_step *step, cm_graph *graph, cm_weight_store *store, const cm_policy *policy, cameo_error *error)
{
    const cm_op *op = step->op;
    cameo_status status = check_rows(graph, op, op->output->elements / op->u.dense.n, error);
    if (status != CAMEO_OK)
        return status;
    if (op->integer)
        return prepare_integer(step, graph, store, policy, 1, error);
    step->algorithm = cm_algorithm_choose(op, policy);
    step->kernel = cm_kernel_choose(CM_KERNEL_igemm, step->algorithm.half ? "f16" : "f32", policy->tier);
    step->kernel_name = step->kernel->name;
    step->run = run_gemm;
    step->block_pixels = cm_step_block_pixels(step->kernel->mr, 1);
    step->scratch_bytes = (size_t)step->block_pixels * sizeof(float *) + CM_ALIGNMENT;
    cm_weight_layout layout = {.form = CM_WEIGHTS_PANELS, .nr = step->kernel->nr, .half = step->algorithm.half};
    return cm_weights_pack(store, graph, op, &layout, &step->packed, error);
}

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
    TASKS_PER_THREAD = 4
};

/* ---- igemm ---- */

typedef struct gemm_job {
    const cm_step *step;
    const cm_context *context;
    cm_window window;
    const cm_fused *fused;
    const float *x, *residual;
    float *y;
    int64_t rows;        /* output pixels, or rows of a dense layer */
    int taps, inputs;    /* as in the file: of one group */
    int group_outputs, groups;
    int64_t x_channels, y_channels;
    int blocks, block_pixels, panels, panels_per_task, panel_tasks;
} gemm_job;

static int round_up(int value, int multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

static int block_pixels(int mr, int taps)
{
    int fits = POINTER_BYTES / (taps * (int)sizeof(float *)) / mr * mr;
    int most = MOST_BLOCK_PIXELS / mr * mr;
    return fits < mr ? mr : fits > most ? most : fits;
}

static gemm_job gemm_job_of(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    gemm_job job = {.step = step, .context = context};
    job.x = cm_context_data(context, op->inputs[0]);
    job.y = cm_context_data(context, op->output);
    if (op->kind == CM_OP_CONV) {
        job.window = cm_window_of(op);
        job.fused = &op->u.conv.fused;
        job.taps = job.window.taps;
        job.groups = op->u.conv.groups;
        job.x_channels = op->inputs[0]->dims[1];
        job.y_channels = op->output->dims[1];
        job.rows = op->output->dims[0] * op->output->dims[2] * op->output->dims[3];
    } else {
        job.fused = &op->u.dense.fused;
        job.taps = job.groups = 1;
        job.x_channels = op->u.dense.k;
        job.y_channels = op->u.dense.n;
        job.rows = op->output->elements / job.y_channels;
    }
    job.residual = job.fused->has_residual ? cm_context_data(context, op->inputs[1]) : NULL;
    job.inputs = (int)(job.x_channels / job.groups);
    job.group_outputs = (int)(job.y_channels / job.groups);
    /* Blocks of equal size, as many for each thread, unless that made them tiny. */
    int least = (int)((job.rows + step->block_pixels - 1) / step->block_pixels), even = round_up(least, context->threads);
    job.blocks = job.rows / even >= FEWEST_BLOCK_TILES * step->kernel->mr ? even : least;
    job.block_pixels = round_up((int)((job.rows + job.blocks - 1) / job.blocks), step->kernel->mr);
    job.blocks = (int)((job.rows + job.block_pixels - 1) / job.block_pixels);
    job.panels = (job.group_outputs + step->kernel->nr - 1) / step->kernel->nr;
    /* Few blocks: the panels are shared out too, so that every thread has work. */
    int wanted = context->threads > 1 ? context->threads * TASKS_PER_THREAD : 1;
    int64_t without = (int64_t)job.blocks * job.groups;
    int split = without >= wanted ? 1 : (int)((wanted + without - 1) / without);
    job.panels_per_task = (job.panels + split - 1) / split;
    job.panel_tasks = (job.panels + job.panels_per_task - 1) / job.panels_per_task;
    return job;
}

/* Row pointers of one tile: [taps, mr]; rows past the end repeat the last one. */
static void repeat_last_row(const float **rows, int taps, int mr, int present)
{
    for (int t = 0; t < taps; t++)
        for (int i = present; i < mr; i++)
            rows[t * mr + i] = rows[t * mr + present - 1];
}

/* Row pointers of one block in the kernel's order: tile by tile, [taps, mr]. */
static void block_rows(const gemm_job *job, int64_t first, int pixels, int group, const float **rows, float *gathered)
{
    int mr = job->step->kernel->mr, taps = job->step->lines ? job->window.kernel[0] : job->taps;
    ptrdiff_t shift = (ptrdiff_t)group * job->inputs;
    if (job->step->op->kind == CM_OP_DENSE) {
        for (int p = 0; p < pixels; p++)
            rows[p] = job->x + (first + p) * job->x_channels;
    } else if (job->step->lines) {
        cm_window_lines(&job->window, job->x, first, pixels, job->step->packed->pad_row, mr, rows, gathered);
    } else {
        cm_window_rows(&job->window, job->x, first, pixels, job->step->packed->pad_row, mr, rows);
    }
    int tiles = round_up(pixels, mr) / mr;
    if (pixels % mr)
        repeat_last_row(rows + (ptrdiff_t)(tiles - 1) * taps * mr, taps, mr, pixels % mr);
    for (int i = 0; shift && i < tiles * mr * taps; i++)
        rows[i] += shift;
}

static void gemm_task(void *argument, int task, int worker)
{
    const gemm_job *job = argument;
    const cm_step *step = job->step;
    int panel_task = task % job->panel_tasks, rest = task / job->panel_tasks;
    int block = rest % job->blocks, group = rest / job->blocks;
    int64_t first = (int64_t)block * job->block_pixels;
    int pixels = (int)(job->rows - first < job->block_pixels ? job->rows - first : job->block_pixels);
    int mr = step->kernel->mr, nr = step->kernel->nr;
    int taps = step->lines ? job->window.kernel[0] : job->taps, k = job->taps * job->inputs / taps;
    unsigned char *scratch = job->context->scratch + (size_t)worker * job->context->scratch_bytes;
    const float **rows = (const float **)(void *)scratch;
    size_t pointers = (size_t)step->block_pixels * (size_t)job->taps * sizeof(float *);
    float *gathered = (float *)(void *)(scratch + (pointers + CM_ALIGNMENT - 1) / CM_ALIGNMENT * CM_ALIGNMENT);
    block_rows(job, first, pixels, group, rows, gathered);
    int panel_end = (panel_task + 1) * job->panels_per_task;
    if (panel_end > job->panels)
        panel_end = job->panels;
    size_t panel_bytes = (size_t)taps * (size_t)k * (size_t)nr * (step->packed->key.layout.half ? sizeof(uint16_t) : sizeof(float));
    cm_epilogue epilogue = cm_step_epilogue(job->fused, step->packed, job->residual, first, job->y_channels);
    const float *residual = epilogue.add;
    cm_igemm_tile tile = {.c_stride = (ptrdiff_t)job->y_channels, .epilogue = &epilogue, .taps = taps, .k = k};
    for (int panel = panel_task * job->panels_per_task; panel < panel_end; panel++) {
        int left = job->group_outputs - panel * nr;
        tile.column = group * job->group_outputs + panel * nr;
        tile.n = left < nr ? left : nr;
        tile.panel = (const unsigned char *)step->packed->weights + (size_t)group * step->packed->group_bytes + (size_t)panel * panel_bytes;
        tile.rows = rows;
        tile.c = job->y + first * job->y_channels + tile.column;
        epilogue.add = residual;
        for (int p = 0; p < pixels; p += mr) {
            tile.m = pixels - p < mr ? pixels - p : mr;
            step->kernel->run.igemm(&tile);
            tile.rows += (ptrdiff_t)mr * taps;
            tile.c += mr * tile.c_stride;
            if (residual)
                epilogue.add += mr * epilogue.add_stride;
        }
    }
}

static void run_gemm(const cm_step *step, const cm_context *context)
{
    gemm_job job = gemm_job_of(step, context);
    cm_pool_run(context->pool, gemm_task, &job, job.blocks * job.groups * job.panel_tasks);
}

/* ---- dwconv ---- */

typedef struct depthwise_job {
    const cm_step *step;
    const cm_context *context;
    cm_window window;
    const float *x, *residual;
    float *y;
    int64_t pixels;
} depthwise_job;

static void depthwise_task(void *argument, int task, int worker)
{
    const depthwise_job *job = argument;
    const cm_step *step = job->step;
    int64_t first = (int64_t)task * step->block_pixels, channels = job->window.channels;
    int pixels = (int)(job->pixels - first < step->block_pixels ? job->pixels - first : step->block_pixels);
    const float **rows = (const float **)(void *)(job->context->scratch + (size_t)worker * job->context->scratch_bytes);
    cm_window_rows(&job->window, job->x, first, pixels, step->packed->pad_row, 1, rows);
    cm_epilogue epilogue = cm_step_epilogue(&step->op->u.conv.fused, step->packed, job->residual, first, channels);
    cm_dwconv_tile tile = {.rows = rows,
                           .weights = step->packed->weights,
                           .c = job->y + first * channels,
                           .c_stride = (ptrdiff_t)channels,
                           .epilogue = &epilogue,
                           .taps = job->window.taps,
                           .pixels = pixels,
                           .channels = (int)channels,
                           .paired = step->packed->key.layout.form == CM_WEIGHTS_PAIRED};
    step->kernel->run.dwconv(&tile);
}

static void run_depthwise(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    depthwise_job job = {.step = step,
                         .context = context,
                         .window = cm_window_of(op),
                         .x = cm_context_data(context, op->inputs[0]),
                         .residual = op->u.conv.fused.has_residual ? cm_context_data(context, op->inputs[1]) : NULL,
                         .y = cm_context_data(context, op->output),
                         .pixels = op->output->dims[0] * op->output->dims[2] * op->output->dims[3]};
    cm_pool_run(context->pool, depthwise_task, &job, (int)((job.pixels + step->block_pixels - 1) / step->block_pixels));
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

/* Pixels of a depthwise task: enough tasks for the small pictures of late layers, large ones for large pictures. */
static int depthwise_pixels(int64_t rows, int most)
{
    enum { FEWEST = 32, TASKS = 64 };
    int64_t pixels = rows / TASKS < FEWEST ? FEWEST : rows / TASKS;
    return pixels < most ? (int)pixels : most;
}

static cameo_status prepare_depthwise(cm_step *step, cm_graph *graph, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error)
{
    const cm_op *op = step->op;
    int taps = op->u.conv.kernel[0] * op->u.conv.kernel[1];
    step->kernel = cm_kernel_choose(CM_KERNEL_dwconv, "f32", tier);
    step->kernel_name = step->kernel->name;
    step->run = run_depthwise;
    step->block_pixels = depthwise_pixels(op->output->elements / op->output->dims[1], block_pixels(1, taps));
    step->scratch_bytes = (size_t)step->block_pixels * (size_t)taps * sizeof(float *);
    cm_weight_layout layout = {.form = cm_algorithm_depthwise(op) == 2 ? CM_WEIGHTS_PAIRED : CM_WEIGHTS_DEPTHWISE};
    return cm_weights_pack(store, graph, op, &layout, &step->packed, error);
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
        return prepare_depthwise(step, graph, store, policy->tier, error);
    step->algorithm = cm_algorithm_choose(op, policy);
    if (step->algorithm.winograd)
        return cm_step_prepare_winograd(step, graph, store, policy->tier, error);
    step->kernel = cm_kernel_choose(CM_KERNEL_igemm, step->algorithm.half ? "f16" : "f32", policy->tier);
    step->kernel_name = step->kernel->name;
    step->run = run_gemm;
    step->block_pixels = block_pixels(step->kernel->mr, taps);
    int64_t inputs = op->inputs[0]->dims[1] / op->u.conv.groups;
    step->lines = inputs < FEW_CHANNELS && op->u.conv.groups == 1 && taps > 1 && op->u.conv.dilation[1] == 1;
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
    step->algorithm = cm_algorithm_choose(op, policy);
    step->kernel = cm_kernel_choose(CM_KERNEL_igemm, step->algorithm.half ? "f16" : "f32", policy->tier);
    step->kernel_name = step->kernel->name;
    step->run = run_gemm;
    step->block_pixels = block_pixels(step->kernel->mr, 1);
    step->scratch_bytes = (size_t)step->block_pixels * sizeof(float *) + CM_ALIGNMENT;
    cm_weight_layout layout = {.form = CM_WEIGHTS_PANELS, .nr = step->kernel->nr, .half = step->algorithm.half};
    return cm_weights_pack(store, graph, op, &layout, &step->packed, error);
}

/* Depthwise convolutions. A window three wide that moves by one or two pixels goes along the lines of the picture, where neighbouring pixels share
 * what they read; at the left and right edge, and for all other windows, the kernel gets a pointer for each tap. The sums are the same either way.
 * Pictures are counted in words: floats, or bytes, of which a word has four. */
#include "run/step.h"

/* ---- A part ---- */

/* What all strips of a part share. */
typedef struct depthwise {
    const cm_step *step;
    const cm_part *part;
    cm_window window;
    ptrdiff_t y_words, add_words; /* of a pixel of the output, of the residual */
    size_t line_bytes;            /* bytes: of the weights of a line of a window three wide */
    cm_epilogue epilogue;         /* floats */
    cm_requantize requantize;     /* bytes */
} depthwise;

static ptrdiff_t words_added(const cm_op *op)
{
    return op->input_count > 1 ? cm_value_pixel_words(op->inputs[1]) : 0;
}

static bool walks_in_strips(const cm_step *step)
{
    const cm_conv *conv = &step->op->u.conv;
    return conv->kernel[1] == 3 && conv->dilation[1] == 1 && conv->stride[1] <= 2 && !conv->pad_value &&
           (step->op->integer || cm_algorithm_depthwise(step->op) == 1);
}

/* A strip whose rows are known. */
static void run_bytes(const depthwise *d, int p, const cm_window_strip *strip, const float **rows)
{
    bool lines = strip->lines > 0;
    const unsigned char *weights = d->step->packed->weights;
    const cm_op *op = d->step->op;
    cm_requantize requantize = d->requantize;
    if (d->part->residual)
        requantize.add = d->part->residual + p * d->add_words;
    cm_qdwconv_tile tile = {.rows = (const void *const *)(const void *)rows,
                            .weights = weights + (lines ? (size_t)strip->line * d->line_bytes : 0),
                            .c = d->part->y + p * d->y_words,
                            .c_stride = requantize.last.on ? 4 * d->y_words : d->y_words,
                            .pixel_bytes = 4 * (ptrdiff_t)d->window.channels,
                            .epilogue = &requantize,
                            .taps = lines ? strip->lines * d->window.kernel[1] : d->window.taps,
                            .pixels = strip->pixels,
                            .channels = (int)op->output->dims[1],
                            .paired = cm_algorithm_depthwise(op) == 2,
                            .word_taps = cm_bytes_word_taps(&op->u.conv),
                            .zero = op->integer->zero,
                            .step = lines ? d->window.stride[1] : 0};
    d->step->kernel->run.qdwconv(&tile);
}

static void run_floats(const depthwise *d, int p, const cm_window_strip *strip, const float **rows)
{
    ptrdiff_t channels = (ptrdiff_t)d->window.channels;
    bool lines = strip->lines > 0;
    cm_epilogue epilogue = d->epilogue;
    if (epilogue.add)
        epilogue.add += p * channels;
    const float *weights = d->step->packed->weights;
    cm_dwconv_tile tile = {.rows = rows,
                           .weights = weights + (lines ? strip->line * d->window.kernel[1] * channels : 0),
                           .c = d->part->y + p * channels,
                           .c_stride = channels,
                           .epilogue = &epilogue,
                           .taps = lines ? strip->lines * d->window.kernel[1] : d->window.taps,
                           .pixels = strip->pixels,
                           .channels = (int)channels,
                           .paired = d->step->packed->key.layout.form == CM_WEIGHTS_PAIRED,
                           .step = lines ? d->window.stride[1] : 0};
    d->step->kernel->run.dwconv(&tile);
}

/* The strip at pixel p of the part. Lines of the window above and below the picture are left out: they would add products with zero. */
static void run_strip(const depthwise *d, int p, const cm_window_strip *strip, const float **rows)
{
    if (strip->lines == 0)
        cm_window_rows(&d->window, d->part->x, d->part->first + p, strip->pixels, d->step->packed->pad_row, 1, rows);
    if (d->step->op->integer)
        run_bytes(d, p, strip, rows);
    else
        run_floats(d, p, strip, rows);
}

static void run_part(const cm_step *step, const cm_part *part)
{
    const cm_op *op = step->op;
    depthwise d = {.step = step, .part = part, .window = cm_window_of(op), .y_words = cm_value_pixel_words(op->output), .add_words = words_added(op)};
    d.window.ring = part->ring;
    d.window.channels = cm_value_pixel_words(op->inputs[0]);
    if (op->integer) {
        ptrdiff_t add_stride = op->integer->requantize.add_bytes ? 4 * d.add_words : d.add_words;
        d.requantize = cm_step_requantize(op->integer, step->packed->offset, part->residual, add_stride);
        d.line_bytes = cm_bytes_line((size_t)op->output->dims[1], step->packed->key.layout.nr) * (size_t)cm_algorithm_depthwise(op);
    } else {
        d.epilogue = cm_step_epilogue(&op->u.conv.fused, step->packed, part->residual, 0, d.window.channels);
    }
    const float **rows = (const float **)(void *)part->scratch;
    int most = cm_step_block_pixels(1, d.window.taps);
    for (int p = 0; p < part->pixels;) {
        cm_window_strip strip = {.pixels = part->pixels - p};
        if (step->strips)
            strip = cm_window_strip_of(&d.window, part->x, part->first + p, strip.pixels, rows);
        if (!strip.lines && strip.pixels > most)
            strip.pixels = most;
        run_strip(&d, p, &strip, rows);
        p += strip.pixels;
    }
}

/* ---- The whole layer ---- */

typedef struct depthwise_job {
    const cm_step *step;
    const cm_context *context;
    const float *x, *residual;
    float *y;
    int64_t units, unit_pixels, y_words, add_words; /* units: lines, or single pixels */
    int tasks;
} depthwise_job;

static void depthwise_task(void *argument, int task, int worker)
{
    const depthwise_job *job = argument;
    int64_t first = job->units * task / job->tasks * job->unit_pixels, end = job->units * (task + 1) / job->tasks * job->unit_pixels;
    cm_part part = {.x = job->x,
                    .residual = job->residual ? job->residual + first * job->add_words : NULL,
                    .y = job->y + first * job->y_words,
                    .first = first,
                    .pixels = (int)(end - first),
                    .scratch = job->context->scratch + (size_t)worker * job->context->scratch_bytes};
    run_part(job->step, &part);
}

/* Few tasks, as each reads lines that its neighbours read too, but several for each thread; large pictures in more, so that none has long to wait. */
static int task_count(int64_t units, int64_t pixels, int threads)
{
    enum { FEW = 2, TASK_PIXELS = 4096 };
    int64_t count = pixels / TASK_PIXELS > FEW * threads ? pixels / TASK_PIXELS : FEW * threads;
    return (int)(count < units ? count : units);
}

static void run_depthwise(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    const int64_t *dims = op->output->dims;
    depthwise_job job = {.step = step,
                         .context = context,
                         .x = cm_context_data(context, op->inputs[0]),
                         .residual = cm_context_residual(context, op, &op->u.conv.fused),
                         .y = cm_context_data(context, op->output),
                         .unit_pixels = step->strips ? dims[3] : 1,
                         .y_words = cm_value_pixel_words(op->output),
                         .add_words = words_added(op)};
    job.units = dims[0] * dims[2] * dims[3] / job.unit_pixels;
    job.tasks = task_count(job.units, job.units * job.unit_pixels, context->threads);
    cm_pool_run(context->pool, depthwise_task, &job, job.tasks);
}

cameo_status cm_step_prepare_depthwise(cm_step *step, cm_graph *graph, cm_weight_store *store, cm_cpu_tier tier, cameo_error *error)
{
    const cm_op *op = step->op;
    int taps = op->u.conv.kernel[0] * op->u.conv.kernel[1];
    step->kernel = op->integer ? cm_kernel_choose(CM_KERNEL_qdwconv, "u8s8", tier) : cm_kernel_choose(CM_KERNEL_dwconv, "f32", tier);
    step->kernel_name = step->kernel->name;
    step->run = run_depthwise;
    step->part = op->integer ? NULL : run_part;
    step->scratch_bytes = (size_t)cm_step_block_pixels(1, taps) * (size_t)taps * sizeof(float *);
    step->strips = walks_in_strips(step);
    cm_weight_layout layout = {.form = op->integer                        ? CM_WEIGHTS_BYTES_DEPTHWISE
                                       : cm_algorithm_depthwise(op) == 2 ? CM_WEIGHTS_PAIRED
                                                                         : CM_WEIGHTS_DEPTHWISE,
                               .nr = op->integer ? step->kernel->mr : 0};
    return cm_weights_pack(store, graph, op, &layout, &step->packed, error);
}

/* Pooling. */
#include "run/step.h"

typedef struct pool_job {
    const cm_step *step;
    const cm_context *context;
    cm_window window;
    const float *x;
    float *y;
    int64_t pixels;
} pool_job;

static void pool_task(void *argument, int task, int worker)
{
    const pool_job *job = argument;
    const cm_step *step = job->step;
    int64_t first = (int64_t)task * step->block_pixels, channels = job->window.channels;
    int pixels = (int)(job->pixels - first < step->block_pixels ? job->pixels - first : step->block_pixels);
    unsigned char *scratch = job->context->scratch + (size_t)worker * job->context->scratch_bytes;
    const float **rows = (const float **)(void *)scratch;
    float *scale = (float *)(void *)(scratch + (size_t)step->block_pixels * (size_t)job->window.taps * sizeof(float *));
    int64_t picture = job->window.out_height * job->window.out_width;
    cm_window_rows(&job->window, job->x, first, pixels, NULL, 1, rows);
    for (int p = 0; p < pixels; p++) {
        if (step->pool_scale)
            scale[p] = step->pool_scale[(first + p) % picture];
    }
    cm_pool_tile tile = {.rows = rows,
                         .scale = scale,
                         .c = job->y + first * channels,
                         .c_stride = (ptrdiff_t)channels,
                         .taps = job->window.taps,
                         .pixels = pixels,
                         .channels = (int)channels,
                         .average = step->op->u.pool.average};
    step->kernel->run.pool(&tile);
}

static void run_pool(const cm_step *step, const cm_context *context)
{
    const cm_op *op = step->op;
    pool_job job = {.step = step,
                    .context = context,
                    .window = cm_window_of(op),
                    .x = cm_context_data(context, op->inputs[0]),
                    .y = cm_context_data(context, op->output),
                    .pixels = op->output->dims[0] * op->output->dims[2] * op->output->dims[3]};
    cm_pool_run(context->pool, pool_task, &job, (int)((job.pixels + step->block_pixels - 1) / step->block_pixels));
}

/* Taps along one axis that lie inside the picture, or inside picture and padding (but not beyond, where ceil mode reaches). */
static int counted(int64_t at, int kernel, int dilation, int64_t extent, int before, int after, bool include_pad)
{
    int count = 0;
    for (int i = 0; i < kernel; i++) {
        int64_t x = at + (int64_t)i * dilation;
        count += include_pad ? x >= -before && x < extent + after : x >= 0 && x < extent;
    }
    return count;
}

static const float *average_factors(cm_graph *graph, const cm_op *op)
{
    cm_window w = cm_window_of(op);
    const cm_pool_op *pool = &op->u.pool;
    float *scale = cm_arena_alloc(&graph->arena, (size_t)(w.out_height * w.out_width), sizeof *scale);
    for (int64_t y = 0; scale && y < w.out_height; y++) {
        int rows = counted(y * w.stride[0] - w.pad[0], w.kernel[0], w.dilation[0], w.height, w.pad[0], w.pad[2], pool->count_include_pad);
        for (int64_t x = 0; x < w.out_width; x++) {
            int columns = counted(x * w.stride[1] - w.pad[1], w.kernel[1], w.dilation[1], w.width, w.pad[1], w.pad[3],
                                  pool->count_include_pad);
            scale[y * w.out_width + x] = rows > 0 && columns > 0 ? 1.0f / (float)(rows * columns) : 0.0f;
        }
    }
    return scale;
}

cameo_status cm_step_prepare_pool(cm_step *step, cm_graph *graph, cm_cpu_tier tier, cameo_error *error)
{
    enum { MOST_TAPS = 1 << 16, BLOCK_POINTERS = 4096 };
    const cm_op *op = step->op;
    int64_t taps = (int64_t)op->u.pool.kernel[0] * op->u.pool.kernel[1];
    if (taps > MOST_TAPS || op->output->elements / (op->output->dims[1] ? op->output->dims[1] : 1) > INT32_MAX / 64)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: pooling '%s' over %lld elements is more than is supported", graph->path, op->name,
                       (long long)taps);
    step->kernel = cm_kernel_choose(CM_KERNEL_pool, "f32", tier);
    step->kernel_name = step->kernel->name;
    step->run = run_pool;
    int64_t fits = BLOCK_POINTERS / taps;
    step->block_pixels = (int)(fits < 1 ? 1 : fits > 64 ? 64 : fits);
    step->scratch_bytes = (size_t)step->block_pixels * ((size_t)taps * sizeof(float *) + sizeof(float));
    if (op->u.pool.average) {
        step->pool_scale = average_factors(graph, op);
        if (!step->pool_scale)
            return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for pooling '%s'", graph->path, op->name);
    }
    return CAMEO_OK;
}

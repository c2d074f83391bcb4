/* Resize: a task is one output row of one picture. */
#include "run/step.h"

#include "kern/plain/plain.h"

typedef struct resize_job {
    const cm_step *step;
    const cm_context *context;
    const float *x;
    float *y;
} resize_job;

static void fill(float *c, int64_t count, float value)
{
    for (int64_t i = 0; i < count; i++)
        c[i] = value;
}

static void resize_task(void *argument, int task, int worker)
{
    const resize_job *job = argument;
    const cm_value *x = job->step->op->inputs[0], *y = job->step->op->output;
    const cm_resize *resize = &job->step->op->u.resize;
    const cm_resize_axis *down = &resize->axis[0], *across = &resize->axis[1];
    int64_t row = task % y->dims[2], batch = task / y->dims[2], channels = y->dims[1], line = x->dims[3] * channels;
    const float *picture = job->x + batch * x->dims[2] * line;
    const float **rows = (const float **)(void *)(job->context->scratch + (size_t)worker * job->context->scratch_bytes);
    float *c = job->y + task * y->dims[3] * channels;
    if (down->outside && down->outside[row]) {
        fill(c, y->dims[3] * channels, resize->outside_value);
        return;
    }
    for (int t = 0; t < down->taps; t++)
        rows[t] = picture + down->index[row * down->taps + t] * line;
    cm_plain_resize_row(rows, down->weight + row * down->taps, down->taps, across->index, across->weight, across->taps, y->dims[3], channels, c);
    for (int64_t i = 0; across->outside && i < y->dims[3]; i++)
        if (across->outside[i])
            fill(c + i * channels, channels, resize->outside_value);
}

static void run_resize(const cm_step *step, const cm_context *context)
{
    resize_job job = {.step = step,
                      .context = context,
                      .x = cm_context_data(context, step->op->inputs[0]),
                      .y = cm_context_data(context, step->op->output)};
    cm_pool_run(context->pool, resize_task, &job, (int)(step->op->output->dims[0] * step->op->output->dims[2]));
}

cameo_status cm_step_prepare_resize(cm_step *step, const cm_graph *graph, cameo_error *error)
{
    const cm_op *op = step->op;
    if (op->output->dims[0] * op->output->dims[2] > INT32_MAX / 64)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: layer '%s' has %lld output rows, more than are supported", graph->path, op->name,
                       (long long)(op->output->dims[0] * op->output->dims[2]));
    int taps = op->u.resize.axis[0].taps, most = op->u.resize.axis[1].taps > taps ? op->u.resize.axis[1].taps : taps;
    step->run = run_resize;
    step->kernel_name = most == 1 ? "plain_resize_nearest" : most == 2 ? "plain_resize_linear" : "plain_resize";
    step->scratch_bytes = (size_t)taps * sizeof(float *);
    return CAMEO_OK;
}

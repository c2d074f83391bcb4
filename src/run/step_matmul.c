/* Products of computed matrices, by the kernel of convolutions: a task is some columns of one product, whose part of the right matrix is packed
 * into the task's scratch memory first. */
#include "run/step.h"

#include "kern/plain/plain.h"

#include <string.h>

/* Above this a packed part would not stay in a cache that is near. */
enum { LONGEST_SUM = 1 << 15 };

typedef struct product_job {
    const cm_step *step;
    const cm_context *context;
    const float *a, *b;
    float *c;
    int64_t m, k, n; /* of one product */
    int64_t parts;   /* columns of one product in parts of the kernel's width */
} product_job;

static product_job product_of(const cm_step *step, const cm_context *context)
{
    const cm_value *x = step->op->inputs[0], *y = step->op->output;
    product_job job = {.step = step,
                       .context = context,
                       .a = cm_context_data(context, x),
                       .b = cm_context_data(context, step->op->inputs[1]),
                       .c = cm_context_data(context, y),
                       .m = y->dims[y->rank - 2],
                       .k = x->dims[x->rank - 1],
                       .n = y->dims[y->rank - 1]};
    job.parts = step->kernel ? (job.n + step->kernel->nr - 1) / step->kernel->nr : 1;
    return job;
}

/* columns of b: [k, n] -> panel: [k, nr], zeros behind them */
static void pack_columns(const float *b, int64_t k, int64_t n, int columns, int nr, float *panel)
{
    for (int64_t i = 0; i < k; i++, b += n, panel += nr) {
        memcpy(panel, b, (size_t)columns * sizeof *panel);
        memset(panel + columns, 0, (size_t)(nr - columns) * sizeof *panel);
    }
}

static void product_task(void *argument, int task, int worker)
{
    const product_job *job = argument;
    const cm_kernel *kernel = job->step->kernel;
    int64_t matrix = task / job->parts, column = task % job->parts * kernel->nr;
    int columns = (int)(job->n - column < kernel->nr ? job->n - column : kernel->nr);
    float *panel = (float *)(void *)(job->context->scratch + (size_t)worker * job->context->scratch_bytes);
    const float **rows = (const float **)(void *)(panel + job->k * kernel->nr);
    const float *a = job->a + matrix * job->m * job->k;
    float *c = job->c + matrix * job->m * job->n + column;
    const cm_epilogue nothing = {.activation = CM_ACT_NONE};
    pack_columns(job->b + matrix * job->k * job->n + column, job->k, job->n, columns, kernel->nr, panel);
    for (int64_t first = 0; first < job->m; first += kernel->mr) {
        int count = (int)(job->m - first < kernel->mr ? job->m - first : kernel->mr);
        for (int i = 0; i < kernel->mr; i++) /* rows past the end repeat the last one */
            rows[i] = a + (first + (i < count ? i : count - 1)) * job->k;
        cm_igemm_tile tile = {.rows = rows,
                              .panel = panel,
                              .c = c + first * job->n,
                              .c_stride = (ptrdiff_t)job->n,
                              .epilogue = &nothing,
                              .taps = 1,
                              .k = (int)job->k,
                              .m = count,
                              .n = columns,
                              .column = (int)column};
        kernel->run.igemm(&tile);
    }
}

static void run_product(const cm_step *step, const cm_context *context)
{
    product_job job = product_of(step, context);
    int64_t matrices = step->op->output->elements / (job.m * job.n);
    cm_pool_run(context->pool, product_task, &job, (int)(matrices * job.parts));
}

static void plain_task(void *argument, int task, int worker)
{
    const product_job *job = argument;
    (void)worker;
    cm_plain_matmul(job->a + task * job->m * job->k, job->b + task * job->k * job->n, job->c + task * job->m * job->n, job->m, job->k, job->n);
}

static void run_plain(const cm_step *step, const cm_context *context)
{
    product_job job = product_of(step, context);
    cm_pool_run(context->pool, plain_task, &job, (int)(step->op->output->elements / (job.m * job.n)));
}

cameo_status cm_step_prepare_matmul(cm_step *step, cm_cpu_tier tier)
{
    const cm_value *x = step->op->inputs[0];
    int64_t k = x->dims[x->rank - 1];
    if (k > LONGEST_SUM) {
        step->run = run_plain;
        step->kernel_name = "plain_matmul";
        return CAMEO_OK;
    }
    step->kernel = cm_kernel_choose(CM_KERNEL_igemm, "f32", tier);
    step->kernel_name = step->kernel->name;
    step->run = run_product;
    step->scratch_bytes = (size_t)k * (size_t)step->kernel->nr * sizeof(float) + (size_t)step->kernel->mr * sizeof(float *);
    return CAMEO_OK;
}

/* Steps of every kind, and the small ones that need no file of their own. */
#include "run/winograd_tiles.h"

#include "kern/plain/plain.h"

float *cm_context_data(const cm_context *context, const cm_value *value)
{
    const cm_value *storage = value;
    while (storage->view_of)
        storage = storage->view_of;
    if (storage->is_constant)
        return (float *)(uintptr_t)storage->floats; /* only ever read */
    return (float *)(void *)(context->memory + storage->offset);
}

const float *cm_context_residual(const cm_context *context, const cm_op *op, const cm_fused *fused)
{
    bool adds = op->integer ? op->integer->has_add : fused->has_residual;
    return adds ? cm_context_data(context, op->inputs[1]) : NULL;
}

cm_epilogue cm_step_epilogue(const cm_fused *fused, const cm_packed *packed, const float *residual, int64_t row,
                             int64_t channels)
{
    return (cm_epilogue){.scale = packed ? packed->scale : NULL,
                         .bias = packed ? packed->bias : NULL,
                         .slope = fused->slope,
                         .add = residual ? residual + row * channels : NULL,
                         .add_stride = (ptrdiff_t)channels,
                         .activation = fused->activation,
                         .add_after = fused->add_after,
                         .low = fused->low,
                         .high = fused->high};
}

const char *cm_step_algorithm(const cm_step *step)
{
    if (step->op->integer && step->packed)
        return cm_algorithm_depthwise(step->op) ? "depthwise, int8" : step->algorithm.winograd ? "winograd 4x4, int8" : "direct, int8";
    bool banded = step->op->chain_before || step->op->chain_after;
    if (cm_algorithm_depthwise(step->op))
        return banded ? "depthwise, banded" : "depthwise";
    if (!step->packed)
        return banded ? "banded" : "";
    if (!banded)
        return cm_algorithm_text(step->algorithm);
    return step->algorithm.half ? "direct, half, banded" : "direct, banded";
}

uint64_t cm_step_products(const cm_step *step)
{
    if (!step->algorithm.winograd)
        return cm_op_macs(step->op);
    const cm_winograd *w = &step->winograd;
    const int64_t *in = step->op->inputs[0]->dims, *out = step->op->output->dims;
    return (uint64_t)(out[0] * cm_winograd_cut_positions(&w->down) * cm_winograd_cut_positions(&w->across) * in[1] * out[1]);
}

uint64_t cm_step_activation_bytes(const cm_step *step)
{
    const cm_op *op = step->op;
    uint64_t bytes = op->chain_after ? 0 : cm_value_bytes(op->output);
    for (int i = op->chain_before ? 1 : 0; i < op->input_count; i++)
        bytes += cm_value_bytes(op->inputs[i]);
    return bytes;
}

/* ---- Rows of a matrix, split over the threads ---- */

typedef struct rows_job {
    const cm_step *step;
    const float *a;
    float *c;
    int64_t rows, columns, chunk;
} rows_job;

static rows_job rows_of(const cm_step *step, const cm_context *context)
{
    const cm_value *x = step->op->inputs[0];
    int64_t columns = x->dims[x->rank - 1];
    rows_job job = {.step = step, .a = cm_context_data(context, x), .c = cm_context_data(context, step->op->output), .columns = columns};
    job.rows = columns ? x->elements / columns : 0;
    job.chunk = columns ? 16384 / columns + 1 : 1;
    return job;
}

static int rows_tasks(const rows_job *job)
{
    return (int)((job->rows + job->chunk - 1) / job->chunk);
}

static int64_t rows_in_task(const rows_job *job, int64_t first)
{
    return job->rows - first < job->chunk ? job->rows - first : job->chunk;
}

static void softmax_task(void *argument, int task, int worker)
{
    const rows_job *job = argument;
    int64_t first = task * job->chunk, at = first * job->columns;
    (void)worker;
    job->step->kernel->run.softmax(job->a + at, job->c + at, rows_in_task(job, first), (int)job->columns);
}

static void run_softmax(const cm_step *step, const cm_context *context)
{
    rows_job job = rows_of(step, context);
    cm_pool_run(context->pool, softmax_task, &job, rows_tasks(&job));
}

static void reduce_task(void *argument, int task, int worker)
{
    const rows_job *job = argument;
    int64_t first = task * job->chunk;
    (void)worker;
    cm_plain_reduce((cm_plain_reduction)job->step->op->u.reduce, job->a + first * job->columns, rows_in_task(job, first), job->columns,
                    job->c + first);
}

static void run_reduce(const cm_step *step, const cm_context *context)
{
    rows_job job = rows_of(step, context);
    cm_pool_run(context->pool, reduce_task, &job, rows_tasks(&job));
}

static void normalize_task(void *argument, int task, int worker)
{
    const rows_job *job = argument;
    int64_t first = task * job->chunk, at = first * job->columns;
    const cm_op *op = job->step->op;
    (void)worker;
    cm_plain_layer_norm(job->a + at, rows_in_task(job, first), job->columns, op->u.normalize.scale, op->u.normalize.shift,
                        op->u.normalize.epsilon, job->c + at);
}

static void run_normalize(const cm_step *step, const cm_context *context)
{
    rows_job job = rows_of(step, context);
    cm_pool_run(context->pool, normalize_task, &job, rows_tasks(&job));
}

static void set_plain(cm_step *step, cm_step_fn *run, const char *name)
{
    step->run = run;
    step->kernel_name = name;
}

/* A constant that a step reads must be there as aligned floats before the first run. */
static cameo_status load_constants(cm_graph *graph, const cm_op *op, cameo_error *error)
{
    for (int i = 0; i < op->input_count; i++) {
        cm_value *storage = cm_value_storage(op->inputs[i]);
        if (storage->is_constant && storage->elements && !cm_value_floats(graph, storage))
            return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for constant '%s'", graph->path, storage->name);
    }
    return CAMEO_OK;
}

cameo_status cm_step_prepare(cm_step *step, cm_graph *graph, const cm_op *op, cm_weight_store *store, const cm_policy *policy, cameo_error *error)
{
    cm_cpu_tier tier = policy->tier;
    *step = (cm_step){.op = op};
    cameo_status status = load_constants(graph, op, error);
    if (status != CAMEO_OK)
        return status;
    switch (op->kind) {
    case CM_OP_CONV:
        status = cm_step_prepare_conv(step, graph, store, policy, error);
        break;
    case CM_OP_DENSE:
        status = cm_step_prepare_dense(step, graph, store, policy, error);
        break;
    case CM_OP_POOL:
        status = cm_step_prepare_pool(step, graph, tier, error);
        break;
    case CM_OP_AFFINE:
    case CM_OP_MAP:
        status = cm_step_prepare_map(step, tier);
        break;
    case CM_OP_QUANTIZE:
    case CM_OP_DEQUANTIZE:
    case CM_OP_REQUANTIZE:
        status = cm_step_prepare_bytes(step, tier);
        break;
    case CM_OP_MOVE:
        status = cm_step_prepare_move(step, tier);
        break;
    case CM_OP_SOFTMAX:
        step->kernel = cm_kernel_choose(CM_KERNEL_softmax, "f32", tier);
        set_plain(step, run_softmax, step->kernel->name);
        break;
    case CM_OP_REDUCE:
        set_plain(step, run_reduce, "plain_reduce");
        break;
    case CM_OP_NORMALIZE:
        set_plain(step, run_normalize, "plain_layer_norm");
        break;
    case CM_OP_MATMUL:
        status = cm_step_prepare_matmul(step, tier);
        break;
    case CM_OP_RESIZE:
        status = cm_step_prepare_resize(step, graph, error);
        break;
    default:
        status = cm_fail(error, CAMEO_ERROR_INTERNAL, "%s: step '%s' has no way to run", graph->path, op->name);
    }
    return status;
}

#include "base/clock.h"
#include "base/limits.h"
#include "run/network.h"
#include "run/step.h"

#include <stdlib.h>
#include <string.h>

/* The arena of a runner, one block:
 *
 *   | activations, placed by the planner | scratch of thread 0 | scratch of thread 1 | ... |
 */
struct cameo_runner {
    const cameo_network *network;
    cm_graph *graph;
    cm_step *steps; /* one for each op of the graph */
    cm_context context;
    cm_pool *own_pool; /* NULL: the pool belongs to whoever made the runner */
    size_t arena_bytes;
    bool profiling;
};

/* Shapes to plan for: the caller's, or the model's own with every open dimension 1. */
static cameo_status input_dims(const cameo_network *network, const int64_t (*wanted)[CAMEO_MAX_RANK], int64_t (*dims)[CAMEO_MAX_RANK],
                               cameo_error *error)
{
    const cm_onnx_model *model = network->model;
    for (int i = 0; i < model->input_count; i++) {
        const cm_onnx_value *value = &model->values[model->inputs[i]];
        for (int j = 0; j < value->rank; j++) {
            dims[i][j] = wanted ? wanted[i][j] : value->dims[j];
            if (dims[i][j] < 1 && !wanted && j > 0)
                return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: axis %d of input '%s' is open; say which size is wanted", network->path,
                               j, value->name);
            if (dims[i][j] < 1 && !wanted)
                dims[i][j] = 1;
        }
    }
    return CAMEO_OK;
}

static cameo_status check_work(const cameo_network *network, const cm_graph *graph, cameo_error *error)
{
    uint64_t work = 0;
    for (int i = 0; i < graph->op_count; i++)
        if (__builtin_add_overflow(work, cm_op_work(graph->ops[i]), &work))
            work = UINT64_MAX;
    if (work > network->limits.max_macs)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: one run takes %llu multiply-adds or copied numbers, the limit is %llu" CM_RAISE_MACS, network->path,
                       (unsigned long long)work, (unsigned long long)network->limits.max_macs);
    return CAMEO_OK;
}

static cameo_status build_graph(cameo_runner *runner, const int64_t (*wanted)[CAMEO_MAX_RANK], cameo_error *error)
{
    const cameo_network *network = runner->network;
    int64_t(*dims)[CAMEO_MAX_RANK] = cm_calloc((size_t)network->model->input_count, sizeof *dims);
    if (!dims)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", network->path);
    cameo_status status = input_dims(network, wanted, dims, error);
    if (status == CAMEO_OK)
        status = cm_graph_build(&runner->graph, network->model, network->path, (const int64_t(*)[CAMEO_MAX_RANK])dims,
                                &(cm_graph_limits){.max_bytes = network->limits.max_memory_bytes, .max_macs = network->limits.max_macs}, error);
    free(dims);
    if (status == CAMEO_OK)
        status = cm_graph_fuse(runner->graph, error);
    if (status == CAMEO_OK)
        status = cm_graph_merge(runner->graph, error);
    if (status == CAMEO_OK)
        status = cm_graph_layout(runner->graph, error);
    if (status == CAMEO_OK)
        status = check_work(network, runner->graph, error);
    if (status == CAMEO_OK)
        status = cm_graph_place(runner->graph, network->limits.max_memory_bytes, error);
    return status;
}

static cameo_status take_memory(cameo_runner *runner, cameo_error *error)
{
    cm_context *context = &runner->context;
    size_t scratch, activations = runner->graph->activation_bytes;
    uint64_t most = runner->network->limits.max_memory_bytes;
    context->scratch_bytes = (context->scratch_bytes + CM_ALIGNMENT - 1) & ~(size_t)(CM_ALIGNMENT - 1);
    if (!cm_size_mul(context->scratch_bytes, (size_t)context->threads, &scratch) || !cm_size_add(scratch, activations, &runner->arena_bytes))
        runner->arena_bytes = SIZE_MAX;
    if (runner->arena_bytes > most)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: a run on %d threads needs %zu bytes, the limit is %llu" CM_RAISE_MEMORY, runner->network->path,
                       context->threads, runner->arena_bytes, (unsigned long long)most);
    if (!(context->memory = cm_aligned_alloc(runner->arena_bytes)))
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for an arena of %zu bytes", runner->network->path,
                       runner->arena_bytes);
    memset(context->memory, 0, activations);
    context->scratch = context->memory + activations;
    return CAMEO_OK;
}

static cameo_status prepare_steps(cameo_runner *runner, cameo_error *error)
{
    cm_graph *graph = runner->graph;
    cm_context *context = &runner->context;
    runner->steps = cm_calloc((size_t)graph->op_count, sizeof *runner->steps);
    if (!runner->steps)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", runner->network->path);
    const cameo_network *network = runner->network;
    cm_policy policy = {.tier = network->tier, .compact = network->compact, .forced = network->forced};
    /* The store locks itself; a network is immutable to everyone else. */
    cm_weight_store *store = (cm_weight_store *)(uintptr_t)&network->weights;
    cameo_status status = CAMEO_OK;
    cm_weight_store_begin(store, context->pool);
    /* From the end, where the largest weights are: their pages of the file then lie in memory while little else does. */
    for (int i = graph->op_count - 1; i >= 0 && status == CAMEO_OK; i--) {
        status = cm_step_prepare(&runner->steps[i], graph, graph->ops[i], store, &policy, error);
        if (runner->steps[i].scratch_bytes > context->scratch_bytes)
            context->scratch_bytes = runner->steps[i].scratch_bytes;
    }
    cm_weight_store_end(store);
    return status == CAMEO_OK ? take_memory(runner, error) : status;
}

cameo_status cm_runner_create_in_pool(cameo_runner **result, const cameo_network *network, const int64_t (*dims)[CAMEO_MAX_RANK],
                                      cm_pool *pool, cameo_error *error)
{
    *result = NULL;
    cameo_runner *runner = calloc(1, sizeof *runner);
    if (!runner)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", network->path);
    runner->network = network;
    runner->context.pool = pool;
    runner->context.threads = cm_pool_threads(pool);
    cameo_status status = build_graph(runner, dims, error);
    if (status == CAMEO_OK)
        status = prepare_steps(runner, error);
    if (status != CAMEO_OK)
        cameo_runner_free(runner);
    else
        *result = runner;
    return status;
}

cameo_status cameo_runner_create(cameo_runner **result, const cameo_network *network, const int64_t (*dims)[CAMEO_MAX_RANK], int threads,
                                 cameo_error *error)
{
    if (result)
        *result = NULL;
    if (!result || !network)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_runner_create needs a place for the runner, and a network");
    cm_pool *pool;
    cameo_status status = cm_pool_create(&pool, threads == 0 ? cameo_cpu_count() : threads, error);
    if (status != CAMEO_OK)
        return status;
    status = cm_runner_create_in_pool(result, network, dims, pool, error);
    if (status != CAMEO_OK)
        cm_pool_free(pool);
    else
        (*result)->own_pool = pool;
    return status;
}

void cameo_runner_free(cameo_runner *runner)
{
    if (!runner)
        return;
    cm_pool_free(runner->own_pool);
    cm_aligned_free(runner->context.memory);
    free(runner->steps);
    cm_graph_free(runner->graph);
    free(runner);
}

static void describe(const cm_value *value, cameo_tensor_info *info)
{
    *info = (cameo_tensor_info){.name = value->name, .type = "float32", .rank = value->rank};
    for (int i = 0; i < value->rank; i++)
        info->dims[i] = value->dims[i];
}

float *cameo_runner_input(cameo_runner *runner, int index, cameo_tensor_info *info)
{
    if (!runner || index < 0 || index >= runner->graph->input_count)
        return NULL;
    if (info)
        describe(runner->graph->inputs[index], info);
    return cm_context_data(&runner->context, runner->graph->inputs[index]);
}

const float *cameo_runner_output(const cameo_runner *runner, int index, cameo_tensor_info *info)
{
    if (!runner || index < 0 || index >= runner->graph->output_count)
        return NULL;
    if (info) {
        describe(runner->graph->outputs[index], info);
        /* Passes may have put a copy in the output's place; its name is the model's. */
        info->name = runner->network->model->values[runner->network->model->outputs[index]].name;
    }
    return cm_context_data(&runner->context, runner->graph->outputs[index]);
}

cameo_status cameo_runner_run(cameo_runner *runner, cameo_error *error)
{
    /* A planned run cannot fail; the parameter is there for the ways of running that can. */
    if (!runner)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_runner_run needs a runner");
    for (int i = 0; i < runner->graph->op_count; i++) {
        cm_step *step = &runner->steps[i];
        if (!runner->profiling) {
            step->run(step, &runner->context);
            continue;
        }
        double start = cm_clock_seconds();
        step->run(step, &runner->context);
        step->seconds += cm_clock_seconds() - start;
    }
    return CAMEO_OK;
}

void cameo_runner_profile(cameo_runner *runner, int on)
{
    if (!runner)
        return;
    runner->profiling = on != 0;
    for (int i = 0; on && i < runner->graph->op_count; i++)
        runner->steps[i].seconds = 0.0;
}

cameo_plan_info cameo_runner_plan(const cameo_runner *runner)
{
    if (!runner)
        return (cameo_plan_info){0};
    const cm_graph *graph = runner->graph;
    cm_weight_store *store = (cm_weight_store *)(uintptr_t)&runner->network->weights;
    cameo_plan_info info = {.layer_count = graph->op_count,
                            .arena_bytes = runner->arena_bytes,
                            .activation_bytes = graph->activation_bytes,
                            .activation_bytes_unshared = graph->activation_bytes_unshared};
    for (int i = 0; i < graph->op_count; i++)
        info.macs += cm_op_macs(graph->ops[i]);
    pthread_mutex_lock(&store->mutex);
    info.weight_bytes = store->bytes;
    info.cached_weight_bytes = store->cached_bytes;
    pthread_mutex_unlock(&store->mutex);
    return info;
}

cameo_layer_info cameo_runner_layer(const cameo_runner *runner, int index)
{
    cameo_layer_info info = {.name = "", .op = "", .kernel = "", .algorithm = ""};
    if (!runner || index < 0 || index >= runner->graph->op_count)
        return info;
    const cm_step *step = &runner->steps[index];
    const cm_value *output = step->op->output;
    info.name = step->op->name;
    info.op = step->op->label;
    info.kernel = step->kernel_name;
    info.rank = output->rank;
    for (int i = 0; i < output->rank; i++)
        info.dims[i] = output->dims[i];
    info.macs = cm_op_macs(step->op);
    info.parameters = cm_op_parameters(step->op);
    info.algorithm = cm_step_algorithm(step);
    info.products = cm_step_products(step);
    info.weight_bytes = step->packed ? step->packed->bytes : 0;
    info.activation_bytes = (uint64_t)output->elements * sizeof(float);
    for (int i = 0; i < step->op->input_count; i++)
        info.activation_bytes += (uint64_t)step->op->inputs[i]->elements * sizeof(float);
    info.seconds = step->seconds;
    return info;
}

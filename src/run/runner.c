#include "base/clock.h"
#include "base/limits.h"
#include "run/chain.h"
#include "run/network.h"
#include "run/slices.h"
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
    int64_t pictures;  /* in slices: of all of them, the graph is one slice's; 0: not in slices */
    float **outputs;   /* in slices: [output_count], of all pictures; they and the input are one block */
    float *input;
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

/* Of all ops together. amount: cm_op_macs or cm_op_work */
static uint64_t total(const cm_graph *graph, uint64_t (*amount)(const cm_op *op))
{
    uint64_t sum = 0;
    for (int i = 0; i < graph->op_count; i++)
        if (__builtin_add_overflow(sum, amount(graph->ops[i]), &sum))
            sum = UINT64_MAX;
    return sum;
}

/* What a slice takes, for all pictures. */
static uint64_t of_all(const cameo_runner *runner, uint64_t amount)
{
    uint64_t all;
    if (!runner->pictures)
        return amount;
    return __builtin_mul_overflow(amount / (uint64_t)runner->graph->inputs[0]->dims[0], (uint64_t)runner->pictures, &all) ? UINT64_MAX : all;
}

static cameo_status check_work(const cameo_runner *runner, cameo_error *error)
{
    const cameo_network *network = runner->network;
    uint64_t work = of_all(runner, total(runner->graph, cm_op_work));
    if (work > network->limits.max_macs)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: one run takes %llu multiply-adds or copied numbers, the limit is %llu" CM_RAISE_MACS, network->path,
                       (unsigned long long)work, (unsigned long long)network->limits.max_macs);
    return CAMEO_OK;
}

static cm_policy policy_of(const cameo_network *network)
{
    return (cm_policy){.tier = network->tier, .compact = network->compact, .forced = network->forced};
}

/* The graph for input sizes, before it is placed. */
static cameo_status make_graph(cameo_runner *runner, int64_t (*dims)[CAMEO_MAX_RANK], cameo_error *error)
{
    const cameo_network *network = runner->network;
    cameo_status status = cm_graph_build(&runner->graph, network->model, network->path, (const int64_t(*)[CAMEO_MAX_RANK])dims,
                                         &(cm_graph_limits){.max_bytes = network->limits.max_memory_bytes, .max_macs = network->limits.max_macs}, error);
    if (status == CAMEO_OK)
        status = cm_graph_fuse(runner->graph, error);
    if (status == CAMEO_OK)
        status = cm_graph_quantise(runner->graph, error);
    if (status == CAMEO_OK)
        status = cm_graph_merge(runner->graph, error);
    if (status == CAMEO_OK)
        status = cm_graph_layout(runner->graph, error);
    return status;
}

/* The graph of a slice where there are many pictures and the network lets them be cut; whatever stands against it, NULL. */
static void make_slice(cameo_runner *runner, int64_t (*dims)[CAMEO_MAX_RANK])
{
    if (runner->network->model->input_count != 1 || dims[0][0] <= CM_SLICE_PICTURES)
        return;
    int64_t pictures = dims[0][0], slice = cm_slice_of(pictures);
    dims[0][0] = slice;
    bool fits = make_graph(runner, dims, NULL) == CAMEO_OK && cm_slices_fit(runner->graph, slice);
    dims[0][0] = pictures;
    runner->pictures = fits ? pictures : 0;
    if (fits)
        return;
    cm_graph_free(runner->graph);
    runner->graph = NULL;
}

static cameo_status build_graph(cameo_runner *runner, const int64_t (*wanted)[CAMEO_MAX_RANK], cameo_error *error)
{
    const cameo_network *network = runner->network;
    int64_t(*dims)[CAMEO_MAX_RANK] = cm_calloc((size_t)network->model->input_count, sizeof *dims);
    if (!dims)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", network->path);
    cameo_status status = input_dims(network, wanted, dims, error);
    if (status == CAMEO_OK)
        make_slice(runner, dims);
    if (status == CAMEO_OK && !runner->pictures)
        status = make_graph(runner, dims, error);
    free(dims);
    if (status == CAMEO_OK)
        status = check_work(runner, error);
    cm_policy policy = policy_of(network);
    if (status == CAMEO_OK)
        cm_chain_find(runner->graph, &policy, network->chain_bytes);
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

static size_t picture_floats(const cm_value *value)
{
    return (size_t)(value->elements / value->dims[0]);
}

/* Input and outputs of all pictures, beside the arena of a slice. */
static cameo_status take_whole(cameo_runner *runner, cameo_error *error)
{
    const cm_graph *graph = runner->graph;
    const uint64_t most = runner->network->limits.max_memory_bytes;
    size_t floats = picture_floats(graph->inputs[0]), bytes;
    for (int i = 0; i < graph->output_count; i++)
        floats += picture_floats(graph->outputs[i]);
    if (!cm_size_mul(floats * sizeof(float), (size_t)runner->pictures, &bytes) || bytes > most)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: inputs and outputs of %lld pictures take more than the limit of %llu bytes" CM_RAISE_MEMORY,
                       runner->network->path, (long long)runner->pictures, (unsigned long long)most);
    runner->outputs = cm_calloc((size_t)graph->output_count, sizeof *runner->outputs);
    runner->input = cm_aligned_alloc(bytes);
    if (!runner->outputs || !runner->input)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for %lld pictures", runner->network->path, (long long)runner->pictures);
    memset(runner->input, 0, bytes);
    float *next = runner->input + (size_t)runner->pictures * picture_floats(graph->inputs[0]);
    for (int i = 0; i < graph->output_count; i++) {
        runner->outputs[i] = next;
        next += (size_t)runner->pictures * picture_floats(graph->outputs[i]);
    }
    runner->arena_bytes += bytes;
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
    cm_policy policy = policy_of(network);
    /* The store locks itself; a network is immutable to everyone else. */
    cm_weight_store *store = (cm_weight_store *)(uintptr_t)&network->weights;
    cameo_status status = CAMEO_OK;
    cm_weight_store_begin(store, context->pool);
    /* From the end, where the largest weights are: their pages of the file then lie in memory while little else does. */
    for (int i = graph->op_count - 1; i >= 0 && status == CAMEO_OK; i--) {
        status = cm_step_prepare(&runner->steps[i], graph, graph->ops[i], store, &policy, error);
        if (status == CAMEO_OK)
            status = cm_chain_prepare(&runner->steps[i], graph, context->threads, error);
        if (runner->steps[i].scratch_bytes > context->scratch_bytes)
            context->scratch_bytes = runner->steps[i].scratch_bytes;
    }
    cm_weight_store_end(store);
    if (status == CAMEO_OK)
        status = take_memory(runner, error);
    return status == CAMEO_OK && runner->pictures ? take_whole(runner, error) : status;
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
    cm_aligned_free(runner->input);
    free(runner->outputs);
    free(runner->steps);
    cm_graph_free(runner->graph);
    free(runner);
}

static void describe(const cameo_runner *runner, const cm_value *value, cameo_tensor_info *info)
{
    *info = (cameo_tensor_info){.name = value->name, .type = "float32", .rank = value->rank};
    for (int i = 0; i < value->rank; i++)
        info->dims[i] = value->dims[i];
    if (runner->pictures)
        info->dims[0] = runner->pictures;
}

float *cameo_runner_input(cameo_runner *runner, int index, cameo_tensor_info *info)
{
    if (!runner || index < 0 || index >= runner->graph->input_count)
        return NULL;
    if (info)
        describe(runner, runner->graph->inputs[index], info);
    return runner->pictures ? runner->input : cm_context_data(&runner->context, runner->graph->inputs[index]);
}

const float *cameo_runner_output(const cameo_runner *runner, int index, cameo_tensor_info *info)
{
    if (!runner || index < 0 || index >= runner->graph->output_count)
        return NULL;
    if (info) {
        describe(runner, runner->graph->outputs[index], info);
        /* Passes may have put a copy in the output's place; its name is the model's. */
        info->name = runner->network->model->values[runner->network->model->outputs[index]].name;
    }
    return runner->pictures ? runner->outputs[index] : cm_context_data(&runner->context, runner->graph->outputs[index]);
}

static void run_alone(cm_step *step, const cm_context *context)
{
    double start = context->profiling ? cm_clock_seconds() : 0.0;
    step->run(step, context);
    if (context->profiling)
        step->seconds += cm_clock_seconds() - start;
}

static void run_graph(cameo_runner *runner)
{
    for (int i = 0; i < runner->graph->op_count; i++) {
        cm_step *step = &runner->steps[i];
        if (step->chain)
            cm_chain_run(step->chain, &runner->context);
        else if (!step->op->chain_before)
            run_alone(step, &runner->context);
    }
}

static void run_slice(cameo_runner *runner, int64_t first)
{
    const cm_graph *graph = runner->graph;
    const cm_value *input = graph->inputs[0];
    memcpy(cm_context_data(&runner->context, input), runner->input + (size_t)first * picture_floats(input), (size_t)input->elements * sizeof(float));
    run_graph(runner);
    for (int i = 0; i < graph->output_count; i++) {
        const cm_value *output = graph->outputs[i];
        memcpy(runner->outputs[i] + (size_t)first * picture_floats(output), cm_context_data(&runner->context, output),
               (size_t)output->elements * sizeof(float));
    }
}

cameo_status cameo_runner_run(cameo_runner *runner, cameo_error *error)
{
    /* A planned run cannot fail; the parameter is there for the ways of running that can. */
    if (!runner)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_runner_run needs a runner");
    if (!runner->pictures) {
        run_graph(runner);
        return CAMEO_OK;
    }
    int64_t slice = runner->graph->inputs[0]->dims[0], last = runner->pictures - slice;
    for (int64_t first = 0; first < last; first += slice)
        run_slice(runner, first);
    run_slice(runner, last);
    return CAMEO_OK;
}

void cameo_runner_profile(cameo_runner *runner, int on)
{
    if (!runner)
        return;
    runner->context.profiling = on != 0;
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
    info.macs = of_all(runner, total(graph, cm_op_macs));
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
    if (runner->pictures)
        info.dims[0] = runner->pictures;
    info.macs = of_all(runner, cm_op_macs(step->op));
    info.parameters = cm_op_parameters(step->op);
    info.algorithm = cm_step_algorithm(step);
    info.products = of_all(runner, cm_step_products(step));
    info.weight_bytes = step->packed ? step->packed->bytes : 0;
    info.activation_bytes = of_all(runner, cm_step_activation_bytes(step));
    info.seconds = step->seconds;
    return info;
}

#include "run/network.h"

#include "base/limits.h"
#include "builtin/builtin.h"
#include "run/chain.h"

#include "graph/builder.h"
#include "run/weight_cache.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void cameo_network_options_default(cameo_network_options *options)
{
    if (!options)
        return;
    *options = (cameo_network_options){.limits = {.max_file_bytes = 4ull << 30,
                                                  .max_memory_bytes = 8ull << 30,
                                                  .max_macs = 2000000000000ull,
                                                  .max_nodes = 100000}};
}

static cameo_status check_options(const cameo_network_options *options, cameo_error *error)
{
    if (options->cpu && cm_cpu_tier_by_name(options->cpu) < 0)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "'%s' is no instruction set tier; there are "
                       "ref, avx2, avxvnni, avx512, avx512vnni, neon and neondot", options->cpu);
    if ((unsigned)options->precision > CAMEO_PRECISION_BF16)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "unknown precision %d", (int)options->precision);
    if ((unsigned)options->memory > CAMEO_MEMORY_COMPACT)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "unknown memory mode %d", (int)options->memory);
    return CAMEO_OK;
}

static cameo_status new_network(cameo_network **result, const char *name, const cameo_network_options *options, cameo_error *error)
{
    cameo_network_options standard;
    cameo_network_options_default(&standard);
    if (!options)
        options = &standard;
    cameo_status status = check_options(options, error);
    if (status != CAMEO_OK)
        return status;
    cameo_network *network = calloc(1, sizeof *network);
    char *path = strdup(name);
    status = network && path ? cm_weight_store_init(&network->weights, options->limits.max_memory_bytes, error)
                                          : cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", name);
    if (status != CAMEO_OK) {
        free(network);
        free(path);
        return status;
    }
    network->path = path;
    network->limits = options->limits;
    network->chain_bytes = CM_CHAIN_LEAST_BYTES;
    network->compact = options->memory == CAMEO_MEMORY_COMPACT;
    /* A tier by option is a wish like the environment's; the lower of both holds. */
    network->tier = cm_cpu_detect(NULL);
    if (options->cpu && cm_cpu_detect(options->cpu) < network->tier)
        network->tier = cm_cpu_detect(options->cpu);
    network->weights.tier = network->tier;
    *result = network;
    return CAMEO_OK;
}

/* A model inside the library: its bytes stay where they are. */
static cameo_status read_builtin(cameo_network *network, const cm_onnx_limits *limits, cameo_error *error)
{
    const char *name = network->path;
    const cm_builtin_model *builtin = cm_builtin_find(name);
    if (builtin)
        return cm_onnx_read(&network->model, builtin->bytes, builtin->size, name, limits, error);
    if (cm_builtin_count() == 0)
        return cm_fail(error, CAMEO_ERROR_NOT_FOUND, "%s: this library was built without models (CAMEO_DEFAULT_MODELS=OFF); give an ONNX file", name);
    return cm_fail(error, CAMEO_ERROR_NOT_FOUND, "%s: no such model is built in; there are %s", name, cm_builtin_names());
}

static cameo_status read_file(cameo_network *network, const cm_onnx_limits *limits, const char *cache_folder, cameo_error *error)
{
    int64_t opened = (int64_t)time(NULL);
    cameo_status status = cm_onnx_open(&network->model, network->path, limits, error);
    if (status == CAMEO_OK)
        network->weights.cache = cm_weight_cache_create(cm_weight_cache_folder(cache_folder), network->path, network->model, network->tier, opened);
    return status;
}

static cameo_status read_copy(cameo_network *network, const void *bytes, size_t size, const cm_onnx_limits *limits, cameo_error *error)
{
    const char *name = network->path;
    if (size > limits->max_file_bytes)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: has %zu bytes, the limit is %llu" CM_RAISE_FILE, name, size,
                       (unsigned long long)limits->max_file_bytes);
    network->bytes = malloc(size ? size : 1);
    if (!network->bytes)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", name);
    if (size)
        memcpy(network->bytes, bytes, size);
    return cm_onnx_read(&network->model, network->bytes, size, name, limits, error);
}

static cm_onnx_limits reading_limits(const cameo_network *network)
{
    return (cm_onnx_limits){.max_file_bytes = network->limits.max_file_bytes, .max_nodes = network->limits.max_nodes};
}

cameo_status cameo_network_open(cameo_network **result, const char *path, const cameo_network_options *options, cameo_error *error)
{
    if (result)
        *result = NULL;
    if (!result || !path)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_network_open needs a place for the network, and a path");
    cameo_network *network;
    cameo_status status = new_network(&network, path, options, error);
    if (status != CAMEO_OK)
        return status;
    const cm_onnx_limits limits = reading_limits(network);
    status = cm_builtin_is_name(path) ? read_builtin(network, &limits, error)
                                      : read_file(network, &limits, options ? options->cache_folder : NULL, error);
    if (status != CAMEO_OK)
        cameo_network_free(network);
    else
        *result = network;
    return status;
}

cameo_status cameo_network_open_bytes(cameo_network **result, const void *bytes, size_t size, const char *name,
                                      const cameo_network_options *options, cameo_error *error)
{
    if (result)
        *result = NULL;
    if (!result || (!bytes && size))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_network_open_bytes needs a place for the network, and bytes");
    cameo_network *network;
    cameo_status status = new_network(&network, name ? name : "(bytes)", options, error);
    if (status != CAMEO_OK)
        return status;
    const cm_onnx_limits limits = reading_limits(network);
    status = read_copy(network, bytes, size, &limits, error);
    if (status != CAMEO_OK)
        cameo_network_free(network);
    else
        *result = network;
    return status;
}

void cameo_network_free(cameo_network *network)
{
    if (!network)
        return;
    cm_weight_store_free(&network->weights);
    cm_onnx_free(network->model);
    free(network->bytes);
    free(network->path);
    free(network);
}

cameo_precision cameo_network_precision(const cameo_network *network)
{
    (void)network; /* no kernel here computes in bfloat16: see docs/performance.md */
    return CAMEO_PRECISION_FP32;
}

cameo_model_info cameo_network_info(const cameo_network *network)
{
    if (!network)
        return (cameo_model_info){.path = "", .producer = "", .graph_name = ""};
    const cm_onnx_model *model = network->model;
    return (cameo_model_info){.path = network->path,
                              .producer = model->producer,
                              .graph_name = model->graph_name,
                              .ir_version = model->ir_version,
                              .opset = model->opset,
                              .file_bytes = model->file_bytes,
                              .parameters = model->parameters,
                              .node_count = model->node_count};
}

int cameo_network_input_count(const cameo_network *network)
{
    return network ? network->model->input_count : 0;
}

int cameo_network_output_count(const cameo_network *network)
{
    return network ? network->model->output_count : 0;
}

/* index: of the model's values, or -1. */
static cameo_tensor_info describe(const cameo_network *network, int index)
{
    cameo_tensor_info info = {.name = "", .type = "undefined"};
    if (index < 0)
        return info;
    const cm_onnx_value *value = &network->model->values[index];
    info.name = value->name;
    info.type = cm_onnx_type_name(value->type);
    info.rank = value->rank < 0 ? 0 : value->rank;
    for (int i = 0; i < info.rank; i++)
        info.dims[i] = value->dims[i];
    return info;
}

cameo_tensor_info cameo_network_input(const cameo_network *network, int index)
{
    return describe(network, index >= 0 && index < cameo_network_input_count(network) ? network->model->inputs[index] : -1);
}

cameo_tensor_info cameo_network_output(const cameo_network *network, int index)
{
    return describe(network, index >= 0 && index < cameo_network_output_count(network) ? network->model->outputs[index] : -1);
}

int cm_network_node_count(const cameo_network *network)
{
    return network->model->node_count;
}

const char *cm_network_node_op(const cameo_network *network, int index)
{
    return index >= 0 && index < network->model->node_count ? network->model->nodes[index].op_type : "";
}

const char *cm_network_node_name(const cameo_network *network, int index)
{
    return index >= 0 && index < network->model->node_count ? network->model->nodes[index].name : "";
}

const char *const *cameo_supported_operators(size_t *count)
{
    size_t unwanted;
    return cm_operator_names(count ? count : &unwanted);
}

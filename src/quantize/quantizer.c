#include "quantize/quantizer.h"
#include "quantize/upgrade_opset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void cameo_quantize_options_default(cameo_quantize_options *options)
{
    if (!options)
        return;
    *options = (cameo_quantize_options){.weight_bits = 8};
    cameo_network_options_default(&options->network);
}

/* What the model is made of, once it was read. */
static cameo_status take_model(cameo_quantizer *q, const int64_t (*dims)[CAMEO_MAX_RANK], cameo_error *error)
{
    if (q->model->input_count != 1)
        return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: the model has %d inputs; only models with one can be quantised", q->path, q->model->input_count);
    if (dims && !(q->dims = cm_arena_alloc(&q->arena, 1, sizeof *q->dims)))
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", q->path);
    if (dims)
        memcpy(q->dims, dims, sizeof *q->dims);
    cameo_status status = cm_parts_read(&q->parts, q->model, &q->arena, error);
    return status == CAMEO_OK ? cm_find_layers(q, error) : status;
}

static cameo_status check_options(const cameo_quantize_options *options, cameo_error *error)
{
    if (options->weight_bits != 7 && options->weight_bits != 8)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "weights of %d bits are not possible, only of 7 or 8", options->weight_bits);
    if (options->threads < 0)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "thread count %d is negative; 0 means as many as this process may use", options->threads);
    return CAMEO_OK;
}

/* A quantizer without a model. */
static cameo_status new_quantizer(cameo_quantizer **quantizer, const char *path, const cameo_quantize_options *options, cameo_error *error)
{
    cameo_quantize_options standard;
    cameo_quantize_options_default(&standard);
    options = options ? options : &standard;
    cameo_status status = check_options(options, error);
    if (status != CAMEO_OK)
        return status;
    cameo_quantizer *q = cm_calloc(1, sizeof *q);
    if (!q)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", path);
    q->options = *options;
    q->options.network.cache_folder = ""; /* what is only looked at once needs no place on disk */
    cm_arena_init(&q->arena, options->network.limits.max_memory_bytes);
    if (!(q->path = cm_arena_string(&q->arena, path, strlen(path)))) {
        cameo_quantizer_free(q);
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", path);
    }
    *quantizer = q;
    return CAMEO_OK;
}

static cm_onnx_limits limits_of(const cameo_quantizer *q)
{
    return (cm_onnx_limits){q->options.network.limits.max_file_bytes, q->options.network.limits.max_nodes};
}

/* Takes q over, where it may have a model already. */
static cameo_status finish_opening(cameo_quantizer **quantizer, cameo_quantizer *q, cameo_status status, const int64_t (*dims)[CAMEO_MAX_RANK],
                                   cameo_error *error)
{
    if (status == CAMEO_OK)
        status = take_model(q, dims, error);
    if (status != CAMEO_OK)
        cameo_quantizer_free(q);
    else
        *quantizer = q;
    return status;
}

cameo_status cameo_quantizer_open(cameo_quantizer **quantizer, const char *path, const int64_t (*dims)[CAMEO_MAX_RANK],
                                  const cameo_quantize_options *options, cameo_error *error)
{
    if (quantizer)
        *quantizer = NULL;
    if (!quantizer || !path)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_quantizer_open needs a place for the quantizer, and a path");
    cameo_quantizer *q;
    cameo_status status = new_quantizer(&q, path, options, error);
    if (status != CAMEO_OK)
        return status;
    const cm_onnx_limits limits = limits_of(q);
    return finish_opening(quantizer, q, cm_onnx_open(&q->model, path, &limits, error), dims, error);
}

cameo_status cameo_quantizer_open_bytes(cameo_quantizer **quantizer, const void *bytes, size_t size, const char *name,
                                        const int64_t (*dims)[CAMEO_MAX_RANK], const cameo_quantize_options *options, cameo_error *error)
{
    if (quantizer)
        *quantizer = NULL;
    if (!quantizer || (!bytes && size))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_quantizer_open_bytes needs a place for the quantizer, and bytes");
    cameo_quantizer *q;
    name = name ? name : "(bytes)";
    cameo_status status = new_quantizer(&q, name, options, error);
    if (status != CAMEO_OK)
        return status;
    const cm_onnx_limits limits = limits_of(q);
    if (!(q->bytes = malloc(size ? size : 1)))
        return finish_opening(quantizer, q, cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", name), dims, error);
    if (size)
        memcpy(q->bytes, bytes, size);
    return finish_opening(quantizer, q, cm_onnx_read(&q->model, q->bytes, size, name, &limits, error), dims, error);
}

static void close_probe(cm_probe *probe)
{
    cameo_runner_free(probe->runner);
    cameo_network_free(probe->network);
    *probe = (cm_probe){NULL, NULL};
}

void cameo_quantizer_free(cameo_quantizer *q)
{
    if (!q)
        return;
    close_probe(&q->observe);
    close_probe(&q->beside);
    cm_onnx_free(q->model);
    free(q->bytes);
    cm_proto_free(&q->written);
    cm_arena_free(&q->arena);
    free(q);
}

/* A runner of the model in one of its forms. */
static cameo_status open_probe(cameo_quantizer *q, cm_rewrite_mode mode, cm_probe *probe, cameo_error *error)
{
    cm_proto model = {0};
    if (probe->runner)
        return CAMEO_OK;
    cameo_status status = cm_rewrite(q, mode, &model, error);
    if (status == CAMEO_OK)
        status = cameo_network_open_bytes(&probe->network, model.buffer.bytes, model.buffer.size, q->path, &q->options.network, error);
    cm_proto_free(&model);
    if (status == CAMEO_OK)
        status = cameo_runner_create(&probe->runner, probe->network, (const int64_t(*)[CAMEO_MAX_RANK])q->dims, q->options.threads, error);
    if (status != CAMEO_OK)
        close_probe(probe);
    return status;
}

static uint64_t elements_of(const cameo_tensor_info *info)
{
    uint64_t elements = 1;
    for (int i = 0; i < info->rank; i++)
        elements *= (uint64_t)info->dims[i];
    return elements;
}

static cameo_status run_probe(const cameo_quantizer *q, const cm_probe *probe, const float *input, size_t elements, cameo_error *error)
{
    cameo_tensor_info info;
    float *place = cameo_runner_input(probe->runner, 0, &info);
    if (elements != elements_of(&info))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s: an input of %zu elements was given, the model's has %llu", q->path, elements,
                       (unsigned long long)elements_of(&info));
    memcpy(place, input, elements * sizeof *place);
    return cameo_runner_run(probe->runner, error);
}

/* The output of this name, and how many elements it has. */
static const float *find_output(const cm_probe *probe, const char *name, cameo_tensor_info *info, int *index)
{
    const int count = cameo_network_output_count(probe->network);
    for (int tried = 0; tried < count; tried++) { /* in the order in which they are asked for: the first try is right */
        const float *values = cameo_runner_output(probe->runner, *index, info);
        *index = (*index + 1) % count;
        if (strcmp(info->name, name) == 0)
            return values;
    }
    return NULL;
}

static cameo_status count_values(cameo_quantizer *q, cm_activation *activation, const float *values, size_t elements, cameo_error *error)
{
    activation->chosen = false;
    if (values && cm_histogram_add(&activation->histogram, values, elements))
        return CAMEO_OK;
    return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: value '%s' is not finite for one of the inputs", q->path, q->model->values[activation->value].name);
}

/* Ranks that decide how opset 13 writes a node. */
static void note_ranks(cameo_quantizer *q)
{
    int output = 0;
    for (int i = 0; i < q->model->node_count; i++) {
        const cm_onnx_node *node = &q->model->nodes[i];
        cameo_tensor_info info;
        if (cm_upgrade_needs_rank(q->model, node) && find_output(&q->observe, q->model->values[node->outputs[0]].name, &info, &output))
            q->ranks[node->outputs[0]] = info.rank;
    }
}

cameo_status cameo_quantizer_observe(cameo_quantizer *q, const float *input, size_t elements, cameo_error *error)
{
    if (!q || !input)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_quantizer_observe needs a quantizer, and an input");
    close_probe(&q->beside); /* its ranges are going to be old */
    cameo_status status = open_probe(q, CM_REWRITE_OBSERVE, &q->observe, error);
    if (status == CAMEO_OK)
        status = run_probe(q, &q->observe, input, elements, error);
    if (status == CAMEO_OK)
        note_ranks(q);
    int output = 0;
    for (int i = 0; i < q->activation_count && status == CAMEO_OK; i++) {
        cm_activation *activation = &q->activations[i];
        const cm_onnx_value *value = &q->model->values[activation->value];
        cameo_tensor_info info;
        if (value->producer < 0) {
            status = count_values(q, activation, input, elements, error);
        } else {
            const float *values = find_output(&q->observe, value->name, &info, &output);
            status = count_values(q, activation, values, values ? (size_t)elements_of(&info) : 0, error);
        }
    }
    return status;
}

int cameo_quantizer_layer_count(const cameo_quantizer *q)
{
    return q ? q->layer_count : 0;
}

cameo_quantize_layer cameo_quantizer_layer(const cameo_quantizer *q, int index)
{
    if (!q || index < 0 || index >= q->layer_count)
        return (cameo_quantize_layer){.name = "", .op = "", .noise = (double)NAN};
    const cm_layer *layer = &q->layers[index];
    const cm_onnx_node *node = &q->model->nodes[layer->node];
    const cm_activation *input = &q->activations[q->activation_of[layer->inputs[0]]];
    return (cameo_quantize_layer){.name = node->name[0] ? node->name : q->model->values[layer->output].name,
                                  .op = node->op_type,
                                  .weights = layer->weight ? layer->weight->elements : 0,
                                  .macs = layer->outputs * (uint64_t)layer->inner,
                                  .keep = layer->keep,
                                  .method = input->method,
                                  .low = (float)input->range.low,
                                  .high = (float)input->range.high,
                                  .noise = layer->faces && layer->signal > 0.0 ? layer->noise / layer->signal : (double)NAN};
}

void cameo_quantizer_keep(cameo_quantizer *q, int index, int keep)
{
    if (q && index >= 0 && index < q->layer_count)
        q->layers[index].keep = keep != 0;
}

static void forget_measures(cameo_quantizer *q)
{
    close_probe(&q->beside);
    for (int i = 0; i < q->layer_count; i++) {
        cm_layer *layer = &q->layers[i];
        layer->signal = layer->noise = 0.0;
        layer->faces = 0;
        for (int64_t c = 0; layer->shift && c < layer->channels; c++)
            layer->shift[c] = 0.0;
    }
}

static void set_method(cameo_quantizer *q, int value, cameo_range_method method)
{
    if (value < 0 || q->activations[q->activation_of[value]].method == method)
        return;
    q->activations[q->activation_of[value]].method = method;
    q->activations[q->activation_of[value]].chosen = false;
}

void cameo_quantizer_set_method(cameo_quantizer *q, int index, cameo_range_method method)
{
    if (!q || (unsigned)method >= CAMEO_RANGE_METHODS)
        return;
    for (int i = 0; i < q->layer_count; i++)
        for (int k = 0; k < 2 && (index == i || index < 0); k++)
            set_method(q, q->layers[i].inputs[k], method);
    for (int i = 0; i < q->activation_count && index < 0; i++)
        set_method(q, q->activations[i].value, method);
    forget_measures(q);
}

static cameo_status choose_ranges(cameo_quantizer *q, cameo_error *error)
{
    for (int i = 0; i < q->activation_count; i++) {
        cm_activation *activation = &q->activations[i];
        if (activation->histogram.total == 0)
            return cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: no input was observed yet, so that no range is known", q->path);
        if (!activation->chosen)
            activation->range = activation->picture ? cm_range_of_picture(&activation->histogram)
                                                    : cm_range_choose(&activation->histogram, activation->method);
        activation->chosen = true;
    }
    return CAMEO_OK;
}

/* Adds one pair of outputs up. info: of both; channels first but for a matrix product, whose means nobody needs. */
static void add_difference(cm_layer *layer, const float *right, const float *quantised, const cameo_tensor_info *info)
{
    const uint64_t elements = elements_of(info);
    uint64_t pixels = 1;
    for (int i = 2; i < info->rank; i++)
        pixels *= (uint64_t)info->dims[i];
    const bool by_channel = layer->shift && layer->kind != CM_LAYER_MATMUL && info->rank >= 2 && info->dims[1] == layer->channels;
    const double weight = by_channel ? (double)layer->channels / (double)elements : 0.0;
    for (uint64_t first = 0; first < elements; first += pixels) {
        double moved = 0.0;
        for (uint64_t i = first; i < first + pixels; i++) {
            const double y = (double)right[i], difference = (double)quantised[i] - y;
            layer->signal += y * y;
            layer->noise += difference * difference;
            moved += difference;
        }
        if (by_channel)
            layer->shift[first / pixels % (uint64_t)layer->channels] += moved * weight;
    }
    layer->outputs = elements;
    layer->faces++;
}

cameo_status cameo_quantizer_measure(cameo_quantizer *q, const float *input, size_t elements, cameo_error *error)
{
    if (!q || !input)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_quantizer_measure needs a quantizer, and an input");
    const bool correct = q->correct;
    cameo_status status = choose_ranges(q, error);
    if (status != CAMEO_OK)
        return status;
    close_probe(&q->observe);
    q->correct = false; /* what is to be corrected is measured without the correction */
    status = open_probe(q, CM_REWRITE_BESIDE, &q->beside, error);
    q->correct = correct;
    if (status == CAMEO_OK)
        status = run_probe(q, &q->beside, input, elements, error);
    int output = 0;
    const int first = cameo_network_output_count(q->beside.network) - q->layer_count; /* of the quantised layers' outputs */
    for (int i = 0; i < q->layer_count && status == CAMEO_OK; i++) {
        cameo_tensor_info info, same;
        const float *right = find_output(&q->beside, q->model->values[q->layers[i].output].name, &info, &output);
        const float *quantised = cameo_runner_output(q->beside.runner, first + i, &same);
        if (right && quantised)
            add_difference(&q->layers[i], right, quantised, &info);
    }
    return status;
}

void cameo_quantizer_correct(cameo_quantizer *q, int on)
{
    if (q)
        q->correct = on != 0;
}

cameo_status cameo_quantizer_write(cameo_quantizer *q, const void **bytes, size_t *size, cameo_error *error)
{
    if (!q || !bytes || !size)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_quantizer_write needs a quantizer, and places for the bytes and their number");
    *bytes = NULL;
    *size = 0;
    cm_proto_free(&q->written);
    cameo_status status = choose_ranges(q, error);
    if (status == CAMEO_OK)
        status = cm_rewrite(q, CM_REWRITE_MODEL, &q->written, error);
    if (status != CAMEO_OK)
        return status;
    *bytes = q->written.buffer.bytes;
    *size = q->written.buffer.size;
    return CAMEO_OK;
}

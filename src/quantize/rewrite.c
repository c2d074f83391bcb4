/* The model's file written anew: what is quantised changes, everything else is copied as it lies there. */
#include "quantize/quantizer.h"
#include "quantize/upgrade_opset.h"

#include "onnx/onnx_reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ValueInfoProto, TypeProto and AttributeProto. */
enum { INFO_NAME = 1, INFO_TYPE = 2, TYPE_TENSOR = 1, TYPE_ELEMENT = 1 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_INT = 3, ATTRIBUTE_TYPE = 20 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2, ENTRY_KEY = 1, ENTRY_VALUE = 2 };

#define MOST_BIAS 0x1p30 /* of 2^31: leaves room for the sums it is added to */

/* What is appended to a value's name. */
static const char *const suffixes[] = {"q", "dq", "scale", "zero", "w", "w_scale", "w_zero", "w_dq", "b", "b_scale", "b_dq", "beside",
                                       "min", "max", "axes", "split", "pads", "value"};

typedef struct rewrite {
    const cameo_quantizer *q;
    cm_rewrite_mode mode;
    cm_arena arena;
    cm_proto *graph;
    char joint[16];  /* between name and suffix: as many underscores as make all new names new */
    bool *wanted;    /* [values] is read in eight bits */
    bool *written;   /* [values] its pair of nodes is there */
    int *uses, *removed; /* [values] how many read it, and how many of them do not any more */
    int *layer_of;   /* [nodes] layer that the node, or the norm of which it, is; -1 */
    bool no_memory;
    cameo_error *error;
} rewrite;

static cameo_status out_of_memory(const rewrite *rw)
{
    return cm_fail(rw->error, CAMEO_ERROR_MEMORY, "%s: out of memory for the quantised model, or it becomes larger than 2 GiB", rw->q->path);
}

static const char *name_of(rewrite *rw, int value, const char *suffix)
{
    const char *base = rw->q->model->values[value].name;
    const size_t size = strlen(base) + strlen(rw->joint) + strlen(suffix) + 1;
    char *name = cm_arena_alloc(&rw->arena, size, 1);
    if (!name) {
        rw->no_memory = true;
        return "";
    }
    snprintf(name, size, "%s%s%s", base, rw->joint, suffix);
    return name;
}

static bool ends_like_ours(const rewrite *rw, const char *name)
{
    const size_t length = strlen(name), joint = strlen(rw->joint);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        const size_t size = strlen(suffixes[i]);
        if (length >= size + joint && strcmp(name + length - size, suffixes[i]) == 0 && memcmp(name + length - size - joint, rw->joint, joint) == 0)
            return true;
    }
    return false;
}

/* No name of the model may end like a new one. */
static void choose_joint(rewrite *rw)
{
    const cm_onnx_model *model = rw->q->model;
    strcpy(rw->joint, "_");
    for (int i = 0; i < model->value_count; i++)
        if (strlen(rw->joint) + 1 < sizeof rw->joint && ends_like_ours(rw, model->values[i].name)) {
            strcat(rw->joint, "_");
            i = -1; /* from the first one again */
        }
}

/* ---- tensors and nodes ---- */

/* TensorProto but for its data, `bytes` of which follow. */
static void put_tensor_head(cm_proto *out, const char *name, cm_onnx_type type, int rank, const int64_t *dims, size_t bytes)
{
    cm_proto head = {0}, data_head = {0};
    for (int i = 0; i < rank; i++)
        cm_proto_int(&head, CM_TENSOR_DIMS, dims[i]);
    cm_proto_int(&head, CM_TENSOR_TYPE, type);
    cm_proto_string(&head, CM_TENSOR_NAME, name);
    cm_proto_head(&data_head, CM_TENSOR_RAW, bytes);
    out->failed = out->failed || head.failed || data_head.failed;
    cm_proto_head(out, CM_GRAPH_INITIALIZER, head.buffer.size + data_head.buffer.size + bytes);
    cm_proto_raw(out, head.buffer.bytes, head.buffer.size);
    cm_proto_raw(out, data_head.buffer.bytes, data_head.buffer.size);
    cm_proto_free(&head);
    cm_proto_free(&data_head);
}

static void put_tensor(cm_proto *out, const char *name, cm_onnx_type type, int rank, const int64_t *dims, const void *data, size_t bytes)
{
    put_tensor_head(out, name, type, rank, dims, bytes);
    cm_proto_raw(out, data, bytes);
}

static void put_linear(rewrite *rw, const char *op, const char *input, const char *scale, const char *zero, const char *output, int axis)
{
    cm_proto node = {0};
    cm_proto_string(&node, CM_NODE_INPUT, input);
    cm_proto_string(&node, CM_NODE_INPUT, scale);
    if (zero)
        cm_proto_string(&node, CM_NODE_INPUT, zero);
    cm_proto_string(&node, CM_NODE_OUTPUT, output);
    cm_proto_string(&node, CM_NODE_OP, op);
    if (axis >= 0) {
        cm_proto attribute = {0};
        cm_proto_string(&attribute, ATTRIBUTE_NAME, "axis");
        cm_proto_int(&attribute, ATTRIBUTE_INT, axis);
        cm_proto_int(&attribute, ATTRIBUTE_TYPE, CM_ONNX_ATTR_INT);
        cm_proto_message(&node, CM_NODE_ATTRIBUTE, &attribute);
    }
    cm_proto_message(rw->graph, CM_GRAPH_NODE, &node);
}

/* QuantizeLinear and DequantizeLinear of a value, once. */
static void put_activation(rewrite *rw, int value)
{
    if (rw->written[value])
        return;
    rw->written[value] = true;
    const cm_activation *activation = &rw->q->activations[rw->q->activation_of[value]];
    const char *scale_name = name_of(rw, value, "scale"), *zero_name = name_of(rw, value, "zero"), *quantised = name_of(rw, value, "q");
    float scale;
    uint8_t zero;
    cm_range_scale(activation->range, &scale, &zero);
    put_tensor(rw->graph, scale_name, CM_ONNX_FLOAT, 0, NULL, &scale, sizeof scale);
    put_tensor(rw->graph, zero_name, CM_ONNX_UINT8, 0, NULL, &zero, sizeof zero);
    put_linear(rw, "QuantizeLinear", rw->q->model->values[value].name, scale_name, zero_name, quantised, -1);
    put_linear(rw, "DequantizeLinear", quantised, scale_name, zero_name, name_of(rw, value, "dq"), -1);
}

/* ---- weights and biases ---- */

static float number_at(const cm_onnx_tensor *tensor, int64_t i)
{
    float value;
    memcpy(&value, tensor->data + (size_t)i * sizeof value, sizeof value);
    return value;
}

static double bias_of(const cameo_quantizer *q, const cm_layer *layer, int64_t channel)
{
    double bias = layer->bias ? (double)number_at(layer->bias, channel) : 0.0;
    if (layer->factor)
        bias = bias * (double)layer->factor[channel] + (double)layer->offset[channel];
    if (q->correct && layer->faces > 0)
        bias -= layer->shift[channel] / layer->faces;
    return bias;
}

static bool has_bias(const cameo_quantizer *q, const cm_layer *layer)
{
    return layer->kind != CM_LAYER_MATMUL && (layer->bias || layer->offset || (q->correct && layer->faces > 0));
}

static void quantise_channel(const cm_layer *layer, int64_t channel, float scale, int most, float *row, int8_t *all)
{
    cm_weights_channel(layer, channel, row);
    for (int64_t i = 0; i < layer->inner; i++) {
        const double q = fmin(fmax(nearbyint((double)row[i] / (double)scale), -most), most);
        all[cm_weights_place(layer, channel, i)] = (int8_t)q;
    }
}

/* Weights, and the bias as integers of the scale that products have. */
static bool put_parameters(rewrite *rw, const cm_layer *layer)
{
    const cameo_quantizer *q = rw->q;
    const size_t channels = (size_t)layer->channels;
    const bool bias = has_bias(q, layer);
    const int most = (1 << (q->options.weight_bits - 1)) - 1;
    float input_scale, *row = cm_calloc((size_t)layer->inner, sizeof *row), *scales = cm_calloc(channels * 2, sizeof *scales);
    int8_t *weights = cm_calloc(layer->weight->elements, 1), *zeros = cm_calloc(channels, sizeof *zeros);
    int32_t *biases = cm_calloc(channels, sizeof *biases);
    uint8_t zero;
    const bool room = row && scales && weights && zeros && biases;
    cm_range_scale(q->activations[q->activation_of[layer->inputs[0]]].range, &input_scale, &zero);
    for (int64_t c = 0; room && c < layer->channels; c++) {
        const double b = bias ? bias_of(q, layer, c) : 0.0;
        /* A channel of tiny weights and a large bias: steps so coarse that the bias fits. */
        scales[c] = (float)fmax((double)layer->scale[c], fabs(b) / ((double)input_scale * MOST_BIAS));
        quantise_channel(layer, c, scales[c], most, row, weights);
        scales[channels + (size_t)c] = input_scale * scales[c];
        biases[c] = (int32_t)nearbyint(b / (double)scales[channels + (size_t)c]);
    }
    if (room) {
        const char *w = name_of(rw, layer->output, "w"), *w_scale = name_of(rw, layer->output, "w_scale"), *w_zero = name_of(rw, layer->output, "w_zero");
        const char *b = name_of(rw, layer->output, "b"), *b_scale = name_of(rw, layer->output, "b_scale");
        put_tensor(rw->graph, w, CM_ONNX_INT8, layer->weight->rank, layer->weight->dims, weights, layer->weight->elements);
        put_tensor(rw->graph, w_scale, CM_ONNX_FLOAT, 1, &layer->channels, scales, channels * sizeof *scales);
        /* Zeros may be left out by the standard, but not with ONNX Runtime's Gemm (1.22 refuses the model). */
        put_tensor(rw->graph, w_zero, CM_ONNX_INT8, 1, &layer->channels, zeros, channels);
        put_linear(rw, "DequantizeLinear", w, w_scale, w_zero, name_of(rw, layer->output, "w_dq"), layer->axis);
        if (bias) {
            put_tensor(rw->graph, b, CM_ONNX_INT32, 1, &layer->channels, biases, channels * sizeof *biases);
            put_tensor(rw->graph, b_scale, CM_ONNX_FLOAT, 1, &layer->channels, scales + channels, channels * sizeof *scales);
            put_linear(rw, "DequantizeLinear", b, b_scale, NULL, name_of(rw, layer->output, "b_dq"), 0);
        }
    }
    free(row);
    free(scales);
    free(weights);
    free(zeros);
    free(biases);
    return room;
}

/* The node that computes with integers. */
static cameo_status put_layer(rewrite *rw, cm_text message, const cm_layer *layer)
{
    const cm_onnx_model *model = rw->q->model;
    put_activation(rw, layer->inputs[0]);
    if (layer->kind == CM_LAYER_ADD)
        put_activation(rw, layer->inputs[1]);
    else if (!put_parameters(rw, layer))
        return out_of_memory(rw);
    cm_proto node = {0};
    cm_proto_string(&node, CM_NODE_INPUT, name_of(rw, layer->inputs[0], "dq"));
    if (layer->kind == CM_LAYER_ADD)
        cm_proto_string(&node, CM_NODE_INPUT, name_of(rw, layer->inputs[1], "dq"));
    else
        cm_proto_string(&node, CM_NODE_INPUT, name_of(rw, layer->output, "w_dq"));
    if (layer->kind != CM_LAYER_ADD && has_bias(rw->q, layer))
        cm_proto_string(&node, CM_NODE_INPUT, name_of(rw, layer->output, "b_dq"));
    cm_proto_string(&node, CM_NODE_OUTPUT, rw->mode == CM_REWRITE_BESIDE ? name_of(rw, layer->output, "beside") : model->values[layer->output].name);
    cm_wire wire = cm_wire_open(message, rw->q->parts.file.at);
    cm_wire_field field;
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number)
        if (field.number != CM_NODE_INPUT && field.number != CM_NODE_OUTPUT && (field.number != CM_NODE_NAME || rw->mode == CM_REWRITE_MODEL))
            cm_proto_copy(&node, &field);
    cm_proto_message(rw->graph, CM_GRAPH_NODE, &node);
    return CAMEO_OK;
}

/* ---- nodes that stay ---- */

/* An attribute as a constant input, or "" where the node does not have it, or has something else of that name. */
static const char *put_attribute_tensor(rewrite *rw, const cm_onnx_node *node, const char *name)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(node, name);
    if (!attribute || (attribute->kind != CM_ONNX_ATTR_FLOAT && attribute->kind != CM_ONNX_ATTR_INTS))
        return "";
    int output = 0;
    while (node->outputs[output] < 0) /* one of them has a name: by it the node was found */
        output++;
    const char *constant = name_of(rw, node->outputs[output], name);
    const int64_t count = (int64_t)attribute->count;
    if (attribute->kind == CM_ONNX_ATTR_FLOAT)
        put_tensor(rw->graph, constant, CM_ONNX_FLOAT, 0, NULL, &attribute->f, sizeof attribute->f);
    else
        put_tensor(rw->graph, constant, CM_ONNX_INT64, 1, &count, attribute->ints, attribute->count * sizeof *attribute->ints);
    return constant;
}

static bool is_upgraded(const rewrite *rw, const cm_upgrade *upgrade, cm_text attribute)
{
    const cm_text name = cm_parts_field(&rw->q->parts, attribute, ATTRIBUTE_NAME);
    for (int i = 0; i < CM_UPGRADE_ATTRIBUTES && upgrade->attributes[i]; i++)
        if (name.size == strlen(upgrade->attributes[i]) && memcmp(name.at, upgrade->attributes[i], name.size) == 0)
            return true;
    return false;
}

/* Whether an input is read in eight bits from now on: its value, or -1. */
static int wanted_value(const rewrite *rw, const cm_wire_field *field)
{
    const int value = field->number == CM_NODE_INPUT && rw->mode == CM_REWRITE_MODEL ? cm_parts_value(&rw->q->parts, field->bytes) : -1;
    return value >= 0 && rw->wanted[value] ? value : -1;
}

static void copy_node_fields(rewrite *rw, cm_text message, const cm_upgrade *upgrade, cm_proto *node)
{
    cm_wire wire = cm_wire_open(message, rw->q->parts.file.at);
    cm_wire_field field;
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number) {
        const int value = wanted_value(rw, &field);
        if (value >= 0) {
            put_activation(rw, value);
            cm_proto_string(node, CM_NODE_INPUT, name_of(rw, value, "dq"));
        } else if (field.number != CM_NODE_ATTRIBUTE || !is_upgraded(rw, upgrade, field.bytes)) {
            cm_proto_copy(node, &field);
        }
    }
}

/* A node that computes as before, from what is left of its inputs. */
static cameo_status put_node(rewrite *rw, const cm_part *part)
{
    const cm_onnx_model *model = rw->q->model;
    cm_upgrade upgrade = {.action = CM_UPGRADE_NOTHING};
    cameo_status status = CAMEO_OK;
    if (rw->mode != CM_REWRITE_OBSERVE && model->opset < CM_QUANTIZED_OPSET && part->index >= 0) {
        const cm_onnx_node *node = &model->nodes[part->index];
        const int rank = cm_upgrade_needs_rank(model, node) ? rw->q->ranks[node->outputs[0]] : 0;
        status = cm_upgrade_find(model, node, rank, &upgrade, rw->error);
    }
    if (status != CAMEO_OK)
        return cm_fail_prefix(rw->error, status, "%s", rw->q->path);
    cm_proto node = {0};
    copy_node_fields(rw, part->message, &upgrade, &node);
    for (int i = 0; upgrade.action == CM_UPGRADE_INPUTS && i < CM_UPGRADE_ATTRIBUTES && upgrade.attributes[i]; i++)
        cm_proto_string(&node, CM_NODE_INPUT, put_attribute_tensor(rw, &model->nodes[part->index], upgrade.attributes[i]));
    cm_proto_message(rw->graph, CM_GRAPH_NODE, &node);
    return CAMEO_OK;
}

/* ---- the graph ---- */

static bool is_dropped(const rewrite *rw, int value)
{
    return value >= 0 && rw->removed[value] > 0 && rw->uses[value] == rw->removed[value];
}

static void remove_inputs(rewrite *rw, const cm_onnx_node *node, int first)
{
    for (int i = first; i < node->input_count; i++)
        if (node->inputs[i] >= 0)
            rw->removed[node->inputs[i]]++;
}

/* What is read in eight bits, and which constants nobody reads any more. */
static void mark(rewrite *rw)
{
    const cameo_quantizer *q = rw->q;
    const cm_onnx_model *model = q->model;
    for (int n = 0; n < model->node_count; n++)
        for (int i = 0; i < model->nodes[n].input_count; i++)
            if (model->nodes[n].inputs[i] >= 0)
                rw->uses[model->nodes[n].inputs[i]]++;
    for (int i = 0; i < model->output_count; i++)
        rw->uses[model->outputs[i]]++;
    for (int l = 0; l < q->layer_count; l++) {
        const cm_layer *layer = &q->layers[l];
        if (layer->keep)
            continue;
        rw->layer_of[layer->node] = l;
        for (int i = 0; i < 2; i++)
            if (layer->inputs[i] >= 0)
                rw->wanted[layer->inputs[i]] = true;
        if (q->options.every_output && q->activation_of[layer->output] >= 0)
            rw->wanted[layer->output] = true;
        if (layer->weight)
            remove_inputs(rw, &model->nodes[layer->node], 1);
        if (layer->norm >= 0) {
            rw->layer_of[layer->norm] = l;
            remove_inputs(rw, &model->nodes[layer->norm], 1);
        }
    }
}

static bool is_constant_node(const cm_onnx_node *node)
{
    return node->domain[0] == '\0' && strcmp(node->op_type, "Constant") == 0;
}

static cameo_status put_model_node(rewrite *rw, const cm_part *part)
{
    const cameo_quantizer *q = rw->q;
    const int l = part->index >= 0 ? rw->layer_of[part->index] : -1;
    if (l < 0) {
        const cm_onnx_node *node = part->index >= 0 ? &q->model->nodes[part->index] : NULL;
        return node && is_constant_node(node) && is_dropped(rw, node->outputs[0]) ? CAMEO_OK : put_node(rw, part);
    }
    return part->index == q->layers[l].node ? put_layer(rw, part->message, &q->layers[l]) : CAMEO_OK;
}

/* The model's own nodes, and each layer once more, quantised, beside them. */
static cameo_status put_beside(rewrite *rw, const cm_part *part, int *layer)
{
    cameo_status status = put_node(rw, part);
    const cameo_quantizer *q = rw->q;
    if (status == CAMEO_OK && *layer < q->layer_count && q->layers[*layer].node == part->index)
        return put_layer(rw, part->message, &q->layers[(*layer)++]);
    return status;
}

static cameo_status put_nodes(rewrite *rw)
{
    const cm_model_parts *parts = &rw->q->parts;
    cameo_status status = CAMEO_OK;
    int layer = 0;
    for (int i = 0; i < parts->node_count && status == CAMEO_OK; i++) {
        if (rw->mode == CM_REWRITE_MODEL)
            status = put_model_node(rw, &parts->nodes[i]);
        else if (rw->mode == CM_REWRITE_BESIDE)
            status = put_beside(rw, &parts->nodes[i], &layer);
        else
            status = put_node(rw, &parts->nodes[i]);
    }
    return status;
}

static bool is_output(const cm_onnx_model *model, int value)
{
    for (int i = 0; i < model->output_count; i++)
        if (model->outputs[i] == value)
            return true;
    return false;
}

static void put_float_output(rewrite *rw, const char *name)
{
    cm_proto info = {0}, type = {0}, tensor = {0};
    cm_proto_int(&tensor, TYPE_ELEMENT, CM_ONNX_FLOAT);
    cm_proto_message(&type, TYPE_TENSOR, &tensor);
    cm_proto_string(&info, INFO_NAME, name);
    cm_proto_message(&info, INFO_TYPE, &type);
    cm_proto_message(rw->graph, CM_GRAPH_OUTPUT, &info);
}

static void put_outputs_for_ranks(rewrite *rw)
{
    const cm_onnx_model *model = rw->q->model;
    for (int i = 0; i < model->node_count; i++) {
        const cm_onnx_node *node = &model->nodes[i];
        const int value = node->guard < 0 && cm_upgrade_needs_rank(model, node) ? node->outputs[0] : -1;
        if (value >= 0 && rw->q->activation_of[value] < 0 && !is_output(model, value))
            put_float_output(rw, model->values[value].name);
    }
}

/* Outputs for what is to be looked at, behind the model's own. */
static void put_outputs(rewrite *rw)
{
    const cameo_quantizer *q = rw->q;
    const cm_onnx_model *model = q->model;
    for (int i = 0; rw->mode == CM_REWRITE_OBSERVE && i < q->activation_count; i++) {
        const int value = q->activations[i].value;
        if (model->values[value].producer >= 0 && !is_output(model, value))
            put_float_output(rw, model->values[value].name);
    }
    if (rw->mode == CM_REWRITE_OBSERVE)
        put_outputs_for_ranks(rw);
    for (int i = 0; rw->mode == CM_REWRITE_BESIDE && i < q->layer_count; i++) {
        const int value = q->layers[i].output;
        if (!is_output(model, value))
            put_float_output(rw, model->values[value].name);
    }
    for (int i = 0; rw->mode == CM_REWRITE_BESIDE && i < q->layer_count; i++) /* the last ones, in the order of the layers */
        put_float_output(rw, name_of(rw, q->layers[i].output, "beside"));
}

/* An initializer: as it lies in the file, or, where its data lies in another one, with it. */
static void put_initializer(rewrite *rw, cm_text message)
{
    const cm_onnx_model *model = rw->q->model;
    const int value = cm_parts_value(&rw->q->parts, cm_parts_field(&rw->q->parts, message, CM_TENSOR_NAME));
    const cm_onnx_tensor *tensor = value >= 0 ? model->values[value].initializer : NULL;
    if (rw->mode == CM_REWRITE_MODEL && is_dropped(rw, value))
        return;
    cm_wire wire = cm_wire_open(message, rw->q->parts.file.at);
    cm_wire_field field;
    bool external = false;
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number)
        external = external || (field.number == CM_TENSOR_LOCATION && field.value == 1);
    if (external && tensor)
        put_tensor(rw->graph, tensor->name, tensor->type, tensor->rank, tensor->dims, tensor->data, tensor->bytes);
    else
        cm_proto_bytes(rw->graph, CM_GRAPH_INITIALIZER, message);
}

/* A graph's input, but for those that only list an initializer, as was needed before IR 4 and makes it a default since. */
static void put_input(rewrite *rw, const cm_wire_field *field)
{
    const int value = cm_parts_value(&rw->q->parts, cm_parts_field(&rw->q->parts, field->bytes, INFO_NAME));
    if (value < 0 || !rw->q->model->values[value].initializer)
        cm_proto_copy(rw->graph, field);
}

/* Shapes that the file tells of values: those of values that are gone go too. */
static bool is_gone(const rewrite *rw, cm_text message)
{
    const int value = cm_parts_value(&rw->q->parts, cm_parts_field(&rw->q->parts, message, INFO_NAME));
    if (rw->mode != CM_REWRITE_MODEL || value < 0)
        return false;
    const int producer = rw->q->model->values[value].producer, l = producer >= 0 ? rw->layer_of[producer] : -1;
    return is_dropped(rw, value) || (l >= 0 && rw->q->layers[l].output != value);
}

static cameo_status put_graph(rewrite *rw)
{
    const cm_model_parts *parts = &rw->q->parts;
    cm_wire wire = cm_wire_open(parts->graph, parts->file.at);
    cm_wire_field field;
    cameo_status status = put_nodes(rw);
    while (status == CAMEO_OK && (status = cm_wire_next(&wire, &field, rw->error)) == CAMEO_OK && field.number) {
        if (field.number == CM_GRAPH_INITIALIZER)
            put_initializer(rw, field.bytes);
        else if (field.number == CM_GRAPH_INPUT)
            put_input(rw, &field);
        else if (field.number != CM_GRAPH_NODE && (field.number != CM_GRAPH_VALUE_INFO || !is_gone(rw, field.bytes)))
            cm_proto_copy(rw->graph, &field);
    }
    put_outputs(rw);
    return status;
}

/* ---- the model ---- */

static void put_opset(const rewrite *rw, cm_proto *out, const cm_wire_field *field)
{
    const cm_text domain = cm_parts_field(&rw->q->parts, field->bytes, OPSET_DOMAIN);
    if (!cm_onnx_is_default_domain(domain) || rw->q->model->opset >= CM_QUANTIZED_OPSET || rw->mode == CM_REWRITE_OBSERVE) {
        cm_proto_copy(out, field);
        return;
    }
    cm_proto opset = {0};
    cm_proto_bytes(&opset, OPSET_DOMAIN, domain);
    cm_proto_int(&opset, OPSET_VERSION, CM_QUANTIZED_OPSET);
    cm_proto_message(out, CM_MODEL_OPSET, &opset);
}

static const char *ranges_of(const cameo_quantizer *q)
{
    static const char *const names[] = {"minmax", "percentile", "percentile-wide", "entropy", "mse"};
    for (int i = 1; i < q->activation_count; i++)
        if (q->activations[i].method != q->activations[0].method)
            return "mixed";
    return names[q->activations[0].method];
}

static void put_metadata(const rewrite *rw, cm_proto *out)
{
    const cameo_quantizer *q = rw->q;
    char text[256];
    int quantised = 0;
    for (int i = 0; i < q->layer_count; i++)
        quantised += !q->layers[i].keep;
    snprintf(text, sizeof text, "static QDQ: uint8 activations (ranges: %s), int%d weights by channel, %d of %d layers, bias correction %s; cameo %d.%d.%d",
             ranges_of(q), q->options.weight_bits, quantised, q->layer_count, q->correct ? "on" : "off", CAMEO_VERSION_MAJOR,
             CAMEO_VERSION_MINOR, CAMEO_VERSION_PATCH);
    cm_proto entry = {0};
    cm_proto_string(&entry, ENTRY_KEY, "cameo.quantization");
    cm_proto_string(&entry, ENTRY_VALUE, text);
    cm_proto_message(out, CM_MODEL_METADATA, &entry);
}

static cameo_status put_model(rewrite *rw, cm_proto *out)
{
    cm_wire wire = cm_wire_open(rw->q->parts.file, rw->q->parts.file.at);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, rw->error)) == CAMEO_OK && field.number) {
        if (field.number == CM_MODEL_IR_VERSION && field.value < CM_QUANTIZED_IR)
            cm_proto_int(out, CM_MODEL_IR_VERSION, CM_QUANTIZED_IR);
        else if (field.number == CM_MODEL_GRAPH)
            cm_proto_message(out, CM_MODEL_GRAPH, rw->graph);
        else if (field.number == CM_MODEL_OPSET)
            put_opset(rw, out, &field);
        else
            cm_proto_copy(out, &field);
    }
    if (rw->mode == CM_REWRITE_MODEL)
        put_metadata(rw, out);
    return status;
}

static bool take_memory(rewrite *rw)
{
    const size_t values = (size_t)rw->q->model->value_count + 1, nodes = (size_t)rw->q->model->node_count + 1;
    rw->wanted = cm_arena_alloc(&rw->arena, values, sizeof *rw->wanted);
    rw->written = cm_arena_alloc(&rw->arena, values, sizeof *rw->written);
    rw->uses = cm_arena_alloc(&rw->arena, values, sizeof *rw->uses);
    rw->removed = cm_arena_alloc(&rw->arena, values, sizeof *rw->removed);
    rw->layer_of = cm_arena_alloc(&rw->arena, nodes, sizeof *rw->layer_of);
    if (!rw->wanted || !rw->written || !rw->uses || !rw->removed || !rw->layer_of)
        return false;
    memset(rw->layer_of, -1, nodes * sizeof *rw->layer_of);
    return true;
}

cameo_status cm_rewrite(const cameo_quantizer *quantizer, cm_rewrite_mode mode, cm_proto *out, cameo_error *error)
{
    cm_proto graph = {0};
    rewrite rw = {.q = quantizer, .mode = mode, .graph = &graph, .error = error};
    cm_arena_init(&rw.arena, 0);
    cameo_status status = take_memory(&rw) ? CAMEO_OK : out_of_memory(&rw);
    if (status == CAMEO_OK) {
        choose_joint(&rw);
        if (mode == CM_REWRITE_MODEL)
            mark(&rw);
        status = put_graph(&rw);
    }
    if (status == CAMEO_OK)
        status = put_model(&rw, out);
    if (status == CAMEO_OK && (rw.no_memory || out->failed))
        status = out_of_memory(&rw);
    cm_proto_free(&graph);
    cm_arena_free(&rw.arena);
    return status;
}

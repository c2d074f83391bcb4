/* The model's file written anew: what is quantised changes, everything else is copied as it lies there. */
#include "quantize/rewrite.h"
#include "quantize/upgrade_opset.h"

#include "onnx/onnx_reader.h"

#include <stdio.h>
#include <string.h>

/* ValueInfoProto and TypeProto. */
enum { INFO_NAME = 1, INFO_TYPE = 2, TYPE_TENSOR = 1, TYPE_ELEMENT = 1 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2, ENTRY_KEY = 1, ENTRY_VALUE = 2 };

static cameo_status out_of_memory(const cm_rewriting *rw)
{
    return cm_fail(rw->error, CAMEO_ERROR_MEMORY, "%s: out of memory for the quantised model, or it becomes larger than 2 GiB", rw->q->path);
}

/* ---- nodes that compute with integers ---- */

static bool is_name(cm_text text, const char *name)
{
    return text.size == strlen(name) && memcmp(text.at, name, text.size) == 0;
}

static bool are_all(const cm_onnx_attribute *attribute, int64_t value)
{
    bool all = attribute->kind == CM_ONNX_ATTR_INTS;
    for (size_t i = 0; all && i < attribute->count; i++)
        all = attribute->ints[i] == value;
    return all;
}

/* Whether an attribute of a convolution says what its absence says too. */
static bool says_nothing(const cm_rewriting *rw, const cm_layer *layer, cm_text message)
{
    static const struct {
        const char *name;
        int64_t value; /* or all values */
    } defaults[] = {{"dilations", 1}, {"group", 1}, {"pads", 0}, {"strides", 1}};
    const cm_text name = cm_parts_field(&rw->q->parts, message, CM_ATTRIBUTE_NAME);
    const cm_onnx_node *node = &rw->q->model->nodes[layer->node];
    if (layer->kind != CM_LAYER_CONV)
        return false;
    if (is_name(name, "kernel_shape")) {
        const cm_onnx_attribute *shape = cm_onnx_attribute_find(node, "kernel_shape");
        return shape && shape->kind == CM_ONNX_ATTR_INTS && shape->count == 2 && shape->ints[0] == layer->weight->dims[2] &&
               shape->ints[1] == layer->weight->dims[3];
    }
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        const cm_onnx_attribute *attribute = is_name(name, defaults[i].name) ? cm_onnx_attribute_find(node, defaults[i].name) : NULL;
        if (attribute)
            return attribute->kind == CM_ONNX_ATTR_INT ? attribute->i == defaults[i].value : are_all(attribute, defaults[i].value);
    }
    return false;
}

/* What of a node comes along as it is. */
static bool stays(const cm_rewriting *rw, const cm_layer *layer, const cm_wire_field *field)
{
    switch (field->number) {
    case CM_NODE_INPUT:
    case CM_NODE_OUTPUT: return false;
    case CM_NODE_NAME: return rw->mode == CM_REWRITE_MODEL;
    case CM_NODE_ATTRIBUTE: return !says_nothing(rw, layer, field->bytes);
    default: return true;
    }
}

/* The node that computes with integers. */
static cameo_status put_layer(cm_rewriting *rw, cm_text message, int index)
{
    const cm_layer *layer = &rw->q->layers[index];
    const char *inputs[3] = {cm_rewrite_activation(rw, layer->inputs[0]), NULL, NULL};
    if (layer->kind == CM_LAYER_ADD)
        inputs[1] = cm_rewrite_activation(rw, layer->inputs[1]);
    else if (!cm_rewrite_parameters(rw, layer, &inputs[1], &inputs[2]))
        return out_of_memory(rw);
    if (rw->mode == CM_REWRITE_BESIDE)
        rw->beside[index] = cm_rewrite_name(rw);
    cm_proto node = {0};
    for (int i = 0; i < 3 && inputs[i]; i++)
        cm_proto_string(&node, CM_NODE_INPUT, inputs[i]);
    cm_proto_string(&node, CM_NODE_OUTPUT, rw->mode == CM_REWRITE_BESIDE ? rw->beside[index] : rw->q->model->values[layer->output].name);
    cm_wire wire = cm_wire_open(message, rw->q->parts.file.at);
    cm_wire_field field;
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number)
        if (stays(rw, layer, &field))
            cm_proto_copy(&node, &field);
    cm_proto_message(rw->graph, CM_GRAPH_NODE, &node);
    return CAMEO_OK;
}

/* ---- nodes that stay ---- */

/* An attribute as a constant input, or "" where the node does not have it, or has something else of that name. */
static const char *put_attribute_tensor(cm_rewriting *rw, const cm_onnx_node *node, const char *name)
{
    const cm_onnx_attribute *attribute = cm_onnx_attribute_find(node, name);
    if (!attribute || (attribute->kind != CM_ONNX_ATTR_FLOAT && attribute->kind != CM_ONNX_ATTR_INTS))
        return "";
    const char *constant = cm_rewrite_name(rw);
    const int64_t count = (int64_t)attribute->count;
    if (attribute->kind == CM_ONNX_ATTR_FLOAT)
        cm_rewrite_tensor(rw->graph, constant, CM_ONNX_FLOAT, 0, NULL, &attribute->f, sizeof attribute->f);
    else
        cm_rewrite_tensor(rw->graph, constant, CM_ONNX_INT64, 1, &count, attribute->ints, attribute->count * sizeof *attribute->ints);
    return constant;
}

static bool is_upgraded(const cm_rewriting *rw, const cm_upgrade *upgrade, cm_text attribute)
{
    const cm_text name = cm_parts_field(&rw->q->parts, attribute, CM_ATTRIBUTE_NAME);
    for (int i = 0; i < CM_UPGRADE_ATTRIBUTES && upgrade->attributes[i]; i++)
        if (is_name(name, upgrade->attributes[i]))
            return true;
    return false;
}

/* Whether an input is read in eight bits from now on: its value, or -1. */
static int wanted_value(const cm_rewriting *rw, const cm_wire_field *field)
{
    const int value = field->number == CM_NODE_INPUT && rw->mode == CM_REWRITE_MODEL ? cm_parts_value(&rw->q->parts, field->bytes) : -1;
    return value >= 0 && rw->wanted[value] ? value : -1;
}

static void copy_node_fields(cm_rewriting *rw, cm_text message, const cm_upgrade *upgrade, cm_proto *node)
{
    cm_wire wire = cm_wire_open(message, rw->q->parts.file.at);
    cm_wire_field field;
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number) {
        const int value = wanted_value(rw, &field);
        if (value >= 0)
            cm_proto_string(node, CM_NODE_INPUT, rw->q->activation_of[value] >= 0 ? cm_rewrite_activation(rw, value) : cm_rewrite_slopes(rw, value));
        else if (field.number != CM_NODE_ATTRIBUTE || !is_upgraded(rw, upgrade, field.bytes))
            cm_proto_copy(node, &field);
    }
}

/* A node that computes as before, from what is left of its inputs. */
static cameo_status put_node(cm_rewriting *rw, const cm_part *part)
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

static bool is_dropped(const cm_rewriting *rw, int value)
{
    return value >= 0 && rw->removed[value] > 0 && rw->uses[value] == rw->removed[value];
}

static void remove_inputs(cm_rewriting *rw, const cm_onnx_node *node, int first)
{
    for (int i = first; i < node->input_count; i++)
        if (node->inputs[i] >= 0)
            rw->removed[node->inputs[i]]++;
}

/* Slopes that only PReLUs read become bytes. */
static void mark_slopes(cm_rewriting *rw)
{
    const cm_onnx_model *model = rw->q->model;
    for (int n = 0; n < model->node_count; n++)
        if (cm_rewrite_takes_slopes(rw, &model->nodes[n]))
            rw->removed[model->nodes[n].inputs[1]]++;
    for (int n = 0; n < model->node_count; n++)
        if (cm_rewrite_takes_slopes(rw, &model->nodes[n]) && is_dropped(rw, model->nodes[n].inputs[1]))
            rw->wanted[model->nodes[n].inputs[1]] = true;
}

/* What is read in eight bits, and which constants nobody reads any more. */
static void mark(cm_rewriting *rw)
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
    mark_slopes(rw);
}

static bool is_constant_node(const cm_onnx_node *node)
{
    return node->domain[0] == '\0' && strcmp(node->op_type, "Constant") == 0;
}

static cameo_status put_model_node(cm_rewriting *rw, const cm_part *part)
{
    const cameo_quantizer *q = rw->q;
    const int l = part->index >= 0 ? rw->layer_of[part->index] : -1;
    if (l < 0) {
        const cm_onnx_node *node = part->index >= 0 ? &q->model->nodes[part->index] : NULL;
        return node && is_constant_node(node) && is_dropped(rw, node->outputs[0]) ? CAMEO_OK : put_node(rw, part);
    }
    return part->index == q->layers[l].node ? put_layer(rw, part->message, l) : CAMEO_OK;
}

/* The model's own nodes, and each layer once more, quantised, beside them. */
static cameo_status put_beside(cm_rewriting *rw, const cm_part *part, int *layer)
{
    cameo_status status = put_node(rw, part);
    const cameo_quantizer *q = rw->q;
    if (status == CAMEO_OK && *layer < q->layer_count && q->layers[*layer].node == part->index)
        return put_layer(rw, part->message, (*layer)++);
    return status;
}

static cameo_status put_nodes(cm_rewriting *rw)
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

static void put_float_output(cm_rewriting *rw, const char *name)
{
    cm_proto info = {0}, type = {0}, tensor = {0};
    cm_proto_int(&tensor, TYPE_ELEMENT, CM_ONNX_FLOAT);
    cm_proto_message(&type, TYPE_TENSOR, &tensor);
    cm_proto_string(&info, INFO_NAME, name);
    cm_proto_message(&info, INFO_TYPE, &type);
    cm_proto_message(rw->graph, CM_GRAPH_OUTPUT, &info);
}

static void put_outputs_for_ranks(cm_rewriting *rw)
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
static void put_outputs(cm_rewriting *rw)
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
        put_float_output(rw, rw->beside[i]);
}

/* An initializer: as it lies in the file, or, where its data lies in another one, with it. */
static void put_initializer(cm_rewriting *rw, cm_text message)
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
        cm_rewrite_tensor(rw->graph, tensor->name, tensor->type, tensor->rank, tensor->dims, tensor->data, tensor->bytes);
    else
        cm_proto_bytes(rw->graph, CM_GRAPH_INITIALIZER, message);
}

/* A graph's input, but for those that only list an initializer, as was needed before IR 4 and makes it a default since. */
static void put_input(cm_rewriting *rw, const cm_wire_field *field)
{
    const int value = cm_parts_value(&rw->q->parts, cm_parts_field(&rw->q->parts, field->bytes, INFO_NAME));
    if (value < 0 || !rw->q->model->values[value].initializer)
        cm_proto_copy(rw->graph, field);
}

/* Shapes that the file tells of values: those of values that are gone go too. */
static bool is_gone(const cm_rewriting *rw, cm_text message)
{
    const int value = cm_parts_value(&rw->q->parts, cm_parts_field(&rw->q->parts, message, INFO_NAME));
    if (rw->mode != CM_REWRITE_MODEL || value < 0)
        return false;
    const int producer = rw->q->model->values[value].producer, l = producer >= 0 ? rw->layer_of[producer] : -1;
    return is_dropped(rw, value) || (l >= 0 && rw->q->layers[l].output != value);
}

static cameo_status put_graph(cm_rewriting *rw)
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
    if (status == CAMEO_OK)
        put_outputs(rw);
    return status;
}

/* ---- the model ---- */

static void put_opset(const cm_rewriting *rw, cm_proto *out, const cm_wire_field *field)
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

static void put_metadata(const cm_rewriting *rw, cm_proto *out)
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

static cameo_status put_model(cm_rewriting *rw, cm_proto *out)
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

static bool take_memory(cm_rewriting *rw)
{
    const size_t values = (size_t)rw->q->model->value_count + 1, nodes = (size_t)rw->q->model->node_count + 1;
    rw->wanted = cm_arena_alloc(&rw->arena, values, sizeof *rw->wanted);
    rw->rounded = cm_arena_alloc(&rw->arena, values, sizeof *rw->rounded);
    rw->beside = cm_arena_alloc(&rw->arena, (size_t)rw->q->layer_count + 1, sizeof *rw->beside);
    rw->uses = cm_arena_alloc(&rw->arena, values, sizeof *rw->uses);
    rw->removed = cm_arena_alloc(&rw->arena, values, sizeof *rw->removed);
    rw->layer_of = cm_arena_alloc(&rw->arena, nodes, sizeof *rw->layer_of);
    if (!rw->wanted || !rw->rounded || !rw->beside || !rw->uses || !rw->removed || !rw->layer_of)
        return false;
    memset(rw->layer_of, -1, nodes * sizeof *rw->layer_of);
    return true;
}

cameo_status cm_rewrite(const cameo_quantizer *quantizer, cm_rewrite_mode mode, cm_proto *out, cameo_error *error)
{
    cm_proto graph = {0};
    cm_rewriting rw = {.q = quantizer, .mode = mode, .graph = &graph, .compact = cm_rewrite_is_compact(quantizer), .error = error};
    cm_arena_init(&rw.arena, 0);
    cameo_status status = take_memory(&rw) ? CAMEO_OK : out_of_memory(&rw);
    if (status == CAMEO_OK) {
        cm_short_names_init(&rw.names, &quantizer->parts);
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

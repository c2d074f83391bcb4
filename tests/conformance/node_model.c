#include "node_model.h"

#include "onnx/onnx.h"

/* Field numbers of onnx.proto. */
enum { MODEL_GRAPH = 7, MODEL_OPSET = 8, VALUE_NAME = 1, VALUE_TYPE = 2, NODE_ATTRIBUTE = 5, NODE_OP = 4, NODE_DOMAIN = 7, TENSOR_NAME = 8 };

bool node_text_is(cm_text text, const char *string)
{
    return text.at && text.size == strlen(string) && memcmp(text.at, string, text.size) == 0;
}

bool node_text_same(cm_text a, cm_text b)
{
    return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

/* A message that may be missing. */
static cm_wire open_message(cm_text message)
{
    if (!message.at)
        message = (cm_text){(const unsigned char *)"", 0};
    return cm_wire_open(message, message.at);
}

/* The next field of a message; false at its end, or where the bytes are wrong. */
static bool next(cm_wire *wire, cm_wire_field *field)
{
    cameo_error error;
    return cm_wire_next(wire, field, &error) == CAMEO_OK && field->number != 0;
}

cm_text node_field(cm_text message, uint32_t number)
{
    cm_wire wire = open_message(message);
    cm_wire_field field;
    cm_text found = {0};
    while (next(&wire, &field))
        if (field.number == number && field.type == CM_WIRE_BYTES)
            found = field.bytes;
    return found;
}

int64_t node_number(cm_text message, uint32_t number, int64_t otherwise)
{
    cm_wire wire = open_message(message);
    cm_wire_field field;
    int64_t found = otherwise;
    while (next(&wire, &field))
        if (field.number == number && field.type == CM_WIRE_VARINT)
            found = (int64_t)field.value;
    return found;
}

cm_text node_repeated(cm_text message, uint32_t number, int index)
{
    cm_wire wire = open_message(message);
    cm_wire_field field;
    while (next(&wire, &field))
        if (field.number == number && field.type == CM_WIRE_BYTES && index-- == 0)
            return field.bytes;
    return (cm_text){0};
}

void node_operator(cm_text node, char *name)
{
    cm_text op = node_field(node, NODE_OP), domain = node_field(node, NODE_DOMAIN);
    if (domain.size == 0 || node_text_is(domain, "ai.onnx"))
        snprintf(name, 64, "%.*s", (int)op.size, (const char *)op.at);
    else
        snprintf(name, 64, "%.*s.%.*s", (int)domain.size, (const char *)domain.at, (int)op.size, (const char *)op.at);
}

cm_text node_attribute(cm_text node, const char *name)
{
    for (int i = 0;; i++) {
        cm_text attribute = node_repeated(node, NODE_ATTRIBUTE, i);
        if (!attribute.at || node_text_is(node_field(attribute, 1), name))
            return attribute;
    }
}

bool node_type_is_integer(int64_t type)
{
    return (type >= CM_ONNX_UINT8 && type <= CM_ONNX_INT64) || type == CM_ONNX_BOOL || type == CM_ONNX_UINT32 || type == CM_ONNX_UINT64;
}

static void add_value(node_value *values, int *count, cm_text message)
{
    cm_text type = node_field(message, VALUE_TYPE), tensor = node_field(type, 1);
    node_value value = {.name = node_field(message, VALUE_NAME), .message = message};
    value.rank = -1;
    if (tensor.at) {
        cm_text shape = node_field(tensor, 2);
        value.type = node_number(tensor, 1, 0);
        for (value.rank = shape.at ? 0 : -1; shape.at && node_repeated(shape, 1, value.rank).at;)
            value.rank++;
    } else {
        value.other = node_field(type, 4).at ? "sequence" : node_field(type, 9).at ? "optional" : node_field(type, 5).at ? "map" : NULL;
    }
    values[(*count)++] = value;
}

static void read_graph(node_model *model)
{
    cm_wire wire = cm_wire_open(model->graph, model->bytes.at);
    cm_wire_field field;
    while (next(&wire, &field)) {
        int most = model->node_count > model->initializer_count ? model->node_count : model->initializer_count;
        if (most == NODE_MODEL_MOST || model->input_count == NODE_MODEL_MOST || model->output_count == NODE_MODEL_MOST) {
            model->too_large = true;
            return;
        }
        if (field.number == ONNX_NODE)
            model->nodes[model->node_count++] = field.bytes;
        else if (field.number == ONNX_INITIALIZER)
            model->initializers[model->initializer_count++] = node_field(field.bytes, TENSOR_NAME);
        else if (field.number == ONNX_INPUT)
            add_value(model->inputs, &model->input_count, field.bytes);
        else if (field.number == ONNX_OUTPUT)
            add_value(model->outputs, &model->output_count, field.bytes);
    }
}

static bool is_initialized(const node_model *model, cm_text name)
{
    for (int i = 0; i < model->initializer_count; i++)
        if (node_text_same(model->initializers[i], name))
            return true;
    return false;
}

/* Inputs with a value of their own need no feeding. */
static void drop_initialized_inputs(node_model *model)
{
    int kept = 0;
    for (int i = 0; i < model->input_count; i++)
        if (!is_initialized(model, model->inputs[i].name))
            model->inputs[kept++] = model->inputs[i];
    model->input_count = kept;
}

static bool is_default_domain(cm_text opset)
{
    cm_text domain = node_field(opset, 1);
    return domain.size == 0 || node_text_is(domain, "ai.onnx");
}

bool node_model_read(node_model *model, const unsigned char *bytes, size_t size)
{
    *model = (node_model){.bytes = {bytes, size}};
    cm_wire wire = cm_wire_open(model->bytes, bytes);
    cm_wire_field field;
    while (next(&wire, &field)) {
        if (field.number == MODEL_GRAPH)
            model->graph = field.bytes;
        else if (field.number == MODEL_OPSET && is_default_domain(field.bytes))
            model->opset = node_number(field.bytes, 2, 0);
    }
    if (!model->graph.at)
        return false;
    read_graph(model);
    drop_initialized_inputs(model);
    return !model->too_large && model->node_count > 0;
}

/* Output i's new name, where it is read through a Cast. name: [32]. */
static void cast_name(int i, char *name)
{
    snprintf(name, 32, "cast_to_float_%d", i);
}

static pb rewrite_output(const node_value *value, int index)
{
    char name[32];
    pb copy = {0};
    if (!node_type_is_integer(value->type)) {
        pb_append(&copy, value->message.at, value->message.size);
        return copy;
    }
    cast_name(index, name);
    pb_text(&copy, VALUE_NAME, name);
    return copy;
}

static pb cast_node(const node_value *value, int index)
{
    char name[32];
    cast_name(index, name);
    pb node = {0};
    pb_bytes(&node, 1, value->name.at, value->name.size);
    pb_text(&node, 2, name);
    pb_text(&node, 3, name);
    pb_text(&node, NODE_OP, "Cast");
    onnx_attribute_i(&node, "to", CM_ONNX_FLOAT);
    return node;
}

static bool becomes_constant(const node_model *model, const cm_text *constants, cm_text message)
{
    for (int i = 0; i < model->input_count; i++)
        if (model->inputs[i].message.at == message.at)
            return constants[i].at != NULL;
    return false;
}

/* The TensorProto of an input, under the input's name and type: of repeated fields the last counts. Files of bfloat16 numbers say UINT16. */
static pb initializer(const node_value *input, cm_text message)
{
    pb tensor = {0};
    pb_append(&tensor, message.at, message.size);
    if (input->type == CM_ONNX_BFLOAT16)
        pb_uint(&tensor, 2, CM_ONNX_BFLOAT16);
    pb_bytes(&tensor, TENSOR_NAME, input->name.at, input->name.size);
    return tensor;
}

static pb rewrite_graph(const node_model *model, const cm_text *constants)
{
    pb graph = {0};
    cm_wire wire = cm_wire_open(model->graph, model->bytes.at);
    cm_wire_field field;
    int output = 0;
    for (const unsigned char *from = wire.at; next(&wire, &field); from = wire.at) {
        if (field.number == ONNX_INPUT && becomes_constant(model, constants, field.bytes))
            continue;
        if (field.number == ONNX_OUTPUT) {
            pb_message(&graph, ONNX_OUTPUT, rewrite_output(&model->outputs[output], output));
            output++;
            continue;
        }
        pb_append(&graph, from, (size_t)(wire.at - from));
    }
    for (int i = 0; i < model->input_count; i++)
        if (constants[i].at)
            pb_message(&graph, ONNX_INITIALIZER, initializer(&model->inputs[i], constants[i]));
    for (int i = 0; i < model->output_count; i++)
        if (node_type_is_integer(model->outputs[i].type))
            pb_message(&graph, ONNX_NODE, cast_node(&model->outputs[i], i));
    return graph;
}

pb node_model_rewrite(const node_model *model, const cm_text *constants, int64_t opset)
{
    pb copy = {0};
    cm_wire wire = cm_wire_open(model->bytes, model->bytes.at);
    cm_wire_field field;
    for (const unsigned char *from = wire.at; next(&wire, &field); from = wire.at) {
        if (field.number == MODEL_GRAPH)
            pb_message(&copy, MODEL_GRAPH, rewrite_graph(model, constants));
        else if (field.number == MODEL_OPSET && is_default_domain(field.bytes))
            onnx_opset(&copy, "", opset);
        else
            pb_append(&copy, from, (size_t)(wire.at - from));
    }
    return copy;
}

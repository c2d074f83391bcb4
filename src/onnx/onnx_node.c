/* NodeProto. */
#include "onnx/onnx_graph.h"

#include <stdio.h>
#include <string.h>

enum {
    FIELD_INPUT = 1,
    FIELD_OUTPUT = CM_ONNX_NODE_OUTPUT,
    FIELD_NAME = 3,
    FIELD_OP_TYPE = 4,
    FIELD_ATTRIBUTE = 5,
    FIELD_DOMAIN = 7
};

/* More than any operator has; bounds the search for doubles. */
enum { MAX_ATTRIBUTES = 256, MAX_EDGES = 1 << 24 };

typedef struct node_fields {
    const cm_onnx_entry *entry;
    cm_text message, name, op_type, domain, first_output;
    int input_count, output_count, attribute_count;
} node_fields;

cameo_status cm_onnx_count_outputs(cm_onnx_reader *reader, cm_text message, int64_t *count)
{
    cm_wire wire = cm_wire_open(message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number)
        *count += field.number == FIELD_OUTPUT;
    return status;
}

static cameo_status read_field(node_fields *fields, const cm_wire_field *field, cameo_error *error)
{
    switch (field->number) {
    case FIELD_INPUT:
        if (fields->input_count++ == MAX_EDGES)
            return cm_fail(error, CAMEO_ERROR_LIMIT, "it has more than %d inputs", MAX_EDGES);
        return cm_wire_expect(field, CM_WIRE_BYTES, "NodeProto.input", error);
    case FIELD_OUTPUT:
        if (fields->output_count++ == MAX_EDGES)
            return cm_fail(error, CAMEO_ERROR_LIMIT, "it has more than %d outputs", MAX_EDGES);
        if (fields->output_count == 1)
            fields->first_output = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "NodeProto.output", error);
    case FIELD_NAME:
        fields->name = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "NodeProto.name", error);
    case FIELD_OP_TYPE:
        fields->op_type = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "NodeProto.op_type", error);
    case FIELD_ATTRIBUTE:
        if (fields->attribute_count++ == MAX_ATTRIBUTES)
            return cm_fail(error, CAMEO_ERROR_LIMIT, "it has more than %d attributes", MAX_ATTRIBUTES);
        return cm_wire_expect(field, CM_WIRE_BYTES, "NodeProto.attribute", error);
    case FIELD_DOMAIN:
        fields->domain = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "NodeProto.domain", error);
    default:
        return CAMEO_OK;
    }
}

static cameo_status put_prefix(cm_onnx_reader *reader, const char *prefix, const char **name)
{
    size_t size = strlen(prefix) + strlen(*name) + 1;
    char *text = cm_onnx_alloc(reader, size, 1);
    if (!text)
        return cm_onnx_alloc_status(reader);
    snprintf(text, size, "%s%s", prefix, *name);
    *name = text;
    return CAMEO_OK;
}

static cameo_status read_names(cm_onnx_reader *reader, const node_fields *fields, cm_onnx_node *node)
{
    cameo_status status = cm_onnx_copy_name(reader, fields->name, "its name", &node->name);
    if (status == CAMEO_OK && fields->entry->scope && *node->name)
        status = put_prefix(reader, fields->entry->scope->prefix, &node->name);
    if (status == CAMEO_OK)
        status = cm_onnx_copy_name(reader, fields->op_type, "its operator", &node->op_type);
    if (status == CAMEO_OK)
        status = cm_onnx_copy_name(reader, fields->domain, "its domain", &node->domain);
    if (status != CAMEO_OK)
        return status;
    if (!*node->op_type)
        return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "it names no operator");
    if (strcmp(node->domain, "ai.onnx") == 0)
        node->domain = "";
    return CAMEO_OK;
}

/* shown: the name as the file has it. */
static cameo_status bind_input(cm_onnx_reader *reader, const cm_onnx_binding *binding, cm_text name, cm_text shown, int position, int *value)
{
    *value = name.size ? binding->find(binding->context, name) : -1;
    if (*value >= 0 || name.size == 0)
        return CAMEO_OK;
    return cm_fail(reader->error, CAMEO_ERROR_FORMAT,
                   "its input %d is \"%.*s\", which no node makes and which is no graph input and no initializer", position,
                   CM_TEXT_SHOWN(shown));
}

static cameo_status check_attribute(cm_onnx_reader *reader, const cm_onnx_attribute *attributes, int index)
{
    for (int i = 0; i < index; i++)
        if (strcmp(attributes[i].name, attributes[index].name) == 0)
            return cm_fail(reader->error, CAMEO_ERROR_FORMAT, "it has the attribute \"%.120s\" twice", attributes[i].name);
    return CAMEO_OK;
}

/* The attribute, or what it stands for within a function; one that a call leaves out is none. */
static cameo_status take_attribute(cm_onnx_reader *reader, const node_fields *fields, cm_text message, cm_onnx_attribute *attributes,
                                   cm_onnx_node *node)
{
    cm_text value;
    cameo_status status = cm_onnx_scope_attribute(reader, fields->entry->scope, message, &value);
    if (status != CAMEO_OK || !value.at)
        return status;
    status = cm_onnx_read_attribute(reader, value, message, &attributes[node->attribute_count]);
    if (status == CAMEO_OK)
        status = check_attribute(reader, attributes, node->attribute_count);
    node->attribute_count++;
    return status;
}

/* What an If reads of its branches, and the condition that the node itself stands under. */
static cameo_status bind_branches(cm_onnx_reader *reader, const cm_onnx_entry *entry, const cm_onnx_binding *binding, int *inputs, cm_onnx_node *node)
{
    cameo_status status = CAMEO_OK;
    for (int i = 0; i < entry->more_count && status == CAMEO_OK; i++) {
        status = bind_input(reader, binding, entry->more[i], entry->more[i], node->input_count, &inputs[node->input_count]);
        node->input_count++;
    }
    const cm_onnx_scope *guard = cm_onnx_scope_guard(entry->scope);
    node->guard = -1;
    if (!guard || status != CAMEO_OK)
        return status;
    node->guard_value = guard->guard_value;
    return bind_input(reader, binding, guard->guard, guard->guard, 0, &node->guard);
}

static cameo_status fill(cm_onnx_reader *reader, const node_fields *fields, const cm_onnx_binding *binding, cm_onnx_node *node)
{
    int *inputs = cm_onnx_alloc(reader, (size_t)fields->input_count + (size_t)fields->entry->more_count, sizeof *inputs);
    int *outputs = cm_onnx_alloc(reader, (size_t)fields->output_count, sizeof *outputs);
    cm_onnx_attribute *attributes = cm_onnx_alloc(reader, (size_t)fields->attribute_count, sizeof *attributes);
    if (!inputs || !outputs || !attributes)
        return cm_onnx_alloc_status(reader);
    node->inputs = inputs;
    node->outputs = outputs;
    node->attributes = attributes;
    const cm_onnx_scope *scope = fields->entry->scope;
    cm_wire wire = cm_wire_open(fields->message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        if (field.number == FIELD_INPUT) {
            status = bind_input(reader, binding, cm_onnx_scope_name(scope, field.bytes), field.bytes, node->input_count, &inputs[node->input_count]);
            node->input_count++;
        } else if (field.number == FIELD_OUTPUT) {
            cm_text name = cm_onnx_scope_name(scope, field.bytes);
            outputs[node->output_count++] = name.size ? binding->find(binding->context, name) : -1;
        } else if (field.number == FIELD_ATTRIBUTE) {
            status = take_attribute(reader, fields, field.bytes, attributes, node);
        }
        if (status != CAMEO_OK)
            return status;
    }
    return status == CAMEO_OK ? bind_branches(reader, fields->entry, binding, inputs, node) : status;
}

static cameo_status read(cm_onnx_reader *reader, node_fields *fields, const cm_onnx_binding *binding, cm_onnx_node *node)
{
    cm_wire wire = cm_wire_open(fields->message, reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, reader->error)) == CAMEO_OK && field.number) {
        status = read_field(fields, &field, reader->error);
        if (status != CAMEO_OK)
            return status;
    }
    if (status == CAMEO_OK)
        status = read_names(reader, fields, node);
    return status == CAMEO_OK ? fill(reader, fields, binding, node) : status;
}

cameo_status cm_onnx_read_node(cm_onnx_reader *reader, const cm_onnx_entry *entry, int index, const cm_onnx_binding *binding,
                               cm_onnx_node *node)
{
    static const unsigned char nothing[1];
    cm_text none = {nothing, 0};
    node_fields fields = {.entry = entry, .message = entry->message, .name = none, .op_type = none, .domain = none, .first_output = none};
    cameo_status status = read(reader, &fields, binding, node);
    if (status == CAMEO_OK)
        return CAMEO_OK;
    cm_text shown = fields.name.size ? fields.name : fields.first_output;
    return cm_fail_prefix(reader->error, status, "node %d \"%s%.*s\" (%.*s)", index, entry->scope ? entry->scope->prefix : "", CM_TEXT_SHOWN(shown),
                          CM_TEXT_SHOWN(fields.op_type));
}

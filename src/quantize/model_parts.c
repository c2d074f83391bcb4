#include "quantize/model_parts.h"

#include <string.h>

cm_text cm_parts_field(const cm_model_parts *parts, cm_text message, uint32_t number)
{
    cm_wire wire = cm_wire_open(message, parts->file.at);
    cm_wire_field field;
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number)
        if (field.number == number && field.type == CM_WIRE_BYTES)
            return field.bytes;
    return (cm_text){(const unsigned char *)"", 0};
}

int cm_parts_value(const cm_model_parts *parts, cm_text name)
{
    return name.size ? cm_onnx_names_find(parts->names, parts->name_count, name) : -1;
}

static cameo_status index_names(cm_model_parts *parts, const cm_onnx_model *model, cm_arena *arena, cameo_error *error)
{
    parts->names = cm_arena_alloc(arena, (size_t)model->value_count + 1, sizeof *parts->names);
    if (!parts->names)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for the names of %d values", model->value_count);
    parts->name_count = model->value_count;
    for (int i = 0; i < model->value_count; i++) {
        const char *name = model->values[i].name;
        parts->names[i] = (cm_onnx_definition){.name = {(const unsigned char *)name, strlen(name)}, .order = i, .value = i};
    }
    cm_onnx_names_sort(parts->names, parts->name_count);
    return CAMEO_OK;
}

static int count_nodes(const cm_model_parts *parts)
{
    cm_wire wire = cm_wire_open(parts->graph, parts->file.at);
    cm_wire_field field;
    int count = 0;
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number)
        count += field.number == CM_GRAPH_NODE;
    return count;
}

/* The model's node that gives the first output that has a name. */
static int node_of(const cm_model_parts *parts, const cm_onnx_model *model, cm_text message)
{
    cm_wire wire = cm_wire_open(message, parts->file.at);
    cm_wire_field field;
    while (cm_wire_next(&wire, &field, NULL) == CAMEO_OK && field.number) {
        const int value = field.number == CM_NODE_OUTPUT ? cm_parts_value(parts, field.bytes) : -1;
        if (value >= 0)
            return model->values[value].producer;
    }
    return -1;
}

cameo_status cm_parts_read(cm_model_parts *parts, const cm_onnx_model *model, cm_arena *arena, cameo_error *error)
{
    cm_wire wire;
    cm_wire_field field;
    cm_onnx_message(model, &parts->file.at, &parts->file.size);
    parts->graph = cm_parts_field(parts, parts->file, CM_MODEL_GRAPH);
    parts->functions = cm_parts_field(parts, parts->file, CM_MODEL_FUNCTIONS).size > 0;
    cameo_status status = index_names(parts, model, arena, error);
    if (status != CAMEO_OK)
        return status;
    parts->nodes = cm_arena_alloc(arena, (size_t)count_nodes(parts) + 1, sizeof *parts->nodes);
    if (!parts->nodes)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for the nodes of the model");
    wire = cm_wire_open(parts->graph, parts->file.at);
    while ((status = cm_wire_next(&wire, &field, error)) == CAMEO_OK && field.number)
        if (field.number == CM_GRAPH_NODE)
            parts->nodes[parts->node_count++] = (cm_part){field.bytes, node_of(parts, model, field.bytes)};
    return status;
}

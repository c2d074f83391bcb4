/* GraphProto: counted, then its definitions gathered and sorted, then its nodes bound to them.
 *
 *   count -> initializers, inputs, nodes' outputs = definitions -> values -> nodes' inputs, graph outputs, value_info -> order
 */
#include "onnx/onnx_graph.h"

#include "onnx/onnx_names.h"
#include "onnx/onnx_order.h"

#include <limits.h>
#include <stdlib.h>

/* Field numbers of GraphProto. */
enum {
    FIELD_NODE = 1,
    FIELD_NAME = 2,
    FIELD_INITIALIZER = 5,
    FIELD_INPUT = 11,
    FIELD_OUTPUT = 12,
    FIELD_VALUE_INFO = 13,
    FIELD_SPARSE_INITIALIZER = 15
};

/* Things under construction; scratch is freed at the end, the rest belongs to the model. */
typedef struct graph_builder {
    cm_onnx_reader *reader;
    cm_text message, name;
    cm_onnx_expansion expansion;
    int node_count, initializer_count, input_count, output_count;
    int64_t definition_bound; /* all definitions that there can be */
    cm_onnx_node *nodes;
    cm_onnx_tensor *tensors;
    cm_onnx_value *values;
    int *inputs, *outputs;
    int value_count, fed_count;
    cm_onnx_definition *definitions; /* scratch */
    int definition_count;
} graph_builder;

typedef cameo_status handler(graph_builder *builder, cm_text message, int index);

/* Calls `handle` for every occurrence of a field of the graph. */
static cameo_status for_each(graph_builder *builder, uint32_t number, handler *handle)
{
    cm_wire wire = cm_wire_open(builder->message, builder->reader->file);
    cm_wire_field field;
    cameo_status status;
    int index = 0;
    while ((status = cm_wire_next(&wire, &field, builder->reader->error)) == CAMEO_OK && field.number) {
        if (field.number != number)
            continue;
        status = handle(builder, field.bytes, index++);
        if (status != CAMEO_OK)
            return status;
    }
    return status;
}

static cameo_status count_one(graph_builder *builder, const cm_wire_field *field)
{
    cameo_error *error = builder->reader->error;
    switch (field->number) {
    case FIELD_NODE:
        return cm_wire_expect(field, CM_WIRE_BYTES, "GraphProto.node", error);
    case FIELD_NAME:
        builder->name = field->bytes;
        return cm_wire_expect(field, CM_WIRE_BYTES, "GraphProto.name", error);
    case FIELD_INITIALIZER:
        builder->initializer_count++;
        builder->definition_bound++;
        return cm_wire_expect(field, CM_WIRE_BYTES, "GraphProto.initializer", error);
    case FIELD_INPUT:
        builder->input_count++;
        builder->definition_bound++;
        return cm_wire_expect(field, CM_WIRE_BYTES, "GraphProto.input", error);
    case FIELD_OUTPUT:
        builder->output_count++;
        return cm_wire_expect(field, CM_WIRE_BYTES, "GraphProto.output", error);
    case FIELD_VALUE_INFO:
        return cm_wire_expect(field, CM_WIRE_BYTES, "GraphProto.value_info", error);
    case FIELD_SPARSE_INITIALIZER:
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED,
                       "it has sparse initializers, which are not supported: export the weights dense");
    default:
        return CAMEO_OK;
    }
}

static cameo_status count(graph_builder *builder)
{
    cm_wire wire = cm_wire_open(builder->message, builder->reader->file);
    cm_wire_field field;
    cameo_status status = cm_onnx_expand(builder->reader, builder->message, &builder->expansion);
    builder->node_count = builder->expansion.nodes.count;
    builder->initializer_count = builder->expansion.initializers.count;
    builder->definition_bound = builder->initializer_count;
    for (int i = 0; i < builder->node_count && status == CAMEO_OK; i++)
        status = cm_onnx_count_outputs(builder->reader, builder->expansion.nodes.list[i].message, &builder->definition_bound);
    if (status != CAMEO_OK)
        return status;
    while ((status = cm_wire_next(&wire, &field, builder->reader->error)) == CAMEO_OK && field.number) {
        status = count_one(builder, &field);
        if (status != CAMEO_OK)
            return status;
        if (builder->definition_bound > INT_MAX / 4 || builder->output_count > INT_MAX / 4)
            return cm_fail(builder->reader->error, CAMEO_ERROR_LIMIT, "the graph defines more than %d values", INT_MAX / 4);
    }
    if (status == CAMEO_OK && builder->output_count == 0)
        return cm_fail(builder->reader->error, CAMEO_ERROR_FORMAT, "the graph has no outputs");
    return status;
}

static cameo_status allocate(graph_builder *builder)
{
    cm_onnx_reader *reader = builder->reader;
    builder->nodes = cm_onnx_alloc(reader, (size_t)builder->node_count, sizeof *builder->nodes);
    builder->tensors = cm_onnx_alloc(reader, (size_t)builder->initializer_count, sizeof *builder->tensors);
    builder->inputs = cm_onnx_alloc(reader, (size_t)builder->input_count, sizeof *builder->inputs);
    builder->outputs = cm_onnx_alloc(reader, (size_t)builder->output_count, sizeof *builder->outputs);
    if (!builder->nodes || !builder->tensors || !builder->inputs || !builder->outputs)
        return cm_onnx_alloc_status(reader);
    builder->definitions = cm_calloc((size_t)builder->definition_bound, sizeof *builder->definitions);
    return builder->definitions ? CAMEO_OK : cm_fail(reader->error, CAMEO_ERROR_MEMORY, "out of memory");
}

static void define(graph_builder *builder, cm_text name, cm_onnx_definition_kind kind, int what)
{
    builder->definitions[builder->definition_count] =
        (cm_onnx_definition){.name = name, .kind = kind, .what = what, .order = builder->definition_count};
    builder->definition_count++;
}

static cm_text text_of(const char *string)
{
    cm_text text = {(const unsigned char *)string, 0};
    while (string[text.size])
        text.size++;
    return text;
}

static cameo_status define_input(graph_builder *builder, cm_text message, int index)
{
    cm_text name;
    cm_onnx_value unused;
    bool is_tensor;
    cameo_status status = cm_onnx_read_value_info(builder->reader, message, &name, &unused, &is_tensor);
    if (status != CAMEO_OK)
        return status;
    if (name.size == 0)
        return cm_fail(builder->reader->error, CAMEO_ERROR_FORMAT, "input %d of the graph has no name", index);
    if (!is_tensor)
        return cm_fail(builder->reader->error, CAMEO_ERROR_UNSUPPORTED,
                       "input \"%.*s\" of the graph is no tensor: only tensors can be fed", CM_TEXT_SHOWN(name));
    define(builder, name, CM_ONNX_DEFINED_INPUT, index);
    return CAMEO_OK;
}

static cameo_status read_initializer(graph_builder *builder, cm_text message, int index)
{
    cm_onnx_tensor *tensor = &builder->tensors[index];
    cameo_status status = cm_onnx_read_tensor(builder->reader, message, tensor);
    if (status != CAMEO_OK)
        return cm_fail_prefix(builder->reader->error, status, "initializer %d", index);
    if (!*tensor->name)
        return cm_fail(builder->reader->error, CAMEO_ERROR_FORMAT, "initializer %d has no name", index);
    define(builder, text_of(tensor->name), CM_ONNX_DEFINED_INITIALIZER, index);
    return CAMEO_OK;
}

/* Those of branches come after the graph's own. */
static cameo_status read_branch_initializers(graph_builder *builder)
{
    const cm_onnx_entries *entries = &builder->expansion.initializers;
    cameo_status status = CAMEO_OK;
    for (int i = 0; i < entries->count && status == CAMEO_OK; i++) {
        cm_onnx_tensor *tensor = &builder->tensors[builder->initializer_count - entries->count + i];
        status = cm_onnx_read_tensor(builder->reader, entries->list[i].message, tensor);
        if (status != CAMEO_OK)
            return cm_fail_prefix(builder->reader->error, status, "initializer \"%s\" of a branch", tensor->name ? tensor->name : "");
        cm_text name = cm_onnx_scope_name(entries->list[i].scope, text_of(tensor->name));
        if (name.size == 0)
            return cm_fail(builder->reader->error, CAMEO_ERROR_FORMAT, "an initializer of a branch has no name");
        define(builder, name, CM_ONNX_DEFINED_INITIALIZER, (int)(tensor - builder->tensors));
        status = cm_onnx_copy_name(builder->reader, name, "the name of an initializer", &tensor->name);
    }
    return status;
}

static cameo_status define_outputs(graph_builder *builder, const cm_onnx_entry *entry, int index)
{
    cm_wire wire = cm_wire_open(entry->message, builder->reader->file);
    cm_wire_field field;
    cameo_status status;
    while ((status = cm_wire_next(&wire, &field, builder->reader->error)) == CAMEO_OK && field.number) {
        cm_text name = field.number == CM_ONNX_NODE_OUTPUT ? cm_onnx_scope_name(entry->scope, field.bytes) : (cm_text){NULL, 0};
        if (name.size)
            define(builder, name, CM_ONNX_DEFINED_OUTPUT, index);
    }
    return status;
}

static cameo_status fail_duplicate(const graph_builder *builder, int first)
{
    static const char *const kinds[] = {"an initializer", "a graph input", "a node's output"};
    const cm_onnx_definition *a = &builder->definitions[first], *b = a + 1;
    return cm_fail(
        builder->reader->error, CAMEO_ERROR_FORMAT,
        "the value \"%.*s\" is defined twice, as %s (number %d) and as %s (number %d): every value must be defined once",
        CM_TEXT_SHOWN(a->name), kinds[a->kind], a->what, kinds[b->kind], b->what);
}

static cameo_status name_value(graph_builder *builder, const cm_onnx_definition *definition)
{
    cm_onnx_value *value = &builder->values[definition->value];
    value->rank = -1;
    value->producer = definition->kind == CM_ONNX_DEFINED_OUTPUT ? definition->what : -1;
    if (definition->kind == CM_ONNX_DEFINED_INITIALIZER) {
        const cm_onnx_tensor *tensor = &builder->tensors[definition->what];
        value->name = tensor->name;
        value->initializer = tensor;
        value->type = tensor->type;
        value->rank = tensor->rank;
        for (int i = 0; i < tensor->rank; i++)
            value->dims[i] = tensor->dims[i];
        return CAMEO_OK;
    }
    return cm_onnx_copy_name(builder->reader, definition->name, "the name of a value", &value->name);
}

/* Definitions -> values. */
static cameo_status make_values(graph_builder *builder)
{
    cm_onnx_names_sort(builder->definitions, builder->definition_count);
    int twice = cm_onnx_names_duplicate(builder->definitions, builder->definition_count);
    if (twice >= 0)
        return fail_duplicate(builder, twice);
    int *scratch = cm_calloc((size_t)builder->definition_count, sizeof *scratch);
    if (!scratch)
        return cm_fail(builder->reader->error, CAMEO_ERROR_MEMORY, "out of memory");
    builder->value_count = cm_onnx_names_number(builder->definitions, builder->definition_count, scratch);
    free(scratch);
    builder->values = cm_onnx_alloc(builder->reader, (size_t)builder->value_count, sizeof *builder->values);
    if (!builder->values)
        return cm_onnx_alloc_status(builder->reader);
    for (int i = 0; i < builder->definition_count; i++) {
        const cm_onnx_definition *definition = &builder->definitions[i];
        if (i && definition[-1].value == definition->value)
            continue; /* an initializer that is listed as an input too */
        cameo_status status = name_value(builder, definition);
        if (status != CAMEO_OK)
            return status;
    }
    return CAMEO_OK;
}

static int find_value(const void *context, cm_text name)
{
    const graph_builder *builder = context;
    return cm_onnx_names_find(builder->definitions, builder->definition_count, name);
}

/* Type and shape from a ValueInfoProto; initializers know better. */
static cameo_status describe_value(graph_builder *builder, cm_text message, int *index)
{
    cm_text name;
    cm_onnx_value described = {0};
    bool is_tensor;
    cameo_status status = cm_onnx_read_value_info(builder->reader, message, &name, &described, &is_tensor);
    if (status != CAMEO_OK)
        return status;
    *index = name.size ? find_value(builder, name) : -1;
    if (*index < 0 || builder->values[*index].initializer)
        return CAMEO_OK;
    cm_onnx_value *value = &builder->values[*index];
    value->type = described.type;
    value->rank = described.rank;
    for (int i = 0; i < described.rank; i++)
        value->dims[i] = described.dims[i];
    return CAMEO_OK;
}

static cameo_status take_value_info(graph_builder *builder, cm_text message, int index)
{
    (void)index;
    int value;
    return describe_value(builder, message, &value);
}

static cameo_status take_input(graph_builder *builder, cm_text message, int index)
{
    (void)index;
    int value;
    cameo_status status = describe_value(builder, message, &value);
    if (status == CAMEO_OK && !builder->values[value].initializer)
        builder->inputs[builder->fed_count++] = value;
    return status;
}

static cameo_status take_output(graph_builder *builder, cm_text message, int index)
{
    cameo_status status = describe_value(builder, message, &builder->outputs[index]);
    if (status != CAMEO_OK || builder->outputs[index] >= 0)
        return status;
    cm_text name;
    cm_onnx_value unused;
    bool is_tensor;
    status = cm_onnx_read_value_info(builder->reader, message, &name, &unused, &is_tensor);
    if (status != CAMEO_OK)
        return status;
    return cm_fail(builder->reader->error, CAMEO_ERROR_FORMAT,
                   "output \"%.*s\" of the graph is made by no node, and is no input or initializer", CM_TEXT_SHOWN(name));
}

static cameo_status read_node(graph_builder *builder, const cm_onnx_entry *entry, int index)
{
    cm_onnx_binding binding = {.context = builder, .find = find_value};
    return cm_onnx_read_node(builder->reader, entry, index, &binding, &builder->nodes[index]);
}

/* Brings the nodes in order; producers are renumbered. scratch: [4 * node_count + value_count] */
static cameo_status order_nodes_with(graph_builder *builder, int *scratch)
{
    int count_of_nodes = builder->node_count;
    int *order = scratch, *state = order + count_of_nodes, *stack = state + count_of_nodes, *place = stack + count_of_nodes;
    int *producers = place + count_of_nodes;
    for (int i = 0; i < builder->value_count; i++)
        producers[i] = builder->values[i].producer;
    int cyclic = cm_onnx_order_nodes(builder->nodes, count_of_nodes, producers, order, state, stack);
    if (cyclic >= 0) {
        const cm_onnx_node *node = &builder->nodes[cyclic];
        return cm_fail(builder->reader->error, CAMEO_ERROR_FORMAT,
                       "node %d \"%.120s\" (%.60s) waits for its own output: the graph has a cycle", cyclic, node->name,
                       node->op_type);
    }
    cm_onnx_node *sorted = cm_onnx_alloc(builder->reader, (size_t)count_of_nodes, sizeof *sorted);
    if (!sorted)
        return cm_onnx_alloc_status(builder->reader);
    for (int i = 0; i < count_of_nodes; i++) {
        sorted[i] = builder->nodes[order[i]];
        place[order[i]] = i;
    }
    builder->nodes = sorted;
    for (int i = 0; i < builder->value_count; i++)
        if (builder->values[i].producer >= 0)
            builder->values[i].producer = place[builder->values[i].producer];
    return CAMEO_OK;
}

static cameo_status order_nodes(graph_builder *builder)
{
    int *scratch = cm_calloc(4 * (size_t)builder->node_count + (size_t)builder->value_count, sizeof *scratch);
    if (!scratch)
        return cm_fail(builder->reader->error, CAMEO_ERROR_MEMORY, "out of memory");
    cameo_status status = order_nodes_with(builder, scratch);
    free(scratch);
    return status;
}

static cameo_status build(graph_builder *builder)
{
    static const struct step {
        uint32_t field;
        handler *handle;
    } gather[] = {{FIELD_INPUT, define_input}, {FIELD_INITIALIZER, read_initializer}},
      bind[] = {{FIELD_INPUT, take_input}, {FIELD_VALUE_INFO, take_value_info}, {FIELD_OUTPUT, take_output}};
    const cm_onnx_entries *nodes = &builder->expansion.nodes;
    cameo_status status = count(builder);
    if (status == CAMEO_OK)
        status = allocate(builder);
    for (size_t i = 0; status == CAMEO_OK && i < sizeof gather / sizeof *gather; i++)
        status = for_each(builder, gather[i].field, gather[i].handle);
    if (status == CAMEO_OK)
        status = read_branch_initializers(builder);
    for (int i = 0; status == CAMEO_OK && i < nodes->count; i++)
        status = define_outputs(builder, &nodes->list[i], i);
    if (status == CAMEO_OK)
        status = make_values(builder);
    for (size_t i = 0; status == CAMEO_OK && i < sizeof bind / sizeof *bind; i++)
        status = for_each(builder, bind[i].field, bind[i].handle);
    for (int i = 0; status == CAMEO_OK && i < nodes->count; i++)
        status = read_node(builder, &nodes->list[i], i);
    return status == CAMEO_OK ? order_nodes(builder) : status;
}

static uint64_t count_parameters(const graph_builder *builder)
{
    uint64_t parameters = 0;
    for (int i = 0; i < builder->initializer_count; i++) {
        cm_onnx_type type = builder->tensors[i].type;
        if (type == CM_ONNX_FLOAT || type == CM_ONNX_DOUBLE || type == CM_ONNX_FLOAT16 || type == CM_ONNX_BFLOAT16 || type == CM_ONNX_INT8 ||
            type == CM_ONNX_UINT8)
            parameters += builder->tensors[i].elements;
    }
    return parameters;
}

cameo_status cm_onnx_read_graph(cm_onnx_reader *reader, cm_text message, cm_onnx_model *model)
{
    graph_builder builder = {.reader = reader, .message = message, .name = {(const unsigned char *)"", 0}};
    cameo_status status = build(&builder);
    free(builder.definitions);
    cm_onnx_expansion_free(&builder.expansion);
    if (status == CAMEO_OK)
        status = cm_onnx_copy_name(reader, builder.name, "the name of the graph", &model->graph_name);
    if (status != CAMEO_OK)
        return status;
    model->nodes = builder.nodes;
    model->node_count = builder.node_count;
    model->values = builder.values;
    model->value_count = builder.value_count;
    model->inputs = builder.inputs;
    model->input_count = builder.fed_count;
    model->outputs = builder.outputs;
    model->output_count = builder.output_count;
    model->parameters = count_parameters(&builder);
    return CAMEO_OK;
}

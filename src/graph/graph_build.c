/* From the checked ONNX model to a graph with concrete shapes: one walk over the nodes. */
#include "graph/builder.h"

#include <stdlib.h>

static cameo_status add_initializer(cm_builder *b, const char *path, int index)
{
    const cm_onnx_value *from = &b->model->values[index];
    cm_value *value = cm_graph_new_value(b->graph, from->name, from->initializer->rank, from->initializer->dims);
    if (!value)
        return cm_graph_no_memory(b->graph, from->name, b->error);
    value->is_constant = true;
    value->is_int = !cm_build_is_float_type(from->initializer->type);
    value->tensor = from->initializer;
    /* Weights of eight bits may be many; whatever else holds integers is small. */
    if (value->is_int && (value->elements <= 1 << 22 || from->initializer->type == CM_ONNX_INT8)) {
        int64_t *ints = cm_arena_alloc(&b->graph->arena, (size_t)value->elements, sizeof *ints);
        if (!ints)
            return cm_graph_no_memory(b->graph, from->name, b->error);
        if (!cm_onnx_tensor_ints(from->initializer, ints))
            return cm_fail(b->error, CAMEO_ERROR_UNSUPPORTED, "%s: initializer '%s' has type %s, which is not supported", path, from->name,
                           cm_onnx_type_name(from->initializer->type));
        value->ints = ints;
    } else if (value->is_int) {
        return cm_fail(b->error, CAMEO_ERROR_LIMIT, "%s: initializer '%s' holds %lld integers", path, from->name, (long long)value->elements);
    }
    b->values[index] = value;
    return CAMEO_OK;
}

static cameo_status add_input(cm_builder *b, const char *path, int number, const int64_t *dims)
{
    int index = b->model->inputs[number];
    const cm_onnx_value *from = &b->model->values[index];
    int rank = from->rank;
    if (rank < 0)
        return cm_fail(b->error, CAMEO_ERROR_UNSUPPORTED, "%s: input '%s' has no declared rank", path, from->name);
    if (from->type != CM_ONNX_FLOAT && from->type != CM_ONNX_UNDEFINED && from->type != CM_ONNX_FLOAT16)
        return cm_fail(b->error, CAMEO_ERROR_UNSUPPORTED, "%s: input '%s' is %s; float32 inputs are supported", path, from->name,
                       cm_onnx_type_name(from->type));
    for (int i = 0; i < rank; i++)
        if (dims[i] < 1 || (from->dims[i] > 0 && i > 0 && from->dims[i] != dims[i]))
            return cm_fail(b->error, CAMEO_ERROR_MISMATCH, "%s: axis %d of input '%s' cannot be %lld, the model says %lld", path, i,
                           from->name, (long long)dims[i], (long long)from->dims[i]);
    int64_t elements = cm_dims_elements(rank, dims);
    if (elements < 0 || elements > INT32_MAX)
        return cm_fail(b->error, CAMEO_ERROR_LIMIT, "%s: input '%s' is too large, it may have %d elements", path, from->name, INT32_MAX);
    cm_value *value = cm_graph_new_value(b->graph, from->name, rank, dims);
    if (!value)
        return cm_graph_no_memory(b->graph, from->name, b->error);
    value->input_index = number;
    b->values[index] = value;
    b->graph->inputs[number] = value;
    return CAMEO_OK;
}

/* Inputs are there, and no sequences. (An If reads of its branches what is computed.) */
static cameo_status check_inputs(cm_builder *b, const cm_operator *row)
{
    for (int i = 0; i < b->node->input_count; i++) {
        int index = b->node->inputs[i];
        const cm_value *value = index < 0 ? NULL : b->values[index];
        if (index >= 0 && !value && row->build != cm_build_if)
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it reads '%s', an output that is not computed", b->model->values[index].name);
        if (value && value->items && row->build != cm_build_sequence_at)
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it reads '%s', a sequence; only SequenceAt may", b->model->values[index].name);
    }
    return CAMEO_OK;
}

static cameo_status build_node(cm_builder *b)
{
    const cm_onnx_node *node = b->node;
    const cm_operator *row = node->domain[0] == '\0' ? cm_operator_find(node->op_type) : NULL;
    if (!row)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "operator %s%s%s is not supported ('cameo info --operators' lists those that are)",
                             node->domain, node->domain[0] ? "." : "", node->op_type);
    if (node->input_count < row->min_inputs || (row->max_inputs >= 0 && node->input_count > row->max_inputs))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "%d inputs are not supported", node->input_count);
    if (node->output_count < 1)
        return cm_build_fail(b, CAMEO_ERROR_FORMAT, "it has no output");
    cameo_status status = check_inputs(b, row);
    if (status != CAMEO_OK)
        return status;
    int first = b->graph->op_count;
    status = row->build(b);
    return status == CAMEO_OK ? cm_build_fold(b, first) : status;
}

static cameo_status collect_outputs(cm_builder *b, const char *path)
{
    for (int i = 0; i < b->model->output_count; i++) {
        int index = b->model->outputs[i];
        cm_value *value = b->values[index];
        if (!value || value->is_int || value->items)
            return cm_fail(b->error, CAMEO_ERROR_UNSUPPORTED, "%s: output '%s' is %s", path, b->model->values[index].name,
                           value ? "no tensor of floats; float32 outputs are supported" : "not computed");
        /* Constants, inputs and values that are outputs twice get a copy: every output has memory of its own, unless it is empty. */
        if ((value->is_constant && value->elements > 0) || value->input_index >= 0 || value->is_output) {
            static const cm_onnx_node copy = {.name = "", .op_type = "Identity", .domain = ""};
            b->node = &copy;
            cm_move_piece piece = {.loop_count = value->rank};
            for (int j = 0; j < value->rank; j++)
                piece.loops[j] = (cm_move_loop){value->dims[j], j, j, 1, 1};
            cm_op *op = cm_build_op(b, CM_OP_MOVE, &value, 1, 0, value->rank, value->dims);
            cm_move_piece *pieces = cm_arena_alloc(&b->graph->arena, 1, sizeof piece);
            if (!op || !pieces)
                return cm_build_no_memory(b);
            *pieces = piece;
            op->u.move = (cm_move){.pieces = pieces, .piece_count = 1};
            value = op->output;
            op->name = value->name = b->model->values[index].name;
        }
        value->is_output = true;
        value->uses++;
        b->graph->outputs[i] = value;
    }
    return CAMEO_OK;
}

static cameo_status walk(cm_builder *b, const char *path, const int64_t (*dims)[CAMEO_MAX_RANK])
{
    const cm_onnx_model *model = b->model;
    cameo_status status = CAMEO_OK;
    for (int i = 0; i < model->value_count && status == CAMEO_OK; i++)
        if (model->values[i].initializer)
            status = add_initializer(b, path, i);
    for (int i = 0; i < model->input_count && status == CAMEO_OK; i++)
        status = add_input(b, path, i, dims[i]);
    for (int i = 0; i < model->node_count && status == CAMEO_OK; i++) {
        bool taken;
        b->node = &model->nodes[i];
        status = cm_build_is_taken(b, &taken);
        if (status == CAMEO_OK && taken)
            status = build_node(b);
    }
    return status == CAMEO_OK ? collect_outputs(b, path) : status;
}

cameo_status cm_graph_build(cm_graph **result, const cm_onnx_model *model, const char *path, const int64_t (*dims)[CAMEO_MAX_RANK],
                            const cm_graph_limits *limits, cameo_error *error)
{
    *result = NULL;
    cm_graph *graph = calloc(1, sizeof *graph);
    cm_value **values = calloc((size_t)model->value_count + 1, sizeof *values);
    if (!graph || !values) {
        free(graph);
        free(values);
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", path);
    }
    cm_arena_init(&graph->arena, (size_t)limits->max_bytes);
    graph->model = model;
    graph->path = path;
    graph->input_count = model->input_count;
    graph->output_count = model->output_count;
    graph->inputs = cm_arena_alloc(&graph->arena, (size_t)model->input_count, sizeof(cm_value *));
    graph->outputs = cm_arena_alloc(&graph->arena, (size_t)model->output_count, sizeof(cm_value *));
    cm_builder b = {.graph = graph, .model = model, .values = values, .error = error, .max_work = limits->max_macs / CM_SLOWER_CONSTANTS};
    cameo_status status = graph->inputs && graph->outputs ? walk(&b, path, dims)
                                                          : cm_graph_no_memory(graph, "inputs and outputs", error);
    free(values);
    if (status != CAMEO_OK) {
        cm_graph_free(graph);
        return status;
    }
    *result = graph;
    return CAMEO_OK;
}

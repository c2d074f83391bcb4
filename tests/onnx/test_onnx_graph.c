/* Graphs: names bound to values, nodes brought in order, what is wrong named. */
#include "cmocka_all.h"

#include "onnx/onnx.h"
#include "onnx_writer.h"

static const cm_onnx_limits limits = {.max_file_bytes = 1 << 20, .max_nodes = 8};
static cameo_error error;
static pb model_bytes;

static cameo_status read_graph(pb graph, cm_onnx_model **model)
{
    pb_free(&model_bytes);
    model_bytes = onnx_model(graph, 11);
    return cm_onnx_read(model, model_bytes.bytes, model_bytes.size, "test", &limits, &error);
}

static void refused(pb graph, cameo_status status, const char *words)
{
    cm_onnx_model *model;
    assert_int_equal(read_graph(graph, &model), status);
    assert_null(model);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" lacks \"%s\"", error.message, words);
}

static void add_input(pb *graph, const char *name)
{
    pb_message(graph, ONNX_INPUT, onnx_value_info(name, 1, 2, (int64_t[]){0, 3}));
}

static void add_output(pb *graph, const char *name)
{
    pb_message(graph, ONNX_OUTPUT, onnx_value_info(name, 1, 0, NULL));
}

static void add_weight(pb *graph, const char *name)
{
    const float value = 1;
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(name, 1, 1, (int64_t[]){1}, &value, 4));
}

static void add_node(pb *graph, const char *op, const char *name, const char *inputs, const char *outputs)
{
    pb_message(graph, ONNX_NODE, onnx_node(op, name, inputs, outputs));
}

/* x -> Mul(x, w) -> y -> Relu -> z */
static pb small_graph(void)
{
    pb graph = {0};
    pb_text(&graph, ONNX_NAME, "small");
    add_input(&graph, "x");
    add_weight(&graph, "w");
    add_node(&graph, "Mul", "mul", "x,w", "y");
    add_node(&graph, "Relu", "", "y", "z");
    add_output(&graph, "z");
    return graph;
}

static int value_named(const cm_onnx_model *model, const char *name)
{
    for (int i = 0; i < model->value_count; i++)
        if (strcmp(model->values[i].name, name) == 0)
            return i;
    return -1;
}

static void names_become_values(void **state)
{
    (void)state;
    cm_onnx_model *model;
    assert_int_equal(read_graph(small_graph(), &model), CAMEO_OK);
    assert_string_equal(model->graph_name, "small");
    assert_string_equal(model->producer, "onnx_writer");
    assert_int_equal(model->opset, 11);
    assert_int_equal(model->ir_version, 6);
    assert_int_equal(model->value_count, 4);
    assert_int_equal(model->input_count, 1);
    assert_int_equal(model->output_count, 1);
    const cm_onnx_value *x = &model->values[model->inputs[0]], *z = &model->values[model->outputs[0]];
    assert_string_equal(x->name, "x");
    assert_int_equal(x->rank, 2);
    assert_int_equal(x->dims[0], -1);
    assert_int_equal(x->dims[1], 3);
    assert_int_equal(x->producer, -1);
    assert_string_equal(z->name, "z");
    assert_int_equal(z->producer, 1);
    const cm_onnx_node *mul = &model->nodes[0];
    assert_string_equal(mul->op_type, "Mul");
    assert_string_equal(mul->domain, "");
    assert_int_equal(mul->input_count, 2);
    assert_int_equal(mul->inputs[0], model->inputs[0]);
    assert_int_equal(mul->inputs[1], value_named(model, "w"));
    assert_non_null(model->values[mul->inputs[1]].initializer);
    assert_int_equal(mul->outputs[0], model->nodes[1].inputs[0]);
    assert_int_equal(model->values[mul->outputs[0]].rank, -1);
    cm_onnx_free(model);
}

static void attributes_are_read(void **state)
{
    (void)state;
    pb graph = {0}, node = onnx_node("Op", "n", "", "y"), list = onnx_attribute("floats", 6),
       strings = onnx_attribute("strings", 8);
    add_output(&graph, "y");
    onnx_attribute_i(&node, "i", -5);
    onnx_attribute_f(&node, "f", 0.25f);
    onnx_attribute_s(&node, "s", "hello");
    onnx_attribute_is(&node, "ints", 2, (int64_t[]){3, -1});
    pb_bytes(&list, 7, (float[]){1, 2}, 8);
    pb_message(&node, 5, list);
    pb_text(&strings, 9, "a");
    pb_text(&strings, 9, "bc");
    pb_message(&node, 5, strings);
    pb tensor = onnx_attribute("t", 4);
    const int64_t seven = 7;
    pb_message(&tensor, 5, onnx_tensor_raw("", CM_ONNX_INT64, 0, NULL, &seven, 8));
    pb_message(&node, 5, tensor);
    pb untyped = {0}, sub_graph = onnx_attribute("g", 5);
    pb_text(&untyped, 1, "untyped");
    pb_uint(&untyped, 3, 9);
    pb_message(&node, 5, untyped);
    pb_message(&node, 5, sub_graph);
    pb_text(&node, 7, "ai.onnx");
    pb_message(&graph, ONNX_NODE, node);
    cm_onnx_model *model;
    assert_int_equal(read_graph(graph, &model), CAMEO_OK);
    const cm_onnx_node *n = &model->nodes[0];
    assert_string_equal(n->domain, "");
    assert_int_equal(n->attribute_count, 9);
    assert_int_equal(cm_onnx_attribute_int(n, "i", 0), -5);
    assert_int_equal(cm_onnx_attribute_int(n, "f", 77), 77);
    assert_int_equal(cm_onnx_attribute_int(n, "untyped", 0), 9);
    assert_true(cm_onnx_attribute_float(n, "f", 0) == 0.25f);
    assert_string_equal(cm_onnx_attribute_string(n, "s", ""), "hello");
    assert_string_equal(cm_onnx_attribute_string(n, "none", "other"), "other");
    const cm_onnx_attribute *ints = cm_onnx_attribute_find(n, "ints"), *floats = cm_onnx_attribute_find(n, "floats");
    assert_int_equal(ints->count, 2);
    assert_int_equal(ints->ints[1], -1);
    assert_int_equal(floats->count, 2);
    assert_true(floats->floats[1] == 2);
    const cm_onnx_attribute *texts = cm_onnx_attribute_find(n, "strings"), *t = cm_onnx_attribute_find(n, "t");
    assert_int_equal(texts->count, 2);
    assert_string_equal(texts->strings[1], "bc");
    int64_t value;
    assert_true(cm_onnx_tensor_ints(&t->tensor, &value) && value == 7);
    assert_int_equal(cm_onnx_attribute_find(n, "g")->kind, CM_ONNX_ATTR_GRAPH);
    cm_onnx_free(model);
}

static void nodes_are_brought_in_order(void **state)
{
    (void)state;
    pb graph = {0};
    add_input(&graph, "x");
    add_node(&graph, "D", "", "b,c", "d");
    add_node(&graph, "C", "", "a", "c");
    add_node(&graph, "B", "", "a,c", "b");
    add_node(&graph, "A", "", "x", "a");
    add_output(&graph, "d");
    cm_onnx_model *model;
    assert_int_equal(read_graph(graph, &model), CAMEO_OK);
    const char *const order[] = {"A", "C", "B", "D"};
    for (int i = 0; i < 4; i++) {
        assert_string_equal(model->nodes[i].op_type, order[i]);
        assert_int_equal(model->values[model->nodes[i].outputs[0]].producer, i);
    }
    cm_onnx_free(model);
}

static void right_order_is_kept(void **state)
{
    (void)state;
    pb graph = {0};
    add_input(&graph, "x");
    add_node(&graph, "A", "", "x", "a");
    add_node(&graph, "B", "", "x", "b");
    add_node(&graph, "C", "", "a", "c");
    add_node(&graph, "D", "", "b,c", "d");
    add_output(&graph, "d");
    cm_onnx_model *model;
    assert_int_equal(read_graph(graph, &model), CAMEO_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(model->nodes[i].op_type[0], 'A' + i);
    cm_onnx_free(model);
}

static void cycles_are_refused(void **state)
{
    (void)state;
    pb graph = {0};
    add_input(&graph, "x");
    add_node(&graph, "Add", "before", "x,x", "w");
    add_node(&graph, "Add", "first", "w,z", "y");
    add_node(&graph, "Relu", "second", "y", "z");
    add_node(&graph, "Relu", "after", "z", "out");
    add_output(&graph, "out");
    refused(graph, CAMEO_ERROR_FORMAT, "\"first\" (Add) waits for its own output");
    graph = (pb){0};
    add_node(&graph, "Relu", "self", "y", "y");
    add_output(&graph, "y");
    refused(graph, CAMEO_ERROR_FORMAT, "\"self\"");
}

static void undefined_names_are_refused(void **state)
{
    (void)state;
    pb graph = {0};
    add_input(&graph, "x");
    add_node(&graph, "Add", "sum", "x,gone", "y");
    add_output(&graph, "y");
    refused(graph, CAMEO_ERROR_FORMAT, "node 0 \"sum\" (Add): its input 1 is \"gone\"");
    graph = small_graph();
    add_output(&graph, "nowhere");
    refused(graph, CAMEO_ERROR_FORMAT, "output \"nowhere\" of the graph is made by no node");
}

static void double_definitions_are_refused(void **state)
{
    (void)state;
    pb graph = small_graph();
    add_node(&graph, "Relu", "again", "x", "y");
    refused(graph, CAMEO_ERROR_FORMAT, "\"y\" is defined twice");
    graph = small_graph();
    add_input(&graph, "x");
    refused(graph, CAMEO_ERROR_FORMAT, "\"x\" is defined twice");
    graph = small_graph();
    add_weight(&graph, "w");
    refused(graph, CAMEO_ERROR_FORMAT, "\"w\" is defined twice");
    graph = small_graph();
    add_weight(&graph, "z");
    refused(graph, CAMEO_ERROR_FORMAT, "\"z\" is defined twice");
}

static void initializers_listed_as_inputs_are_constants(void **state)
{
    (void)state;
    pb graph = small_graph();
    add_input(&graph, "w");
    cm_onnx_model *model;
    assert_int_equal(read_graph(graph, &model), CAMEO_OK);
    assert_int_equal(model->input_count, 1);
    assert_int_equal(model->value_count, 4);
    const cm_onnx_value *w = &model->values[value_named(model, "w")];
    assert_non_null(w->initializer);
    assert_int_equal(w->rank, 1); /* the tensor's, not the input's */
    cm_onnx_free(model);
}

static void optional_inputs_and_outputs(void **state)
{
    (void)state;
    pb graph = {0};
    add_input(&graph, "x");
    add_node(&graph, "Resize", "", "x,,x", ",y");
    add_output(&graph, "y");
    cm_onnx_model *model;
    assert_int_equal(read_graph(graph, &model), CAMEO_OK);
    assert_int_equal(model->nodes[0].input_count, 3);
    assert_int_equal(model->nodes[0].inputs[1], -1);
    assert_int_equal(model->nodes[0].outputs[0], -1);
    assert_true(model->nodes[0].outputs[1] >= 0);
    cm_onnx_free(model);
}

static void value_info_describes_values(void **state)
{
    (void)state;
    pb graph = small_graph();
    pb_message(&graph, ONNX_VALUE_INFO, onnx_value_info("y", CM_ONNX_FLOAT16, 1, (int64_t[]){-4}));
    pb_message(&graph, ONNX_VALUE_INFO, onnx_value_info("unknown", 1, 0, NULL));
    cm_onnx_model *model;
    assert_int_equal(read_graph(graph, &model), CAMEO_OK);
    const cm_onnx_value *y = &model->values[value_named(model, "y")];
    assert_int_equal(y->type, CM_ONNX_FLOAT16);
    assert_int_equal(y->rank, 1);
    assert_int_equal(y->dims[0], -1);
    cm_onnx_free(model);
}

static void strange_graphs_are_refused(void **state)
{
    (void)state;
    refused((pb){0}, CAMEO_ERROR_FORMAT, "no outputs");
    pb graph = small_graph(), sparse = {0};
    pb_message(&graph, 15, sparse);
    refused(graph, CAMEO_ERROR_UNSUPPORTED, "sparse initializers");
    graph = small_graph();
    pb_bytes(&graph, ONNX_NODE,
             "\x0a\x03"
             "a\0b",
             5);
    refused(graph, CAMEO_ERROR_FORMAT, "");
    graph = small_graph();
    add_node(&graph, "", "n", "x", "q");
    refused(graph, CAMEO_ERROR_FORMAT, "names no operator");
    graph = small_graph();
    pb nul = {0};
    pb_bytes(&nul, 2, "a\0b", 3);
    pb_text(&nul, 4, "Relu");
    pb_message(&graph, ONNX_NODE, nul);
    refused(graph, CAMEO_ERROR_FORMAT, "NUL character");
    graph = small_graph();
    pb twice = onnx_node("Op", "n", "x", "q");
    onnx_attribute_i(&twice, "axis", 1);
    onnx_attribute_i(&twice, "axis", 2);
    pb_message(&graph, ONNX_NODE, twice);
    refused(graph, CAMEO_ERROR_FORMAT, "attribute \"axis\" twice");
    graph = small_graph();
    pb empty = onnx_node("Constant", "n", "", "q");
    pb_message(&empty, 5, onnx_attribute("value", 4));
    pb_message(&graph, ONNX_NODE, empty);
    refused(graph, CAMEO_ERROR_FORMAT, "node 2 \"n\" (Constant): attribute \"value\": it should hold a tensor");
    graph = small_graph();
    pb_uint(&graph, ONNX_NODE, 5);
    refused(graph, CAMEO_ERROR_FORMAT, "GraphProto.node has wire type 0");
}

static void inputs_must_be_tensors(void **state)
{
    (void)state;
    pb graph = small_graph(), info = {0}, type = {0};
    pb_text(&info, 1, "list");
    pb_bytes(&type, 4, "", 0);
    pb_message(&info, 2, type);
    pb_message(&graph, ONNX_INPUT, info);
    refused(graph, CAMEO_ERROR_UNSUPPORTED, "\"list\" of the graph is no tensor");
    graph = small_graph();
    pb_message(&graph, ONNX_INPUT, onnx_value_info("", 1, 0, NULL));
    refused(graph, CAMEO_ERROR_FORMAT, "has no name");
    graph = small_graph();
    const int64_t nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    pb_message(&graph, ONNX_INPUT, onnx_value_info("deep", 1, 9, nine));
    refused(graph, CAMEO_ERROR_LIMIT, "\"deep\": it has more than 8 dimensions");
}

static void nodes_are_counted(void **state)
{
    (void)state;
    pb graph = small_graph();
    char name[2] = "a";
    for (int i = 0; i < 6; i++, name[0]++)
        add_node(&graph, "Relu", "", "x", name);
    cm_onnx_model *model;
    assert_int_equal(read_graph(graph, &model), CAMEO_OK);
    assert_int_equal(model->node_count, 8);
    cm_onnx_free(model);
    graph = small_graph();
    name[0] = 'a';
    for (int i = 0; i < 7; i++, name[0]++)
        add_node(&graph, "Relu", "", "x", name);
    refused(graph, CAMEO_ERROR_LIMIT, "more than 8 nodes");
}

static int tear_down(void **state)
{
    (void)state;
    pb_free(&model_bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_values),
        cmocka_unit_test(attributes_are_read),
        cmocka_unit_test(nodes_are_brought_in_order),
        cmocka_unit_test(right_order_is_kept),
        cmocka_unit_test(cycles_are_refused),
        cmocka_unit_test(undefined_names_are_refused),
        cmocka_unit_test(double_definitions_are_refused),
        cmocka_unit_test(initializers_listed_as_inputs_are_constants),
        cmocka_unit_test(optional_inputs_and_outputs),
        cmocka_unit_test(value_info_describes_values),
        cmocka_unit_test(strange_graphs_are_refused),
        cmocka_unit_test(inputs_must_be_tensors),
        cmocka_unit_test(nodes_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}

/* Calls of a model's own functions and branches of If: their nodes become the graph's, names stay apart, and what is crafted is refused. */
#include "cmocka_all.h"

#include "onnx/onnx.h"
#include "onnx_writer.h"

enum { FUNCTION_NAME = 1, FUNCTION_INPUT = 4, FUNCTION_OUTPUT = 5, FUNCTION_NODE = 7, FUNCTION_DEFAULT = 11, MODEL_FUNCTION = 25 };

static const cm_onnx_limits limits = {.max_file_bytes = 1 << 20, .max_nodes = 1000};
static cameo_error error;
static pb bytes;

static cameo_status read_model(pb model, cm_onnx_model **read)
{
    pb_free(&bytes);
    bytes = model;
    error = (cameo_error){.status = CAMEO_OK};
    return cm_onnx_read(read, bytes.bytes, bytes.size, "test", &limits, &error);
}

static void refused(pb model, cameo_status status, const char *words)
{
    cm_onnx_model *read;
    cameo_status given = read_model(model, &read);
    assert_null(read);
    if (given != status || !strstr(error.message, words))
        fail_msg("status %d, \"%s\" lacks \"%s\"", (int)given, error.message, words);
}

static pb call(const char *function, const char *name, const char *inputs, const char *outputs)
{
    pb node = onnx_node(function, name, inputs, outputs);
    pb_text(&node, 7, "local");
    return node;
}

/* Inputs and outputs: names with commas. */
static pb function_named(const char *name, const char *inputs, const char *outputs)
{
    pb function = {0};
    pb_text(&function, FUNCTION_NAME, name);
    onnx_names(&function, FUNCTION_INPUT, inputs);
    onnx_names(&function, FUNCTION_OUTPUT, outputs);
    pb_text(&function, 10, "local");
    return function;
}

/* x -> the node -> z */
static pb graph_with(pb node)
{
    pb graph = {0};
    pb_message(&graph, ONNX_INPUT, onnx_value_info("x", 1, 1, (int64_t[]){3}));
    pb_message(&graph, ONNX_NODE, node);
    pb_message(&graph, ONNX_OUTPUT, onnx_value_info("z", 1, 1, (int64_t[]){3}));
    return graph;
}

static pb model_with(pb node, pb function)
{
    pb model = onnx_model(graph_with(node), 13);
    pb_message(&model, MODEL_FUNCTION, function);
    return model;
}

/* t = Relu(a), b = Neg(t) */
static pb chain(const char *name)
{
    pb function = function_named(name, "a", "b");
    pb_message(&function, FUNCTION_NODE, onnx_node("Relu", "first", "a", "t"));
    pb_message(&function, FUNCTION_NODE, onnx_node("Neg", "second", "t", "b"));
    return function;
}

static void functions_become_nodes(void **state)
{
    (void)state;
    cm_onnx_model *model;
    pb graph = graph_with(call("chain", "one", "x", "y"));
    pb_message(&graph, ONNX_NODE, call("chain", "two", "y", "z"));
    pb whole = onnx_model(graph, 13);
    pb_message(&whole, MODEL_FUNCTION, chain("chain"));
    assert_int_equal(read_model(whole, &model), CAMEO_OK);
    assert_int_equal(model->node_count, 4);
    static const char *const names[] = {"one#1/first", "one#1/second", "two#2/first", "two#2/second"};
    for (int i = 0; i < 4; i++) {
        assert_string_equal(model->nodes[i].name, names[i]);
        assert_string_equal(model->nodes[i].domain, "");
        assert_int_equal(model->nodes[i].guard, -1);
        assert_int_equal(model->nodes[i].inputs[0], i ? model->nodes[i - 1].outputs[0] : model->inputs[0]);
    }
    assert_int_equal(model->nodes[3].outputs[0], model->outputs[0]);
    assert_string_equal(model->values[model->nodes[0].outputs[0]].name, "one#1/t");
    assert_string_equal(model->values[model->nodes[1].outputs[0]].name, "y");
    cm_onnx_free(model);
}

static void attributes_come_from_the_call_or_by_default(void **state)
{
    (void)state;
    for (int given = 0; given < 3; given++) {
        cm_onnx_model *model;
        pb function = function_named("leaky", "a", "b"), node = onnx_node("LeakyRelu", "n", "a", "b"), reference = onnx_attribute("alpha", 1);
        pb_text(&reference, 21, "slope");
        pb_message(&node, 5, reference);
        pb_message(&function, FUNCTION_NODE, node);
        pb calling = call("leaky", "c", "x", "z"), standard = onnx_attribute("slope", 1);
        pb_float(&standard, 2, 0.5f);
        if (given < 2)
            pb_message(&function, FUNCTION_DEFAULT, standard);
        else
            pb_free(&standard);
        if (given == 0)
            onnx_attribute_f(&calling, "slope", 0.25f);
        assert_int_equal(read_model(model_with(calling, function), &model), CAMEO_OK);
        float alpha = cm_onnx_attribute_float(&model->nodes[0], "alpha", 7.0f);
        assert_true(alpha == (given == 0 ? 0.25f : given == 1 ? 0.5f : 7.0f));
        assert_int_equal(model->nodes[0].attribute_count, given < 2);
        cm_onnx_free(model);
    }
}

static void wrong_functions_are_refused(void **state)
{
    (void)state;
    pb function = chain("chain");
    pb_message(&function, FUNCTION_NODE, onnx_node("Add", "third", "t,x", "u"));
    refused(model_with(call("chain", "c", "x", "z"), function), CAMEO_ERROR_FORMAT, "c#1/third\" (Add): its input 1 is \"x\", which no node makes");
    refused(model_with(call("chain", "c", "x,x", "z"), chain("chain")), CAMEO_ERROR_FORMAT,
            "node \"c\" (chain): it is called with 2 inputs or outputs, but has 1");
    refused(model_with(call("chain", "c", "x", "z,zz"), chain("chain")), CAMEO_ERROR_FORMAT, "called with 2 inputs");
    pb model = model_with(call("chain", "c", "x", "z"), chain("chain"));
    pb_message(&model, MODEL_FUNCTION, chain("chain"));
    refused(model, CAMEO_ERROR_FORMAT, "\"chain\" is defined twice");
    refused(model_with(call("f", "c", "x", "z"), function_named("", "a", "b")), CAMEO_ERROR_FORMAT, "has no name");
    refused(model_with(call("f", "c", "x", "z"), function_named("f", "a", "a")), CAMEO_ERROR_UNSUPPORTED, "\"a\" is there twice, or returned as it is");
    function = chain("chain");
    pb opset = {0};
    pb_uint(&opset, 2, 9);
    pb_message(&function, 9, opset);
    refused(model_with(call("chain", "c", "x", "z"), function), CAMEO_ERROR_UNSUPPORTED, "\"chain\" is written for opset 9, the model for opset 13");
    function = chain("chain");
    pb_uint(&function, FUNCTION_NODE, 1);
    refused(model_with(call("chain", "c", "x", "z"), function), CAMEO_ERROR_FORMAT, "FunctionProto.node has wire type 0");
    model = onnx_model(graph_with(call("chain", "c", "x", "z")), 13);
    pb_uint(&model, MODEL_FUNCTION, 1);
    refused(model, CAMEO_ERROR_FORMAT, "ModelProto.functions has wire type 0");
    /* An output that no node of the function makes. */
    refused(model_with(call("f", "c", "x", "z"), function_named("f", "a", "b")), CAMEO_ERROR_FORMAT, "output \"z\" of the graph is made by no node");
}

static void functions_that_call_themselves_are_refused(void **state)
{
    (void)state;
    pb function = function_named("f", "a", "b");
    pb_message(&function, FUNCTION_NODE, call("f", "again", "a", "b"));
    refused(model_with(call("f", "c", "x", "z"), function), CAMEO_ERROR_LIMIT, "more than 32 deep");
}

/* Each calls the next twice: 2^20 nodes, or none at all. */
static void functions_that_multiply_are_refused(void **state)
{
    (void)state;
    for (int leaves = 0; leaves < 2; leaves++) {
        pb model = onnx_model(graph_with(call("f0", "c", "x", "z")), 13);
        for (int i = 0; i < 20; i++) {
            char name[16], next[16];
            snprintf(name, sizeof name, "f%d", i);
            snprintf(next, sizeof next, "f%d", i + 1);
            pb function = function_named(name, "a", "b");
            pb_message(&function, FUNCTION_NODE, call(next, "left", "a", "t"));
            pb_message(&function, FUNCTION_NODE, call(next, "right", "t", "b"));
            pb_message(&model, MODEL_FUNCTION, function);
        }
        pb last = function_named("f20", "a", "b");
        for (int i = 0; i < 50 && leaves; i++)
            pb_message(&last, FUNCTION_NODE, onnx_node("Relu", "", "a", i ? "" : "b"));
        pb_message(&model, MODEL_FUNCTION, last);
        refused(model, CAMEO_ERROR_LIMIT, leaves ? "more than 1000 nodes" : "more than 1000 functions are called");
    }
}

/* ---- If ---- */

static pb branch(const char *op, const char *input, const char *output)
{
    pb graph = {0};
    const float two = 2;
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("w", 1, 1, (int64_t[]){1}, &two, sizeof two));
    char inputs[64];
    snprintf(inputs, sizeof inputs, "%s,w", input);
    pb_message(&graph, ONNX_NODE, onnx_node(op, "n", inputs, output));
    pb_message(&graph, ONNX_OUTPUT, onnx_value_info(output, 1, 0, NULL));
    return graph;
}

static void add_branch(pb *node, const char *name, pb graph)
{
    pb attribute = onnx_attribute(name, 5);
    pb_message(&attribute, 6, graph);
    pb_message(node, 5, attribute);
}

static void branches_are_guarded(void **state)
{
    (void)state;
    cm_onnx_model *model;
    pb node = onnx_node("If", "if", "x", "z");
    add_branch(&node, "then_branch", branch("Mul", "x", "v"));
    add_branch(&node, "else_branch", branch("Add", "x", "v"));
    assert_int_equal(read_model(onnx_model(graph_with(node), 13), &model), CAMEO_OK);
    assert_int_equal(model->node_count, 3);
    const cm_onnx_node *then = &model->nodes[0], *other = &model->nodes[1], *choice = &model->nodes[2];
    assert_string_equal(then->op_type, "Mul");
    assert_true(then->guard == model->inputs[0] && then->guard_value);
    assert_true(other->guard == model->inputs[0] && !other->guard_value);
    assert_int_equal(choice->guard, -1);
    assert_int_equal(choice->input_count, 3);
    assert_int_equal(choice->inputs[1], then->outputs[0]);
    assert_int_equal(choice->inputs[2], other->outputs[0]);
    assert_true(then->inputs[1] != other->inputs[1]); /* two weights of the same name */
    assert_string_equal(model->values[then->inputs[1]].name, "if#1/w");
    assert_non_null(model->values[then->inputs[1]].initializer);
    assert_int_equal(model->parameters, 2);
    cm_onnx_free(model);
}

static void wrong_branches_are_refused(void **state)
{
    (void)state;
    pb node = onnx_node("If", "if", "x", "z");
    refused(onnx_model(graph_with(node), 13), CAMEO_ERROR_FORMAT, "node \"if\" (If): it has no then_branch");
    node = onnx_node("If", "if", "x", "z");
    add_branch(&node, "then_branch", branch("Mul", "x", "v"));
    refused(onnx_model(graph_with(node), 13), CAMEO_ERROR_FORMAT, "it has no else_branch");
    node = onnx_node("If", "if", "x,x", "z");
    refused(onnx_model(graph_with(node), 13), CAMEO_ERROR_FORMAT, "2 inputs, and needs one condition");
    node = onnx_node("If", "if", "", "z");
    refused(onnx_model(graph_with(node), 13), CAMEO_ERROR_FORMAT, "needs one condition");
    node = onnx_node("If", "if", "x", "z");
    add_branch(&node, "then_branch", branch("Mul", "nowhere", "v"));
    add_branch(&node, "else_branch", branch("Add", "x", "v"));
    refused(onnx_model(graph_with(node), 13), CAMEO_ERROR_FORMAT, "\"if#1/n\" (Mul): its input 0 is \"nowhere\"");
    /* The condition is made in the branch that waits for it. */
    node = onnx_node("If", "if", "z", "z");
    add_branch(&node, "then_branch", branch("Mul", "x", "v"));
    add_branch(&node, "else_branch", branch("Add", "x", "v"));
    refused(onnx_model(graph_with(node), 13), CAMEO_ERROR_FORMAT, "cycle");
    /* Forty deep. */
    pb inner = branch("Mul", "x", "v");
    for (int i = 0; i < 40; i++) {
        pb outer = {0};
        node = onnx_node("If", "if", "x", "v");
        add_branch(&node, "then_branch", inner);
        add_branch(&node, "else_branch", branch("Add", "x", "v"));
        pb_message(&outer, ONNX_NODE, node);
        pb_message(&outer, ONNX_OUTPUT, onnx_value_info("v", 1, 0, NULL));
        inner = outer;
    }
    node = onnx_node("If", "if", "x", "z");
    add_branch(&node, "then_branch", inner);
    add_branch(&node, "else_branch", branch("Add", "x", "v"));
    refused(onnx_model(graph_with(node), 13), CAMEO_ERROR_LIMIT, "more than 32 deep");
}

static int free_bytes(void **state)
{
    (void)state;
    pb_free(&bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_become_nodes),
        cmocka_unit_test(attributes_come_from_the_call_or_by_default),
        cmocka_unit_test(wrong_functions_are_refused),
        cmocka_unit_test(functions_that_call_themselves_are_refused),
        cmocka_unit_test(functions_that_multiply_are_refused),
        cmocka_unit_test(branches_are_guarded),
        cmocka_unit_test(wrong_branches_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, free_bytes);
}

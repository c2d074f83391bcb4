/* Models that cannot be run: each refusal names the node, what is wrong and what would be right. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "cameo.h"

static const int64_t picture[4] = {1, 4, 8, 8};

/* Opens a model of one node between x [1,4,8,8] and y, with an initializer w of the given shape, and plans it. */
static cameo_status plan(pb node, int w_rank, const int64_t *w_dims, cameo_error *error)
{
    pb graph = {0};
    uint32_t seed = 1;
    net_floats(&graph, "w", w_rank, w_dims, &seed, 1.0f, 0.0f, NULL);
    pb_message(&graph, ONNX_NODE, node);
    net_io(&graph, "x", 4, picture, "y", 4, picture);
    pb model = onnx_model(graph, 11);
    cameo_network *network;
    cameo_runner *runner = NULL;
    cameo_status status = cameo_network_open_bytes(&network, model.bytes, model.size, "model", NULL, error);
    if (status == CAMEO_OK)
        status = cameo_runner_create(&runner, network, NULL, 1, error);
    cameo_runner_free(runner);
    cameo_network_free(network);
    pb_free(&model);
    return status;
}

static void check(pb node, int w_rank, const int64_t *w_dims, cameo_status wanted, const char *words)
{
    cameo_error error = {0};
    cameo_status status = plan(node, w_rank, w_dims, &error);
    if (status != wanted || (words && !strstr(error.message, words)))
        fail_msg("status %d, wanted %d with '%s': %s", status, wanted, words ? words : "", error.message);
}

static const int64_t conv_w[4] = {4, 4, 3, 3}, one[1] = {1};

static void unknown_operators_are_named(void **state)
{
    (void)state;
    check(onnx_node("Loop", "strange", "x", "y"), 1, one, CAMEO_ERROR_UNSUPPORTED, "operator Loop");
    check(onnx_node("NonZero", "strange", "x", "y"), 1, one, CAMEO_ERROR_UNSUPPORTED, "strange");
}

static void convolutions_that_do_not_fit(void **state)
{
    (void)state;
    check(onnx_node("Conv", "c", "x,w", "y"), 4, (int64_t[4]){4, 5, 3, 3}, CAMEO_ERROR_MISMATCH, "4 input channels");
    check(onnx_node("Conv", "c", "x,w", "y"), 3, (int64_t[3]){4, 4, 3}, CAMEO_ERROR_UNSUPPORTED, "rank 4");
    check(onnx_node("Conv", "c", "x,w", "y"), 4, (int64_t[4]){4, 4, 9, 9}, CAMEO_ERROR_MISMATCH, "does not fit");
    check(onnx_node("Conv", "c", "x,x", "y"), 1, one, CAMEO_ERROR_UNSUPPORTED, "constant");
    check(onnx_node("Conv", "c", "x", "y"), 1, one, CAMEO_ERROR_UNSUPPORTED, "1 inputs");
    pb groups = onnx_node("Conv", "c", "x,w", "y");
    onnx_attribute_i(&groups, "group", 3);
    check(groups, 4, conv_w, CAMEO_ERROR_MISMATCH, "3 groups");
    pb strides = onnx_node("Conv", "c", "x,w", "y");
    onnx_attribute_is(&strides, "strides", 2, (int64_t[2]){0, 1});
    check(strides, 4, conv_w, CAMEO_ERROR_UNSUPPORTED, "strides holds 0");
    pb pads = onnx_node("Conv", "c", "x,w", "y");
    onnx_attribute_is(&pads, "pads", 4, (int64_t[4]){-1, 0, 0, 0});
    check(pads, 4, conv_w, CAMEO_ERROR_UNSUPPORTED, "pads holds -1");
    pb padding = onnx_node("Conv", "c", "x,w", "y");
    onnx_attribute_s(&padding, "auto_pad", "SOMEHOW");
    check(padding, 4, conv_w, CAMEO_ERROR_FORMAT, "SOMEHOW");
}

static void shapes_that_do_not_fit(void **state)
{
    (void)state;
    check(onnx_node("Add", "a", "x,w", "y"), 1, (int64_t[1]){3}, CAMEO_ERROR_MISMATCH, "do not fit");
    check(onnx_node("Reshape", "r", "x,x", "y"), 1, one, CAMEO_ERROR_UNSUPPORTED, "known when the model is loaded");
    pb axis = onnx_node("Concat", "cat", "x,x", "y");
    onnx_attribute_i(&axis, "axis", 4);
    check(axis, 1, one, CAMEO_ERROR_MISMATCH, "axis 4");
    pb perm = onnx_node("Transpose", "t", "x", "y");
    onnx_attribute_is(&perm, "perm", 4, (int64_t[4]){0, 1, 1, 3});
    check(perm, 1, one, CAMEO_ERROR_MISMATCH, "permutation");
    check(onnx_node("MatMul", "m", "x,w", "y"), 2, (int64_t[2]){7, 2}, CAMEO_ERROR_MISMATCH, "do not fit");
    check(onnx_node("PRelu", "p", "x,w", "y"), 1, (int64_t[1]){3}, CAMEO_ERROR_MISMATCH, "3 slopes");
    pb mode = onnx_node("Pad", "pad", "x", "y");
    onnx_attribute_s(&mode, "mode", "mirror");
    check(mode, 1, one, CAMEO_ERROR_FORMAT, "mirror");
}

/* An If whose branches give what `nodes` (operators of x, with commas) compute. */
static pb choice(const char *condition, const char *then_node, const char *else_node, int else_outputs)
{
    pb node = onnx_node("If", "choice", condition, "y");
    for (int i = 0; i < 2; i++) {
        pb graph = {0}, attribute = onnx_attribute(i ? "else_branch" : "then_branch", 5);
        pb_message(&graph, ONNX_NODE, onnx_node(i ? else_node : then_node, i ? "other" : "then", "x", "b"));
        for (int k = 0; k < (i ? else_outputs : 1); k++)
            pb_message(&graph, ONNX_OUTPUT, onnx_value_info("b", 1, 0, NULL));
        pb_message(&attribute, 6, graph);
        pb_message(&node, 5, attribute);
    }
    return node;
}

static void branches_must_be_chosen_before_the_run(void **state)
{
    (void)state;
    check(choice("x", "Relu", "Neg", 1), 1, one, CAMEO_ERROR_UNSUPPORTED, "condition 'x' of its If is not known before the run");
    check(choice("w", "Relu", "Neg", 2), 1, one, CAMEO_ERROR_FORMAT, "1 outputs, its branches have 3 together");
    check(choice("w", "Frobnicate", "Neg", 1), 1, one, CAMEO_ERROR_UNSUPPORTED, "Frobnicate");
    check(choice("w", "Relu", "Frobnicate", 1), 1, one, CAMEO_OK, NULL); /* w is no zero: nobody looks into the other branch */
    check(choice("w", "Relu", "Neg", 1), 1, (int64_t[1]){2}, CAMEO_ERROR_UNSUPPORTED, "not known before the run");
}

static void what_fits_is_planned(void **state)
{
    (void)state;
    check(onnx_node("Conv", "c", "x,w", "y"), 4, conv_w, CAMEO_OK, NULL);
    check(onnx_node("Add", "a", "x,w", "y"), 1, (int64_t[1]){8}, CAMEO_OK, NULL);
    check(onnx_node("Identity", "i", "x", "y"), 1, one, CAMEO_OK, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(unknown_operators_are_named), cmocka_unit_test(convolutions_that_do_not_fit),
                                       cmocka_unit_test(shapes_that_do_not_fit),
                                       cmocka_unit_test(branches_must_be_chosen_before_the_run), cmocka_unit_test(what_fits_is_planned)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a model declares to need is refused before it is spent, by a sentence that names the value, the limit and how to raise it; with exactly what it
 * needs as the limit, it runs. */
#include "cmocka_all.h"

#include "cameo.h"
#include "onnx_nets.h"

static cameo_error error;

enum { SIDE = 16, INPUTS = 3, OUTPUTS = 8, MATRIX = 64 };

/* Conv 3x3, 3 -> 8 channels, of one picture of 16x16. */
static pb convolution(void)
{
    pb graph = {0};
    uint32_t seed = 1;
    net_floats(&graph, "w", 4, (int64_t[]){OUTPUTS, INPUTS, 3, 3}, &seed, 0.1f, 0.0f, NULL);
    net_conv(&graph, "conv", "x,w", "y", 3, 1, 1);
    net_io(&graph, "x", 4, (int64_t[]){1, INPUTS, SIDE, SIDE}, "y", 4, (int64_t[]){1, OUTPUTS, SIDE, SIDE});
    return onnx_model(graph, 13);
}

/* Nothing but a copy in another order. */
static pb transposition(void)
{
    pb graph = {0};
    net_node(&graph, "Transpose", "x", "y");
    net_io(&graph, "x", 2, (int64_t[]){MATRIX, MATRIX}, "y", 2, (int64_t[]){MATRIX, MATRIX});
    return onnx_model(graph, 13);
}

/* The product of two constants, which is computed once, added to the input. */
static pb computed_constant(void)
{
    pb graph = {0};
    uint32_t seed = 1;
    net_floats(&graph, "a", 2, (int64_t[]){MATRIX, MATRIX}, &seed, 0.1f, 0.0f, NULL);
    net_floats(&graph, "b", 2, (int64_t[]){MATRIX, MATRIX}, &seed, 0.1f, 0.0f, NULL);
    net_node(&graph, "MatMul", "a,b", "ab");
    net_node(&graph, "Add", "x,ab", "y");
    net_io(&graph, "x", 2, (int64_t[]){MATRIX, MATRIX}, "y", 2, (int64_t[]){MATRIX, MATRIX});
    return onnx_model(graph, 13);
}

/* A small file that asks for a large constant. */
static pb large_constant(void)
{
    pb graph = {0};
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("shape", 7, 1, (int64_t[]){1}, (int64_t[]){1 << 22}, sizeof(int64_t)));
    net_node(&graph, "ConstantOfShape", "shape", "zeros");
    net_node(&graph, "ReduceSum", "zeros", "sum");
    net_node(&graph, "Add", "x,sum", "y");
    net_io(&graph, "x", 1, (int64_t[]){4}, "y", 1, (int64_t[]){4});
    return onnx_model(graph, 13);
}

static cameo_network_options defaults(void)
{
    cameo_network_options options;
    cameo_network_options_default(&options);
    return options;
}

/* Opens, plans and runs on so many threads; *plan is what it took. */
static cameo_status open_and_run(const pb *model, const cameo_network_options *options, int threads, cameo_plan_info *plan)
{
    cameo_network *network;
    cameo_runner *runner = NULL;
    error = (cameo_error){.status = CAMEO_OK};
    cameo_status status = cameo_network_open_bytes(&network, model->bytes, model->size, "limited", options, &error);
    if (status == CAMEO_OK)
        status = cameo_runner_create(&runner, network, NULL, threads, &error);
    if (status == CAMEO_OK)
        status = cameo_runner_run(runner, &error);
    if (plan && status == CAMEO_OK)
        *plan = cameo_runner_plan(runner);
    cameo_runner_free(runner);
    cameo_network_free(network);
    return status;
}

static void assert_says(const char *words)
{
    if (!strstr(error.message, words))
        fail_msg("'%s' says nothing of '%s'", error.message, words);
}

static void assert_says_number(uint64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    assert_says(text);
}

/* With the limit one below what is needed; *limit is a field of *options. */
static void refused_below(const pb *model, const cameo_network_options *options, uint64_t *limit, uint64_t needed, int threads, const char *field,
                          const char *option)
{
    *limit = needed;
    assert_int_equal(open_and_run(model, options, threads, NULL), CAMEO_OK);
    *limit = needed - 1;
    assert_int_equal(open_and_run(model, options, threads, NULL), CAMEO_ERROR_LIMIT);
    assert_int_equal(error.status, CAMEO_ERROR_LIMIT);
    assert_says_number(needed);
    assert_says_number(needed - 1);
    assert_says(field);
    assert_says(option);
    assert_says("CAMEO_LIMITS");
}

static void file_size_is_limited(void **state)
{
    (void)state;
    pb model = convolution();
    cameo_network_options options = defaults();
    refused_below(&model, &options, &options.limits.max_file_bytes, model.size, 1, "max_file_bytes", "--limit file=N");
    pb_free(&model);
}

static void nodes_are_limited(void **state)
{
    (void)state;
    pb model = computed_constant();
    cameo_network_options options = defaults();
    options.limits.max_nodes = 2;
    assert_int_equal(open_and_run(&model, &options, 1, NULL), CAMEO_OK);
    options.limits.max_nodes = 1;
    assert_int_equal(open_and_run(&model, &options, 1, NULL), CAMEO_ERROR_LIMIT);
    assert_says("more than 1 nodes");
    assert_says("max_nodes");
    assert_says("--limit nodes=N");
    pb_free(&model);
}

static void work_of_a_run_is_limited(void **state)
{
    (void)state;
    pb model = convolution();
    cameo_network_options options = defaults();
    /* The convolution, and the copies of input and output between the file's order and channels last. */
    uint64_t pixels = (uint64_t)SIDE * SIDE, work = pixels * OUTPUTS * INPUTS * 9 + 2 * pixels * (INPUTS + OUTPUTS);
    refused_below(&model, &options, &options.limits.max_macs, work, 1, "max_macs", "--limit macs=N");
    pb_free(&model);
    model = transposition();
    options = defaults();
    refused_below(&model, &options, &options.limits.max_macs, (uint64_t)2 * MATRIX * MATRIX, 1, "max_macs", "--limit macs=N");
    pb_free(&model);
}

static void work_of_computing_constants_is_limited(void **state)
{
    (void)state;
    pb model = computed_constant();
    cameo_network_options options = defaults();
    options.limits.max_macs = 64 * (uint64_t)MATRIX * MATRIX * MATRIX;
    assert_int_equal(open_and_run(&model, &options, 1, NULL), CAMEO_OK);
    options.limits.max_macs--;
    assert_int_equal(open_and_run(&model, &options, 1, NULL), CAMEO_ERROR_LIMIT);
    assert_says("MatMul");
    assert_says("computing constants takes 262144 multiply-adds, the limit is 262143");
    assert_says("--limit macs=N");
    pb_free(&model);
}

static void memory_of_a_run_is_limited(void **state)
{
    (void)state;
    pb model = convolution();
    cameo_network_options options = defaults();
    cameo_plan_info plan = {0};
    for (int threads = 1; threads <= 64; threads *= 64) {
        assert_int_equal(open_and_run(&model, &options, threads, &plan), CAMEO_OK);
        refused_below(&model, &options, &options.limits.max_memory_bytes, plan.arena_bytes, threads, "max_memory_bytes", "--limit memory=N");
        options = defaults();
    }
    /* Less than the activations alone. */
    refused_below(&model, &options, &options.limits.max_memory_bytes, plan.arena_bytes, 64, "max_memory_bytes", "--limit memory=N");
    options.limits.max_memory_bytes = plan.activation_bytes - 1;
    assert_int_equal(open_and_run(&model, &options, 1, NULL), CAMEO_ERROR_LIMIT);
    assert_says("activations");
    assert_says_number(plan.activation_bytes);
    pb_free(&model);
}

static void memory_of_weights_is_limited(void **state)
{
    (void)state;
    pb graph = {0};
    uint32_t seed = 1;
    net_floats(&graph, "w", 2, (int64_t[]){512, 512}, &seed, 0.1f, 0.0f, NULL);
    net_node(&graph, "MatMul", "x,w", "y");
    net_io(&graph, "x", 2, (int64_t[]){1, 512}, "y", 2, (int64_t[]){1, 512});
    pb model = onnx_model(graph, 13);
    cameo_network_options options = defaults();
    cameo_plan_info plan = {0};
    assert_int_equal(open_and_run(&model, &options, 1, &plan), CAMEO_OK);
    assert_true(plan.weight_bytes > plan.arena_bytes);
    refused_below(&model, &options, &options.limits.max_memory_bytes, plan.weight_bytes, 1, "max_memory_bytes", "--limit memory=N");
    pb_free(&model);
}

static void memory_of_constants_is_limited(void **state)
{
    (void)state;
    pb model = large_constant();
    cameo_network_options options = defaults();
    assert_int_equal(open_and_run(&model, &options, 1, NULL), CAMEO_OK);
    options.limits.max_memory_bytes = (uint64_t)4 << 22; /* the zeros alone */
    assert_int_equal(open_and_run(&model, &options, 1, NULL), CAMEO_ERROR_LIMIT);
    assert_says("ConstantOfShape");
    assert_says_number((uint64_t)4 << 22);
    assert_says("max_memory_bytes");
    pb_free(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_size_is_limited),
        cmocka_unit_test(nodes_are_limited),
        cmocka_unit_test(work_of_a_run_is_limited),
        cmocka_unit_test(work_of_computing_constants_is_limited),
        cmocka_unit_test(memory_of_a_run_is_limited),
        cmocka_unit_test(memory_of_weights_is_limited),
        cmocka_unit_test(memory_of_constants_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

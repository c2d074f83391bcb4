/* IResNet's block, as PyTorch exports it, against plain loops: what is fused, that fusing is exact through zero padding, and that the
 * result depends neither on threads nor on the batch. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "base/cpu.h"
#include "run/network.h"

#include <string.h>

enum { CHANNELS = 20, SIZE = 7, PIXELS = SIZE * SIZE, MOST_BATCH = 3, ELEMENTS = CHANNELS * PIXELS };

typedef struct block {
    float norm[2][4][CHANNELS]; /* gamma, beta, mean, variance */
    float weights[2][CHANNELS][CHANNELS][9], bias[2][CHANNELS], slope[CHANNELS];
} block;

static const int64_t channel_dims[1] = {CHANNELS}, weight_dims[4] = {CHANNELS, CHANNELS, 3, 3}, slope_dims[3] = {CHANNELS, 1, 1};

static void add_norm(pb *graph, const char *prefix, float values[4][CHANNELS], uint32_t *seed, bool zero_channel)
{
    static const float scale[4] = {0.3f, 0.5f, 0.5f, 0.4f}, offset[4] = {1.0f, 0.1f, 0.0f, 1.0f};
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "%s%d", prefix, i);
        for (int c = 0; c < CHANNELS; c++)
            values[i][c] = scale[i] * net_number(seed) + offset[i];
        if (zero_channel && i == 0)
            values[0][5] = 0.0f;
        pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(name, 1, 1, channel_dims, values[i], sizeof values[i]));
    }
}

/* x -> BN -> conv -> PRelu -> conv -> + x, batch "None". */
static pb build(block *b, bool zero_channel, float poison)
{
    pb graph = {0};
    uint32_t seed = 7;
    add_norm(&graph, "n", b->norm[0], &seed, zero_channel);
    for (int i = 0; i < 2; i++) {
        char weights[8], bias[8];
        snprintf(weights, sizeof weights, "w%d", i);
        snprintf(bias, sizeof bias, "b%d", i);
        for (size_t j = 0; j < sizeof b->weights[i] / sizeof(float); j++)
            (&b->weights[i][0][0][0])[j] = 0.1f * net_number(&seed);
        if (i == 1 && poison != 0.0f)
            b->weights[1][3][2][4] = poison;
        pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw(weights, 1, 4, weight_dims, b->weights[i], sizeof b->weights[i]));
        net_floats(&graph, bias, 1, channel_dims, &seed, 0.5f, 0.0f, b->bias[i]);
    }
    net_floats(&graph, "slope", 3, slope_dims, &seed, 0.2f, 0.25f, b->slope);
    net_node(&graph, "BatchNormalization", "x,n0,n1,n2,n3", "normed");
    net_conv(&graph, "first", "normed,w0,b0", "c1", 3, 1, 1);
    net_node(&graph, "PRelu", "c1,slope", "p1");
    net_conv(&graph, "second", "p1,w1,b1", "c2", 3, 1, 1);
    net_node(&graph, "Add", "c2,x", "y");
    net_io(&graph, "x", 4, (int64_t[4]){0, CHANNELS, 0, 0}, "y", 4, (int64_t[4]){0, CHANNELS, 0, 0});
    return onnx_model(graph, 11);
}

static void plain_conv(float weights[CHANNELS][CHANNELS][9], const float *bias, const float *x, float *y)
{
    for (int o = 0; o < CHANNELS; o++)
        for (int p = 0; p < PIXELS; p++) {
            double sum = (double)bias[o];
            for (int i = 0; i < CHANNELS; i++)
                for (int t = 0; t < 9; t++) {
                    int row = p / SIZE + t / 3 - 1, column = p % SIZE + t % 3 - 1;
                    if (row >= 0 && row < SIZE && column >= 0 && column < SIZE)
                        sum += (double)weights[o][i][t] * (double)x[i * PIXELS + row * SIZE + column];
                }
            y[o * PIXELS + p] = (float)sum;
        }
}

static void plain_block(block *b, const float *x, float *y)
{
    static float normed[ELEMENTS], middle[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
        int c = i / PIXELS;
        normed[i] = (x[i] - b->norm[0][2][c]) / sqrtf(b->norm[0][3][c] + 1e-5f) * b->norm[0][0][c] + b->norm[0][1][c];
    }
    plain_conv(b->weights[0], b->bias[0], normed, middle);
    for (int i = 0; i < ELEMENTS; i++)
        middle[i] = middle[i] > 0.0f ? middle[i] : b->slope[i / PIXELS] * middle[i];
    plain_conv(b->weights[1], b->bias[1], middle, y);
    for (int i = 0; i < ELEMENTS; i++)
        y[i] += x[i];
}

static cameo_network *open_block(block *b, bool zero_channel, const char *cpu)
{
    pb model = build(b, zero_channel, 0.0f);
    cameo_network *network;
    cameo_network_options options;
    cameo_error error;
    cameo_network_options_default(&options);
    options.cpu = cpu;
    if (cameo_network_open_bytes(&network, model.bytes, model.size, "block", &options, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    pb_free(&model);
    return network;
}

static cameo_runner *make_runner(const cameo_network *network, int batch, int size, int threads)
{
    cameo_runner *runner;
    cameo_error error;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{batch, CHANNELS, size, size}};
    if (cameo_runner_create(&runner, network, dims, threads, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    return runner;
}

static void fill(float *x)
{
    uint32_t seed = 99;
    for (int i = 0; i < MOST_BATCH * ELEMENTS; i++)
        x[i] = net_number(&seed);
}

static void run(const cameo_network *network, int batch, int threads, const float *x, float *y, int *layers)
{
    cameo_runner *runner = make_runner(network, batch, SIZE, threads);
    memcpy(cameo_runner_input(runner, 0, NULL), x, sizeof(float) * (size_t)batch * ELEMENTS);
    assert_int_equal(cameo_runner_run(runner, NULL), CAMEO_OK);
    memcpy(y, cameo_runner_output(runner, 0, NULL), sizeof(float) * (size_t)batch * ELEMENTS);
    *layers = 0;
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++)
        *layers += strcmp(cameo_runner_layer(runner, i).op, "Layout") != 0;
    cameo_runner_free(runner);
}

static float x[MOST_BATCH * ELEMENTS], y[MOST_BATCH * ELEMENTS], other[MOST_BATCH * ELEMENTS], wanted[ELEMENTS];

static void the_block_becomes_two_layers_and_is_exact(void **state)
{
    (void)state;
    block b;
    fill(x);
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
        cameo_network *network = open_block(&b, false, cm_cpu_tier_name((cm_cpu_tier)tier));
        int layers;
        run(network, 1, 1, x, y, &layers);
        plain_block(&b, x, wanted);
        assert_int_equal(layers, 2);
        for (int i = 0; i < ELEMENTS; i++)
            assert_true(fabsf(y[i] - wanted[i]) <= 2e-5f * fmaxf(1.0f, fabsf(wanted[i])));
        cameo_network_free(network);
    }
}

static void a_channel_without_scale_is_not_folded(void **state)
{
    (void)state;
    block b;
    cameo_network *network = open_block(&b, true, NULL);
    int layers;
    fill(x);
    run(network, 1, 1, x, y, &layers);
    plain_block(&b, x, wanted);
    assert_int_equal(layers, 3);
    for (int i = 0; i < ELEMENTS; i++)
        assert_true(fabsf(y[i] - wanted[i]) <= 2e-5f * fmaxf(1.0f, fabsf(wanted[i])));
    cameo_network_free(network);
}

static void threads_and_batch_change_no_bit(void **state)
{
    (void)state;
    block b;
    cameo_network *network = open_block(&b, false, NULL);
    int layers;
    fill(x);
    run(network, MOST_BATCH, 1, x, y, &layers);
    static const int threads[] = {2, 7};
    for (int t = 0; t < 2; t++) {
        run(network, MOST_BATCH, threads[t], x, other, &layers);
        assert_memory_equal(y, other, sizeof y);
    }
    for (int i = 0; i < MOST_BATCH; i++) {
        run(network, 1, 2, x + i * ELEMENTS, other, &layers);
        assert_memory_equal(y + i * ELEMENTS, other, sizeof(float) * ELEMENTS);
    }
    cameo_network_free(network);
}

/* Packed weights belong to a layer and an algorithm: sizes that choose the same one share them, others add theirs. */
static void sizes_share_packed_weights(void **state)
{
    (void)state;
    static const cm_algorithm two = {.winograd = 2, .half = true, .kept = true}, four = {.winograd = 4, .half = true, .kept = true};
    static const cm_algorithm fresh_two = {.winograd = 2, .half = true}, fresh_four = {.winograd = 4, .half = true};
    block b;
    cameo_network *network = open_block(&b, false, NULL);
    network->forced = &two;
    cameo_runner *small = make_runner(network, 1, SIZE, 1);
    uint64_t bytes = cameo_runner_plan(small).weight_bytes;
    cameo_runner *large = make_runner(network, 1, 40, 1);
    assert_true(bytes > 0);
    assert_int_equal(cameo_runner_plan(large).weight_bytes, bytes);
    assert_true(cameo_runner_plan(large).arena_bytes > cameo_runner_plan(small).arena_bytes);
    assert_int_equal(cameo_runner_plan(small).macs, 2ull * 9 * CHANNELS * CHANNELS * PIXELS);
    network->forced = &four;
    cameo_runner *otherwise = make_runner(network, 1, 40, 1);
    uint64_t both = cameo_runner_plan(otherwise).weight_bytes;
    assert_true(both > 2 * bytes);
    network->forced = &fresh_two; /* filters that are not kept transformed are the same for tiles of any size */
    cameo_runner *filters = make_runner(network, 1, SIZE, 1);
    uint64_t all = cameo_runner_plan(filters).weight_bytes;
    assert_true(all > both);
    network->forced = &fresh_four;
    cameo_runner *shared = make_runner(network, 1, 40, 1);
    assert_int_equal(cameo_runner_plan(shared).weight_bytes, all);
    cameo_runner_free(filters);
    cameo_runner_free(shared);
    cameo_runner_free(small);
    cameo_runner_free(large);
    cameo_runner_free(otherwise);
    cameo_network_free(network);
}

static void weights_that_are_no_numbers_are_refused(void **state)
{
    (void)state;
    static const float poisons[] = {NAN, INFINITY};
    for (int i = 0; i < 2; i++) {
        block b;
        pb model = build(&b, false, poisons[i]);
        cameo_network *network;
        cameo_runner *runner;
        cameo_error error;
        const int64_t dims[1][CAMEO_MAX_RANK] = {{1, CHANNELS, SIZE, SIZE}};
        assert_int_equal(cameo_network_open_bytes(&network, model.bytes, model.size, "block", NULL, &error), CAMEO_OK);
        assert_int_equal(cameo_runner_create(&runner, network, dims, 1, &error), CAMEO_ERROR_FORMAT);
        assert_null(runner);
        assert_non_null(strstr(error.message, "second"));
        assert_non_null(strstr(error.message, "channel 3"));
        cameo_network_free(network);
        pb_free(&model);
    }
}

static void limits_and_shapes_are_checked(void **state)
{
    (void)state;
    block b;
    pb model = build(&b, false, 0.0f);
    cameo_network *network;
    cameo_runner *runner;
    cameo_error error;
    cameo_network_options options;
    cameo_network_options_default(&options);
    options.limits.max_macs = 1000000;
    assert_int_equal(cameo_network_open_bytes(&network, model.bytes, model.size, "block", &options, &error), CAMEO_OK);
    static const struct {
        int64_t dims[1][CAMEO_MAX_RANK];
        cameo_status status;
    } cases[] = {{{{1, CHANNELS, SIZE, SIZE}}, CAMEO_OK},
                 {{{1, CHANNELS, 100, 100}}, CAMEO_ERROR_LIMIT},
                 {{{1, CHANNELS + 1, SIZE, SIZE}}, CAMEO_ERROR_MISMATCH},
                 {{{0, CHANNELS, SIZE, SIZE}}, CAMEO_ERROR_MISMATCH},
                 {{{1, CHANNELS, INT64_MAX / 4, 2}}, CAMEO_ERROR_LIMIT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(cameo_runner_create(&runner, network, cases[i].dims, 1, &error), cases[i].status);
        cameo_runner_free(runner);
    }
    assert_int_equal(cameo_runner_create(&runner, network, NULL, 1, &error), CAMEO_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "open"));
    cameo_network_free(network);
    pb_free(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_block_becomes_two_layers_and_is_exact), cmocka_unit_test(a_channel_without_scale_is_not_folded),
        cmocka_unit_test(threads_and_batch_change_no_bit),           cmocka_unit_test(sizes_share_packed_weights),
        cmocka_unit_test(weights_that_are_no_numbers_are_refused),   cmocka_unit_test(limits_and_shapes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

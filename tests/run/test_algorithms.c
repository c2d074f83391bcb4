/* labels: threads */
#define _XOPEN_SOURCE 700 /* nftw */
/* Which way convolutions are computed: the measured tables, the choice, and every way against plain loops in double precision. */
#include "cmocka_all.h"

#include "onnx_nets.h"
#include "scratch.h"

#include "base/cpu.h"
#include "run/network.h"

#include <string.h>

static const cm_algorithm ways[] = {{0, false, false}, {0, true, false}, {2, false, false}, {2, true, false},
                                    {2, true, true},   {4, false, false}, {4, true, false},  {4, true, true}};
enum { WAYS = sizeof ways / sizeof ways[0], BATCH = 3 };

/* ---- The tables ---- */

static void check_algorithm(const cm_algorithm_row *row, cm_algorithm a, bool compact)
{
    double bytes = cm_algorithm_bytes(a, row->inputs, row->outputs);
    int edge = a.winograd ? a.winograd + 2 : 3;
    double floats = 4.0 * edge * edge * row->inputs * row->outputs; /* as they are multiplied */
    double least = cm_algorithm_bytes((cm_algorithm){.half = true}, row->inputs, row->outputs);
    assert_true(a.winograd == 0 || a.winograd == 2 || a.winograd == 4);
    assert_true(!a.kept || (a.winograd && a.half));
    if (a.half)
        assert_true(floats >= (compact ? 1e6 : 1.5e6)); /* small networks keep their exact weights */
    if (compact)
        assert_true(bytes <= 1e6 || bytes <= least);
}

static void tables_are_well_formed(void **state)
{
    (void)state;
    for (int i = 1; i < CM_ALGORITHM_SIZES; i++)
        assert_true(cm_algorithm_sizes[i] > cm_algorithm_sizes[i - 1]);
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
        int count;
        const cm_algorithm_row *rows = cm_algorithm_rows((cm_cpu_tier)tier, &count);
        assert_true(count > 1);
        for (int i = 0; i < count; i++) {
            assert_true(rows[i].inputs > 0 && rows[i].outputs > 0 && (rows[i].stride == 1 || rows[i].stride == 2));
            for (int j = 0; j < i; j++)
                assert_false(rows[i].stride == rows[j].stride && rows[i].inputs == rows[j].inputs && rows[i].outputs == rows[j].outputs);
            for (int size = 0; size < CM_ALGORITHM_SIZES; size++) {
                check_algorithm(&rows[i], rows[i].fast[size], false);
                check_algorithm(&rows[i], rows[i].compact[size], true);
            }
        }
    }
}

/* ---- The choice ---- */

typedef struct shape {
    int inputs, outputs, kernel, stride, groups, size;
} shape;

static cm_algorithm choice_of(shape s, const cm_policy *policy)
{
    cm_value x = {.rank = 4, .dims = {1, s.inputs, s.size, s.size}}, y = {.rank = 4, .dims = {1, s.outputs, s.size / s.stride, s.size / s.stride}};
    cm_value w = {.rank = 4,
                  .dims = {s.outputs, s.inputs / s.groups, s.kernel, s.kernel},
                  .elements = (int64_t)s.outputs * (s.inputs / s.groups) * s.kernel * s.kernel};
    cm_value *inputs[1] = {&x};
    cm_op op = {.kind = CM_OP_CONV, .inputs = inputs, .input_count = 1, .output = &y};
    op.u.conv = (cm_conv){.kernel = {s.kernel, s.kernel}, .stride = {s.stride, s.stride}, .dilation = {1, 1}, .groups = s.groups, .weights.value = &w};
    return cm_algorithm_choose(&op, policy);
}

static bool same(cm_algorithm a, cm_algorithm b)
{
    return a.winograd == b.winograd && a.half == b.half && a.kept == b.kept;
}

static void measured_shapes_get_what_was_measured(void **state)
{
    (void)state;
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
        int count;
        const cm_algorithm_row *rows = cm_algorithm_rows((cm_cpu_tier)tier, &count);
        for (int i = 0; i < count; i++)
            for (int size = 0; size < CM_ALGORITHM_SIZES; size++) {
                shape s = {rows[i].inputs, rows[i].outputs, 3, rows[i].stride, 1, cm_algorithm_sizes[size] * rows[i].stride};
                cm_policy fast = {.tier = (cm_cpu_tier)tier}, compact = {.tier = (cm_cpu_tier)tier, .compact = true};
                assert_true(same(choice_of(s, &fast), rows[i].fast[size]));
                assert_true(same(choice_of(s, &compact), rows[i].compact[size]));
            }
    }
}

static void what_cannot_be_is_not_chosen(void **state)
{
    (void)state;
    static const shape others[] = {{64, 64, 1, 1, 1, 28}, {64, 64, 3, 3, 1, 28}, {64, 64, 3, 1, 2, 28}, {64, 64, 5, 1, 1, 28}};
    for (int way = 0; way < WAYS; way++) {
        cm_policy forced = {.forced = &ways[way]};
        assert_true(same(choice_of((shape){64, 64, 3, 1, 1, 28}, &forced), ways[way]));
        assert_true(same(choice_of((shape){64, 64, 3, 2, 1, 28}, &forced), ways[way]));
        assert_true(same(choice_of((shape){64, 64, 3, 1, 64, 28}, &forced), ways[0])); /* depthwise */
        for (int i = 0; i < 4; i++) {
            cm_algorithm chosen = choice_of(others[i], &forced);
            assert_true(chosen.winograd == 0 && chosen.half == ways[way].half);
        }
    }
    cm_policy fast = {.tier = CM_CPU_AVX512}, compact = {.tier = CM_CPU_AVX512, .compact = true};
    shape strided = {512, 512, 3, 3, 1, 21}, single = {512, 512, 3, 3, 1, 3};
    assert_true(same(choice_of(strided, &fast), ways[0]));
    assert_true(same(choice_of(strided, &compact), ways[1]));
    assert_true(same(choice_of(single, &fast), ways[1]));
}

/* ---- Networks of one convolution ---- */

typedef struct conv_case {
    int inputs, outputs, height, width, pads[4], stride;
} conv_case;

static const conv_case cases[] = {
    {3, 5, 7, 9, {1, 1, 1, 1}, 1},    {20, 70, 13, 6, {1, 0, 0, 1}, 1},   {16, 16, 4, 4, {2, 2, 2, 2}, 1},   {33, 8, 3, 11, {0, 2, 1, 0}, 1},
    {12, 24, 25, 17, {1, 1, 1, 1}, 1}, {64, 2, 10, 10, {1, 1, 1, 1}, 1},  {40, 130, 14, 14, {1, 1, 1, 1}, 1}, {3, 5, 7, 9, {1, 1, 1, 1}, 2},
    {20, 70, 13, 6, {1, 0, 0, 1}, 2}, {33, 8, 23, 11, {0, 2, 1, 0}, 2},   {12, 24, 25, 17, {1, 1, 1, 1}, 2}, {40, 130, 28, 28, {1, 1, 1, 1}, 2},
    {200, 72, 6, 20, {1, 1, 1, 1}, 2}, {200, 72, 3, 9, {1, 1, 1, 1}, 1},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static int out_height(const conv_case *c)
{
    return (c->height + c->pads[0] + c->pads[2] - 3) / c->stride + 1;
}

static int out_width(const conv_case *c)
{
    return (c->width + c->pads[1] + c->pads[3] - 3) / c->stride + 1;
}

typedef struct conv_data {
    float *weights, *bias, *norm[4]; /* norm: gamma, beta, mean, variance */
    float *x;                        /* [BATCH, inputs, height, width] */
    double *wanted;                  /* [BATCH, outputs, out_height, out_width] */
    size_t in_size, out_size;        /* of one picture */
    pb model;
} conv_data;

static float *take(size_t count)
{
    float *floats = calloc(count, sizeof *floats);
    assert_non_null(floats);
    return floats;
}

/* x -> BatchNormalization -> convolution with padding: folded, padding is no longer zero. */
static void build(const conv_case *c, conv_data *d)
{
    static const float scale[4] = {0.3f, 0.5f, 0.5f, 0.4f}, offset[4] = {1.0f, 0.4f, 0.0f, 1.0f};
    pb graph = {0};
    uint32_t seed = 3;
    const int64_t channels[1] = {c->inputs}, outputs[1] = {c->outputs};
    d->weights = take((size_t)c->outputs * (size_t)c->inputs * 9);
    d->bias = take((size_t)c->outputs);
    for (int i = 0; i < 4; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        d->norm[i] = take((size_t)c->inputs);
        net_floats(&graph, name, 1, channels, &seed, scale[i], offset[i], d->norm[i]);
    }
    net_floats(&graph, "w", 4, (int64_t[4]){c->outputs, c->inputs, 3, 3}, &seed, 0.2f, 0.0f, d->weights);
    net_floats(&graph, "b", 1, outputs, &seed, 0.5f, 0.0f, d->bias);
    net_node(&graph, "BatchNormalization", "x,n0,n1,n2,n3", "normed");
    pb conv = onnx_node("Conv", "conv", "normed,w,b", "y");
    onnx_attribute_is(&conv, "pads", 4, (int64_t[4]){c->pads[0], c->pads[1], c->pads[2], c->pads[3]});
    onnx_attribute_is(&conv, "strides", 2, (int64_t[2]){c->stride, c->stride});
    pb_message(&graph, ONNX_NODE, conv);
    net_io(&graph, "x", 4, (int64_t[4]){0, c->inputs, c->height, c->width}, "y", 4, (int64_t[4]){0, c->outputs, out_height(c), out_width(c)});
    d->model = onnx_model(graph, 11);
    d->in_size = (size_t)c->inputs * (size_t)c->height * (size_t)c->width;
    d->out_size = (size_t)c->outputs * (size_t)out_height(c) * (size_t)out_width(c);
    d->x = take(BATCH * d->in_size);
    for (size_t i = 0; i < BATCH * d->in_size; i++)
        d->x[i] = net_number(&seed);
}

static double plain_pixel(const conv_case *c, const conv_data *d, const float *x, int output, int row, int column)
{
    double sum = (double)d->bias[output];
    for (int i = 0; i < c->inputs; i++) {
        double scale = (double)d->norm[0][i] / sqrt((double)d->norm[3][i] + 1e-5), shift = (double)d->norm[1][i] - (double)d->norm[2][i] * scale;
        for (int t = 0; t < 9; t++) {
            int at_row = row * c->stride + t / 3 - c->pads[0], at_column = column * c->stride + t % 3 - c->pads[1];
            if (at_row >= 0 && at_row < c->height && at_column >= 0 && at_column < c->width)
                sum += (double)d->weights[(output * c->inputs + i) * 9 + t] *
                       ((double)x[(i * c->height + at_row) * c->width + at_column] * scale + shift);
        }
    }
    return sum;
}

static void compute_plain(const conv_case *c, conv_data *d)
{
    double *at = d->wanted = calloc(BATCH * d->out_size, sizeof *d->wanted);
    assert_non_null(at);
    for (int b = 0; b < BATCH; b++)
        for (int o = 0; o < c->outputs; o++)
            for (int row = 0; row < out_height(c); row++)
                for (int column = 0; column < out_width(c); column++)
                    *at++ = plain_pixel(c, d, d->x + (size_t)b * d->in_size, o, row, column);
}

static void free_data(conv_data *d)
{
    for (int i = 0; i < 4; i++)
        free(d->norm[i]);
    free(d->weights);
    free(d->bias);
    free(d->x);
    free(d->wanted);
    pb_free(&d->model);
}

static cameo_network *open_model(const pb *model, const char *cpu, cameo_memory memory)
{
    cameo_network_options options;
    cameo_network *network;
    cameo_error error;
    cameo_network_options_default(&options);
    options.cpu = cpu;
    options.memory = memory;
    if (cameo_network_open_bytes(&network, model->bytes, model->size, "conv", &options, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    return network;
}

/* The layer that convolves. */
static cameo_layer_info conv_layer(const cameo_runner *runner)
{
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++)
        if (cameo_runner_layer(runner, i).macs)
            return cameo_runner_layer(runner, i);
    fail_msg("no convolution");
    return (cameo_layer_info){0};
}

static cameo_runner *plan_conv(const cameo_network *network, const conv_case *c, int batch, int threads)
{
    const int64_t dims[1][CAMEO_MAX_RANK] = {{batch, c->inputs, c->height, c->width}};
    cameo_runner *runner;
    cameo_error error;
    if (cameo_runner_create(&runner, network, dims, threads, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    return runner;
}

static void run_conv(const cameo_network *network, const conv_case *c, const conv_data *d, int first, int batch, int threads, float *y)
{
    cameo_runner *runner = plan_conv(network, c, batch, threads);
    memcpy(cameo_runner_input(runner, 0, NULL), d->x + (size_t)first * d->in_size, (size_t)batch * d->in_size * sizeof(float));
    assert_int_equal(cameo_runner_run(runner, NULL), CAMEO_OK);
    memcpy(y, cameo_runner_output(runner, 0, NULL), (size_t)batch * d->out_size * sizeof(float));
    cameo_runner_free(runner);
}

/* The largest difference, as a part of the largest value. */
static double difference(const conv_data *d, const float *y)
{
    double worst = 0.0, largest = 0.0;
    for (size_t i = 0; i < BATCH * d->out_size; i++) {
        worst = fmax(worst, isnan(y[i]) ? INFINITY : fabs((double)y[i] - d->wanted[i]));
        largest = fmax(largest, fabs(d->wanted[i]));
    }
    return worst / largest;
}

static void check_bits(const cameo_network *network, const conv_case *c, const conv_data *d, const float *y)
{
    static const int threads[] = {2, 5};
    float *other = take(BATCH * d->out_size);
    for (int t = 0; t < 2; t++) {
        run_conv(network, c, d, 0, BATCH, threads[t], other);
        assert_memory_equal(y, other, BATCH * d->out_size * sizeof *y);
        for (int b = 0; b < BATCH; b++) {
            run_conv(network, c, d, b, 1, threads[t], other);
            assert_memory_equal(y + (size_t)b * d->out_size, other, d->out_size * sizeof *y);
        }
    }
    free(other);
}

/* y: room for [BATCH, outputs, ...]; worst: [WAYS], raised to the differences found. */
static void check_tier(const conv_case *c, const conv_data *d, const char *tier, float *y, double *worst)
{
    for (int way = 0; way < WAYS; way++) {
        cameo_network *network = open_model(&d->model, tier, CAMEO_MEMORY_FAST);
        network->forced = &ways[way];
        run_conv(network, c, d, 0, BATCH, 1, y);
        worst[way] = fmax(worst[way], difference(d, y));
        check_bits(network, c, d, y);
        cameo_network_free(network);
    }
}

static void every_way_computes_the_convolution(void **state)
{
    (void)state;
    /* Half floats are 2^-11 off at most; the transforms of larger tiles carry more of that into an output. */
    static const double tolerance[WAYS] = {2e-6, 7e-4, 2e-6, 7e-4, 1.2e-3, 4e-6, 7e-4, 5e-3};
    double worst[WAYS] = {0};
    for (int i = 0; i < CASES; i++) {
        conv_data d = {0};
        build(&cases[i], &d);
        compute_plain(&cases[i], &d);
        float *y = take(BATCH * d.out_size);
        for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++)
            if ((int)cm_cpu_detect(cm_cpu_tier_name((cm_cpu_tier)tier)) == tier)
                check_tier(&cases[i], &d, cm_cpu_tier_name((cm_cpu_tier)tier), y, worst);
        free(y);
        free_data(&d);
    }
    for (int way = 0; way < WAYS; way++)
        printf("%s: largest difference %.2g of the largest value\n", cm_algorithm_text(ways[way]), worst[way]);
    for (int way = 0; way < WAYS; way++)
        assert_true(worst[way] <= tolerance[way]);
}

/* Products along one side: whole tiles of m outputs take m + 2, what is left over half of that or a whole one. */
static uint64_t positions(int outputs, int m)
{
    int left = outputs % m;
    return (uint64_t)(outputs / m * (m + 2) + (left == 0 ? 0 : left <= m / 2 ? m / 2 + 2 : m + 2));
}

static void a_layer_says_how_it_is_computed(void **state)
{
    (void)state;
    const conv_case *c = &cases[4];
    conv_data d = {0};
    build(c, &d);
    const uint64_t pixels = (uint64_t)out_height(c) * (uint64_t)out_width(c), pairs = (uint64_t)c->inputs * (uint64_t)c->outputs;
    for (int way = 0; way < WAYS; way++) {
        cameo_network *network = open_model(&d.model, NULL, CAMEO_MEMORY_FAST);
        network->forced = &ways[way];
        cameo_runner *runner = plan_conv(network, c, 2, 1);
        cameo_layer_info layer = conv_layer(runner);
        uint64_t m = (uint64_t)ways[way].winograd, down = m ? positions(out_height(c), (int)m) : 0, across = m ? positions(out_width(c), (int)m) : 0;
        assert_string_equal(layer.algorithm, cm_algorithm_text(ways[way]));
        assert_int_equal(layer.macs, 2 * 9 * pixels * pairs);
        assert_int_equal(layer.products, m ? 2 * down * across * pairs : layer.macs);
        assert_true((double)layer.weight_bytes >= cm_algorithm_bytes(ways[way], c->inputs, c->outputs));
        assert_int_equal(layer.activation_bytes, 2 * 4 * (d.in_size + d.out_size));
        cameo_runner_free(runner);
        cameo_network_free(network);
    }
    free_data(&d);
}

/* Whatever the tables say: neither batch nor threads may count. */
static void the_choice_is_the_same_for_every_batch(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        conv_data d = {0};
        build(&cases[i], &d);
        cameo_network *network = open_model(&d.model, NULL, CAMEO_MEMORY_FAST);
        cameo_runner *one = plan_conv(network, &cases[i], 1, 1), *many = plan_conv(network, &cases[i], 40, 4);
        assert_string_equal(conv_layer(one).algorithm, conv_layer(many).algorithm);
        assert_string_equal(conv_layer(one).kernel, conv_layer(many).kernel);
        assert_int_equal(cameo_runner_plan(one).weight_bytes, cameo_runner_plan(many).weight_bytes);
        cameo_runner_free(one);
        cameo_runner_free(many);
        cameo_network_free(network);
        free_data(&d);
    }
}

/* ---- Options ---- */

static void compact_networks_are_small_and_compute_the_same(void **state)
{
    (void)state;
    const conv_case c = {256, 256, 14, 14, {1, 1, 1, 1}, 1};
    conv_data d = {0};
    build(&c, &d);
    compute_plain(&c, &d);
    char folder[256], path[300];
    scratch_make(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/conv.onnx", folder);
    scratch_write(path, d.model.bytes, d.model.size);
    uint64_t bytes[2];
    float *y = take(BATCH * d.out_size), *again = take(BATCH * d.out_size);
    for (int memory = CAMEO_MEMORY_FAST; memory <= CAMEO_MEMORY_COMPACT; memory++) {
        cameo_network_options options;
        cameo_network_options_default(&options);
        options.memory = (cameo_memory)memory;
        cameo_network *network;
        assert_int_equal(cameo_network_open(&network, path, &options, NULL), CAMEO_OK);
        run_conv(network, &c, &d, 0, BATCH, 2, y);
        run_conv(network, &c, &d, 0, BATCH, 1, again); /* plans from pages that were given back */
        assert_memory_equal(y, again, BATCH * d.out_size * sizeof *y);
        assert_true(difference(&d, y) <= 5e-3);
        cameo_runner *runner = plan_conv(network, &c, 1, 1);
        bytes[memory] = cameo_runner_plan(runner).weight_bytes;
        cameo_runner_free(runner);
        cameo_network_free(network);
    }
    scratch_remove(folder);
    assert_true(2 * bytes[CAMEO_MEMORY_COMPACT] <= bytes[CAMEO_MEMORY_FAST]);
    free(y);
    free(again);
    free_data(&d);
}

static void unknown_options_are_refused(void **state)
{
    (void)state;
    cameo_network_options options;
    cameo_network *network;
    cameo_error error;
    conv_data d = {0};
    build(&cases[0], &d);
    cameo_network_options_default(&options);
    options.memory = (cameo_memory)2;
    assert_int_equal(cameo_network_open_bytes(&network, d.model.bytes, d.model.size, "conv", &options, &error), CAMEO_ERROR_ARGUMENT);
    assert_null(network);
    options.memory = CAMEO_MEMORY_FAST;
    options.precision = (cameo_precision)-1;
    assert_int_equal(cameo_network_open_bytes(&network, d.model.bytes, d.model.size, "conv", &options, &error), CAMEO_ERROR_ARGUMENT);
    free_data(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_are_well_formed),
                                       cmocka_unit_test(measured_shapes_get_what_was_measured),
                                       cmocka_unit_test(what_cannot_be_is_not_chosen),
                                       cmocka_unit_test(every_way_computes_the_convolution),
                                       cmocka_unit_test(a_layer_says_how_it_is_computed),
                                       cmocka_unit_test(the_choice_is_the_same_for_every_batch),
                                       cmocka_unit_test(compact_networks_are_small_and_compute_the_same),
                                       cmocka_unit_test(unknown_options_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* labels: threads */
/* Layers that run together, band by band: the same bits as one after the other and the right ones, for chains of all kinds of convolutions, any size,
 * batch and number of threads; what must stay apart stays apart; what is said of chained layers. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "run/network.h"

#include <string.h>

enum { INPUTS = 3, MOST_LAYERS = 8, MOST_BATCH = 3 };

typedef struct layer {
    int inputs, outputs, groups;
    int kernel[2], stride[2], dilation[2], pads[4];
    bool relu, residual; /* the input of the layer two before is added */
    float *weights, *bias;
} layer;

typedef struct net {
    layer layers[MOST_LAYERS];
    int count;
    pb model;
} net;

static int pick(uint32_t *seed, int low, int high)
{
    *seed = *seed * 1664525u + 1013904223u;
    return low + (int)((*seed >> 8) % (uint32_t)(high - low + 1));
}

/* Padding is at least what keeps an output of every size from vanishing, on either side or both. */
static void pick_axis(layer *l, int axis, uint32_t *seed)
{
    static const int kernels[5] = {1, 2, 3, 3, 5};
    l->kernel[axis] = kernels[pick(seed, 0, 4)];
    l->stride[axis] = pick(seed, 1, 3);
    l->dilation[axis] = pick(seed, 1, 2);
    int reach = (l->kernel[axis] - 1) * l->dilation[axis];
    l->pads[axis] = pick(seed, 0, reach);
    l->pads[axis + 2] = reach - l->pads[axis] + pick(seed, 0, 1);
}

static void pick_layer(layer *l, int inputs, uint32_t *seed)
{
    *l = (layer){.inputs = inputs, .outputs = pick(seed, 1, 20), .groups = 1, .kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}};
    l->relu = pick(seed, 0, 1);
    int kind = pick(seed, 0, 3);
    if (kind >= 2) {
        pick_axis(l, 0, seed);
        pick_axis(l, 1, seed);
    }
    if (kind == 1) { /* the depthwise convolution of mobile networks */
        l->stride[0] = l->stride[1] = pick(seed, 1, 2);
        for (int i = 0; i < 4; i++) {
            l->kernel[i % 2] = 3;
            l->pads[i] = 1;
        }
    }
    if (kind == 1 || (kind == 3 && inputs % 2 == 0)) {
        l->groups = kind == 1 || pick(seed, 0, 1) ? inputs : inputs / 2;
        l->outputs = inputs;
    }
}

static void add_layer(pb *graph, net *n, int index, uint32_t *seed)
{
    layer *l = &n->layers[index];
    int inputs = l->inputs / l->groups, taps = l->kernel[0] * l->kernel[1];
    char weights[16], bias[16], names[48], sum[16], output[16];
    snprintf(weights, sizeof weights, "w%d", index);
    snprintf(bias, sizeof bias, "b%d", index);
    snprintf(names, sizeof names, "x%d,w%d,b%d", index, index, index);
    snprintf(output, sizeof output, "x%d", index + 1);
    snprintf(sum, sizeof sum, "s%d", index);
    l->weights = calloc((size_t)(l->outputs * inputs * taps), sizeof(float));
    l->bias = calloc((size_t)l->outputs, sizeof(float));
    assert_true(l->weights && l->bias);
    net_floats(graph, weights, 4, (int64_t[4]){l->outputs, inputs, l->kernel[0], l->kernel[1]}, seed, 0.3f, 0.0f, l->weights);
    net_floats(graph, bias, 1, (int64_t[1]){l->outputs}, seed, 0.5f, 0.1f, l->bias);
    pb conv = onnx_node("Conv", sum, names, l->relu || l->residual ? sum : output);
    onnx_attribute_is(&conv, "strides", 2, (int64_t[2]){l->stride[0], l->stride[1]});
    onnx_attribute_is(&conv, "dilations", 2, (int64_t[2]){l->dilation[0], l->dilation[1]});
    onnx_attribute_is(&conv, "pads", 4, (int64_t[4]){l->pads[0], l->pads[1], l->pads[2], l->pads[3]});
    onnx_attribute_i(&conv, "group", l->groups);
    pb_message(graph, ONNX_NODE, conv);
    if (l->residual) {
        snprintf(names, sizeof names, "s%d,x%d", index, index - 2);
        net_node(graph, "Add", names, output);
    } else if (l->relu) {
        net_node(graph, "Relu", sum, output);
    }
}

/* Some layers of any kind, then a block as MobileFaceNet has it: to more channels, depthwise, back, and the sum with what went in. */
static void make_net(net *n, uint32_t seed)
{
    pb graph = {0};
    *n = (net){.count = pick(&seed, 4, MOST_LAYERS)};
    for (int i = 0, inputs = INPUTS; i < n->count; i++) {
        layer *l = &n->layers[i];
        pick_layer(l, inputs, &seed);
        if (i >= n->count - 3)
            *l = (layer){.inputs = inputs, .outputs = inputs + 17, .groups = 1, .kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .relu = true};
        if (i == n->count - 2)
            *l = (layer){.inputs = inputs, .outputs = inputs, .groups = inputs, .kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1},
                         .pads = {1, 1, 1, 1}, .relu = true};
        if (i == n->count - 1) {
            l->outputs = inputs - 17;
            l->relu = false;
            l->residual = true;
        }
        inputs = l->outputs;
        add_layer(&graph, n, i, &seed);
    }
    char last[16];
    snprintf(last, sizeof last, "x%d", n->count);
    net_io(&graph, "x0", 4, (int64_t[4]){0, INPUTS, 0, 0}, last, 4, (int64_t[4]){0, n->layers[n->count - 1].outputs, 0, 0});
    n->model = onnx_model(graph, 11);
}

static void free_net(net *n)
{
    for (int i = 0; i < n->count; i++) {
        free(n->layers[i].weights);
        free(n->layers[i].bias);
    }
    pb_free(&n->model);
}

/* ---- Plain loops ---- */

/* A picture [channels, height, width] between two layers; the error that single precision may have made so far is bounded by the largest sum of
 * magnitudes. */
typedef struct picture {
    int channels, height, width;
    double *values;
} picture;

static int out_size(int size, const layer *l, int axis)
{
    return (size + l->pads[axis] + l->pads[axis + 2] - (l->kernel[axis] - 1) * l->dilation[axis] - 1) / l->stride[axis] + 1;
}

static double plain_pixel(const layer *l, const picture *x, int output, int row, int column)
{
    int inputs = l->inputs / l->groups, taps = l->kernel[0] * l->kernel[1], first = output / (l->outputs / l->groups) * inputs;
    double sum = (double)l->bias[output];
    for (int tap = 0; tap < taps; tap++) {
        int at_row = row * l->stride[0] - l->pads[0] + tap / l->kernel[1] * l->dilation[0];
        int at_column = column * l->stride[1] - l->pads[1] + tap % l->kernel[1] * l->dilation[1];
        if (at_row < 0 || at_row >= x->height || at_column < 0 || at_column >= x->width)
            continue;
        for (int i = 0; i < inputs; i++)
            sum += (double)l->weights[(output * inputs + i) * taps + tap] *
                   x->values[((first + i) * x->height + at_row) * x->width + at_column];
    }
    return l->relu && sum < 0.0 ? 0.0 : sum;
}

/* y = the layer of x, with `added` where it has a residual. */
static picture plain_layer(const layer *l, const picture *x, const picture *added)
{
    picture y = {l->outputs, out_size(x->height, l, 0), out_size(x->width, l, 1), NULL};
    int pixels = y.height * y.width;
    y.values = calloc((size_t)(y.channels * pixels), sizeof *y.values);
    assert_non_null(y.values);
    for (int i = 0; i < y.channels * pixels; i++)
        y.values[i] = plain_pixel(l, x, i / pixels, i % pixels / y.width, i % y.width) + (l->residual ? added->values[i] : 0.0);
    return y;
}

static void compare_plain(const net *n, const float *x, int height, int width, const float *y)
{
    picture pictures[MOST_LAYERS + 1] = {{INPUTS, height, width, calloc((size_t)(INPUTS * height * width), sizeof(double))}};
    assert_non_null(pictures[0].values);
    for (int i = 0; i < INPUTS * height * width; i++)
        pictures[0].values[i] = (double)x[i];
    for (int i = 0; i < n->count; i++)
        pictures[i + 1] = plain_layer(&n->layers[i], &pictures[i], i >= 2 ? &pictures[i - 2] : NULL);
    const picture *last = &pictures[n->count];
    double largest = 0.0;
    for (int i = 0; i < last->channels * last->height * last->width; i++)
        largest = fmax(largest, fabs(last->values[i]));
    for (int i = 0; i < last->channels * last->height * last->width; i++)
        if (fabs((double)y[i] - last->values[i]) > 2e-5 * (1.0 + largest))
            fail_msg("%dx%d: output %d is %g, %g is right", height, width, i, (double)y[i], last->values[i]);
    for (int i = 0; i <= n->count; i++)
        free(pictures[i].values);
}

/* ---- Runs ---- */

static cameo_network *open_net(const pb *model, size_t chain_bytes)
{
    cameo_network *network;
    cameo_error error;
    if (cameo_network_open_bytes(&network, model->bytes, model->size, "chains", NULL, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    network->chain_bytes = chain_bytes;
    return network;
}

static cameo_runner *make_runner(const cameo_network *network, int batch, int height, int width, int threads)
{
    cameo_runner *runner;
    cameo_error error;
    if (cameo_runner_create(&runner, network, (const int64_t[1][CAMEO_MAX_RANK]){{batch, INPUTS, height, width}}, threads, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    return runner;
}

/* Runs twice, so that what the first run left anywhere is met by the second. */
static const float *run(cameo_runner *runner, const float *x, size_t *count)
{
    cameo_tensor_info in, out;
    float *input = cameo_runner_input(runner, 0, &in);
    memcpy(input, x, sizeof(float) * (size_t)(in.dims[0] * in.dims[1] * in.dims[2] * in.dims[3]));
    assert_int_equal(cameo_runner_run(runner, NULL), CAMEO_OK);
    assert_int_equal(cameo_runner_run(runner, NULL), CAMEO_OK);
    const float *output = cameo_runner_output(runner, 0, &out);
    *count = (size_t)(out.dims[0] * out.dims[1] * out.dims[2] * out.dims[3]);
    return output;
}

static int banded_layers(const cameo_runner *runner)
{
    int count = 0;
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++)
        count += strstr(cameo_runner_layer(runner, i).algorithm, "banded") != NULL;
    return count;
}

/* One size and batch: chained runs on several threads against one without chains. Returns how many layers were in chains. */
static int check_size(const cameo_network *alone, const cameo_network *chained, const float *x, int batch, int height, int width, const net *n)
{
    static const int threads[3] = {1, 2, 7};
    cameo_runner *runner = make_runner(alone, batch, height, width, 2), *other;
    size_t count, other_count;
    int banded = 0;
    const float *wanted = run(runner, x, &count);
    assert_int_equal(banded_layers(runner), 0);
    compare_plain(n, x, height, width, wanted);
    for (int i = 0; i < 3; i++) {
        other = make_runner(chained, batch, height, width, threads[i]);
        const float *got = run(other, x, &other_count);
        assert_int_equal(other_count, count);
        if (memcmp(got, wanted, count * sizeof *got) != 0)
            fail_msg("%d pictures of %dx%d on %d threads have other bits in chains", batch, height, width, threads[i]);
        banded = banded_layers(other);
        cameo_runner_free(other);
    }
    cameo_runner_free(runner);
    return banded;
}

static void chains_give_the_same_bits(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {2, 9}, {23, 17}, {40, 37}, {9, 150}};
    enum { SIZES = sizeof sizes / sizeof sizes[0], NETS = 24, MOST_PIXELS = 1500 };
    static float x[MOST_BATCH * INPUTS * MOST_PIXELS];
    uint32_t seed = 17;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
        x[i] = net_number(&seed);
    int banded = 0, layers = 0;
    for (uint32_t i = 0; i < NETS; i++) {
        net n;
        make_net(&n, i + 1);
        cameo_network *alone = open_net(&n.model, SIZE_MAX), *chained = open_net(&n.model, 0);
        for (int size = 0; size < SIZES; size++) {
            for (int batch = 1; batch <= MOST_BATCH; batch += 2)
                banded += check_size(alone, chained, x, batch, sizes[size][0], sizes[size][1], &n);
            layers += 2 * n.count;
        }
        cameo_network_free(alone);
        cameo_network_free(chained);
        free_net(&n);
    }
    assert_true(2 * banded > layers); /* what was compared were chains */
}

/* ---- What stays apart ---- */

/* x -> p [8 channels] -> depthwise -> q -> y [2 channels]; `extra` reads p or q once more. */
static pb build_extra(const char *op, const char *inputs)
{
    pb graph = {0};
    uint32_t seed = 3;
    net_floats(&graph, "w0", 4, (int64_t[4]){8, INPUTS, 1, 1}, &seed, 0.3f, 0.0f, NULL);
    net_floats(&graph, "w1", 4, (int64_t[4]){8, 1, 3, 3}, &seed, 0.3f, 0.0f, NULL);
    net_floats(&graph, "w2", 4, (int64_t[4]){2, 8, 1, 1}, &seed, 0.3f, 0.0f, NULL);
    net_conv(&graph, "first", "x,w0", "p", 1, 1, 0);
    pb depthwise = onnx_node("Conv", "depthwise", "p,w1", "q");
    onnx_attribute_is(&depthwise, "pads", 4, (int64_t[4]){1, 1, 1, 1});
    onnx_attribute_i(&depthwise, "group", 8);
    pb_message(&graph, ONNX_NODE, depthwise);
    net_conv(&graph, "last", "q,w2", "y", 1, 1, 0);
    if (op) {
        pb extra = onnx_node(op, "extra", inputs, "z");
        if (strcmp(op, "Transpose") == 0)
            onnx_attribute_is(&extra, "perm", 4, (int64_t[4]){0, 2, 3, 1});
        pb_message(&graph, ONNX_NODE, extra);
        pb_message(&graph, ONNX_OUTPUT, onnx_value_info("z", 1, 4, (int64_t[4]){0, 0, 0, 0}));
    }
    net_io(&graph, "x", 4, (int64_t[4]){0, INPUTS, 0, 0}, "y", 4, (int64_t[4]){0, 2, 0, 0});
    return onnx_model(graph, 11);
}

static void values_with_other_readers_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *op, *inputs;
        int banded; /* layers: Layout, first, depthwise, last */
    } cases[] = {{NULL, NULL, 4}, {"Exp", "p", 4}, {"Exp", "q", 3}, {"Transpose", "p", 4}, {"Transpose", "q", 3}};
    static float x[INPUTS * 30 * 20];
    uint32_t seed = 9;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
        x[i] = net_number(&seed);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pb model = build_extra(cases[i].op, cases[i].inputs);
        cameo_network *alone = open_net(&model, SIZE_MAX), *chained = open_net(&model, 0);
        cameo_runner *first = make_runner(alone, 1, 30, 20, 1), *second = make_runner(chained, 1, 30, 20, 2);
        size_t count;
        run(first, x, &count);
        run(second, x, &count);
        assert_int_equal(banded_layers(second), cases[i].banded);
        for (int output = 0; output < (cases[i].op ? 2 : 1); output++) {
            cameo_tensor_info info;
            const float *wanted = cameo_runner_output(first, output, &info);
            count = (size_t)(info.dims[0] * info.dims[1] * info.dims[2] * info.dims[3]);
            assert_memory_equal(cameo_runner_output(second, output, NULL), wanted, count * sizeof *wanted);
        }
        cameo_runner_free(first);
        cameo_runner_free(second);
        cameo_network_free(alone);
        cameo_network_free(chained);
        pb_free(&model);
    }
}

/* ---- What is said of them ---- */

static void chained_layers_are_described(void **state)
{
    (void)state;
    enum { SIDE = 256, BYTES = 8 * SIDE * SIDE * sizeof(float) };
    static const char *const algorithms[4] = {"banded", "direct, banded", "depthwise, banded", "direct, banded"};
    static float x[INPUTS * SIDE * SIDE];
    pb model = build_extra(NULL, NULL);
    cameo_network *alone = open_net(&model, SIZE_MAX), *chained = open_net(&model, BYTES / 2), *large = open_net(&model, BYTES + 1);
    cameo_runner *first = make_runner(alone, 1, SIDE, SIDE, 1), *second = make_runner(chained, 1, SIDE, SIDE, 2);
    cameo_runner *third = make_runner(large, 1, SIDE, SIDE, 1);
    assert_int_equal(banded_layers(third), 0);
    /* The copy of the input, three channels, is small enough to stay out. */
    assert_int_equal(banded_layers(second), 3);
    for (int i = 1; i < 4; i++)
        assert_string_equal(cameo_runner_layer(second, i).algorithm, algorithms[i]);
    assert_string_equal(cameo_runner_layer(second, 0).algorithm, "");
    assert_int_equal(cameo_runner_layer(second, 1).activation_bytes, INPUTS * SIDE * SIDE * sizeof(float));
    assert_int_equal(cameo_runner_layer(second, 2).activation_bytes, 0);
    assert_int_equal(cameo_runner_layer(second, 3).activation_bytes, BYTES / 4);
    assert_int_equal(cameo_runner_layer(first, 2).activation_bytes, 2 * BYTES);
    cameo_plan_info apart = cameo_runner_plan(first), together = cameo_runner_plan(second);
    assert_true(together.activation_bytes + BYTES <= apart.activation_bytes);
    assert_true(together.arena_bytes < apart.arena_bytes);
    size_t count;
    cameo_runner_profile(second, 1);
    run(second, x, &count);
    for (int i = 0; i < 4; i++)
        assert_true(cameo_runner_layer(second, i).seconds > 0.0);
    cameo_runner_free(first);
    cameo_runner_free(second);
    cameo_runner_free(third);
    cameo_network_free(alone);
    cameo_network_free(chained);
    cameo_network_free(large);
    pb_free(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_give_the_same_bits),
        cmocka_unit_test(values_with_other_readers_are_kept),
        cmocka_unit_test(chained_layers_are_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

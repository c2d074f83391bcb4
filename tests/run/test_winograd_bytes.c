/* labels: threads */
/* 3x3 convolutions of bytes by Winograd's tiles: on processors without dot products of bytes they give what the exact sums give, to the bit, up to the largest
 * sums that they may have; layers whose sums may be larger are computed directly. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "base/cpu.h"
#include "run/network.h"

#include <string.h>

/* 9 * 114 products of 255 and -128 stay below 2^25, 9 * 115 do not; with stride 2 it is 2^27 that counts, and 456. */
enum { TAPS = 9, FITTING = 114, FITTING_STRIDE2 = 456, MOST_INPUTS = 457, MOST_OUTPUTS = 70, MOST_SIZE = 14, MOST_PIXELS = MOST_SIZE * MOST_SIZE };

typedef enum numbers { LARGEST, SMALLEST, ENDS, ANY } numbers;

typedef struct layer {
    int inputs, outputs, height, width, zero, pad, stride;
    numbers x, weights;
} layer;

static int8_t weights[MOST_OUTPUTS * MOST_INPUTS * TAPS];
static float x[MOST_INPUTS * MOST_PIXELS], y[MOST_OUTPUTS * MOST_PIXELS], wanted[MOST_OUTPUTS * MOST_PIXELS];

static int number_of(numbers kind, uint32_t *seed, int low, int high)
{
    float at = net_number(seed);
    switch (kind) {
    case LARGEST: return high;
    case SMALLEST: return low;
    case ENDS: return at < 0.0f ? low : high;
    default: return low + (int)((at * 0.5f + 0.5f) * (float)(high - low));
    }
}

static void fill(const layer *l)
{
    uint32_t seed = 7;
    for (int i = 0; i < l->outputs * l->inputs * TAPS; i++)
        weights[i] = (int8_t)number_of(l->weights, &seed, -128, 127);
    for (int i = 0; i < l->inputs * l->height * l->width; i++)
        x[i] = (float)(number_of(l->x, &seed, 0, 255) - l->zero);
}

static int out_height(const layer *l)
{
    return (l->height + 2 * l->pad - 3) / l->stride + 1;
}

static int out_width(const layer *l)
{
    return (l->width + 2 * l->pad - 3) / l->stride + 1;
}

/* The sum of one output; what is outside the picture is zero. */
static int32_t sum_of(const layer *l, int output, int row, int column)
{
    int32_t sum = 0;
    for (int i = 0; i < l->inputs * TAPS; i++) {
        int line = l->stride * row + i % TAPS / 3 - l->pad, at = l->stride * column + i % 3 - l->pad;
        if (line >= 0 && line < l->height && at >= 0 && at < l->width)
            sum += weights[output * l->inputs * TAPS + i] * (int32_t)x[(i / TAPS * l->height + line) * l->width + at];
    }
    return sum;
}

/* x -> Q -> DQ -> Conv -> y, all scales 1: y is the sum. */
static pb build(const layer *l)
{
    pb graph = {0};
    int64_t dims[4] = {l->outputs, l->inputs, 3, 3};
    const float one = 1.0f;
    const uint8_t zero = (uint8_t)l->zero;
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("w", 3, 4, dims, weights, (size_t)(l->outputs * l->inputs * TAPS)));
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("one", 1, 0, NULL, &one, sizeof one));
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("zero", 2, 0, NULL, &zero, 1));
    net_node(&graph, "QuantizeLinear", "x,one,zero", "q");
    net_node(&graph, "DequantizeLinear", "q,one,zero", "d");
    net_node(&graph, "DequantizeLinear", "w,one", "dw");
    net_conv(&graph, "conv", "d,dw", "y", 3, l->stride, l->pad);
    net_io(&graph, "x", 4, (int64_t[4]){1, l->inputs, l->height, l->width}, "y", 4, (int64_t[4]){1, l->outputs, out_height(l), out_width(l)});
    return onnx_model(graph, 13);
}

static cameo_network *open_layer(const layer *l, const char *cpu)
{
    pb model = build(l);
    cameo_network *network;
    cameo_network_options options;
    cameo_error error;
    cameo_network_options_default(&options);
    options.cpu = cpu;
    if (cameo_network_open_bytes(&network, model.bytes, model.size, "winograd", &options, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    pb_free(&model);
    return network;
}

/* Whether the convolution, whose output is compared, ran by Winograd's tiles. */
static bool check_run(const layer *l, const cameo_network *network, int threads)
{
    cameo_runner *runner;
    cameo_error error;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, l->inputs, l->height, l->width}};
    bool winograd = false, direct = false;
    if (cameo_runner_create(&runner, network, dims, threads, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    memcpy(cameo_runner_input(runner, 0, NULL), x, (size_t)(l->inputs * l->height * l->width) * sizeof(float));
    assert_int_equal(cameo_runner_run(runner, NULL), CAMEO_OK);
    memcpy(y, cameo_runner_output(runner, 0, NULL), (size_t)(l->outputs * out_height(l) * out_width(l)) * sizeof(float));
    for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++) {
        winograd |= strcmp(cameo_runner_layer(runner, i).algorithm, "winograd 4x4, int8") == 0;
        direct |= strcmp(cameo_runner_layer(runner, i).algorithm, "direct, int8") == 0;
    }
    cameo_runner_free(runner);
    assert_true(winograd != direct);
    for (int i = 0; i < l->outputs * out_height(l) * out_width(l); i++)
        if (y[i] != wanted[i])
            fail_msg("%d to %d, %dx%d: output %d is %.1f, should be %.1f", l->inputs, l->outputs, l->height, l->width, i, (double)y[i], (double)wanted[i]);
    return winograd;
}

/* At every tier, with one thread and several. winograd: whether tiers that widen bytes use it. */
static void check_stride(layer l, bool winograd)
{
    fill(&l);
    for (int i = 0; i < l.outputs * out_height(&l) * out_width(&l); i++)
        wanted[i] = (float)sum_of(&l, i / (out_height(&l) * out_width(&l)), i / out_width(&l) % out_height(&l), i % out_width(&l));
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
        cm_cpu_tier here = cm_cpu_detect(cm_cpu_tier_name((cm_cpu_tier)tier));
        cameo_network *network = open_layer(&l, cm_cpu_tier_name((cm_cpu_tier)tier));
        for (int threads = 1; threads <= 4; threads += 3) {
            bool used = check_run(&l, network, threads);
            assert_true(used == (winograd && (here == CM_CPU_AVX2 || here == CM_CPU_AVX512)));
        }
        cameo_network_free(network);
    }
}

/* With stride 1, and with stride 2, where sums are small enough for as many channels as here. */
static void check_layer(layer l, bool winograd)
{
    if (l.height + 2 * l.pad < 3 || l.width + 2 * l.pad < 3)
        return;
    l.stride = 1;
    check_stride(l, winograd);
    l.stride = 2;
    check_stride(l, l.inputs >= 32 && l.outputs >= 32);
}

static void the_largest_sums_are_exact(void **state)
{
    (void)state;
    for (int x_kind = LARGEST; x_kind <= ENDS; x_kind++)
        for (int weight_kind = LARGEST; weight_kind <= ENDS; weight_kind++)
            for (int zero = 0; zero <= 255; zero += 255)
                check_layer((layer){.inputs = FITTING, .outputs = 36, .height = 9, .width = 7, .zero = zero, .pad = 1, .x = (numbers)x_kind,
                                    .weights = (numbers)weight_kind},
                            true);
}

static void sums_that_may_be_too_large_are_direct(void **state)
{
    (void)state;
    layer l = {.inputs = FITTING + 1, .outputs = 36, .height = 6, .width = 6, .pad = 1, .x = LARGEST, .weights = SMALLEST};
    check_layer(l, false);
    l.zero = 255;
    l.x = SMALLEST;
    check_layer(l, false);
    l.zero = 128; /* so near to the middle they fit again */
    check_layer(l, true);
    l.zero = 0; /* bytes may be as large, but weights of both signs are not together */
    l.weights = ENDS;
    check_layer(l, true);
}

static void stride_2_has_larger_sums(void **state)
{
    (void)state;
    for (int inputs = FITTING_STRIDE2; inputs <= MOST_INPUTS; inputs++) {
        layer l = {.inputs = inputs, .outputs = 32, .height = 9, .width = 11, .pad = 1, .stride = 2, .x = LARGEST, .weights = SMALLEST};
        check_stride(l, inputs == FITTING_STRIDE2);
        l.zero = 255;
        l.x = SMALLEST;
        check_stride(l, inputs == FITTING_STRIDE2);
    }
}

static void every_size_is_exact(void **state)
{
    (void)state;
    for (int height = 1; height <= MOST_SIZE; height++) {
        layer l = {.inputs = 16 + 3 * height, .outputs = MOST_OUTPUTS - 2 * height, .height = height, .width = MOST_SIZE + 1 - height,
                   .zero = 100 + height, .pad = 1, .x = ANY, .weights = ANY};
        check_layer(l, true);
        l.pad = 0;
        check_layer(l, true);
    }
}

static void few_channels_are_direct(void **state)
{
    (void)state;
    check_layer((layer){.inputs = 15, .outputs = 32, .height = 8, .width = 8, .pad = 1, .x = ANY, .weights = ANY}, false);
    check_layer((layer){.inputs = 32, .outputs = 7, .height = 8, .width = 8, .pad = 1, .x = ANY, .weights = ANY}, false);
    check_layer((layer){.inputs = 16, .outputs = 8, .height = 8, .width = 8, .pad = 1, .x = ANY, .weights = ANY}, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_largest_sums_are_exact), cmocka_unit_test(sums_that_may_be_too_large_are_direct),
                                       cmocka_unit_test(stride_2_has_larger_sums),
                                       cmocka_unit_test(every_size_is_exact), cmocka_unit_test(few_channels_are_direct)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

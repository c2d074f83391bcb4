/* Convolutions of the same picture with few outputs become one, and convolutions in groups of two channels have a kernel of their own: both against
 * plain loops. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "base/cpu.h"
#include "run/network.h"

#include <string.h>

enum { CHANNELS = 12, HEIGHT = 7, WIDTH = 9, PIXELS = HEIGHT * WIDTH, HEADS = 3, OUTPUTS = 4 + 2 + 5 };

static const int head_outputs[HEADS] = {4, 2, 5};

typedef struct net {
    float weights[HEADS][5 * CHANNELS * 9], bias[HEADS][5], scale[5];
    float pairs[CHANNELS * 2 * 9];
} net;

/* x -> convolution in groups of two -> three heads, the second times a factor for each channel -> side by side. */
static cameo_network *open_net(net *n, const char *cpu)
{
    pb graph = {0};
    uint32_t seed = 11;
    net_floats(&graph, "pairs", 4, (int64_t[4]){CHANNELS, 2, 3, 3}, &seed, 0.3f, 0.0f, n->pairs);
    pb grouped = onnx_node("Conv", "grouped", "x,pairs", "p");
    onnx_attribute_is(&grouped, "pads", 4, (int64_t[4]){1, 1, 1, 1});
    onnx_attribute_i(&grouped, "group", CHANNELS / 2);
    pb_message(&graph, ONNX_NODE, grouped);
    for (int h = 0; h < HEADS; h++) {
        char weights[8], bias[8], inputs[32], output[8];
        snprintf(weights, sizeof weights, "w%d", h);
        snprintf(bias, sizeof bias, "b%d", h);
        snprintf(inputs, sizeof inputs, "p,w%d,b%d", h, h);
        snprintf(output, sizeof output, "h%d", h);
        net_floats(&graph, weights, 4, (int64_t[4]){head_outputs[h], CHANNELS, 3, 3}, &seed, 0.2f, 0.0f, n->weights[h]);
        net_floats(&graph, bias, 1, (int64_t[1]){head_outputs[h]}, &seed, 0.5f, 0.0f, n->bias[h]);
        net_conv(&graph, output, inputs, output, 3, 1, 1);
    }
    net_floats(&graph, "scale", 3, (int64_t[3]){head_outputs[1], 1, 1}, &seed, 0.5f, 1.0f, n->scale);
    net_node(&graph, "Mul", "h1,scale", "scaled");
    pb concat = onnx_node("Concat", "concat", "h0,scaled,h2", "y");
    onnx_attribute_i(&concat, "axis", 1);
    pb_message(&graph, ONNX_NODE, concat);
    net_io(&graph, "x", 4, (int64_t[4]){0, CHANNELS, HEIGHT, WIDTH}, "y", 4, (int64_t[4]){0, OUTPUTS, HEIGHT, WIDTH});
    pb model = onnx_model(graph, 11);
    cameo_network *network;
    cameo_network_options options;
    cameo_error error;
    cameo_network_options_default(&options);
    options.cpu = cpu;
    if (cameo_network_open_bytes(&network, model.bytes, model.size, "heads", &options, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    pb_free(&model);
    return network;
}

/* x: [groups * inputs, PIXELS], weights: [outputs, inputs, 9] -> y: [outputs, PIXELS]; padded by one. */
static void plain_conv(const float *x, int inputs, const float *weights, int outputs, int outputs_a_group, double *y)
{
    for (int o = 0; o < outputs; o++)
        for (int p = 0; p < PIXELS; p++) {
            y[o * PIXELS + p] = 0.0;
            for (int i = 0; i < inputs * 9; i++) {
                int row = p / WIDTH + i % 9 / 3 - 1, column = p % WIDTH + i % 3 - 1;
                int channel = o / outputs_a_group * inputs + i / 9;
                if (row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH)
                    y[o * PIXELS + p] += (double)weights[o * inputs * 9 + i] * (double)x[channel * PIXELS + row * WIDTH + column];
            }
        }
}

static void plain_net(const net *n, const float *x, double *y)
{
    static double middle[CHANNELS * PIXELS];
    static float rounded[CHANNELS * PIXELS];
    plain_conv(x, 2, n->pairs, CHANNELS, 2, middle);
    for (int i = 0; i < CHANNELS * PIXELS; i++)
        rounded[i] = (float)middle[i];
    for (int h = 0; h < HEADS; y += head_outputs[h] * PIXELS, h++) {
        plain_conv(rounded, CHANNELS, n->weights[h], head_outputs[h], head_outputs[h], y);
        for (int i = 0; i < head_outputs[h] * PIXELS; i++) {
            y[i] += (double)n->bias[h][i / PIXELS];
            y[i] *= h == 1 ? (double)n->scale[i / PIXELS] : 1.0;
        }
    }
}

static void heads_become_one_and_agree(void **state)
{
    (void)state;
    static net n;
    static float x[CHANNELS * PIXELS];
    static double wanted[OUTPUTS * PIXELS];
    uint32_t seed = 5;
    for (int i = 0; i < CHANNELS * PIXELS; i++)
        x[i] = net_number(&seed);
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
        cameo_network *network = open_net(&n, cm_cpu_tier_name((cm_cpu_tier)tier));
        cameo_runner *runner;
        cameo_error error;
        if (cameo_runner_create(&runner, network, NULL, 2, &error) != CAMEO_OK)
            fail_msg("%s", error.message);
        memcpy(cameo_runner_input(runner, 0, NULL), x, sizeof x);
        assert_int_equal(cameo_runner_run(runner, &error), CAMEO_OK);
        plain_net(&n, x, wanted);
        const float *y = cameo_runner_output(runner, 0, NULL);
        for (int i = 0; i < OUTPUTS * PIXELS; i++)
            if (fabs((double)y[i] - wanted[i]) > 2e-5)
                fail_msg("output %d is %g, %g is right", i, (double)y[i], wanted[i]);
        int convolutions = 0, depthwise = 0;
        for (int i = 0; i < cameo_runner_plan(runner).layer_count; i++) {
            convolutions += strncmp(cameo_runner_layer(runner, i).op, "Conv", 4) == 0;
            depthwise += strstr(cameo_runner_layer(runner, i).kernel, "dwconv") != NULL;
        }
        assert_int_equal(convolutions, 2);
        assert_int_equal(depthwise, 1);
        cameo_runner_free(runner);
        cameo_network_free(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_become_one_and_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

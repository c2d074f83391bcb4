/* labels: threads */
/* Large batches run in slices: the same bits as one picture at a time, for any number of pictures; what is said of them; and networks that look from one
 * picture to another, which must not be cut. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "run/network.h"
#include "run/slices.h"

#include <string.h>

enum { CHANNELS = 3, SIDE = 6, WIDE = 20, NUMBERS = 5, MOST = 33, PICTURE = CHANNELS * SIDE * SIDE };

static pb picture_net(void)
{
    pb graph = {0};
    uint32_t seed = 5;
    net_floats(&graph, "w", 4, (int64_t[4]){WIDE, CHANNELS, 3, 3}, &seed, 0.3f, 0.0f, NULL);
    net_floats(&graph, "v", 4, (int64_t[4]){WIDE, WIDE, 3, 3}, &seed, 0.1f, 0.0f, NULL);
    net_floats(&graph, "plus", 4, (int64_t[4]){1, WIDE, 1, 1}, &seed, 0.5f, 0.0f, NULL);
    net_floats(&graph, "g", 2, (int64_t[2]){WIDE * SIDE * SIDE, NUMBERS}, &seed, 0.1f, 0.0f, NULL);
    net_conv(&graph, "a", "x,w", "a", 3, 1, 1);
    net_node(&graph, "Relu", "a", "b");
    net_conv(&graph, "c", "b,v", "c", 3, 1, 1);
    net_node(&graph, "Add", "c,plus", "d");
    net_node(&graph, "Add", "d,b", "e");
    net_node(&graph, "Flatten", "e", "f");
    net_node(&graph, "Gemm", "f,g", "y");
    net_io(&graph, "x", 4, (int64_t[4]){0, CHANNELS, SIDE, SIDE}, "y", 2, (int64_t[2]){0, NUMBERS});
    pb_message(&graph, ONNX_OUTPUT, onnx_value_info("e", 1, 4, (int64_t[4]){0, WIDE, SIDE, SIDE}));
    return onnx_model(graph, 11);
}

/* Each picture gets what belongs to its neighbour too: axes 0 and 1 change places, twice with a sum over one of them between. */
static pb mixing_net(void)
{
    pb graph = {0};
    pb turn = onnx_node("Transpose", "turn", "x", "t");
    onnx_attribute_is(&turn, "perm", 4, (int64_t[4]){1, 0, 2, 3});
    pb_message(&graph, ONNX_NODE, turn);
    net_node(&graph, "Relu", "t", "y");
    net_io(&graph, "x", 4, (int64_t[4]){0, CHANNELS, SIDE, SIDE}, "y", 4, (int64_t[4]){CHANNELS, 0, SIDE, SIDE});
    return onnx_model(graph, 11);
}

static cameo_network *open_net(pb model)
{
    cameo_network *network;
    cameo_error error;
    if (cameo_network_open_bytes(&network, model.bytes, model.size, "net", NULL, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    pb_free(&model);
    return network;
}

static cameo_runner *plan(const cameo_network *network, int64_t pictures, int threads)
{
    const int64_t dims[1][CAMEO_MAX_RANK] = {{pictures, CHANNELS, SIDE, SIDE}};
    cameo_runner *runner;
    cameo_error error;
    if (cameo_runner_create(&runner, network, dims, threads, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    return runner;
}

static void fill(float *x, int64_t first, int64_t pictures)
{
    for (int64_t i = 0; i < pictures * PICTURE; i++) {
        uint32_t seed = (uint32_t)(first * PICTURE + i) * 2654435761u;
        x[i] = net_number(&seed);
    }
}

static void slices_have_one_size(void **state)
{
    (void)state;
    for (int64_t pictures = 1; pictures < 1000; pictures++) {
        int64_t slice = cm_slice_of(pictures);
        assert_true(slice >= 1 && slice <= CM_SLICE_PICTURES && slice <= pictures);
        assert_true((pictures + slice - 1) / slice <= (pictures + CM_SLICE_PICTURES - 1) / CM_SLICE_PICTURES);
    }
    assert_int_equal(cm_slice_of(32), 8);
    assert_int_equal(cm_slice_of(9), 5);
}

static void every_picture_gets_the_same_bits(void **state)
{
    (void)state;
    static const int sizes[2] = {NUMBERS, WIDE * SIDE * SIDE};
    cameo_network *network = open_net(picture_net());
    cameo_runner *one = plan(network, 1, 1);
    static const int batches[] = {8, 9, 16, 30, MOST};
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
        cameo_runner *many = plan(network, batches[b], 2);
        for (int round = 0; round < 2; round++) {
            fill(cameo_runner_input(many, 0, NULL), round, batches[b]);
            assert_int_equal(cameo_runner_run(many, NULL), CAMEO_OK);
            for (int64_t i = 0; i < batches[b]; i++) {
                fill(cameo_runner_input(one, 0, NULL), round + i, 1);
                assert_int_equal(cameo_runner_run(one, NULL), CAMEO_OK);
                for (int output = 0; output < 2; output++)
                    assert_memory_equal(cameo_runner_output(many, output, NULL) + i * sizes[output], cameo_runner_output(one, output, NULL),
                                        (size_t)sizes[output] * sizeof(float));
            }
        }
        cameo_runner_free(many);
    }
    cameo_runner_free(one);
    cameo_network_free(network);
}

static void a_runner_speaks_of_all_pictures(void **state)
{
    (void)state;
    cameo_network *network = open_net(picture_net());
    cameo_runner *one = plan(network, 1, 1), *few = plan(network, 8, 1), *many = plan(network, 32, 1);
    cameo_tensor_info info;
    cameo_runner_input(many, 0, &info);
    assert_int_equal(info.dims[0], 32);
    cameo_runner_output(many, 1, &info);
    assert_int_equal(info.dims[0], 32);
    assert_string_equal(info.name, "e");
    assert_int_equal(cameo_runner_plan(many).macs, 32 * cameo_runner_plan(one).macs);
    assert_int_equal(cameo_runner_plan(many).activation_bytes, cameo_runner_plan(few).activation_bytes);
    for (int i = 0; i < cameo_runner_plan(one).layer_count; i++) {
        cameo_layer_info single = cameo_runner_layer(one, i), layer = cameo_runner_layer(many, i);
        assert_int_equal(layer.dims[0], 32);
        assert_int_equal(layer.macs, 32 * single.macs);
        assert_int_equal(layer.products, 32 * single.products);
    }
    cameo_runner_free(one);
    cameo_runner_free(few);
    cameo_runner_free(many);
    cameo_network_free(network);
}

static void networks_that_mix_pictures_are_not_cut(void **state)
{
    (void)state;
    cameo_network *network = open_net(mixing_net());
    cameo_runner *many = plan(network, 20, 1);
    float *x = cameo_runner_input(many, 0, NULL);
    fill(x, 0, 20);
    assert_int_equal(cameo_runner_run(many, NULL), CAMEO_OK);
    cameo_tensor_info info;
    const float *y = cameo_runner_output(many, 0, &info);
    assert_true(info.dims[0] == CHANNELS && info.dims[1] == 20);
    static float given[20 * PICTURE];
    fill(given, 0, 20);
    for (int i = 0; i < 20 * PICTURE; i++) {
        int picture = i / PICTURE, channel = i % PICTURE / (SIDE * SIDE), pixel = i % (SIDE * SIDE);
        assert_true(y[(channel * 20 + picture) * SIDE * SIDE + pixel] == fmaxf(given[i], 0.0f));
    }
    cameo_runner_free(many);
    cameo_network_free(network);
}

static void work_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    pb model = picture_net();
    cameo_network_options options;
    cameo_network *network;
    cameo_runner *runner;
    cameo_error error;
    cameo_network_options_default(&options);
    options.limits.max_macs = 1000000;
    assert_int_equal(cameo_network_open_bytes(&network, model.bytes, model.size, "net", &options, &error), CAMEO_OK);
    pb_free(&model);
    const int64_t some[1][CAMEO_MAX_RANK] = {{4, CHANNELS, SIDE, SIDE}}, many[1][CAMEO_MAX_RANK] = {{32, CHANNELS, SIDE, SIDE}};
    assert_int_equal(cameo_runner_create(&runner, network, some, 1, &error), CAMEO_OK);
    cameo_runner_free(runner);
    assert_int_equal(cameo_runner_create(&runner, network, many, 1, &error), CAMEO_ERROR_LIMIT);
    assert_non_null(strstr(error.message, "multiply-adds"));
    cameo_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(slices_have_one_size), cmocka_unit_test(every_picture_gets_the_same_bits),
                                       cmocka_unit_test(a_runner_speaks_of_all_pictures), cmocka_unit_test(networks_that_mix_pictures_are_not_cut),
                                       cmocka_unit_test(work_beyond_the_limit_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

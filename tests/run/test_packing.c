/* labels: threads */
/* Packed weights are kept in files: other bytes for the same key need another CM_PACKING_VERSION. This test holds the bytes of every form. */
#include "cmocka_all.h"

#include "onnx_nets.h"

#include "base/checksum.h"
#include "run/weights.h"

#include <string.h>

enum { CHANNELS = 20, OUTPUTS = 23, SIZE = 7, NUMBERS = 9 };

/* A conv whose weights are 8-bit numbers, of a type (2: UINT8, 3: INT8): from -> Q -> DQ -> conv -> to. */
static void add_byte_conv(pb *graph, uint32_t *seed, const char *from, const char *to, int type, int64_t inputs, int64_t groups)
{
    int64_t dims[4] = {groups > 1 ? CHANNELS : OUTPUTS, inputs, 3, 3}, count = dims[0] * dims[1] * 9;
    unsigned char numbers[OUTPUTS * CHANNELS * 9];
    char text[96], quantised[32], back[32], weights[32], zero[32], wide[32];
    snprintf(quantised, sizeof quantised, "%s_q", to);
    snprintf(back, sizeof back, "%s_dq", to);
    snprintf(weights, sizeof weights, "%s_w", to);
    snprintf(zero, sizeof zero, "%s_zero", to);
    snprintf(wide, sizeof wide, "%s_wide", to);
    for (int64_t i = 0; i < count; i++)
        numbers[i] = (unsigned char)(int)(127.9f + 127.0f * net_number(seed));
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(weights, type, 4, dims, numbers, (size_t)count));
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(zero, type, 0, NULL, type == 2 ? "\x80" : "\0", 1));
    snprintf(text, sizeof text, "%s,step,middle", from);
    net_node(graph, "QuantizeLinear", text, quantised);
    snprintf(text, sizeof text, "%s,step,middle", quantised);
    net_node(graph, "DequantizeLinear", text, back);
    snprintf(text, sizeof text, "%s,step,%s", weights, zero);
    net_node(graph, "DequantizeLinear", text, wide);
    snprintf(text, sizeof text, groups > 1 ? "%s,%s" : "%s,%s,bias", back, wide);
    pb node = onnx_node("Conv", to, text, to);
    onnx_attribute_i(&node, "group", groups);
    onnx_attribute_is(&node, "pads", 4, (int64_t[4]){1, 1, 1, 1});
    pb_message(graph, ONNX_NODE, node);
}

/* The same picture through layers of bytes. */
static void add_bytes(pb *graph, uint32_t *seed)
{
    const float step = 0.02f;
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw("step", 1, 0, NULL, &step, sizeof step));
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw("middle", 2, 0, NULL, "\x83", 1));
    add_byte_conv(graph, seed, "x", "each_bytes", 3, 1, CHANNELS);
    add_byte_conv(graph, seed, "each_bytes", "square_bytes", 3, CHANNELS, 1);
    add_byte_conv(graph, seed, "each_bytes", "square_unsigned", 2, CHANNELS, 1);
    for (int i = 0; i < 2; i++) {
        const char *name = (const char *[2]){"square_bytes", "square_unsigned"}[i];
        pb_message(graph, ONNX_OUTPUT, onnx_value_info(name, 1, 4, (int64_t[4]){1, OUTPUTS, SIZE, SIZE}));
    }
}

static pb build(void)
{
    pb graph = {0};
    uint32_t seed = 3;
    for (int i = 0; i < 4; i++)
        net_floats(&graph, (const char *[]){"gamma", "beta", "mean", "variance"}[i], 1, (int64_t[1]){CHANNELS}, &seed, 0.25f, 1.0f, NULL);
    net_floats(&graph, "each", 4, (int64_t[4]){CHANNELS, 1, 3, 3}, &seed, 0.1f, 0.0f, NULL);
    net_floats(&graph, "square", 4, (int64_t[4]){OUTPUTS, CHANNELS, 3, 3}, &seed, 0.1f, 0.0f, NULL);
    net_floats(&graph, "bias", 1, (int64_t[1]){OUTPUTS}, &seed, 0.5f, 0.0f, NULL);
    net_floats(&graph, "numbers", 2, (int64_t[2]){OUTPUTS * SIZE * SIZE, NUMBERS}, &seed, 0.1f, 0.0f, NULL);
    pb depthwise = onnx_node("Conv", "each_conv", "x,each", "a");
    onnx_attribute_i(&depthwise, "group", CHANNELS);
    onnx_attribute_is(&depthwise, "kernel_shape", 2, (int64_t[2]){3, 3});
    onnx_attribute_is(&depthwise, "pads", 4, (int64_t[4]){1, 1, 1, 1});
    pb_message(&graph, ONNX_NODE, depthwise);
    net_node(&graph, "Relu", "a", "b");
    net_node(&graph, "BatchNormalization", "b,gamma,beta,mean,variance", "c");
    net_conv(&graph, "square_conv", "c,square,bias", "d", 3, 1, 1);
    net_node(&graph, "Flatten", "d", "e");
    net_node(&graph, "Gemm", "e,numbers", "y");
    add_bytes(&graph, &seed);
    net_io(&graph, "x", 4, (int64_t[4]){1, CHANNELS, SIZE, SIZE}, "y", 2, (int64_t[2]){1, NUMBERS});
    return onnx_model(graph, 13);
}

/* The op of this node; its name is that of the output in the tests' networks or what it was given. */
static const cm_op *find_op(const cm_graph *graph, const char *name)
{
    for (int i = 0; i < graph->op_count; i++)
        if (strcmp(graph->ops[i]->name, name) == 0)
            return graph->ops[i];
    fail_msg("there is no layer '%s'", name);
    return NULL;
}

/* pool: NULL for one thread */
static void check_bytes(cm_pool *pool)
{
    static const struct {
        const char *layer;
        cm_weight_layout layout;
        uint64_t checksum;
    } cases[] = {{"each_conv", {.form = CM_WEIGHTS_DEPTHWISE}, 0xd2ac4d6d81527df2u},
                 {"square_conv", {.form = CM_WEIGHTS_PANELS, .nr = 16}, 0xfcb30fd57fb59cefu},
                 {"square_conv", {.form = CM_WEIGHTS_PANELS, .nr = 64, .half = true}, 0x230e8536f003bc85u},
                 {"square_conv", {.form = CM_WEIGHTS_WINOGRAD, .nr = 8, .edge = 6, .half = true}, 0x8006b527cab09a8eu},
                 {"square_conv", {.form = CM_WEIGHTS_WINOGRAD, .nr = 16, .edge = 4, .half = true}, 0x78181279616ca15cu},
                 {"square_conv", {.form = CM_WEIGHTS_WINOGRAD, .nr = 16, .edge = 6, .half = true}, 0x722ec523fe652facu},
                 {"y", {.form = CM_WEIGHTS_PANELS, .nr = 12}, 0x5044b740669ac165u},
                 {"y", {.form = CM_WEIGHTS_PANELS, .nr = 32, .half = true}, 0xba3506279af1cb16u},
                 {"each_bytes", {.form = CM_WEIGHTS_BYTES_DEPTHWISE, .nr = 1}, 0x7853da47861a50e2u},
                 {"each_bytes", {.form = CM_WEIGHTS_BYTES_DEPTHWISE, .nr = 4}, 0x14c8ef4a7aebc660u},
                 {"square_bytes", {.form = CM_WEIGHTS_BYTES, .nr = 8}, 0xede33597b8c43ccau},
                 {"square_bytes", {.form = CM_WEIGHTS_BYTES, .nr = 32}, 0x650f050f62bf212du},
                 {"square_unsigned", {.form = CM_WEIGHTS_BYTES, .nr = 16}, 0x64b5178720a3ac6au},
                 {"square_bytes", {.form = CM_WEIGHTS_BYTES_WINOGRAD, .nr = 32}, 0x1a360b693a54518du},
                 {"square_unsigned", {.form = CM_WEIGHTS_BYTES_WINOGRAD, .nr = 64}, 0xfcdf7638a064dc2fu}};
    pb bytes = build();
    const cm_onnx_limits limits = {.max_file_bytes = bytes.size, .max_nodes = 100};
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, CHANNELS, SIZE, SIZE}};
    cm_onnx_model *model;
    cm_graph *graph;
    cm_weight_store store;
    assert_int_equal(cm_onnx_read(&model, bytes.bytes, bytes.size, "packing", &limits, NULL), CAMEO_OK);
    assert_int_equal(cm_graph_build(&graph, model, "packing", dims, &(cm_graph_limits){.max_bytes = 1u << 30, .max_macs = 1u << 30}, NULL), CAMEO_OK);
    assert_int_equal(cm_graph_fuse(graph, NULL), CAMEO_OK);
    assert_int_equal(cm_graph_quantise(graph, NULL), CAMEO_OK);
    assert_int_equal(cm_graph_layout(graph, NULL), CAMEO_OK);
    assert_int_equal(cm_weight_store_init(&store, 1u << 30, NULL), CAMEO_OK);
    assert_int_equal(CM_PACKING_VERSION, 2);
    cm_weight_store_begin(&store, pool);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const cm_packed *packed;
        assert_int_equal(cm_weights_pack(&store, graph, find_op(graph, cases[i].layer), &cases[i].layout, &packed, NULL), CAMEO_OK);
        uint64_t checksum = cm_checksum(packed->block, packed->bytes);
        if (checksum != cases[i].checksum)
            fail_msg("case %zu is packed into other bytes (%#llx): raise CM_PACKING_VERSION, and write down the new ones here", i,
                     (unsigned long long)checksum);
    }
    cm_weight_store_end(&store);
    cm_weight_store_free(&store);
    cm_graph_free(graph);
    cm_onnx_free(model);
    pb_free(&bytes);
}

static void the_bytes_are_those_of_this_version(void **state)
{
    (void)state;
    check_bytes(NULL);
}

static void threads_pack_the_same_bytes(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads += 3) {
        cm_pool *pool;
        assert_int_equal(cm_pool_create(&pool, threads, NULL), CAMEO_OK);
        check_bytes(pool);
        cm_pool_free(pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_bytes_are_those_of_this_version), cmocka_unit_test(threads_pack_the_same_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

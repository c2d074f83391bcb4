/* A small network through the quantizer: what is written can be read and answers alike, in whatever form the model came; and what is refused. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "cmocka_all.h"

#include "onnx_nets.h"
#include "scratch.h"

#include "cameo.h"

#include <math.h>
#include <stdbool.h>

enum { SIDE = 10, CHANNELS = 8, INPUTS = 3 * SIDE * SIDE, OUTPUTS = 6, OUTPUT_FLOATS = OUTPUTS * SIDE * SIDE, SHOWN = 6 };

/* How the network is written down. */
typedef struct form {
    int64_t opset;
    bool listed;            /* initializers are inputs too, as before IR 4 */
    const char *external;   /* the last weights lie in this file */
    const char *last_weights; /* their name */
} form;

static void put_weights(pb *graph, const form *f, const char *name, int rank, const int64_t *dims, uint32_t *seed, float scale, float offset)
{
    net_floats(graph, name, rank, dims, seed, scale, offset, NULL);
    if (f->listed)
        pb_message(graph, ONNX_INPUT, onnx_value_info(name, 1, rank, dims));
}

static void put_norm(pb *graph, const form *f, const char *input, const char *output, uint32_t *seed)
{
    const int64_t dims[1] = {CHANNELS};
    static const char *const roles[] = {"scale", "shift", "mean", "variance"};
    char names[4][32], inputs[160];
    for (int i = 0; i < 4; i++) {
        snprintf(names[i], sizeof names[i], "%s.%s", output, roles[i]);
        put_weights(graph, f, names[i], 1, dims, seed, i == 3 ? 0.2f : 0.3f, i == 0 || i == 3 ? 1.0f : 0.0f);
    }
    snprintf(inputs, sizeof inputs, "%s,%s,%s,%s,%s", input, names[0], names[1], names[2], names[3]);
    pb node = onnx_node("BatchNormalization", output, inputs, output);
    if (f->opset < 9)
        onnx_attribute_i(&node, "spatial", 1);
    pb_message(graph, ONNX_NODE, node);
}

/* x -> conv -> norm -> clip -> dropout -> norm -> conv -> y */
static pb write_net(const form *f)
{
    pb graph = {0};
    uint32_t seed = 3;
    put_weights(&graph, f, "w1", 4, (int64_t[4]){CHANNELS, 3, 3, 3}, &seed, 0.4f, 0.0f);
    net_conv(&graph, "first", "x,w1", "c1", 3, 1, 1);
    put_norm(&graph, f, "c1", "n1", &seed);
    if (f->opset < 11) {
        pb clip = onnx_node("Clip", "clip", "n1", "k");
        onnx_attribute_f(&clip, "min", -0.5f);
        onnx_attribute_f(&clip, "max", 1.5f);
        pb_message(&graph, ONNX_NODE, clip);
        pb dropout = onnx_node("Dropout", "dropout", "k", "d");
        onnx_attribute_f(&dropout, "ratio", 0.4f);
        pb_message(&graph, ONNX_NODE, dropout);
    } else {
        net_node(&graph, "Relu", "n1", "d");
    }
    put_norm(&graph, f, "d", "n2", &seed);
    const int64_t dims[4] = {OUTPUTS, CHANNELS, 3, 3};
    if (f->external) {
        pb tensor = onnx_tensor(f->last_weights, 1, 4, dims);
        onnx_entry(&tensor, "location", f->external);
        pb_uint(&tensor, 14, 1);
        pb_message(&graph, ONNX_INITIALIZER, tensor);
    } else {
        put_weights(&graph, f, f->last_weights, 4, dims, &seed, 0.3f, 0.0f);
    }
    put_weights(&graph, f, "b2", 1, (int64_t[1]){OUTPUTS}, &seed, 0.5f, 0.0f);
    char inputs[64];
    snprintf(inputs, sizeof inputs, "n2,%s,b2", f->last_weights);
    net_conv(&graph, "second", inputs, "y", 3, 1, 1);
    net_io(&graph, "x", 4, (int64_t[4]){0, 3, SIDE, SIDE}, "y", 4, (int64_t[4]){0, OUTPUTS, SIDE, SIDE});
    return onnx_model(graph, f->opset);
}

static void fill(float *x, uint32_t seed)
{
    for (int i = 0; i < INPUTS; i++)
        x[i] = roundf((net_number(&seed) + 1.0f) * 127.5f) / 127.5f - 1.0f;
}

static void answer(const void *bytes, size_t size, const float *x, float *y)
{
    cameo_network *network;
    cameo_runner *runner = NULL;
    cameo_error error;
    if (cameo_network_open_bytes(&network, bytes, size, "written", NULL, &error) != CAMEO_OK ||
        cameo_runner_create(&runner, network, NULL, 1, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    memcpy(cameo_runner_input(runner, 0, NULL), x, INPUTS * sizeof *x);
    assert_int_equal(cameo_runner_run(runner, &error), CAMEO_OK);
    memcpy(y, cameo_runner_output(runner, 0, NULL), OUTPUT_FLOATS * sizeof *y);
    cameo_runner_free(runner);
    cameo_network_free(network);
}

static void show(cameo_quantizer *quantizer, cameo_status (*take)(cameo_quantizer *, const float *, size_t, cameo_error *))
{
    float x[INPUTS];
    cameo_error error;
    for (uint32_t i = 0; i < SHOWN; i++) {
        fill(x, 100 + i);
        if (take(quantizer, x, INPUTS, &error) != CAMEO_OK)
            fail_msg("%s", error.message);
    }
}

static cameo_quantizer *open_quantizer(const pb *model, const cameo_quantize_options *options)
{
    cameo_quantizer *quantizer;
    cameo_error error;
    if (cameo_quantizer_open_bytes(&quantizer, model->bytes, model->size, "net", NULL, options, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    return quantizer;
}

/* Power of the difference, relative to that of `right`. */
static double error_of(const float *right, const float *other)
{
    double signal = 0.0, noise = 0.0;
    for (int i = 0; i < OUTPUT_FLOATS; i++) {
        signal += (double)right[i] * (double)right[i];
        noise += ((double)other[i] - (double)right[i]) * ((double)other[i] - (double)right[i]);
    }
    return noise / signal;
}

static double written_error(cameo_quantizer *quantizer, const float *x, const float *right)
{
    const void *bytes;
    size_t size;
    float y[OUTPUT_FLOATS];
    cameo_error error;
    if (cameo_quantizer_write(quantizer, &bytes, &size, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    answer(bytes, size, x, y);
    return error_of(right, y);
}

static bool contains(const void *bytes, size_t size, const char *text)
{
    const size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp((const char *)bytes + i, text, length) == 0)
            return true;
    return false;
}

/* Old operator sets, weights listed as inputs, and names like those that are added. */
static void every_form_answers_alike(void **state)
{
    (void)state;
    static const form forms[] = {{11, false, NULL, "w2"}, {7, true, NULL, "w2"}, {10, false, NULL, "a"}, {13, false, NULL, "b"}, {17, true, NULL, "c"}};
    float x[INPUTS], right[OUTPUT_FLOATS];
    fill(x, 7);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        pb model = write_net(&forms[i]);
        answer(model.bytes, model.size, x, right);
        cameo_quantizer *quantizer = open_quantizer(&model, NULL);
        assert_int_equal(cameo_quantizer_layer_count(quantizer), 2);
        show(quantizer, cameo_quantizer_observe);
        const double error = written_error(quantizer, x, right);
        if (!(error > 1e-9 && error < 1e-3))
            fail_msg("form %zu: error %g", i, error);
        const void *bytes;
        size_t size;
        assert_int_equal(cameo_quantizer_write(quantizer, &bytes, &size, NULL), CAMEO_OK);
        assert_true(contains(bytes, size, "QuantizeLinear"));
        assert_false(contains(bytes, size, "n1.mean")); /* folded */
        assert_true(contains(bytes, size, "n2.mean"));
        assert_false(contains(bytes, size, "spatial"));
        assert_false(contains(bytes, size, "ratio"));
        cameo_quantizer_free(quantizer);
        pb_free(&model);
    }
}

/* x -> conv -> PRelu -> conv -> y; the first channel's weights are next to nothing. */
static pb write_slopes_net(void)
{
    enum { MANY = 64 };
    pb graph = {0};
    uint32_t seed = 5;
    float weights[MANY * 27];
    for (int i = 0; i < MANY * 27; i++)
        weights[i] = net_number(&seed) * (i < 27 ? 1e-7f : 0.3f);
    pb tensor = onnx_tensor("w1", 1, 4, (int64_t[4]){MANY, 3, 3, 3});
    pb_bytes(&tensor, 9, weights, sizeof weights);
    pb_message(&graph, ONNX_INITIALIZER, tensor);
    net_floats(&graph, "b1", 1, (int64_t[1]){MANY}, &seed, 0.5f, 0.0f, NULL);
    net_floats(&graph, "slopes", 3, (int64_t[3]){MANY, 1, 1}, &seed, 0.5f, 0.2f, NULL);
    net_floats(&graph, "w2", 4, (int64_t[4]){OUTPUTS, MANY, 1, 1}, &seed, 0.3f, 0.0f, NULL);
    net_conv(&graph, "first", "x,w1,b1", "c1", 3, 1, 1);
    net_node(&graph, "PRelu", "c1,slopes", "p1");
    net_conv(&graph, "second", "p1,w2", "y", 1, 1, 0);
    net_io(&graph, "x", 4, (int64_t[4]){0, 3, SIDE, SIDE}, "y", 4, (int64_t[4]){0, OUTPUTS, SIDE, SIDE});
    return onnx_model(graph, 11);
}

/* What a layer has for each channel takes half the place, or less, and the answer stays what it is. */
static void constants_are_small(void **state)
{
    (void)state;
    pb model = write_slopes_net();
    size_t sizes[2];
    double errors[2];
    float x[INPUTS], right[OUTPUT_FLOATS];
    fill(x, 7);
    answer(model.bytes, model.size, x, right);
    for (int full = 0; full < 2; full++) {
        cameo_quantize_options options;
        cameo_quantize_options_default(&options);
        options.small_constants = !full;
        cameo_quantizer *quantizer = open_quantizer(&model, &options);
        show(quantizer, cameo_quantizer_observe);
        errors[full] = written_error(quantizer, x, right);
        const void *bytes;
        assert_int_equal(cameo_quantizer_write(quantizer, &bytes, &sizes[full], NULL), CAMEO_OK);
        assert_int_equal(contains(bytes, sizes[full], "Cast"), !full);
        assert_int_equal(contains(bytes, sizes[full], "slopes"), full);
        assert_false(contains(bytes, sizes[full], "kernel_shape")); /* the weights say it */
        assert_false(contains(bytes, sizes[full], "strides"));      /* of one */
        assert_true(contains(bytes, sizes[full], "pads"));
        cameo_quantizer_free(quantizer);
    }
    assert_true(errors[1] > 1e-9 && errors[1] < 1e-3 && errors[0] < 1.3 * errors[1]);
    assert_true(sizes[0] + 64 * 7 < sizes[1]); /* of 64 channels: 12 bytes become 4, and slopes of 4 bytes one; casts cost some of it */
    pb_free(&model);
}

static void external_weights_come_along(void **state)
{
    (void)state;
    char folder[256], path[300], data[300];
    float weights[OUTPUTS * CHANNELS * 9], x[INPUTS], right[OUTPUT_FLOATS];
    uint32_t seed = 9;
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++)
        weights[i] = net_number(&seed);
    scratch_make(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/net.onnx", folder);
    snprintf(data, sizeof data, "%s/weights.bin", folder);
    pb model = write_net(&(form){11, false, "weights.bin", "w2"});
    scratch_write(path, model.bytes, model.size);
    scratch_write(data, weights, sizeof weights);
    cameo_quantizer *quantizer;
    cameo_error error;
    assert_int_equal(cameo_quantizer_open(&quantizer, path, NULL, NULL, &error), CAMEO_OK);
    show(quantizer, cameo_quantizer_observe);
    for (int i = 0; i < 2; i++) /* nothing quantised: all is copied */
        cameo_quantizer_keep(quantizer, i, 1);
    const void *bytes;
    size_t size;
    assert_int_equal(cameo_quantizer_write(quantizer, &bytes, &size, &error), CAMEO_OK);
    fill(x, 7);
    answer(bytes, size, x, right); /* opened from memory: nothing of it lies in another file */
    cameo_quantizer_keep(quantizer, 0, 0);
    cameo_quantizer_keep(quantizer, 1, 0);
    assert_true(written_error(quantizer, x, right) < 1e-3);
    cameo_quantizer_free(quantizer);
    pb_free(&model);
    scratch_remove(folder);
}

/* What each layer does alone is what the whole does when the others stay in float; corrected biases take the moved means back. */
static void measured_and_corrected(void **state)
{
    (void)state;
    pb model = write_net(&(form){11, false, NULL, "w2"});
    cameo_quantize_options options;
    cameo_quantize_options_default(&options);
    options.weight_bits = 7; /* coarser: more to correct */
    cameo_quantizer *quantizer = open_quantizer(&model, &options);
    float x[INPUTS], right[OUTPUT_FLOATS];
    assert_true(isnan(cameo_quantizer_layer(quantizer, 1).noise));
    show(quantizer, cameo_quantizer_observe);
    show(quantizer, cameo_quantizer_measure);
    const cameo_quantize_layer first = cameo_quantizer_layer(quantizer, 0), second = cameo_quantizer_layer(quantizer, 1);
    assert_string_equal(second.name, "second");
    assert_string_equal(second.op, "Conv");
    assert_int_equal(second.weights, OUTPUTS * CHANNELS * 9);
    assert_int_equal(second.macs, OUTPUT_FLOATS * CHANNELS * 9);
    assert_true(first.low <= -0.99f && first.high >= 0.99f);
    cameo_quantizer_keep(quantizer, 0, 1);
    double whole = 0.0, moved[2] = {0.0, 0.0};
    for (int corrected = 0; corrected < 2; corrected++) {
        double means[OUTPUTS] = {0.0};
        cameo_quantizer_correct(quantizer, corrected);
        const void *bytes;
        size_t size;
        assert_int_equal(cameo_quantizer_write(quantizer, &bytes, &size, NULL), CAMEO_OK);
        for (uint32_t i = 0; i < SHOWN; i++) {
            float y[OUTPUT_FLOATS];
            fill(x, 100 + i);
            answer(model.bytes, model.size, x, right);
            answer(bytes, size, x, y);
            whole += corrected ? 0.0 : error_of(right, y) / SHOWN;
            for (int k = 0; k < OUTPUT_FLOATS; k++)
                means[k / (SIDE * SIDE)] += (double)y[k] - (double)right[k];
        }
        for (int c = 0; c < OUTPUTS; c++)
            moved[corrected] += fabs(means[c]);
    }
    assert_true(fabs(whole / second.noise - 1.0) < 0.1);
    assert_true(moved[1] < 0.2 * moved[0]);
    cameo_quantizer_set_method(quantizer, -1, CAMEO_RANGE_MSE);
    assert_true(isnan(cameo_quantizer_layer(quantizer, 1).noise)); /* of other ranges */
    cameo_quantizer_free(quantizer);
    pb_free(&model);
}

static void assert_refused(pb model, cameo_status status, const char *words)
{
    cameo_quantizer *quantizer;
    cameo_error error;
    assert_int_equal(cameo_quantizer_open_bytes(&quantizer, model.bytes, model.size, "net", NULL, NULL, &error), status);
    assert_null(quantizer);
    if (!strstr(error.message, words))
        fail_msg("'%s' does not say '%s'", error.message, words);
    pb_free(&model);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    pb model = write_net(&(form){11, false, NULL, "w2"}), nothing = {0};
    cameo_quantizer *quantizer = open_quantizer(&model, NULL);
    cameo_error error;
    const void *bytes;
    size_t size;
    float x[INPUTS];
    fill(x, 1);
    assert_int_equal(cameo_quantizer_write(quantizer, &bytes, &size, &error), CAMEO_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "no input was observed"));
    assert_int_equal(cameo_quantizer_measure(quantizer, x, INPUTS, &error), CAMEO_ERROR_MISMATCH);
    assert_int_equal(cameo_quantizer_observe(quantizer, x, INPUTS - 1, &error), CAMEO_ERROR_ARGUMENT);
    x[5] = NAN;
    assert_int_equal(cameo_quantizer_observe(quantizer, x, INPUTS, &error), CAMEO_ERROR_FORMAT);
    show(quantizer, cameo_quantizer_observe);
    assert_int_equal(cameo_quantizer_write(quantizer, &bytes, &size, &error), CAMEO_OK);
    assert_int_equal(cameo_quantizer_open_bytes(&(cameo_quantizer *){NULL}, bytes, size, "net", NULL, NULL, &error), CAMEO_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "quantised already"));
    cameo_quantize_options options;
    cameo_quantize_options_default(&options);
    options.weight_bits = 4;
    assert_int_equal(cameo_quantizer_open_bytes(&(cameo_quantizer *){NULL}, model.bytes, model.size, "net", NULL, &options, &error), CAMEO_ERROR_ARGUMENT);
    cameo_quantizer_free(quantizer);
    net_node(&nothing, "Relu", "x", "y");
    net_io(&nothing, "x", 2, (int64_t[2]){1, 4}, "y", 2, (int64_t[2]){1, 4});
    assert_refused(onnx_model(nothing, 11), CAMEO_ERROR_MISMATCH, "no convolution or fully connected layer");
    assert_refused((pb){0}, CAMEO_ERROR_FORMAT, "net");
    pb_free(&model);
}

/* conv -> Softmax of all axes from `axis` on. */
static cameo_status write_softmax(int64_t axis, cameo_error *error)
{
    pb graph = {0};
    uint32_t seed = 4;
    net_floats(&graph, "w", 4, (int64_t[4]){2, 3, 1, 1}, &seed, 1.0f, 0.0f, NULL);
    net_conv(&graph, "conv", "x,w", "c", 1, 1, 0);
    pb softmax = onnx_node("Softmax", "soft", "c", "s");
    onnx_attribute_i(&softmax, "axis", axis);
    pb_message(&graph, ONNX_NODE, softmax);
    net_node(&graph, "Relu", "s", "y");
    net_io(&graph, "x", 4, (int64_t[4]){1, 3, SIDE, SIDE}, "y", 4, (int64_t[4]){1, 2, SIDE, SIDE});
    pb model = onnx_model(graph, 11);
    cameo_quantizer *quantizer = open_quantizer(&model, NULL);
    const void *bytes;
    size_t size;
    show(quantizer, cameo_quantizer_observe);
    const cameo_status status = cameo_quantizer_write(quantizer, &bytes, &size, error);
    assert_int_equal(bytes != NULL, status == CAMEO_OK);
    cameo_quantizer_free(quantizer);
    pb_free(&model);
    return status;
}

/* An operator that opset 13 has in another form stops the writing, with its name, unless both forms mean the same. */
static void forms_that_are_gone(void **state)
{
    (void)state;
    cameo_error error;
    assert_int_equal(write_softmax(1, &error), CAMEO_ERROR_UNSUPPORTED); /* over channels and all pixels */
    assert_non_null(strstr(error.message, "'soft' (Softmax of opset 11)"));
    assert_int_equal(write_softmax(3, &error), CAMEO_OK);
    assert_int_equal(write_softmax(-1, &error), CAMEO_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_are_small),
        cmocka_unit_test(every_form_answers_alike),  cmocka_unit_test(external_weights_come_along), cmocka_unit_test(measured_and_corrected),
        cmocka_unit_test(what_cannot_be_is_refused), cmocka_unit_test(forms_that_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

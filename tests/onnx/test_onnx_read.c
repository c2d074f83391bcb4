/* Whole files: versions, wrong files, truncated and damaged ones, and the real models. */
#include "cmocka_all.h"

#include "onnx/onnx.h"
#include "onnx_writer.h"

static const cm_onnx_limits limits = {.max_file_bytes = 1 << 26, .max_nodes = 1000};
static cameo_error error;

/* Reads a copy of exactly these bytes, so that a step past the end is seen. */
static cameo_status read_copy(const void *bytes, size_t size)
{
    unsigned char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    cm_onnx_model *model;
    cameo_status status = cm_onnx_read(&model, copy, size, "test", &limits, &error);
    assert_true((status == CAMEO_OK) == (model != NULL));
    cm_onnx_free(model);
    free(copy);
    return status;
}

/* A little of everything. */
static pb small_model(int64_t opset)
{
    pb graph = {0};
    const float weights[] = {1, 2, 3};
    pb_text(&graph, ONNX_NAME, "g");
    pb_message(&graph, ONNX_INPUT, onnx_value_info("x", 1, 4, (int64_t[]){0, 3, 4, 4}));
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("w", 1, 4, (int64_t[]){1, 3, 1, 1}, weights, sizeof weights));
    pb typed = onnx_tensor("b", 1, 1, (int64_t[]){1});
    pb_float(&typed, 4, 0.5f);
    pb_message(&graph, ONNX_INITIALIZER, typed);
    pb conv = onnx_node("Conv", "conv", "x,w,b", "y");
    onnx_attribute_is(&conv, "kernel_shape", 2, (int64_t[]){1, 1});
    onnx_attribute_i(&conv, "group", 1);
    pb_message(&graph, ONNX_NODE, conv);
    pb leaky = onnx_node("LeakyRelu", "", "y", "z");
    onnx_attribute_f(&leaky, "alpha", 0.1f);
    onnx_attribute_s(&leaky, "mode", "m");
    pb_message(&graph, ONNX_NODE, leaky);
    pb_message(&graph, ONNX_OUTPUT, onnx_value_info("z", 1, 4, (int64_t[]){0, 1, 4, 4}));
    return onnx_model(graph, opset);
}

static void opsets(void **state)
{
    (void)state;
    for (int64_t opset = 5; opset <= 24; opset++) {
        pb model = small_model(opset);
        assert_int_equal(read_copy(model.bytes, model.size), opset < 7 || opset > 23 ? CAMEO_ERROR_UNSUPPORTED : CAMEO_OK);
        pb_free(&model);
    }
    assert_non_null(strstr(error.message, "opset 24; opsets 7 to 23 are supported"));
    pb model = small_model(11);
    onnx_opset(&model, "com.microsoft", 1);
    onnx_opset(&model, "ai.onnx.ml", 3);
    assert_int_equal(read_copy(model.bytes, model.size), CAMEO_OK);
    pb_free(&model);
}

static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    pb model = small_model(11);
    pb_uint(&model, 5, 1);
    pb_text(&model, 6, "a description");
    pb_float(&model, 4000, 1);
    pb_double(&model, 4001, 1);
    assert_int_equal(read_copy(model.bytes, model.size), CAMEO_OK);
    pb_uint(&model, 1, 7);
    cm_onnx_model *read;
    assert_int_equal(cm_onnx_read(&read, model.bytes, model.size, NULL, &limits, &error), CAMEO_OK);
    assert_int_equal(read->ir_version, 7); /* the last one counts */
    cm_onnx_free(read);
    pb_free(&model);
}

static void incomplete_models(void **state)
{
    (void)state;
    pb model = {0};
    pb_uint(&model, 1, 6);
    assert_int_equal(read_copy(model.bytes, model.size), CAMEO_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "no graph"));
    onnx_opset(&model, "", 11);
    assert_int_equal(read_copy(model.bytes, model.size), CAMEO_ERROR_FORMAT);
    pb_bytes(&model, 7, "", 0);
    assert_int_equal(read_copy(model.bytes, model.size), CAMEO_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "no outputs"));
    pb_bytes(&model, 7, "", 0);
    assert_int_equal(read_copy(model.bytes, model.size), CAMEO_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "two graphs"));
    pb_free(&model);
}

static void wrong_files_are_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } files[] = {
        {"", 0, "is empty"},
        {"<!DOCTYPE html><html>", 21, "HTML page"},
        {"\xef\xbb\xbf\n  <HTML>", 12, "HTML page"},
        {"{\"error\": \"not found\"}", 22, "JSON text"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:", 54, "Git LFS pointer"},
        {"Not Found", 9, "text file"},
        {"PK\x03\x04\x14\0\0\0buffalo", 15, "zip archive"},
        {"PK\x03\x04\0\0\0\0archive/data.pkl", 24, "PyTorch checkpoint"},
        {"\x1f\x8b\x08\0\0", 5, "gzip"},
        {"\x80\x02\x8a\x0a\x6c\xfc\x9c", 7, "PyTorch checkpoint"},
        {"\x1c\0\0\0TFL3\0\0", 10, "TensorFlow Lite"},
        {"7767517\n96 111\n", 15, "ncnn"},
        {"\xff\xd8\xff\xe0\0\x10JFIF", 10, "picture"},
        {"\x89PNG\r\n\x1a\n", 8, "picture"},
        {"BM\x36\x10\0\0\0\0\0\0\x36\0\0\0", 14, "picture"},
        {"RIFF\x10\0\0\0WEBPVP8 ", 16, "picture"},
        {"\x93NUMPY\x01\0", 8, "NumPy"},
        {"\177ELF\2\1\1\0", 8, "program"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_int_equal(read_copy(files[i].bytes, files[i].size), CAMEO_ERROR_FORMAT);
        if (!strstr(error.message, files[i].words) || strncmp(error.message, "test: this is ", 14) != 0)
            fail_msg("\"%s\" lacks \"%s\"", error.message, files[i].words);
    }
}

static void every_truncation_is_an_error(void **state)
{
    (void)state;
    pb model = small_model(11);
    for (size_t size = 0; size < model.size; size++)
        assert_int_equal(read_copy(model.bytes, size), CAMEO_ERROR_FORMAT);
    assert_int_equal(read_copy(model.bytes, model.size / 2), CAMEO_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "truncated"));
    assert_non_null(strstr(error.message, "at byte"));
    pb_free(&model);
}

/* Nothing is asserted about the outcome: it must not crash, and read_copy checks that status and model agree. */
static void every_changed_byte_is_survived(void **state)
{
    (void)state;
    pb model = small_model(11);
    int refused = 0;
    for (size_t at = 0; at < model.size; at++) {
        unsigned char old = model.bytes[at];
        for (int value = 0; value < 256; value++) {
            model.bytes[at] = (unsigned char)value;
            refused += read_copy(model.bytes, model.size) != CAMEO_OK;
        }
        model.bytes[at] = old;
    }
    assert_true(refused > 1000);
    pb_free(&model);
}

static void size_limit_and_missing_file(void **state)
{
    (void)state;
    pb model = small_model(11);
    cm_onnx_limits small = limits;
    cm_onnx_model *read;
    small.max_file_bytes = model.size - 1;
    assert_int_equal(cm_onnx_read(&read, model.bytes, model.size, "test", &small, &error), CAMEO_ERROR_LIMIT);
    assert_int_equal(cm_onnx_open(&read, "/nonexistent/m.onnx", &limits, &error), CAMEO_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "/nonexistent/m.onnx"));
    assert_int_equal(cm_onnx_open(&read, "/", &limits, &error), CAMEO_ERROR_IO);
    assert_int_equal(cm_onnx_open(&read, "/", &limits, NULL), CAMEO_ERROR_IO);
    assert_int_equal(cm_onnx_read(&read, "x", 1, "test", &limits, NULL), CAMEO_ERROR_FORMAT);
    pb_free(&model);
}

/* A list of `count` empty messages asks for many times its own size; the arena's limit stands before that. */
static void crafted_lists_cannot_ask_for_all_memory(void **state)
{
    (void)state;
    pb graph = {0};
    size_t count = (size_t)4 << 20;
    pb initializers = {0};
    initializers.bytes = malloc(2 * count);
    assert_non_null(initializers.bytes);
    for (size_t i = 0; i < count; i++) {
        initializers.bytes[2 * i] = ONNX_INITIALIZER << 3 | 2;
        initializers.bytes[2 * i + 1] = 0;
    }
    pb_append(&graph, initializers.bytes, 2 * count);
    free(initializers.bytes);
    pb_message(&graph, ONNX_OUTPUT, onnx_value_info("z", 1, 0, NULL));
    pb model = onnx_model(graph, 11);
    assert_int_equal(read_copy(model.bytes, model.size), CAMEO_ERROR_LIMIT);
    pb_free(&model);
}

typedef struct real_model {
    const char *file;
    int nodes, initializers, inputs, outputs, opset;
    const char *input, *first_output;
    int64_t dims[4];
} real_model;

static const real_model real_models[] = {
    {"2.7_80x80_MiniFASNetV2.onnx", 99, 137, 1, 1, 11, "input", "logits", {1, 3, 80, 80}},
    {"det_500m.onnx", 146, 126, 1, 9, 11, "input.1", "443", {1, 3, -1, -1}},
    {"mobilefacenet_arcface.onnx", 97, 137, 1, 1, 11, "input.1", "296", {-1, 3, 112, 112}},
    {"mobilefacenet_arcface_mxnet.onnx", 148, 286, 1, 1, 11, "data", "fc1", {1, 3, 112, 112}},
    {"mobilefacenet_foamliu_op11.onnx", 162, 103, 1, 1, 11, "input", "output", {1, 3, 112, 112}},
    {"scrfd_2.5g_bnkps.onnx", 157, 124, 1, 9, 11, "input.1", "446", {1, 3, -1, -1}},
    {"version-RFB-320.onnx", 242, 244, 1, 2, 9, "input", "scores", {1, 3, 240, 320}},
    {"yunet_n_dynamic.onnx", 163, 146, 1, 12, 11, "input", "cls_8", {-1, 3, -1, -1}},
};

static void check_real_model(const real_model *expected, const char *path)
{
    cm_onnx_model *model;
    if (cm_onnx_open(&model, path, &limits, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    int initializers = 0;
    for (int i = 0; i < model->value_count; i++)
        initializers += model->values[i].initializer != NULL;
    assert_int_equal(model->node_count, expected->nodes);
    assert_int_equal(initializers, expected->initializers);
    assert_int_equal(model->input_count, expected->inputs);
    assert_int_equal(model->output_count, expected->outputs);
    assert_int_equal(model->opset, expected->opset);
    const cm_onnx_value *input = &model->values[model->inputs[0]];
    assert_string_equal(input->name, expected->input);
    assert_string_equal(model->values[model->outputs[0]].name, expected->first_output);
    assert_int_equal(input->type, CM_ONNX_FLOAT);
    assert_int_equal(input->rank, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(input->dims[i], expected->dims[i]);
    for (int n = 0; n < model->node_count; n++)
        for (int i = 0; i < model->nodes[n].input_count; i++) {
            int value = model->nodes[n].inputs[i];
            assert_true(value < model->value_count);
            assert_true(value < 0 || model->values[value].producer < n);
        }
    cm_onnx_free(model);
}

static void real_models_open(void **state)
{
    (void)state;
    const char *data = getenv("CAMEO_TEST_DATA");
    char path[1024];
    FILE *probe = NULL;
    if (data) {
        snprintf(path, sizeof path, "%s/models/det_500m.onnx", data);
        probe = fopen(path, "rb");
    }
    if (!probe) {
        printf("SKIP real_models_open: no models under CAMEO_TEST_DATA\n");
        skip();
    }
    fclose(probe);
    for (size_t i = 0; i < sizeof real_models / sizeof *real_models; i++) {
        snprintf(path, sizeof path, "%s/models/%s", data, real_models[i].file);
        check_real_model(&real_models[i], path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opsets),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(incomplete_models),
        cmocka_unit_test(wrong_files_are_recognised),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(every_changed_byte_is_survived),
        cmocka_unit_test(size_limit_and_missing_file),
        cmocka_unit_test(crafted_lists_cannot_ask_for_all_memory),
        cmocka_unit_test(real_models_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

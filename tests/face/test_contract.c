/* Task, family and pixels told from sketches of the networks that people bring. */
#include "cmocka_all.h"

#include "face/contract.h"

#include <math.h>
#include <string.h>

static cm_network_sketch sketch_of(int width, int height)
{
    return (cm_network_sketch){.path = "net.onnx",
                               .input_count = 1,
                               .input = {.name = "input.1", .type = "float32", .rank = 4, .dims = {-1, 3, height, width}}};
}

static void add_matrix(cm_network_sketch *sketch, const char *name, int64_t rows, int64_t columns)
{
    sketch->outputs[sketch->output_count++] = (cameo_tensor_info){.name = name, .rank = 2, .dims = {rows, columns}};
}

static void add_node(cm_network_sketch *sketch, const char *op, const char *name)
{
    sketch->node_ops[sketch->node_count] = op;
    sketch->node_names[sketch->node_count++] = name;
}

static cameo_contract read_contract(const cm_network_sketch *sketch)
{
    cameo_contract contract;
    cameo_error error = {0};
    cameo_status status = cm_contract_from_sketch(sketch, NULL, &contract, &error);
    if (status != CAMEO_OK)
        fail_msg("%s", error.message);
    return contract;
}

static void assert_contract(const cameo_contract *contract, cameo_task task, const char *family, cameo_color color, float mean,
                            float std)
{
    assert_string_equal(contract->family, family);
    assert_int_equal(contract->task, task);
    assert_int_equal(contract->color, color);
    for (int c = 0; c < 3; c++)
        assert_true(contract->mean[c] == mean && contract->std[c] == std);
}

static void recognizers_by_their_input_and_vector(void **state)
{
    (void)state;
    cm_network_sketch sketch = sketch_of(112, 112);
    add_matrix(&sketch, "683", -1, 512);
    cameo_contract contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_RECOGNITION, "arcface", CAMEO_COLOR_RGB, 127.5f, 127.5f);
    assert_int_equal(contract.dimension, 512);
    assert_int_equal(contract.width, 112);
    assert_string_equal(contract.output_name, "683");

    add_matrix(&sketch, "norm", -1, 1);
    contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_RECOGNITION, "adaface", CAMEO_COLOR_BGR, 127.5f, 127.5f);
    assert_int_equal(contract.output_index, 0);

    sketch = sketch_of(160, 160);
    add_matrix(&sketch, "output", 1, 512);
    contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_RECOGNITION, "facenet", CAMEO_COLOR_RGB, 127.5f, 128.0f);

    /* Nothing is said about sizes: still a vector from a picture. */
    sketch = sketch_of(-1, -1);
    add_matrix(&sketch, "output", -1, -1);
    contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_RECOGNITION, "arcface", CAMEO_COLOR_RGB, 127.5f, 127.5f);
    assert_int_equal(contract.width, 0);
    assert_int_equal(contract.dimension, 0);
}

static void networks_that_normalise_themselves(void **state)
{
    (void)state;
    cm_network_sketch sketch = sketch_of(112, 112);
    add_matrix(&sketch, "fc1", 1, 128);
    add_node(&sketch, "Sub", "_minusscalar0");
    cameo_contract contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_RECOGNITION, "arcface", CAMEO_COLOR_RGB, 127.5f, 127.5f);
    add_node(&sketch, "Mul", "_mulscalar0");
    contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_RECOGNITION, "arcface", CAMEO_COLOR_RGB, 0.0f, 1.0f);
    sketch.node_names[0] = sketch.node_names[1] = ""; /* names lost: the operators still say it */
    contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_RECOGNITION, "arcface", CAMEO_COLOR_RGB, 0.0f, 1.0f);
}

static void detectors_by_their_outputs(void **state)
{
    (void)state;
    static const int counts[] = {6, 9, 10, 15, 7};
    static const int64_t columns[3] = {1, 4, 10};
    for (int c = 0; c < 5; c++) {
        cm_network_sketch sketch = sketch_of(-1, -1);
        int levels = counts[c] % 5 == 0 ? 5 : 3;
        for (int i = 0; i < counts[c]; i++)
            add_matrix(&sketch, "o", -1, columns[i / levels]);
        cameo_contract contract = read_contract(&sketch);
        assert_contract(&contract, CAMEO_TASK_DETECTION, counts[c] == 7 ? "unknown" : "scrfd", CAMEO_COLOR_RGB, 127.5f, 128.0f);
        assert_int_equal(contract.dimension, 0);
    }
    cm_network_sketch yunet = sketch_of(-1, -1);
    for (int i = 0; i < 12; i++)
        add_matrix(&yunet, "o", -1, i < 6 ? 1 : i < 9 ? 4 : 10);
    cameo_contract contract = read_contract(&yunet);
    assert_contract(&contract, CAMEO_TASK_DETECTION, "yunet", CAMEO_COLOR_BGR, 0.0f, 1.0f);

    cm_network_sketch ultraface = sketch_of(320, 240);
    add_matrix(&ultraface, "scores", 4420, 2);
    add_matrix(&ultraface, "boxes", 4420, 4);
    contract = read_contract(&ultraface);
    assert_contract(&contract, CAMEO_TASK_DETECTION, "ultraface", CAMEO_COLOR_RGB, 127.0f, 128.0f);

    cm_network_sketch retinaface = sketch_of(640, 640);
    add_matrix(&retinaface, "loc", 16800, 4);
    add_matrix(&retinaface, "conf", 16800, 2);
    add_matrix(&retinaface, "landms", 16800, 10);
    contract = read_contract(&retinaface);
    assert_string_equal(contract.family, "retinaface");
    assert_true(contract.color == CAMEO_COLOR_BGR && contract.mean[0] == 104.0f && contract.mean[2] == 123.0f && contract.std[1] == 1.0f);
}

static void other_tasks(void **state)
{
    (void)state;
    cm_network_sketch sketch = sketch_of(192, 192);
    add_matrix(&sketch, "fc1", 1, 212);
    cameo_contract contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_LANDMARKS, "2d106", CAMEO_COLOR_RGB, 127.5f, 128.0f);
    sketch.outputs[0].dims[1] = 3309;
    add_node(&sketch, "BatchNormalization", "bn_data");
    contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_LANDMARKS, "3d68", CAMEO_COLOR_RGB, 0.0f, 1.0f);

    sketch = sketch_of(96, 96);
    add_matrix(&sketch, "fc1", 1, 3);
    contract = read_contract(&sketch);
    assert_int_equal(contract.task, CAMEO_TASK_GENDER_AGE);

    sketch = sketch_of(80, 80);
    add_matrix(&sketch, "logits", 1, 3);
    contract = read_contract(&sketch);
    assert_contract(&contract, CAMEO_TASK_ANTI_SPOOFING, "minifasnet", CAMEO_COLOR_BGR, 0.0f, 1.0f);

    /* An ImageNet classifier's size does not make a head of three classes an embedding, nor a list of boxes. */
    sketch = sketch_of(224, 224);
    add_matrix(&sketch, "classes", 1, 3);
    contract = read_contract(&sketch);
    assert_int_equal(contract.task, CAMEO_TASK_UNKNOWN);
    sketch.outputs[0] = (cameo_tensor_info){.name = "boxes", .rank = 3, .dims = {1, 25200, 16}};
    contract = read_contract(&sketch);
    assert_int_equal(contract.task, CAMEO_TASK_UNKNOWN);
}

static cameo_contract_override unset_override(void)
{
    return (cameo_contract_override){.mean = {NAN, NAN, NAN}, .std = {NAN, NAN, NAN}};
}

static void overrides_replace_what_was_read(void **state)
{
    (void)state;
    cm_network_sketch sketch = sketch_of(-1, -1);
    add_matrix(&sketch, "features", 1, 512);
    add_matrix(&sketch, "small", 1, 128);
    cameo_contract_override override = unset_override();
    override.color = CAMEO_COLOR_BGR;
    override.mean[1] = 103.0f;
    override.std[2] = 57.0f;
    override.input_width = override.input_height = 112;
    override.output_name = "small";
    cameo_contract contract;
    assert_int_equal(cm_contract_from_sketch(&sketch, &override, &contract, NULL), CAMEO_OK);
    assert_true(contract.color == CAMEO_COLOR_BGR && contract.mean[0] == 127.5f && contract.mean[1] == 103.0f);
    assert_true(contract.std[1] == 127.5f && contract.std[2] == 57.0f);
    assert_true(contract.width == 112 && contract.height == 112 && contract.dimension == 128 && contract.output_index == 1);
    assert_string_equal(contract.output_name, "small");
}

static void assert_refused(const cm_network_sketch *sketch, const cameo_contract_override *override, cameo_status status,
                           const char *words)
{
    cameo_contract contract;
    cameo_error error = {0};
    assert_int_equal(cm_contract_from_sketch(sketch, override, &contract, &error), status);
    if (!strstr(error.message, words))
        fail_msg("'%s' says nothing of '%s'", error.message, words);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    cm_network_sketch sketch = sketch_of(112, 112);
    add_matrix(&sketch, "fc1", 1, 512);
    cameo_contract_override override = unset_override();
    override.output_name = "fc2";
    assert_refused(&sketch, &override, CAMEO_ERROR_NOT_FOUND, "fc2");
    override = unset_override();
    override.std[0] = 0.0f;
    assert_refused(&sketch, &override, CAMEO_ERROR_ARGUMENT, "std");
    override = unset_override();
    override.mean[2] = INFINITY;
    assert_refused(&sketch, &override, CAMEO_ERROR_ARGUMENT, "finite");
    override = unset_override();
    override.input_width = 160;
    assert_refused(&sketch, &override, CAMEO_ERROR_MISMATCH, "fixed at 112");
    override.input_width = -1;
    assert_refused(&sketch, &override, CAMEO_ERROR_ARGUMENT, "-1");

    cm_network_sketch broken = sketch;
    broken.input_count = 2;
    assert_refused(&broken, NULL, CAMEO_ERROR_MISMATCH, "2 inputs");
    broken = sketch;
    broken.output_count = 0;
    assert_refused(&broken, NULL, CAMEO_ERROR_MISMATCH, "no output");
    broken = sketch;
    broken.input.rank = 2;
    assert_refused(&broken, NULL, CAMEO_ERROR_MISMATCH, "2 dimensions");
    broken = sketch;
    broken.input.dims[1] = 112;
    broken.input.dims[3] = 3;
    assert_refused(&broken, NULL, CAMEO_ERROR_MISMATCH, "channels");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recognizers_by_their_input_and_vector),
        cmocka_unit_test(networks_that_normalise_themselves),
        cmocka_unit_test(detectors_by_their_outputs),
        cmocka_unit_test(other_tasks),
        cmocka_unit_test(overrides_replace_what_was_read),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

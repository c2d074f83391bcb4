/* Models inside the library open by name, and nothing else does. Each runs; where the library has none, these are skipped. */
#include "cmocka_all.h"

#include "cameo.h"

#include "builtin/builtin.h"

#include <math.h>
#include <string.h>

static void assert_refused(const char *name, const char *words)
{
    cameo_network *network = (cameo_network *)1;
    cameo_error error = {0};
    assert_int_equal(cameo_network_open(&network, name, NULL, &error), CAMEO_ERROR_NOT_FOUND);
    assert_null(network);
    if (!strstr(error.message, name) || !strstr(error.message, words))
        fail_msg("'%s' should name '%s' and say '%s'", error.message, name, words);
}

static void other_names_are_refused(void **state)
{
    (void)state;
    const char *words = cm_builtin_count() > 0 ? "builtin:" : "CAMEO_DEFAULT_MODELS";
    assert_refused("builtin:", words);
    assert_refused("builtin:nothing", words);
    assert_refused("builtin:Detector", words);
    assert_refused("./builtin:detector", "");
    assert_refused("builtin", "");
}

static void names_are_told_from_paths(void **state)
{
    (void)state;
    assert_true(cm_builtin_is_name("builtin:") && cm_builtin_is_name("builtin:x"));
    assert_false(cm_builtin_is_name("builtin") || cm_builtin_is_name("x/builtin:y") || cm_builtin_is_name("") || cm_builtin_is_name(NULL));
    assert_null(cm_builtin_find(NULL));
    assert_null(cm_builtin_find(""));
    assert_int_equal(cm_builtin_count() == 0, *cm_builtin_names() == '\0');
}

/* The outputs' sum of squares of a run on a fixed pattern; a picture of 64 x 64 where its size is open. */
static double run(const cameo_network *network)
{
    int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, 64, 64}};
    cameo_tensor_info input = cameo_network_input(network, 0);
    assert_int_equal(cameo_network_input_count(network), 1);
    assert_int_equal(input.rank, 4);
    for (int i = 2; i < 4; i++)
        if (input.dims[i] > 0)
            dims[0][i] = input.dims[i];
    cameo_runner *runner;
    cameo_error error = {0};
    if (cameo_runner_create(&runner, network, (const int64_t(*)[CAMEO_MAX_RANK])dims, 1, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    float *pixels = cameo_runner_input(runner, 0, NULL);
    for (int64_t i = 0; i < 3 * dims[0][2] * dims[0][3]; i++)
        pixels[i] = (float)(i * 7919 % 255) / 127.5f - 1.0f;
    assert_int_equal(cameo_runner_run(runner, &error), CAMEO_OK);
    double sum = 0;
    for (int i = 0; i < cameo_network_output_count(network); i++) {
        cameo_tensor_info output;
        const float *values = cameo_runner_output(runner, i, &output);
        int64_t count = 1;
        for (int d = 0; d < output.rank; d++)
            count *= output.dims[d];
        for (int64_t k = 0; k < count; k++)
            sum += (double)values[k] * (double)values[k];
    }
    cameo_runner_free(runner);
    return sum;
}

static void check_model(const char *name, cameo_task task)
{
    const cm_builtin_model *model = cm_builtin_find(name);
    if (!model)
        skip();
    cameo_network *network, *copy;
    cameo_error error = {0};
    if (cameo_network_open(&network, name, NULL, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    cameo_model_info info = cameo_network_info(network);
    assert_string_equal(info.path, name);
    assert_int_equal(info.file_bytes, model->size);
    assert_int_equal(cameo_network_open_bytes(&copy, model->bytes, model->size, NULL, NULL, &error), CAMEO_OK);
    double sum = run(network), again = run(copy);
    assert_true(isfinite(sum) && sum > 0 && memcmp(&sum, &again, sizeof sum) == 0);
    assert_int_equal(cameo_network_output_count(network) > 1, task == CAMEO_TASK_DETECTION);
    cameo_network_free(network);
    cameo_network_free(copy);
    const cameo_network_options small = {.limits = {.max_file_bytes = 1ull << 30, .max_memory_bytes = 1 << 30, .max_macs = 1 << 30, .max_nodes = 1}};
    assert_int_equal(cameo_network_open(&network, name, &small, &error), CAMEO_ERROR_LIMIT);
}

static void the_detector_runs(void **state)
{
    (void)state;
    check_model(CAMEO_BUILTIN_DETECTOR, CAMEO_TASK_DETECTION);
}

static void the_recognizer_runs(void **state)
{
    (void)state;
    check_model(CAMEO_BUILTIN_RECOGNIZER, CAMEO_TASK_RECOGNITION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(names_are_told_from_paths),
        cmocka_unit_test(the_detector_runs),
        cmocka_unit_test(the_recognizer_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

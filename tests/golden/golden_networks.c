/* Networks on the very tensors that ONNX Runtime was given: embeddings within 1e-4 of their largest value and a cosine of 0.99999, detector outputs
 * within 1e-3. */
#include "golden.h"

#include "face/feed.h"

/* Where an input stands: a tensor (.npy) or pixels (.png), which the contract turns into one. */
static npy_array read_input(const cameo_network *network, const char *folder, const char *prefix)
{
    char name[256];
    const char *data = getenv("CAMEO_TEST_DATA");
    snprintf(name, sizeof name, "%s/ref/raw/%s/%sinput.npy", data ? data : "", folder, prefix);
    npy_array input = npy_read(name);
    if (input.data)
        return input;
    snprintf(name, sizeof name, "ref/raw/%s/%sinput.png", folder, prefix);
    cameo_image *image = golden_picture(name);
    cameo_image_view view = cameo_image_pixels(image);
    cameo_contract contract;
    GOLDEN_OK(cameo_network_contract(network, NULL, &contract, error));
    input = (npy_array){.rank = 4, .dims = {1, 3, view.height, view.width}, .count = (size_t)view.height * (size_t)view.width * 3};
    input.data = malloc(input.count * sizeof *input.data);
    assert_non_null(input.data);
    assert_int_equal(view.stride, view.width * 3);
    cm_feed feed;
    cm_feed_init(&feed, &contract, cm_cpu_detect(NULL));
    cm_feed_pixels(&feed, view.pixels, (int64_t)view.width * view.height, input.data, (ptrdiff_t)view.width * view.height);
    cameo_image_free(image);
    return input;
}

typedef struct run_of {
    cameo_network *network;
    cameo_runner *runner;
} run_of;

static run_of run_model(const char *model, const char *folder, const char *prefix)
{
    run_of r = {0};
    char name[256];
    snprintf(name, sizeof name, "models/%s", model);
    GOLDEN_OK(cameo_network_open(&r.network, reference_need(name).text, NULL, error));
    npy_array input = read_input(r.network, folder, prefix);
    int64_t dims[1][CAMEO_MAX_RANK] = {{0}};
    for (int i = 0; i < input.rank; i++)
        dims[0][i] = input.dims[i];
    GOLDEN_OK(cameo_runner_create(&r.runner, r.network, (const int64_t(*)[CAMEO_MAX_RANK])dims, 2, error));
    memcpy(cameo_runner_input(r.runner, 0, NULL), input.data, input.count * sizeof *input.data);
    GOLDEN_OK(cameo_runner_run(r.runner, error));
    npy_free(&input);
    return r;
}

static void free_run(run_of *r)
{
    cameo_runner_free(r->runner);
    cameo_network_free(r->network);
}

/* Compares output `index`; its shape must be the reference's. */
static golden_agreement compare_output(const run_of *r, const char *folder, const char *prefix, int index)
{
    char name[256];
    snprintf(name, sizeof name, "ref/raw/%s/%soutput_%d.npy", folder, prefix, index);
    npy_array wanted = npy_read(reference_need(name).text);
    assert_non_null(wanted.data);
    cameo_tensor_info info;
    const float *got = cameo_runner_output(r->runner, index, &info);
    assert_int_equal(info.rank, wanted.rank);
    for (int i = 0; i < info.rank; i++)
        assert_int_equal(info.dims[i], wanted.dims[i]);
    golden_agreement a = golden_compare(got, wanted.data, wanted.count);
    npy_free(&wanted);
    return a;
}

/* The measure itself: a NaN among good values, wherever it stands, must not pass for agreement. */
static void nan_is_no_agreement(void **state)
{
    (void)state;
    const float wanted[3] = {1, 1, 1};
    for (int i = 0; i < 3; i++) {
        float got[3] = {1, 1, 1};
        got[i] = NAN;
        assert_false(golden_compare(got, wanted, 3).largest_difference <= 1e-3);
    }
}

static void recognizers_agree(void **state)
{
    (void)state;
    static const char *const models[] = {"mobilefacenet_arcface", "mobilefacenet_arcface_mxnet", "mobilefacenet_foamliu_op11"};
    for (size_t i = 0; i < 3; i++) {
        char file[128];
        snprintf(file, sizeof file, "%s.onnx", models[i]);
        run_of r = run_model(file, models[i], "");
        golden_agreement a = compare_output(&r, models[i], "", 0);
        printf("%s: cosine 1 - %.2g, largest difference %.2g of the largest value\n", models[i], 1 - a.cosine,
               a.largest_difference / a.largest_value);
        assert_true(a.cosine >= 0.99999);
        assert_true(a.largest_difference <= 1e-4 * a.largest_value);
        free_run(&r);
    }
}

static void detectors_agree(void **state)
{
    (void)state;
    static const struct {
        const char *model, *folder, *prefix;
        int outputs;
    } cases[] = {{"det_500m.onnx", "det_500m", "640x640_", 9},
                 {"det_500m.onnx", "det_500m", "320x320_", 9},
                 {"det_500m.onnx", "det_500m", "320x256_", 9},
                 {"scrfd_2.5g_bnkps.onnx", "scrfd_2.5g_bnkps", "320x320_", 9},
                 {"scrfd_2.5g_bnkps.onnx", "scrfd_2.5g_bnkps", "320x256_", 9},
                 {"yunet_n_dynamic.onnx", "yunet_n_dynamic", "320x320_", 12},
                 {"yunet_n_dynamic.onnx", "yunet_n_dynamic", "320x256_", 12},
                 {"version-RFB-320.onnx", "version-RFB-320", "", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run_of r = run_model(cases[i].model, cases[i].folder, cases[i].prefix);
        double largest = 0;
        assert_int_equal(cameo_network_output_count(r.network), cases[i].outputs);
        for (int k = 0; k < cases[i].outputs; k++) {
            golden_agreement a = compare_output(&r, cases[i].folder, cases[i].prefix, k);
            assert_true(a.largest_difference <= 1e-3);
            largest = fmax(largest, a.largest_difference);
        }
        printf("%s %s: largest difference %.2g\n", cases[i].model, cases[i].prefix, largest);
        free_run(&r);
    }
}

static void other_networks_agree(void **state)
{
    (void)state;
    run_of r = run_model("2.7_80x80_MiniFASNetV2.onnx", "2.7_80x80_MiniFASNetV2", "");
    golden_agreement a = compare_output(&r, "2.7_80x80_MiniFASNetV2", "", 0);
    printf("MiniFASNetV2: largest difference %.2g\n", a.largest_difference);
    assert_true(a.largest_difference <= 1e-3);
    free_run(&r);
}

/* What each real file is taken for. */
static void contracts_of_real_files(void **state)
{
    (void)state;
    static const struct {
        const char *file, *family;
        cameo_task task;
        cameo_color color;
        float mean, std;
        int width, height, dimension;
    } cases[] = {
        {"mobilefacenet_arcface.onnx", "arcface", CAMEO_TASK_RECOGNITION, CAMEO_COLOR_RGB, 127.5f, 127.5f, 112, 112, 128},
        {"mobilefacenet_arcface_mxnet.onnx", "arcface", CAMEO_TASK_RECOGNITION, CAMEO_COLOR_RGB, 0, 1, 112, 112, 128},
        {"mobilefacenet_foamliu_op11.onnx", "arcface", CAMEO_TASK_RECOGNITION, CAMEO_COLOR_RGB, 127.5f, 127.5f, 112, 112, 128},
        {"det_500m.onnx", "scrfd", CAMEO_TASK_DETECTION, CAMEO_COLOR_RGB, 127.5f, 128, 0, 0, 0},
        {"scrfd_2.5g_bnkps.onnx", "scrfd", CAMEO_TASK_DETECTION, CAMEO_COLOR_RGB, 127.5f, 128, 0, 0, 0},
        {"yunet_n_dynamic.onnx", "yunet", CAMEO_TASK_DETECTION, CAMEO_COLOR_BGR, 0, 1, 0, 0, 0},
        {"version-RFB-320.onnx", "ultraface", CAMEO_TASK_DETECTION, CAMEO_COLOR_RGB, 127, 128, 320, 240, 0},
        {"2.7_80x80_MiniFASNetV2.onnx", "minifasnet", CAMEO_TASK_ANTI_SPOOFING, CAMEO_COLOR_BGR, 0, 1, 80, 80, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[128];
        cameo_network *network = NULL;
        cameo_contract contract;
        snprintf(name, sizeof name, "models/%s", cases[i].file);
        GOLDEN_OK(cameo_network_open(&network, reference_need(name).text, NULL, error));
        GOLDEN_OK(cameo_network_contract(network, NULL, &contract, error));
        assert_string_equal(contract.family, cases[i].family);
        assert_int_equal(contract.task, cases[i].task);
        assert_int_equal(contract.color, cases[i].color);
        assert_true(contract.mean[1] == cases[i].mean && contract.std[2] == cases[i].std);
        assert_int_equal(contract.width, cases[i].width);
        assert_int_equal(contract.height, cases[i].height);
        assert_int_equal(contract.dimension, cases[i].dimension);
        cameo_network_free(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nan_is_no_agreement),
        cmocka_unit_test(contracts_of_real_files),
        cmocka_unit_test(recognizers_agree),
        cmocka_unit_test(detectors_agree),
        cmocka_unit_test(other_networks_agree),
    };
    int skipped = golden_begin("golden_networks");
    return skipped ? skipped : cmocka_run_group_tests(tests, NULL, NULL);
}

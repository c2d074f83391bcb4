/* Made models: the architecture is the one that is named, the bytes depend on the seed alone, the numbers stay sane, a file is
 * complete or absent. */
#define _XOPEN_SOURCE 700
#include "cmocka_all.h"

#include "make.h"
#include "onnx/onnx.h"
#include "scratch.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

static char folder[256];
static char message[512];
static cameo_error error;

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int files_in_folder(void)
{
    DIR *open_folder = opendir(folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(open_folder));)
        count += entry->d_name[0] != '.';
    closedir(open_folder);
    return count;
}

static void make(const char *architecture, uint64_t seed, const char *path)
{
    if (cm_make_model(architecture, seed, path, message, sizeof message) != 0)
        fail_msg("%s", message);
    assert_string_equal(message, "");
}

typedef struct op_count {
    const char *op;
    int count;
} op_count;

typedef struct expected_model {
    const char *architecture, *input, *first_output;
    int64_t input_dims[4];
    int nodes, outputs;
    uint64_t parameters;
    op_count ops[7];
} expected_model;

/* Counts and names as in the exports of the same architectures; parameters as the architectures' descriptions give them. Those of r50 are those
 * of iresnet.py with every folded BatchNormalization (four numbers a channel) turned into one bias a channel. */
static const expected_model models[] = {
    {"r18",
     "input.1",
     "267",
     {-1, 3, 112, 112},
     50,
     1,
     24025728,
     {{"Conv", 21}, {"PRelu", 9}, {"Add", 8}, {"BatchNormalization", 10}, {"Gemm", 1}}},
    {"r50",
     "input.1",
     "683",
     {-1, 3, 112, 112},
     130,
     1,
     43590976,
     {{"Conv", 53}, {"PRelu", 25}, {"Add", 24}, {"BatchNormalization", 26}, {"Flatten", 1}, {"Gemm", 1}}},
    {"mbf",
     "input.1",
     "516",
     {-1, 3, 112, 112},
     97,
     1,
     2049152,
     {{"Conv", 49}, {"PRelu", 33}, {"Add", 12}, {"BatchNormalization", 1}, {"MatMul", 1}}},
    {"adaface_r18",
     "input",
     "266",
     {-1, 3, 112, 112},
     56,
     2,
     24021568,
     {{"Conv", 20}, {"PRelu", 9}, {"MaxPool", 5}, {"BatchNormalization", 10}, {"Add", 8}, {"ReduceL2", 1}, {"Div", 1}}},
    {"vit_t",
     "input.1",
     "676",
     {-1, 3, 112, 112},
     527,
     1,
     19139158,
     {{"Conv", 1}, {"MatMul", 74}, {"Softmax", 12}, {"ReduceMean", 50}, {"Clip", 12}, {"Gather", 37}, {"BatchNormalization", 2}}},
    {"facenet",
     "input",
     "1164",
     {-1, 3, 160, 160},
     339,
     1,
     23469381,
     {{"Conv", 132}, {"Relu", 131}, {"MaxPool", 3}, {"Concat", 23}, {"Mul", 20}, {"Expand", 1}, {"MatMul", 1}}},
    {"edgeface_xs",
     "input",
     "974",
     {-1, 3, 112, 112},
     711,
     1,
     1770613,
     {{"Conv", 26}, {"MatMul", 91}, {"Erf", 18}, {"ReduceMean", 52}, {"Split", 3}, {"CumSum", 2}, {"Softmax", 3}}},
    {"edgeface_s",
     "input",
     "974",
     {-1, 3, 112, 112},
     711,
     1,
     3652641,
     {{"Conv", 26}, {"MatMul", 91}, {"ReduceL2", 6}, {"Expand", 6}, {"Range", 1}, {"Sin", 2}, {"Gemm", 1}}},
    {"ghostfacenet",
     "input",
     "975",
     {-1, 3, 112, 112},
     222,
     1,
     4025096,
     {{"Conv", 96}, {"PRelu", 41}, {"Concat", 32}, {"Add", 16}, {"ReduceMean", 7}, {"HardSigmoid", 7}, {"BatchNormalization", 1}}},
    {"2d106",
     "data",
     "314",
     {-1, 3, 192, 192},
     88,
     1,
     1252566,
     {{"Sub", 1}, {"Mul", 1}, {"Conv", 28}, {"BatchNormalization", 28}, {"PRelu", 28}, {"Gemm", 1}}},
    {"1k3d68",
     "data",
     "491",
     {-1, 3, 192, 192},
     176,
     1,
     35892921,
     {{"Conv", 54}, {"BatchNormalization", 52}, {"Relu", 51}, {"MaxPool", 1}, {"Add", 16}, {"Gemm", 1}}},
    {"genderage",
     "data",
     "314",
     {-1, 3, 96, 96},
     88,
     1,
     325730,
     {{"Sub", 1}, {"Mul", 1}, {"Conv", 28}, {"BatchNormalization", 28}, {"PRelu", 28}, {"Gemm", 1}}},
    {"minifasnet_v2",
     "input",
     "516",
     {-1, 3, 80, 80},
     98,
     1,
     429760,
     {{"Conv", 49}, {"PRelu", 33}, {"Add", 12}, {"MatMul", 2}, {"BatchNormalization", 1}}},
    {"minifasnet_v1se",
     "input",
     "576",
     {-1, 3, 80, 80},
     116,
     1,
     428486,
     {{"Conv", 55}, {"PRelu", 33}, {"Add", 12}, {"GlobalAveragePool", 3}, {"Sigmoid", 3}, {"Mul", 3}, {"MatMul", 2}}},
    {"scrfd_500m",
     "input.1",
     "443",
     {1, 3, -1, -1},
     146,
     9,
     626354,
     {{"Conv", 60}, {"Relu", 41}, {"Resize", 2}, {"Sigmoid", 3}, {"Transpose", 9}}},
    {"scrfd_2.5g",
     "input.1",
     "446",
     {1, 3, -1, -1},
     157,
     9,
     817969,
     {{"Conv", 57}, {"MaxPool", 1}, {"AveragePool", 3}, {"Mul", 3}, {"Resize", 2}}},
    {"scrfd_10g",
     "input.1",
     "448",
     {1, 3, -1, -1},
     158,
     9,
     4225937,
     {{"Conv", 58}, {"MaxPool", 1}, {"AveragePool", 3}, {"Mul", 3}, {"Shape", 6}}},
};

static int count_op(const cm_onnx_model *model, const char *op)
{
    int count = 0;
    for (int i = 0; i < model->node_count; i++)
        count += strcmp(model->nodes[i].op_type, op) == 0;
    return count;
}

/* Every number is finite, every variance positive. */
static void check_weights(const cm_onnx_model *model)
{
    for (int i = 0; i < model->value_count; i++) {
        const cm_onnx_tensor *tensor = model->values[i].initializer;
        if (!tensor || tensor->type != CM_ONNX_FLOAT)
            continue;
        bool variance = strstr(tensor->name, "running_var") != NULL;
        for (size_t j = 0; j < tensor->elements; j++) {
            float value;
            memcpy(&value, tensor->data + 4 * j, 4);
            /* Numbers that a graph computes with, and statistics of pixels in 0..255, may be larger than weights. */
            float most = tensor->elements == 1 || strncmp(tensor->name, "bn_data", 7) == 0 ? 10000.0f : 100.0f;
            if (!isfinite(value) || fabsf(value) > most || (variance && value <= 0))
                fail_msg("%s[%zu] is %g", tensor->name, j, (double)value);
        }
    }
}

static void check_model(const expected_model *expected)
{
    const cm_onnx_limits limits = {.max_file_bytes = 1 << 30, .max_nodes = 1000};
    const char *path = in_folder("model.onnx");
    make(expected->architecture, 3, path);
    cm_onnx_model *model;
    if (cm_onnx_open(&model, path, &limits, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    const cm_onnx_value *input = &model->values[model->inputs[0]];
    assert_int_equal(model->ir_version, 6);
    assert_int_equal(model->opset, 11);
    assert_string_equal(model->producer, "cameo model make");
    assert_int_equal(model->input_count, 1);
    assert_string_equal(input->name, expected->input);
    for (int i = 0; i < 4; i++)
        assert_int_equal(input->dims[i], expected->input_dims[i]);
    assert_int_equal(model->node_count, expected->nodes);
    assert_int_equal(model->output_count, expected->outputs);
    assert_string_equal(model->values[model->outputs[0]].name, expected->first_output);
    assert_int_equal(model->parameters, expected->parameters);
    for (size_t i = 0; i < sizeof expected->ops / sizeof *expected->ops && expected->ops[i].op; i++)
        if (count_op(model, expected->ops[i].op) != expected->ops[i].count)
            fail_msg("%s has %d %s, not %d", expected->architecture, count_op(model, expected->ops[i].op), expected->ops[i].op,
                     expected->ops[i].count);
    check_weights(model);
    cm_onnx_free(model);
    remove(path);
}

static void architectures_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        check_model(&models[i]);
}

static void every_architecture_is_described(void **state)
{
    (void)state;
    static const char *const tasks[] = {"recognition", "detection", "landmarks", "gender/age", "anti-spoofing"};
    size_t count;
    const char *const *names = cm_make_architectures(&count);
    assert_int_equal(count, 25);
    for (size_t i = 0; i < count; i++) {
        const cm_make_architecture *about = cm_make_architecture_find(names[i]);
        assert_non_null(about);
        assert_string_equal(about->name, names[i]);
        int known = 0;
        for (size_t t = 0; t < sizeof tasks / sizeof *tasks; t++)
            known = known || strcmp(about->task, tasks[t]) == 0;
        assert_true(known);
        assert_true(strlen(about->description) > 10);
    }
    assert_null(cm_make_architecture_find("r51"));
}

/* FNV-1a over a whole file. */
static uint64_t hash_of(const char *path)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (int c; (c = getc(file)) != EOF;)
        hash = (hash ^ (uint64_t)c) * UINT64_C(0x100000001b3);
    fclose(file);
    return hash;
}

static void bytes_depend_on_the_seed_alone(void **state)
{
    (void)state;
    const char *path = in_folder("seeded.onnx");
    uint64_t hashes[3];
    const uint64_t seeds[] = {7, 7, 8};
    for (int i = 0; i < 3; i++) {
        make("scrfd_500m", seeds[i], path);
        hashes[i] = hash_of(path);
    }
    assert_true(hashes[0] == hashes[1]);
    assert_true(hashes[0] != hashes[2]);
    /* On every machine. */
    if (hashes[0] != UINT64_C(0xcb76447f10633bc6))
        fail_msg("hash is 0x%016llx", (unsigned long long)hashes[0]);
    remove(path);
}

/* ---- as networks ---- */

/* A picture of soft light and some texture in -1..1. */
static void draw(float *picture, int height, int width, int variant)
{
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                float light = 0.6f * sinf((float)(x * (variant + 1) + 2 * y) * 0.03f + (float)c);
                *picture++ = light + 0.2f * sinf((float)(3 * x - y * (variant + 2)) * 0.4f);
            }
}

static cameo_runner *open_runner(const char *architecture, const int64_t (*dims)[CAMEO_MAX_RANK], cameo_network **network)
{
    const char *path = in_folder("run.onnx");
    cameo_runner *runner = NULL;
    make(architecture, 1, path);
    if (cameo_network_open(network, path, NULL, &error) != CAMEO_OK ||
        cameo_runner_create(&runner, *network, dims, 2, &error) != CAMEO_OK)
        fail_msg("%s: %s", architecture, error.message);
    return runner;
}

static void embeddings_are_sane(void **state)
{
    (void)state;
    const char *const architectures[] = {"mbf", "r18", "vit_t", "edgeface_xs", "ghostfacenet"};
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, 112, 112}};
    for (int a = 0; a < 5; a++) {
        cameo_network *network;
        cameo_runner *runner = open_runner(architectures[a], dims, &network);
        float embeddings[2][512];
        for (int i = 0; i < 2; i++) {
            draw(cameo_runner_input(runner, 0, NULL), 112, 112, i);
            assert_int_equal(cameo_runner_run(runner, &error), CAMEO_OK);
            memcpy(embeddings[i], cameo_runner_output(runner, 0, NULL), sizeof embeddings[i]);
            float norm = cameo_embedding_norm(embeddings[i], 512);
            if (!(norm > 8 && norm < 60))
                fail_msg("%s: the norm is %g", architectures[a], (double)norm);
        }
        float similarity = cameo_similarity(embeddings[0], embeddings[1], 512);
        if (!(similarity > -0.5f && similarity < 0.8f))
            fail_msg("%s: the similarity is %g", architectures[a], (double)similarity);
        cameo_runner_free(runner);
        cameo_network_free(network);
    }
    remove(in_folder("run.onnx"));
}

/* Embeddings of length one: the length before is AdaFace's second output, and sane too. */
static void unit_embeddings_are_sane(void **state)
{
    (void)state;
    const struct {
        const char *architecture;
        int side, outputs;
    } cases[] = {{"adaface_r18", 112, 2}, {"facenet", 160, 1}};
    for (int a = 0; a < 2; a++) {
        const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, cases[a].side, cases[a].side}};
        cameo_network *network;
        cameo_runner *runner = open_runner(cases[a].architecture, dims, &network);
        float embeddings[2][512];
        for (int i = 0; i < 2; i++) {
            draw(cameo_runner_input(runner, 0, NULL), cases[a].side, cases[a].side, i);
            assert_int_equal(cameo_runner_run(runner, &error), CAMEO_OK);
            memcpy(embeddings[i], cameo_runner_output(runner, 0, NULL), sizeof embeddings[i]);
            assert_true(fabsf(cameo_embedding_norm(embeddings[i], 512) - 1.0f) < 1e-4f);
            float length = cases[a].outputs > 1 ? *cameo_runner_output(runner, 1, NULL) : 20.0f;
            if (!(length > 8 && length < 60))
                fail_msg("%s: the length is %g", cases[a].architecture, (double)length);
        }
        float similarity = cameo_similarity(embeddings[0], embeddings[1], 512);
        if (!(similarity > -0.5f && similarity < 0.9f))
            fail_msg("%s: the similarity is %g", cases[a].architecture, (double)similarity);
        cameo_runner_free(runner);
        cameo_network_free(network);
    }
    remove(in_folder("run.onnx"));
}

/* Numbers of the size that they have in trained networks, which depend on the picture and are not all alike. */
static void attributes_are_sane(void **state)
{
    (void)state;
    const struct {
        const char *architecture;
        int side, outputs;
        float middle, reach;
    } cases[] = {{"2d106", 192, 212, 0, 2.5f}, {"1k3d68", 192, 3309, 0, 2.5f}, {"genderage", 96, 3, 0.35f, 1}, {"minifasnet_v2", 80, 3, 0, 8},
                 {"minifasnet_v1se", 80, 3, 0, 8}};
    for (int a = 0; a < 5; a++) {
        const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, cases[a].side, cases[a].side}};
        cameo_network *network;
        cameo_runner *runner = open_runner(cases[a].architecture, dims, &network);
        float *input = cameo_runner_input(runner, 0, NULL), change = 0, outputs[2][3309];
        for (int i = 0; i < 2; i++) {
            draw(input, cases[a].side, cases[a].side, 3 * i);
            for (int k = 0; k < 3 * cases[a].side * cases[a].side; k++)
                input[k] = 127.5f + 127.5f * input[k];
            assert_int_equal(cameo_runner_run(runner, &error), CAMEO_OK);
            memcpy(outputs[i], cameo_runner_output(runner, 0, NULL), (size_t)cases[a].outputs * sizeof *outputs[i]);
            for (int k = 0; k < cases[a].outputs; k++)
                if (!(fabsf(outputs[i][k] - cases[a].middle) < cases[a].reach))
                    fail_msg("%s: output %d is %g", cases[a].architecture, k, (double)outputs[i][k]);
        }
        for (int k = 0; k < cases[a].outputs; k++)
            change = fmaxf(change, fabsf(outputs[0][k] - outputs[1][k]));
        if (!(change > 0.02f * cases[a].reach))
            fail_msg("%s: another picture changes nothing by more than %g", cases[a].architecture, (double)change);
        cameo_runner_free(runner);
        cameo_network_free(network);
    }
    remove(in_folder("run.onnx"));
}

static void detectors_find_nothing(void **state)
{
    (void)state;
    const char *const architectures[] = {"scrfd_500m", "scrfd_2.5g", "scrfd_10g"};
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, 192, 256}};
    for (int a = 0; a < 3; a++) {
        cameo_network *network;
        cameo_runner *runner = open_runner(architectures[a], dims, &network);
        draw(cameo_runner_input(runner, 0, NULL), 192, 256, 1);
        assert_int_equal(cameo_runner_run(runner, &error), CAMEO_OK);
        for (int level = 0; level < 3; level++) {
            cameo_tensor_info scores, boxes;
            const float *score = cameo_runner_output(runner, level, &scores),
                        *box = cameo_runner_output(runner, level + 3, &boxes);
            int64_t cells = (192 >> (level + 3)) * (256 >> (level + 3)) * 2;
            assert_int_equal(scores.dims[0], cells);
            assert_int_equal(boxes.dims[0], cells);
            assert_int_equal(boxes.dims[1], 4);
            for (int64_t i = 0; i < cells; i++)
                if (!(score[i] > 0 && score[i] < 0.3f) || !(fabsf(box[4 * i]) < 20))
                    fail_msg("%s, level %d: score %g, box %g", architectures[a], level, (double)score[i], (double)box[4 * i]);
        }
        cameo_runner_free(runner);
        cameo_network_free(network);
    }
    remove(in_folder("run.onnx"));
}

/* ---- files ---- */

static void what_cannot_be_written_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(cm_make_model("r51", 0, in_folder("x.onnx"), message, sizeof message), -1);
    assert_non_null(strstr(message, "r51"));
    assert_int_equal(cm_make_model("scrfd_500m", 0, in_folder("gone/x.onnx"), message, sizeof message), 1);
    assert_non_null(strstr(message, "gone/x.onnx"));
    assert_int_equal(cm_make_model("scrfd_500m", 0, folder, message, sizeof message), 1);
    assert_non_null(strstr(message, folder));
    assert_int_equal(cm_make_model("scrfd_500m", 0, "/dev/full", message, sizeof message), 1);
    assert_non_null(strstr(message, "/dev/full"));
    assert_int_equal(files_in_folder(), 0);
}

/* A file that may not grow stands for a disk that is full. */
static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = in_folder("old.onnx");
    scratch_write(path, "old", 3);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1 << 20;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int result = cm_make_model("scrfd_500m", 0, path, message, sizeof message);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(result, 1);
    assert_non_null(strstr(message, "cannot write"));
    assert_int_equal(files_in_folder(), 1);
    char bytes[4] = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, 4, file), 3);
    fclose(file);
    assert_string_equal(bytes, "old");
    make("scrfd_500m", 0, path);
    assert_int_equal(files_in_folder(), 1);
    remove(path);
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, sizeof folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(architectures_are_exact),         cmocka_unit_test(every_architecture_is_described),
        cmocka_unit_test(bytes_depend_on_the_seed_alone),  cmocka_unit_test(embeddings_are_sane),
        cmocka_unit_test(unit_embeddings_are_sane),        cmocka_unit_test(attributes_are_sane),
        cmocka_unit_test(detectors_find_nothing),          cmocka_unit_test(what_cannot_be_written_leaves_nothing),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Packed weights kept between starts: the same bits with them and without, whatever has happened to the file meanwhile. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "cmocka_all.h"

#include "onnx_nets.h"
#include "scratch.h"

#include "run/network.h"
#include "run/weight_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { WIDE = 1024, NARROW = 64, CLASSES = 17000, SIZE = 8, HEADER = 64 };

static char folder[256], model_path[512], cache[512];
static float x[WIDE * SIZE * SIZE], plain[CLASSES], y[CLASSES];

/* ---- The network: every form that packed weights have ---- */

static void add_floats(pb *graph, const char *name, int rank, const int64_t *dims, uint32_t *seed)
{
    net_floats(graph, name, rank, dims, seed, 0.05f, 0.01f, NULL);
}

/* from -> Q -> DQ -> 3x3 convolution with 8-bit weights -> to */
static void add_byte_conv(pb *graph, uint32_t *seed, const char *from, const char *to, int64_t groups)
{
    static int8_t numbers[NARROW * NARROW * 9];
    char text[64], quantised[32], back[32], weights[32], wide[32];
    int64_t dims[4] = {NARROW, NARROW / groups, 3, 3};
    snprintf(quantised, sizeof quantised, "%s_q", to);
    snprintf(back, sizeof back, "%s_dq", to);
    snprintf(weights, sizeof weights, "%s_w", to);
    snprintf(wide, sizeof wide, "%s_wide", to);
    for (int64_t i = 0; i < NARROW * NARROW / groups * 9; i++)
        numbers[i] = (int8_t)(int)(127.0f * net_number(seed));
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(weights, 3, 4, dims, numbers, (size_t)(NARROW * NARROW / groups * 9)));
    snprintf(text, sizeof text, "%s,step,middle", from);
    net_node(graph, "QuantizeLinear", text, quantised);
    snprintf(text, sizeof text, "%s,step,middle", quantised);
    net_node(graph, "DequantizeLinear", text, back);
    snprintf(text, sizeof text, "%s,step", weights);
    net_node(graph, "DequantizeLinear", text, wide);
    snprintf(text, sizeof text, "%s,%s", back, wide);
    pb node = onnx_node("Conv", to, text, to);
    onnx_attribute_i(&node, "group", groups);
    pb_message(graph, ONNX_NODE, node);
}

static void write_model(uint32_t seed)
{
    pb graph = {0};
    for (int i = 0; i < 4; i++)
        net_floats(&graph, (const char *[]){"gamma", "beta", "mean", "variance"}[i], 1, (int64_t[1]){WIDE}, &seed, 0.2f, 1.0f, NULL);
    add_floats(&graph, "wide", 4, (int64_t[4]){WIDE, WIDE, 1, 1}, &seed);
    add_floats(&graph, "each", 4, (int64_t[4]){WIDE, 1, 3, 3}, &seed);
    add_floats(&graph, "narrow", 4, (int64_t[4]){NARROW, WIDE, 1, 1}, &seed);
    add_floats(&graph, "square", 4, (int64_t[4]){NARROW, NARROW, 3, 3}, &seed);
    add_floats(&graph, "classes", 2, (int64_t[2]){CLASSES, NARROW}, &seed);
    add_floats(&graph, "bias", 1, (int64_t[1]){CLASSES}, &seed);
    net_node(&graph, "BatchNormalization", "x,gamma,beta,mean,variance", "a");
    net_conv(&graph, "wide_conv", "a,wide", "b", 1, 1, 0);
    pb depthwise = onnx_node("Conv", "each_conv", "b,each", "c");
    onnx_attribute_i(&depthwise, "group", WIDE);
    onnx_attribute_is(&depthwise, "kernel_shape", 2, (int64_t[2]){3, 3});
    onnx_attribute_is(&depthwise, "pads", 4, (int64_t[4]){1, 1, 1, 1});
    pb_message(&graph, ONNX_NODE, depthwise);
    net_conv(&graph, "narrow_conv", "c,narrow", "d", 1, 1, 0);
    net_conv(&graph, "square_conv", "d,square", "e", 3, 1, 1);
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("step", 1, 0, NULL, &(float){0.05f}, sizeof(float)));
    pb_message(&graph, ONNX_INITIALIZER, onnx_tensor_raw("middle", 2, 0, NULL, "\x83", 1));
    add_byte_conv(&graph, &seed, "e", "e_each", NARROW);
    add_byte_conv(&graph, &seed, "e_each", "e_bytes", 1);
    net_node(&graph, "GlobalAveragePool", "e_bytes", "f");
    net_node(&graph, "Flatten", "f", "g");
    pb gemm = onnx_node("Gemm", "gemm", "g,classes,bias", "y");
    onnx_attribute_i(&gemm, "transB", 1);
    pb_message(&graph, ONNX_NODE, gemm);
    net_io(&graph, "x", 4, (int64_t[4]){0, WIDE, 0, 0}, "y", 2, (int64_t[2]){0, CLASSES});
    pb model = onnx_model(graph, 11);
    scratch_write(model_path, model.bytes, model.size);
    pb_free(&model);
}

/* Waits until the model counts as settled. */
static void settle(void)
{
    struct stat about;
    assert_int_equal(stat(model_path, &about), 0);
    while (time(NULL) < about.st_ctime + CM_CACHE_SETTLED)
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

static cameo_network *open_model(const char *cache_folder, const char *cpu)
{
    cameo_network *network;
    cameo_network_options options;
    cameo_error error;
    cameo_network_options_default(&options);
    options.cache_folder = cache_folder;
    options.cpu = cpu;
    if (cameo_network_open(&network, model_path, &options, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    return network;
}

static cameo_plan_info run(const cameo_network *network, int size, float *out)
{
    cameo_runner *runner;
    cameo_error error;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, WIDE, size, size}};
    if (cameo_runner_create(&runner, network, dims, 1, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    memcpy(cameo_runner_input(runner, 0, NULL), x, sizeof(float) * WIDE * (size_t)(size * size));
    assert_int_equal(cameo_runner_run(runner, NULL), CAMEO_OK);
    memcpy(out, cameo_runner_output(runner, 0, NULL), sizeof(float) * CLASSES);
    cameo_plan_info plan = cameo_runner_plan(runner);
    cameo_runner_free(runner);
    return plan;
}

/* One start with this cache; its result is that of no cache. Returns how many bytes of weights came from the cache. */
static uint64_t start(const char *cache_folder, bool *all)
{
    cameo_network *network = open_model(cache_folder, NULL);
    memset(y, 0, sizeof y);
    cameo_plan_info plan = run(network, SIZE, y);
    cameo_network_free(network);
    assert_memory_equal(y, plain, sizeof y);
    if (all)
        *all = plan.cached_weight_bytes == plan.weight_bytes;
    return plan.cached_weight_bytes;
}

static bool starts_from_cache(void)
{
    bool all;
    start(cache, &all);
    return all;
}

/* ---- The folder ---- */

/* The name of its only file into path: [512]; returns how many there are. */
static int only_file(const char *in, char *path)
{
    DIR *open_folder = opendir(in);
    int count = 0;
    if (!open_folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(open_folder));)
        if (entry->d_name[0] != '.') {
            snprintf(path, 512, "%.200s/%.200s", in, entry->d_name);
            count++;
        }
    closedir(open_folder);
    return count;
}

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static int make_model(void **state)
{
    (void)state;
    unsetenv("CAMEO_CACHE");
    unsetenv("CAMEO_HOME");
    scratch_make(folder, sizeof folder);
    snprintf(model_path, sizeof model_path, "%s/model.onnx", folder);
    snprintf(cache, sizeof cache, "%s/cache", folder);
    uint32_t seed = 5;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
        x[i] = net_number(&seed);
    write_model(1);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Each test begins with a settled model, its plain result, and no cache. */
static int begin(void **state)
{
    (void)state;
    scratch_remove(cache);
    settle();
    cameo_network *network = open_model("", NULL);
    run(network, SIZE, plain);
    cameo_network_free(network);
    return 0;
}

/* ---- Tests ---- */

static void a_second_start_finds_all(void **state)
{
    (void)state;
    char path[512];
    bool all;
    assert_int_equal(start(cache, &all), 0);
    assert_int_equal(only_file(cache, path), 1);
    assert_true(start(cache, &all) > CM_CACHE_LEAST_BYTES && all);
    assert_int_equal(start("", NULL), 0);
    assert_int_equal(only_file(cache, path), 1);
}

static void links_lead_to_the_same_file(void **state)
{
    (void)state;
    char path[512], kept[512];
    assert_false(starts_from_cache());
    snprintf(kept, sizeof kept, "%s", model_path);
    snprintf(model_path, sizeof model_path, "%s/link.onnx", folder);
    assert_int_equal(symlink("model.onnx", model_path), 0);
    assert_true(starts_from_cache());
    snprintf(model_path, sizeof model_path, "%s", kept);
    assert_int_equal(only_file(cache, path), 1);
}

static void the_environment_says_where(void **state)
{
    (void)state;
    char home[300], packed[512], path[512];
    snprintf(home, sizeof home, "%s/home", folder);
    snprintf(packed, sizeof packed, "%s/packed", home);
    setenv("CAMEO_HOME", home, 1);
    setenv("CAMEO_CACHE", "off", 1);
    start(NULL, NULL);
    start(cache, NULL);
    assert_int_equal(only_file(packed, path) + only_file(cache, path), 0);
    unsetenv("CAMEO_CACHE");
    start("", NULL);
    assert_int_equal(only_file(packed, path), 0);
    start(NULL, NULL);
    assert_int_equal(only_file(packed, path), 1);
    unsetenv("CAMEO_HOME");
    setenv("HOME", home, 1);
    snprintf(packed, sizeof packed, "%s/.cache/cameo/packed", home);
    start(NULL, NULL);
    assert_int_equal(only_file(packed, path), 1);
    unsetenv("HOME");
    start(NULL, NULL);
}

static void another_tier_has_its_own_file(void **state)
{
    (void)state;
    char path[512];
    assert_false(starts_from_cache());
    for (int round = 0; round < 2; round++) {
        cameo_network *network = open_model(cache, "ref");
        cameo_plan_info plan = run(network, SIZE, y);
        cameo_network_free(network);
        assert_int_equal(plan.cached_weight_bytes, round ? plan.weight_bytes : 0);
    }
    assert_int_equal(only_file(cache, path), 2);
    assert_true(starts_from_cache());
}

/* Without dot products of bytes the square convolution of bytes has filters for Winograd's tiles. */
static void filters_of_bytes_are_kept(void **state)
{
    (void)state;
    static float first[CLASSES];
    for (int round = 0; round < 2; round++) {
        cameo_network *network = open_model(cache, "avx2");
        cameo_plan_info plan = run(network, SIZE, round ? y : first);
        cameo_network_free(network);
        assert_int_equal(plan.cached_weight_bytes, round ? plan.weight_bytes : 0);
    }
    assert_memory_equal(y, first, sizeof first);
}

static void a_changed_model_is_packed_anew(void **state)
{
    (void)state;
    char path[512];
    assert_false(starts_from_cache());
    write_model(2); /* in place: the same inode and size */
    for (int round = 0; round < 3; round++) {
        cameo_network *network = open_model("", NULL);
        static float before[CLASSES];
        memcpy(before, plain, sizeof before);
        run(network, SIZE, plain);
        cameo_network_free(network);
        assert_int_equal(memcmp(before, plain, sizeof plain) != 0, round == 0);
        /* Just changed: neither read from the cache nor kept; once settled, kept. */
        bool all = starts_from_cache();
        assert_int_equal(all, round == 2);
        if (round == 0)
            settle();
    }
    assert_int_equal(only_file(cache, path), 1);
}

static void other_shapes_add_to_the_file(void **state)
{
    (void)state;
    static float small[CLASSES];
    assert_false(starts_from_cache());
    for (int round = 0; round < 2; round++) {
        cameo_network *network = open_model(cache, NULL);
        network->weights.new_bytes = CM_CACHE_LEAST_BYTES; /* worth it, whatever the new layers weigh */
        cameo_plan_info plan = run(network, 5, round ? y : small);
        assert_true(round == 0 || plan.cached_weight_bytes == plan.weight_bytes);
        assert_true(round == 0 || plan.cached_weight_bytes > CM_CACHE_LEAST_BYTES); /* another size may want other layouts of all layers */
        cameo_network_free(network);
    }
    assert_memory_equal(small, y, sizeof y);
    assert_true(starts_from_cache());
}

/* Writes the file, damaged, and starts; then looks that the next start finds a whole one again. */
static void start_damaged(const char *path, const unsigned char *bytes, size_t size)
{
    scratch_write(path, bytes, size);
    start(cache, NULL);
}

static void damage_is_noticed_and_repaired(void **state)
{
    (void)state;
    char path[512];
    size_t size;
    assert_false(starts_from_cache());
    assert_int_equal(only_file(cache, path), 1);
    unsigned char *bytes = read_file(path, &size);
    for (size_t i = 0; i < 40; i++) {
        size_t at = i < 16 ? 9 * i : size / 24 * (i - 16) + 1000;
        bytes[at] ^= 0x40;
        start_damaged(path, bytes, size);
        bytes[at] ^= 0x40;
    }
    for (size_t cut = 0; cut <= HEADER; cut += 4)
        start_damaged(path, bytes, cut);
    for (size_t i = 1; i < 8; i++)
        start_damaged(path, bytes, size / 8 * i + 1);
    assert_true(starts_from_cache()); /* what was cut is whole again */
    bytes[HEADER + 32 + 7] ^= 0x80; /* the offset of a layer leads far away, and the checksum agrees */
    assert_true(cm_packed_file_seal(bytes, size));
    start_damaged(path, bytes, size);
    assert_true(starts_from_cache());
    free(bytes);
}

static void what_is_no_file_is_left_alone(void **state)
{
    (void)state;
    char path[512];
    struct stat about;
    assert_false(starts_from_cache());
    assert_int_equal(only_file(cache, path), 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    for (int round = 0; round < 2; round++)
        assert_false(starts_from_cache());
    assert_int_equal(only_file(cache, path), 1);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not be waited for; a file takes its place */
    assert_false(starts_from_cache());
    assert_int_equal(stat(path, &about), 0);
    assert_true(S_ISREG(about.st_mode));
    assert_true(starts_from_cache());
}

static void places_that_cannot_be_written_are_no_error(void **state)
{
    (void)state;
    char below[600], path[512];
    snprintf(below, sizeof below, "%s/cache", model_path); /* below a file */
    assert_int_equal(start(below, NULL), 0);
    assert_int_equal(start("/proc/cameo/packed", NULL), 0);
    if (geteuid() != 0) {
        assert_int_equal(mkdir(cache, 0500), 0);
        assert_false(starts_from_cache());
        assert_int_equal(only_file(cache, path), 0);
        assert_int_equal(chmod(cache, 0700), 0);
    }
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool all = starts_from_cache();
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(all);
    assert_int_equal(only_file(cache, path), 0);
}

static void processes_may_write_at_once(void **state)
{
    (void)state;
    enum { PROCESSES = 4 };
    pid_t children[PROCESSES];
    char path[512];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            cameo_network *network = open_model(cache, NULL);
            run(network, SIZE, y);
            cameo_network_free(network);
            _exit(memcmp(y, plain, sizeof y) != 0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int code;
        assert_int_equal(waitpid(children[i], &code, 0), children[i]);
        assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
    }
    assert_int_equal(only_file(cache, path), 1);
    assert_true(starts_from_cache());
}

static void networks_share_the_memory(void **state)
{
    (void)state;
    assert_false(starts_from_cache());
    cameo_network *networks[2] = {open_model(cache, NULL), open_model(cache, NULL)};
    static float other[CLASSES];
    for (int i = 0; i < 2; i++) {
        cameo_plan_info plan = run(networks[i], SIZE, i ? y : other);
        assert_int_equal(plan.cached_weight_bytes, plan.weight_bytes);
    }
    char path[512];
    assert_int_equal(only_file(cache, path), 1);
    assert_int_equal(unlink(path), 0); /* mapped all the same */
    cameo_network_free(networks[0]);
    run(networks[1], SIZE, y);
    cameo_network_free(networks[1]);
    assert_memory_equal(y, plain, sizeof y);
    assert_memory_equal(other, plain, sizeof other);
}

static void *start_in_thread(void *out)
{
    cameo_network *network = open_model(cache, NULL);
    run(network, SIZE, out);
    cameo_network_free(network);
    return NULL;
}

static void threads_may_start_at_once(void **state)
{
    (void)state;
    enum { THREADS = 3 };
    static float results[THREADS][CLASSES];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, start_in_thread, results[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        assert_memory_equal(results[i], plain, sizeof plain);
    assert_true(starts_from_cache());
}

/* A file of `size` bytes that was last used so many seconds ago. */
static void old_file(const char *name, long size, long seconds)
{
    char path[512];
    snprintf(path, sizeof path, "%.250s/%.200s", cache, name);
    scratch_write(path, "", 0);
    assert_int_equal(truncate(path, size), 0);
    const struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(const char *name)
{
    char path[512];
    struct stat about;
    snprintf(path, sizeof path, "%.250s/%.200s", cache, name);
    return stat(path, &about) == 0;
}

static void the_folder_stays_small(void **state)
{
    (void)state;
    assert_int_equal(mkdir(cache, 0700), 0);
    old_file("a-1.packed", 1000, 9000);
    old_file("b-1.packed", 1000, 50);
    old_file("c-1.packed", 1000, 40);
    old_file("kept-1.packed", 1000, 99999);
    old_file("d-0.packed", 1, 1);
    old_file("b-1.packed.77-0.part", 1, 100);
    old_file("b-1.packed.78-0.part", 1, 9000);
    old_file("notes.txt", 100000, 99999);
    cm_weight_cache_prune(cache, "-1.packed", "kept-1.packed", 4000);
    assert_true(is_there("a-1.packed") && !is_there("d-0.packed"));
    assert_true(is_there("b-1.packed.77-0.part") && !is_there("b-1.packed.78-0.part"));
    cm_weight_cache_prune(cache, "-1.packed", "kept-1.packed", 3999);
    assert_true(!is_there("a-1.packed") && is_there("b-1.packed"));
    cm_weight_cache_prune(cache, "-1.packed", "kept-1.packed", 10);
    assert_true(!is_there("b-1.packed") && !is_there("c-1.packed"));
    assert_true(is_there("kept-1.packed") && is_there("notes.txt"));
    cm_weight_cache_prune("/nowhere/at/all", "-1.packed", "kept-1.packed", 10);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_second_start_finds_all),
        TEST(links_lead_to_the_same_file),
        TEST(the_environment_says_where),
        TEST(another_tier_has_its_own_file),
        TEST(filters_of_bytes_are_kept),
        TEST(other_shapes_add_to_the_file),
        TEST(damage_is_noticed_and_repaired),
        TEST(what_is_no_file_is_left_alone),
        TEST(places_that_cannot_be_written_are_no_error),
        TEST(processes_may_write_at_once),
        TEST(networks_share_the_memory),
        TEST(threads_may_start_at_once),
        TEST(a_changed_model_is_packed_anew),
        TEST(the_folder_stays_small),
    };
    return cmocka_run_group_tests(tests, make_model, remove_folder);
}

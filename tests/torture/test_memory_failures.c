/* Memory runs out at every place where the library asks for it: what was asked for is refused with a sentence that says so, nothing leaks, and the next
 * try succeeds with the same numbers. Where a scenario allocates more often than its budget of tries, tries are spread evenly over all of them;
 * what is printed says so. */
#define _XOPEN_SOURCE 700
#include "cmocka_all.h"

#include "failing_memory.h"
#include "jpeg_samples.h"
#include "make.h"
#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>

/* Does everything once, from nothing to nothing; *result: a number that depends on all that came out. */
typedef cameo_status scenario_fn(const void *what, uint64_t *result, cameo_error *error);

static char folder[200];

static const char *in_folder(const char *name)
{
    static char path[260];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void try_once(const char *name, scenario_fn *run, const void *what, uint64_t expected, long nth, failing_mode mode)
{
    cameo_error error = {.status = CAMEO_OK};
    uint64_t result = 0;
    long live = failing_memory_live();
    failing_memory_arm(nth, mode);
    cameo_status status = run(what, &result, &error);
    failing_memory_disarm();
    if (failing_memory_live() != live)
        fail_msg("%s, allocation %ld: %ld blocks leak (%s)", name, nth, failing_memory_live() - live, error.message);
    /* What can be done without, such as a cache, may be missing; what comes out is right all the same. */
    if (status == CAMEO_OK) {
        if (result != expected)
            fail_msg("%s, allocation %ld: it goes on with something else than it needs", name, nth);
        return;
    }
    /* libwebp does not always tell. */
    bool named = status == CAMEO_ERROR_MEMORY || (status == CAMEO_ERROR_FORMAT && strstr(name, ".webp"));
    if (!named || error.status != status || (!strstr(error.message, "memory") && !strstr(error.message, "thread")))
        fail_msg("%s, allocation %ld: status %d, '%s'", name, nth, (int)status, error.message);
}

static void must_succeed(const char *name, scenario_fn *run, const void *what, uint64_t *result, long after)
{
    cameo_error error = {.status = CAMEO_OK};
    if (run(what, result, &error) != CAMEO_OK)
        fail_msg("%s, after allocation %ld had failed: %s", name, after, error.message);
}

/* A scenario with each of its allocations failing, alone and with all that follow; at most `tries` of each. */
static void torture(const char *name, scenario_fn *run, const void *what, int tries)
{
    uint64_t expected, again;
    must_succeed(name, run, what, &expected, 0); /* also what C's library allocates only once */
    failing_memory_arm(LONG_MAX, FAIL_ONE);
    must_succeed(name, run, what, &again, 0);
    long count = failing_memory_disarm();
    assert_true(expected == again && count > 0);
#ifdef CM_SANITIZED
    tries = tries / 8 + 4; /* everything takes longer, and this is about leaks and overruns */
#endif
    long done = count < tries ? count : tries;
    for (long i = 0; i < done; i++) {
        long nth = done < count && done > 1 ? 1 + i * (count - 1) / (done - 1) : 1 + i;
        try_once(name, run, what, expected, nth, FAIL_ONE);
        try_once(name, run, what, expected, nth, FAIL_REST);
        if (i % 8 == 0) {
            must_succeed(name, run, what, &again, nth);
            assert_true(again == expected);
        }
    }
    printf("%s: %ld allocations, %ld of them refused\n", name, count, done);
}

static void add_to_result(uint64_t *result, const void *bytes, size_t size)
{
    *result ^= hash_bytes(bytes, size) + (*result << 7);
}

/* ---- Networks ---- */

typedef struct network_case {
    const char *file;
    int side, threads, tries;
    const char *cache; /* folder, or "" */
} network_case;

static cameo_status run_network(const cameo_network *network, const network_case *c, uint64_t *result, cameo_error *error)
{
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, c->side, c->side}};
    cameo_runner *runner;
    cameo_status status = cameo_runner_create(&runner, network, dims, c->threads, error);
    assert_true((status == CAMEO_OK) == (runner != NULL));
    if (!runner)
        return status;
    cameo_tensor_info info;
    float *input = cameo_runner_input(runner, 0, &info);
    for (int i = 0; i < 3 * c->side * c->side; i++)
        input[i] = (float)(i * 37 % 101) / 50.0f - 1.0f;
    status = cameo_runner_run(runner, error);
    for (int i = 0; status == CAMEO_OK && i < cameo_network_output_count(network); i++) {
        const float *output = cameo_runner_output(runner, i, &info);
        size_t count = 1;
        for (int k = 0; k < info.rank; k++)
            count *= (size_t)info.dims[k];
        add_to_result(result, output, count * sizeof *output);
    }
    cameo_runner_free(runner);
    return status;
}

static cameo_status open_and_run(const void *what, uint64_t *result, cameo_error *error)
{
    const network_case *c = what;
    cameo_network_options options;
    cameo_network_options_default(&options);
    options.cache_folder = c->cache;
    cameo_network *network;
    cameo_contract contract;
    *result = 0;
    cameo_status status = cameo_network_open(&network, in_folder(c->file), &options, error);
    assert_true((status == CAMEO_OK) == (network != NULL));
    if (status == CAMEO_OK)
        status = cameo_network_contract(network, NULL, &contract, error);
    if (status == CAMEO_OK)
        status = run_network(network, c, result, error);
    cameo_network_free(network);
    return status;
}

static void networks_are_opened_planned_and_run(void **state)
{
    (void)state;
    static const network_case cases[] = {
        {.file = "mbf.onnx", .side = 112, .threads = 1, .tries = 400, .cache = ""},
        {.file = "scrfd_500m.onnx", .side = 64, .threads = 2, .tries = 400, .cache = ""},
        {.file = "vit_t.onnx", .side = 112, .threads = 1, .tries = 16, .cache = ""},
        {.file = "r18.onnx", .side = 112, .threads = 2, .tries = 12, .cache = ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        torture(cases[i].file, open_and_run, &cases[i], cases[i].tries);
}

/* The cache is written while memory runs out, and read by the next try. */
static void packed_weights_are_cached(void **state)
{
    (void)state;
    char cache[256];
    snprintf(cache, sizeof cache, "%s/packed", folder);
    const network_case c = {.file = "mbf.onnx", .side = 112, .threads = 1, .cache = cache};
    uint64_t expected, again;
    must_succeed("cached", open_and_run, &c, &expected, 0);
    scratch_remove(cache);
    failing_memory_arm(LONG_MAX, FAIL_ONE);
    must_succeed("cached", open_and_run, &c, &again, 0);
    long count = failing_memory_disarm(), tries = 0;
    struct stat about;
    assert_int_equal(stat(cache, &about), 0); /* it was written, so the files were old enough */
#ifdef CM_SANITIZED
    const long seldom = 64, often = 4;
#else
    const long seldom = 16, often = 1;
#endif
    for (long nth = 1; nth <= count; nth += nth < count - 64 ? seldom : often, tries++) { /* writing comes last */
        scratch_remove(cache);
        try_once("writing the cache", open_and_run, &c, expected, nth, nth % 2 ? FAIL_ONE : FAIL_REST);
        must_succeed("with what was cached", open_and_run, &c, &again, nth);
        assert_true(again == expected);
    }
    printf("cache: %ld allocations, %ld of them refused\n", count, tries);
    torture("cached", open_and_run, &c, 100); /* now all of them with a file that is there */
}

/* ---- Faces ---- */

static cameo_status use_session(cameo_session *session, const cameo_engine *engine, const cameo_image_view *picture, uint64_t *result,
                                cameo_error *error)
{
    static const cameo_face face = {.box = {15, 15, 75, 90}, .landmark_count = 5, .landmarks = {{30, 40}, {60, 40}, {45, 60}, {33, 75}, {58, 75}}};
    static cameo_attributes attributes;
    static uint8_t crop[112 * 112 * 3];
    static cameo_face faces[64];
    static float embeddings[512];
    size_t count = 0;
    cameo_status status = cameo_detect(session, picture, faces, 64, &count, error);
    if (status == CAMEO_OK)
        status = cameo_align(picture, face.landmarks, 112, crop, sizeof crop, error);
    if (status == CAMEO_OK)
        status = cameo_crop_box(picture, face.box, 112, crop, sizeof crop, error);
    if (status == CAMEO_OK)
        status = cameo_embed(session, picture, &face, 1, embeddings, (size_t)cameo_engine_dimension(engine), error);
    if (status != CAMEO_OK)
        return status;
    add_to_result(result, embeddings, (size_t)cameo_engine_dimension(engine) * sizeof *embeddings);
    const cameo_image_view aligned = {.pixels = crop, .width = 112, .height = 112, .stride = 336, .format = CAMEO_PIXEL_RGB8};
    status = cameo_embed_aligned(session, &aligned, 1, embeddings, 512, error);
    if (status == CAMEO_OK)
        status = cameo_analyze(session, picture, &face, 1, NULL, &attributes, error);
    add_to_result(result, &attributes, sizeof attributes);
    add_to_result(result, crop, sizeof crop);
    add_to_result(result, embeddings, sizeof embeddings);
    add_to_result(result, faces, count * sizeof *faces);
    return status;
}

static cameo_status recognize(const void *what, uint64_t *result, cameo_error *error)
{
    static const char *const names[] = {"scrfd_500m", "mbf", "genderage", "minifasnet_v2"};
    char paths[4][300];
    for (int i = 0; i < 4; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s.onnx", folder, names[i]);
    cameo_options options;
    cameo_options_default(&options);
    options.detector = paths[0];
    options.recognizer = paths[1];
    options.gender_age = paths[2];
    options.antispoof[0].path = paths[3];
    options.antispoof_count = 1;
    options.detection_size_count = 2;
    memcpy(options.detection_sizes, (int[2][2]){{64, 64}, {96, 64}}, sizeof(int[2][2]));
    options.detection_threshold = 0.0f; /* the detector knows no faces, but there is much to sort */
    options.max_faces = 20;
    options.threads = 2;
    options.network.cache_folder = "";
    cameo_engine *engine;
    cameo_session *session = NULL;
    *result = 0;
    cameo_status status = cameo_engine_open(&engine, &options, error);
    assert_true((status == CAMEO_OK) == (engine != NULL));
    if (status == CAMEO_OK) {
        status = cameo_session_create(&session, engine, error);
        assert_true((status == CAMEO_OK) == (session != NULL));
    }
    if (status == CAMEO_OK)
        status = use_session(session, engine, what, result, error);
    cameo_session_free(session);
    cameo_engine_free(engine);
    return status;
}

static void faces_are_found_aligned_embedded_and_analyzed(void **state)
{
    (void)state;
    test_picture picture = synthetic_picture(90, 100);
    const cameo_image_view view = picture_view(&picture);
    torture("engine", recognize, &view, 150);
    free(picture.pixels);
}

/* ---- Pictures ---- */

static cameo_status load(const void *what, uint64_t *result, cameo_error *error)
{
    const cameo_image_limits limits = {.max_bytes = 1 << 24, .max_pixels = 1 << 22, .threads = 3};
    cameo_image *image;
    *result = 0;
    cameo_status status = cameo_image_load(&image, what, &limits, error);
    assert_true((status == CAMEO_OK) == (image != NULL));
    if (image) {
        cameo_image_view view = cameo_image_pixels(image);
        add_to_result(result, view.pixels, (size_t)view.stride * (size_t)view.height);
    }
    cameo_image_free(image);
    return status;
}

static void corpus_is_decoded(const char *kind)
{
    char path[600];
    snprintf(path, sizeof path, "%s/fuzz/corpus/%s", getenv("CAMEO_SOURCE_DIR"), kind);
    DIR *corpus = opendir(path);
    assert_non_null(corpus);
    for (struct dirent *entry; (entry = readdir(corpus));) {
        uint64_t result;
        snprintf(path, sizeof path, "%s/fuzz/corpus/%s/%s", getenv("CAMEO_SOURCE_DIR"), kind, entry->d_name);
        /* libwebp 1.2 crashes where it lacks memory for what is lossless: there only what we ask for ourselves is refused. */
        failing_memory_spare_libraries(strstr(entry->d_name, ".webp") && !strstr(entry->d_name, "lossy"));
        if (entry->d_name[0] != '.' && load(path, &result, NULL) == CAMEO_OK)
            torture(entry->d_name, load, path, 200);
        failing_memory_spare_libraries(false);
    }
    closedir(corpus);
}

static void pictures_are_decoded(void **state)
{
    (void)state;
    static const char *const kinds[] = {"jpeg", "png", "webp", "bmp", "pnm"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        corpus_is_decoded(kinds[i]);
    /* Large enough for threads, with restart markers at which it can be cut. */
    test_picture picture = synthetic_picture(500, 400);
    test_bytes bytes = encode(&picture, &(form){.stored = JCS_YCbCr, .luma_sampling = 2, .restart_rows = 1});
    scratch_write(in_folder("strips.jpg"), bytes.bytes, bytes.size);
    assert_true(bytes.size > 64 * 1024);
    char path[300];
    snprintf(path, sizeof path, "%s", in_folder("strips.jpg"));
    torture("strips.jpg", load, path, 200);
    free(bytes.bytes);
    free(picture.pixels);
}

typedef struct save_case {
    cameo_image_view view;
    const char *path;
} save_case;

static cameo_status draw_and_save(const void *what, uint64_t *result, cameo_error *error)
{
    static const cameo_face face = {.box = {5, 5, 30, 20}, .landmark_count = 5, .landmarks = {{10, 10}}};
    static const char *const label = "a face";
    static const double matrix[6] = {0.9, 0.1, 1, -0.1, 0.9, 2};
    const save_case *c = what;
    cameo_image *annotated = NULL, *resized = NULL, *warped = NULL;
    *result = 0;
    cameo_status status = cameo_image_resize(&resized, &c->view, 150, 120, error);
    assert_true((status == CAMEO_OK) == (resized != NULL));
    const cameo_image_view small = cameo_image_pixels(resized);
    if (status == CAMEO_OK)
        status = cameo_image_warp(&warped, &small, matrix, 140, 130, error);
    assert_true((status == CAMEO_OK) == (warped != NULL));
    const cameo_image_view turned = cameo_image_pixels(warped);
    if (status == CAMEO_OK)
        status = cameo_image_annotate(&annotated, &turned, &face, 1, &label, error);
    assert_true((status == CAMEO_OK) == (annotated != NULL));
    cameo_image_free(resized);
    cameo_image_free(warped);
    if (status == CAMEO_OK) {
        const cameo_image_view drawn = cameo_image_pixels(annotated);
        add_to_result(result, drawn.pixels, (size_t)drawn.stride * (size_t)drawn.height);
        status = cameo_image_save(&drawn, c->path, error);
    }
    cameo_image_free(annotated);
    assert_int_equal(access(c->path, F_OK) == 0, status == CAMEO_OK);
    (void)unlink(c->path);
    return status;
}

/* Files whose names end so, or were to end so when they are complete. */
static int files_left(const char *ending)
{
    DIR *open_folder = opendir(folder);
    assert_non_null(open_folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(open_folder));)
        count += strstr(entry->d_name, ending) != NULL;
    closedir(open_folder);
    return count;
}

static void pictures_are_drawn_on_and_saved(void **state)
{
    (void)state;
    static const char *const endings[] = {".jpg", ".png", ".webp", ".ppm"};
    test_picture picture = synthetic_picture(140, 130); /* enough for the encoders' buffers to grow */
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[32], path[300];
        snprintf(name, sizeof name, "saved%s", endings[i]);
        snprintf(path, sizeof path, "%s", in_folder(name));
        const save_case c = {.view = picture_view(&picture), .path = path};
        torture(name, draw_and_save, &c, 200);
        assert_int_equal(files_left(name), 0);
    }
    free(picture.pixels);
}

/* ---- Models ---- */

static void hash_file(const char *path, uint64_t *result)
{
    static unsigned char piece[1 << 16];
    int descriptor = open(path, O_RDONLY); /* not a stream, which would allocate */
    assert_true(descriptor >= 0);
    for (ssize_t size; (size = read(descriptor, piece, sizeof piece)) > 0;)
        add_to_result(result, piece, (size_t)size);
    close(descriptor);
}

static cameo_status make_model(const void *what, uint64_t *result, cameo_error *error)
{
    char path[300];
    snprintf(path, sizeof path, "%s/made.onnx", folder);
    *result = 0;
    int failed = cm_make_model(what, 1, path, error->message, sizeof error->message);
    assert_int_equal(access(path, F_OK) == 0, !failed);
    if (!failed) {
        hash_file(path, result);
        (void)unlink(path);
    }
    error->status = failed == 2 ? CAMEO_ERROR_MEMORY : failed ? CAMEO_ERROR_IO : CAMEO_OK;
    return error->status;
}

static void models_are_made(void **state)
{
    (void)state;
    torture("make scrfd_500m", make_model, "scrfd_500m", 200);
    torture("make vit_t", make_model, "vit_t", 6);
    assert_int_equal(files_left("made.onnx"), 0);
}

/* ---- Quantisation ---- */

static cameo_status write_quantised(cameo_quantizer *quantizer, uint64_t *result, cameo_error *error)
{
    const void *bytes;
    size_t size;
    const cameo_status status = cameo_quantizer_write(quantizer, &bytes, &size, error);
    assert_true((status == CAMEO_OK) == (bytes != NULL));
    if (status == CAMEO_OK)
        add_to_result(result, bytes, size);
    return status;
}

/* With ranges of each kind, corrected biases, and some layers in float. */
static cameo_status quantise(const void *what, uint64_t *result, cameo_error *error)
{
    enum { SIDE = 80, FLOATS = 3 * SIDE * SIDE };
    static float input[FLOATS];
    cameo_quantize_options options;
    cameo_quantize_options_default(&options);
    options.threads = 2;
    options.every_output = 1;
    for (int i = 0; i < FLOATS; i++)
        input[i] = (float)(i * 37 % 256) / 127.5f - 1.0f;
    cameo_quantizer *quantizer;
    const int64_t dims[1][CAMEO_MAX_RANK] = {{1, 3, SIDE, SIDE}};
    *result = 0;
    cameo_status status = cameo_quantizer_open(&quantizer, in_folder(what), dims, &options, error);
    assert_true((status == CAMEO_OK) == (quantizer != NULL));
    if (status == CAMEO_OK)
        status = cameo_quantizer_observe(quantizer, input, FLOATS, error);
    for (int i = 0; i < cameo_quantizer_layer_count(quantizer); i++) {
        cameo_quantizer_set_method(quantizer, i, (cameo_range_method)(i % CAMEO_RANGE_METHODS));
        cameo_quantizer_keep(quantizer, i, i % 5 == 4);
    }
    if (status == CAMEO_OK)
        status = cameo_quantizer_measure(quantizer, input, FLOATS, error);
    cameo_quantizer_correct(quantizer, 1);
    if (status == CAMEO_OK)
        status = write_quantised(quantizer, result, error);
    cameo_quantizer_free(quantizer);
    return status;
}

static void models_are_quantised(void **state)
{
    (void)state;
    torture("quantise", quantise, "minifasnet_v2.onnx", 120);
}

static int make_folder(void **state)
{
    (void)state;
    static const char *const models[] = {"mbf", "scrfd_500m", "vit_t", "r18", "genderage", "minifasnet_v2"};
    scratch_make(folder, sizeof folder);
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        char name[32], message[256];
        snprintf(name, sizeof name, "%s.onnx", models[i]);
        if (cm_make_model(models[i], 1, in_folder(name), message, sizeof message) != 0)
            return -1;
    }
    /* Weights of a model that has just been changed are not cached. */
    sleep(3);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_decoded),
        cmocka_unit_test(pictures_are_drawn_on_and_saved),
        cmocka_unit_test(networks_are_opened_planned_and_run),
        cmocka_unit_test(packed_weights_are_cached),
        cmocka_unit_test(faces_are_found_aligned_embedded_and_analyzed),
        cmocka_unit_test(models_are_made),
        cmocka_unit_test(models_are_quantised),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* NULL where something is needed: every function of the header refuses it or gives what is empty, and a function that is added to the header must be
 * added here. */
#include "pictures.h"

#include <math.h>
#include <stdbool.h>

static cameo_error error;
static const char *called[256]; /* the texts of all calls made */
static int called_count;

static void remember(const char *call)
{
    assert_true(called_count < (int)(sizeof called / sizeof called[0]));
    called[called_count++] = call;
}

static void check_refused(const char *call, cameo_status status, cameo_status without_error)
{
    remember(call);
    if (status != CAMEO_ERROR_ARGUMENT || error.status != status || without_error != status || !error.message[0])
        fail_msg("%s: status %d (%d without a place for the error), '%s'", call, (int)status, (int)without_error, error.message);
}

/* A call that must be refused; WHERE_ERROR stands for the last argument, which may be NULL itself. */
#define REFUSED(...)                                                                                                  \
    do {                                                                                                              \
        error = (cameo_error){.status = CAMEO_OK};                                                                    \
        cameo_error *where = &error;                                                                                  \
        cameo_status status = __VA_ARGS__;                                                                            \
        where = NULL;                                                                                                 \
        check_refused(#__VA_ARGS__, status, __VA_ARGS__);                                                             \
    } while (0)

/* A call without a status: what it gives must be empty. */
#define EMPTY(is_empty, ...)                                                                                          \
    do {                                                                                                              \
        remember(#__VA_ARGS__);                                                                                       \
        if (!(is_empty))                                                                                              \
            fail_msg("%s: not empty", #__VA_ARGS__);                                                                  \
    } while (0)
#define NOTHING(...)                                                                                                  \
    do {                                                                                                              \
        __VA_ARGS__;                                                                                                  \
        remember(#__VA_ARGS__);                                                                                       \
    } while (0)

static void pictures(void)
{
    static const uint8_t bytes[3];
    static const cameo_attributes attributes;
    static const cameo_face face;
    static const double unchanged[6] = {1, 0, 0, 0, 1, 0};
    cameo_image *image = (cameo_image *)1;
    const cameo_image_view view = {.pixels = bytes, .width = 1, .height = 1, .stride = 3, .format = CAMEO_PIXEL_RGB8}, none = {0};
    NOTHING(cameo_image_limits_default(NULL));
    REFUSED(cameo_image_decode(NULL, bytes, sizeof bytes, NULL, NULL, where));
    REFUSED(cameo_image_decode(&image, NULL, 1, NULL, NULL, where));
    assert_null(image);
    image = (cameo_image *)1;
    REFUSED(cameo_image_load(NULL, "x.png", NULL, where));
    REFUSED(cameo_image_load(&image, NULL, NULL, where));
    assert_null(image);
    image = (cameo_image *)1;
    REFUSED(cameo_image_copy(NULL, &view, where));
    REFUSED(cameo_image_copy(&image, NULL, where));
    assert_null(image);
    REFUSED(cameo_image_copy(&image, &none, where));
    image = (cameo_image *)1;
    REFUSED(cameo_image_resize(NULL, &view, 2, 2, where));
    REFUSED(cameo_image_resize(&image, NULL, 2, 2, where));
    assert_null(image);
    image = (cameo_image *)1;
    REFUSED(cameo_image_warp(NULL, &view, unchanged, 2, 2, where));
    REFUSED(cameo_image_warp(&image, NULL, unchanged, 2, 2, where));
    assert_null(image);
    image = (cameo_image *)1;
    REFUSED(cameo_image_warp(&image, &view, NULL, 2, 2, where));
    assert_null(image);
    REFUSED(cameo_image_save(NULL, "x.png", where));
    REFUSED(cameo_image_save(&view, NULL, where));
    REFUSED(cameo_image_save(&none, "x.png", where));
    image = (cameo_image *)1;
    REFUSED(cameo_image_annotate(NULL, &view, NULL, 0, NULL, where));
    REFUSED(cameo_image_annotate(&image, NULL, NULL, 0, NULL, where));
    assert_null(image);
    REFUSED(cameo_image_annotate(&image, &view, NULL, 1, NULL, where));
    REFUSED(cameo_image_annotate_attributes(NULL, &view, NULL, NULL, 0, NULL, where));
    REFUSED(cameo_image_annotate_attributes(&image, NULL, NULL, NULL, 0, NULL, where));
    REFUSED(cameo_image_annotate_attributes(&image, &view, NULL, &attributes, 1, NULL, where));
    REFUSED(cameo_image_annotate_attributes(&image, &view, &face, NULL, 1, NULL, where));
    assert_null(image);
    EMPTY(!cameo_image_pixels(NULL).pixels && cameo_image_pixels(NULL).width == 0, cameo_image_pixels(NULL));
    NOTHING(cameo_image_free(NULL));
}

static void networks(void)
{
    static const uint8_t bytes[1];
    cameo_network *network = (cameo_network *)1;
    cameo_contract contract;
    NOTHING(cameo_network_options_default(NULL));
    REFUSED(cameo_network_open(NULL, "x.onnx", NULL, where));
    REFUSED(cameo_network_open(&network, NULL, NULL, where));
    assert_null(network);
    network = (cameo_network *)1;
    REFUSED(cameo_network_open_bytes(NULL, bytes, sizeof bytes, NULL, NULL, where));
    REFUSED(cameo_network_open_bytes(&network, NULL, 1, NULL, NULL, where));
    assert_null(network);
    REFUSED(cameo_network_contract(NULL, NULL, &contract, where));
    EMPTY(cameo_network_precision(NULL) == CAMEO_PRECISION_FP32, cameo_network_precision(NULL));
    EMPTY(strlen(cameo_network_info(NULL).path) + strlen(cameo_network_info(NULL).producer) + strlen(cameo_network_info(NULL).graph_name) == 0,
          cameo_network_info(NULL));
    EMPTY(cameo_network_input_count(NULL) == 0, cameo_network_input_count(NULL));
    EMPTY(cameo_network_output_count(NULL) == 0, cameo_network_output_count(NULL));
    EMPTY(strcmp(cameo_network_input(NULL, 0).name, "") == 0, cameo_network_input(NULL, 0));
    EMPTY(strcmp(cameo_network_output(NULL, 0).name, "") == 0, cameo_network_output(NULL, 0));
    EMPTY(cameo_supported_operators(NULL) != NULL, cameo_supported_operators(NULL));
    NOTHING(cameo_network_free(NULL));
}

static void quantizers(void)
{
    static const float input[1];
    cameo_quantizer *quantizer = (cameo_quantizer *)1;
    const void *bytes;
    size_t size;
    NOTHING(cameo_quantize_options_default(NULL));
    REFUSED(cameo_quantizer_open(NULL, "x.onnx", NULL, NULL, where));
    REFUSED(cameo_quantizer_open(&quantizer, NULL, NULL, NULL, where));
    assert_null(quantizer);
    REFUSED(cameo_quantizer_open_bytes(NULL, input, sizeof input, NULL, NULL, NULL, where));
    REFUSED(cameo_quantizer_open_bytes(&quantizer, NULL, 1, NULL, NULL, NULL, where));
    assert_null(quantizer);
    REFUSED(cameo_quantizer_observe(NULL, input, 1, where));
    REFUSED(cameo_quantizer_measure(NULL, input, 1, where));
    REFUSED(cameo_quantizer_write(NULL, &bytes, &size, where));
    EMPTY(cameo_quantizer_layer_count(NULL) == 0, cameo_quantizer_layer_count(NULL));
    EMPTY(strcmp(cameo_quantizer_layer(NULL, 0).name, "") == 0, cameo_quantizer_layer(NULL, 0));
    NOTHING(cameo_quantizer_keep(NULL, 0, 1));
    NOTHING(cameo_quantizer_set_method(NULL, -1, CAMEO_RANGE_MSE));
    NOTHING(cameo_quantizer_correct(NULL, 1));
    NOTHING(cameo_quantizer_free(NULL));
}

static void runners(void)
{
    cameo_runner *runner = (cameo_runner *)1;
    cameo_tensor_info info;
    REFUSED(cameo_runner_create(&runner, NULL, NULL, 1, where));
    assert_null(runner);
    REFUSED(cameo_runner_create(NULL, NULL, NULL, 1, where));
    REFUSED(cameo_runner_run(NULL, where));
    EMPTY(!cameo_runner_input(NULL, 0, &info), cameo_runner_input(NULL, 0, &info));
    EMPTY(!cameo_runner_output(NULL, 0, &info), cameo_runner_output(NULL, 0, &info));
    EMPTY(cameo_runner_plan(NULL).layer_count == 0, cameo_runner_plan(NULL));
    EMPTY(strcmp(cameo_runner_layer(NULL, 0).kernel, "") == 0, cameo_runner_layer(NULL, 0));
    NOTHING(cameo_runner_profile(NULL, 1));
    NOTHING(cameo_runner_free(NULL));
}

static void engines(void)
{
    cameo_engine *engine = (cameo_engine *)1;
    cameo_session *session = (cameo_session *)1;
    cameo_options options;
    cameo_options_default(&options);
    NOTHING(cameo_options_default(NULL));
    REFUSED(cameo_engine_open(NULL, &options, where));
    REFUSED(cameo_engine_open(&engine, NULL, where));
    assert_null(engine);
    REFUSED(cameo_session_create(&session, NULL, where));
    assert_null(session);
    REFUSED(cameo_session_create(NULL, NULL, where));
    EMPTY(!cameo_engine_recognizer(NULL), cameo_engine_recognizer(NULL));
    EMPTY(!cameo_engine_detector(NULL), cameo_engine_detector(NULL));
    EMPTY(cameo_engine_recognizer_contract(NULL).dimension == 0, cameo_engine_recognizer_contract(NULL));
    EMPTY(cameo_engine_detector_contract(NULL).width == 0, cameo_engine_detector_contract(NULL));
    EMPTY(cameo_engine_dimension(NULL) == 0, cameo_engine_dimension(NULL));
    EMPTY(!(cameo_session_times(NULL).detector > 0), cameo_session_times(NULL));
    NOTHING(cameo_session_free(NULL));
    NOTHING(cameo_engine_free(NULL));
}

static void faces_and_embeddings(void)
{
    static uint8_t pixels[112 * 112 * 3];
    static const float landmarks[5][2] = {{1, 1}, {5, 1}, {3, 3}, {1, 5}, {5, 5}}, vector[2] = {3, 4}, box[4] = {0, 0, 5, 5};
    const cameo_image_view view = {.pixels = pixels, .width = 9, .height = 9, .stride = 27, .format = CAMEO_PIXEL_RGB8};
    const cameo_face face = {.landmark_count = 5};
    cameo_face found[1];
    cameo_attributes attributes;
    float embedding[8];
    size_t count;
    REFUSED(cameo_detect(NULL, &view, found, 1, &count, where));
    REFUSED(cameo_align(NULL, landmarks, 112, pixels, sizeof pixels, where));
    REFUSED(cameo_align(&view, NULL, 112, pixels, sizeof pixels, where));
    REFUSED(cameo_align(&view, landmarks, 112, NULL, sizeof pixels, where));
    REFUSED(cameo_crop_box(NULL, box, 112, pixels, sizeof pixels, where));
    REFUSED(cameo_crop_box(&view, NULL, 112, pixels, sizeof pixels, where));
    REFUSED(cameo_crop_box(&view, box, 112, NULL, sizeof pixels, where));
    REFUSED(cameo_embed(NULL, &view, &face, 1, embedding, 8, where));
    REFUSED(cameo_embed_aligned(NULL, &view, 1, embedding, 8, where));
    REFUSED(cameo_analyze(NULL, &view, &face, 1, NULL, &attributes, where));
    REFUSED(cameo_face_quality(NULL, &face, &attributes.quality, where));
    REFUSED(cameo_face_quality(&view, NULL, &attributes.quality, where));
    REFUSED(cameo_face_quality(&view, &face, NULL, where));
    EMPTY(!(cameo_embedding_norm(NULL, 3) > 0), cameo_embedding_norm(NULL, 3));
    EMPTY(!(cameo_embedding_normalize(NULL, 3) > 0), cameo_embedding_normalize(NULL, 3));
    EMPTY(!(fabsf(cameo_similarity(NULL, vector, 2)) > 0), cameo_similarity(NULL, vector, 2));
    EMPTY(!(fabsf(cameo_similarity(vector, NULL, 2)) > 0), cameo_similarity(vector, NULL, 2));
    EMPTY(cameo_known_models(NULL) != NULL, cameo_known_models(NULL));
    EMPTY(!cameo_known_model_by_sha256(NULL), cameo_known_model_by_sha256(NULL));
    EMPTY(!cameo_builtin_model(NULL, NULL), cameo_builtin_model(NULL, NULL));
}

/* With a session, in which other arguments are missing. */
static void sessions(void)
{
    char path[512];
    cameo_options options;
    cameo_engine *engine;
    cameo_session *session;
    cameo_face faces[1] = {{.landmark_count = 5}};
    float embedding[1024];
    cameo_attributes attributes;
    size_t count;
    const cameo_image_view none = {0};
    snprintf(path, sizeof path, "%s/models/mobilefacenet_arcface.onnx", getenv("CAMEO_TEST_DATA") ? getenv("CAMEO_TEST_DATA") : "");
    cameo_options_default(&options);
    options.recognizer = path;
    options.threads = 1;
    if (cameo_engine_open(&engine, &options, NULL) != CAMEO_OK)
        skip();
    assert_int_equal(cameo_session_create(&session, engine, &error), CAMEO_OK);
    REFUSED(cameo_session_create(NULL, engine, where));
    REFUSED(cameo_network_contract(cameo_engine_recognizer(engine), NULL, NULL, where));
    REFUSED(cameo_runner_create(NULL, cameo_engine_recognizer(engine), NULL, 1, where));
    REFUSED(cameo_detect(session, &none, NULL, 1, &count, where));
    REFUSED(cameo_detect(session, &none, faces, 1, NULL, where));
    REFUSED(cameo_embed(session, NULL, faces, 1, embedding, 1024, where));
    REFUSED(cameo_embed(session, &none, faces, 1, embedding, 1024, where));
    REFUSED(cameo_embed(session, &none, NULL, 1, embedding, 1024, where));
    REFUSED(cameo_embed(session, &none, faces, 1, NULL, 1024, where));
    REFUSED(cameo_analyze(session, NULL, faces, 1, NULL, &attributes, where));
    REFUSED(cameo_analyze(session, &none, NULL, 1, NULL, &attributes, where));
    REFUSED(cameo_analyze(session, &none, faces, 1, NULL, NULL, where));
    REFUSED(cameo_embed_aligned(session, NULL, 1, embedding, 1024, where));
    REFUSED(cameo_embed_aligned(session, &none, 1, embedding, 1024, where));
    cameo_session_free(session);
    cameo_engine_free(engine);
}

static bool was_called(const char *name, size_t length)
{
    for (int i = 0; i < called_count; i++)
        if (strncmp(called[i], name, length) == 0 && called[i][length] == '(')
            return true;
    return false;
}

/* The names between CAMEO_API and the bracket after it. */
static void no_function_is_left_out(void)
{
    char path[512];
    snprintf(path, sizeof path, "%s/include/cameo.h", getenv("CAMEO_SOURCE_DIR"));
    test_bytes header = read_whole_file(path);
    put_bytes(&header, "", 1);
    int functions = 0;
    for (const char *at = (const char *)header.bytes; (at = strstr(at, "\nCAMEO_API ")); at++) {
        const char *end = strchr(at, '('), *start = end;
        assert_non_null(end);
        while (start[-1] == '_' || (start[-1] >= 'a' && start[-1] <= 'z') || (start[-1] >= '0' && start[-1] <= '9'))
            start--;
        functions++;
        if (strncmp(end, "(void)", 6) != 0 && strncmp(start, "cameo_status_text", 17) != 0 && !was_called(start, (size_t)(end - start)))
            fail_msg("%.*s is not called with NULL here", (int)(end - start), start);
    }
    assert_true(functions > 40);
    free(header.bytes);
}

static void null_is_refused_by_every_function(void **state)
{
    (void)state;
    pictures();
    networks();
    runners();
    quantizers();
    engines();
    faces_and_embeddings();
    no_function_is_left_out();
}

static void null_is_refused_by_sessions(void **state)
{
    (void)state;
    sessions();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_refused_by_every_function),
        cmocka_unit_test(null_is_refused_by_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The engine's errors: each names what is wrong and what to do. Networks come from $CAMEO_TEST_DATA. */
#include "reference.h"

#include "base/clock.h"
#include "cameo.h"

#include <math.h>
#include <string.h>

static void assert_open_fails(const cameo_options *options, cameo_status status, const char *words)
{
    cameo_engine *engine = (cameo_engine *)1;
    cameo_error error = {0};
    assert_int_equal(cameo_engine_open(&engine, options, &error), status);
    assert_null(engine);
    assert_int_equal(error.status, status);
    if (!strstr(error.message, words))
        fail_msg("'%s' says nothing of '%s'", error.message, words);
}

static cameo_options default_options(void)
{
    cameo_options options;
    cameo_options_default(&options);
    options.threads = 1;
    return options;
}

static void defaults_are_insightface_s(void **state)
{
    (void)state;
    cameo_options options;
    cameo_options_default(&options);
    assert_int_equal(options.detection_size_count, 2);
    assert_int_equal(options.detection_sizes[0][0], 128);
    assert_int_equal(options.detection_sizes[1][1], 640);
    assert_true(options.detection_threshold == 0.5f && options.nms_threshold == 0.4f);
    assert_true(isnan(options.recognizer_contract.mean[2]) && isnan(options.detector_contract.std[0]));
}

static void senseless_options_are_refused(void **state)
{
    (void)state;
    cameo_options options = default_options();
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "neither");
    options.detector = "nowhere.onnx";
    assert_open_fails(&options, CAMEO_ERROR_NOT_FOUND, "nowhere.onnx");
    options.threads = -1;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "-1");
    options.threads = 1;
    options.max_faces = -2;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "-2");
    options.max_faces = 0;
    options.rank = (cameo_face_rank)9;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "rank 9");
    assert_int_equal(cameo_engine_open(NULL, &options, NULL), CAMEO_ERROR_ARGUMENT);
}

static void senseless_detection_options_are_refused(void **state)
{
    (void)state;
    reference_path detector = reference_need("models/det_500m.onnx");
    cameo_options options = default_options();
    options.detector = detector.text;
    options.detection_sizes[1][0] = 650;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "multiples of 32");
    options.detection_size_count = 0;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "0 detection sizes");
    options = default_options();
    options.detector = detector.text;
    options.detection_threshold = NAN;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "detection threshold");
    options.detection_threshold = 0.5f;
    options.nms_threshold = 1.5f;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "NMS threshold 1.5");
}

static void networks_in_the_wrong_place_are_named(void **state)
{
    (void)state;
    reference_path detector = reference_need("models/det_500m.onnx"), recognizer = reference_need("models/mobilefacenet_arcface.onnx"),
                   spoofing = reference_need("models/2.7_80x80_MiniFASNetV2.onnx");
    cameo_options options = default_options();
    options.recognizer = detector.text;
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, "detection network (family scrfd), not a recognizer: give it as the detector");
    options.recognizer = spoofing.text;
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, "anti-spoofing network");
    options = default_options();
    options.detector = recognizer.text;
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, "recognition network (family arcface), not a detector: give it as the recognizer");
    options = default_options();
    options.recognizer = recognizer.text;
    options.recognizer_contract.output_name = "none";
    assert_open_fails(&options, CAMEO_ERROR_NOT_FOUND, "no output 'none'");
}

/* An engine with a recognizer alone, and one with a detector alone. */
static void what_an_engine_lacks_is_said(void **state)
{
    (void)state;
    reference_path detector = reference_need("models/det_500m.onnx"), recognizer = reference_need("models/mobilefacenet_arcface.onnx");
    static const uint8_t pixels[64 * 64 * 3];
    const cameo_image_view view = {.pixels = pixels, .width = 64, .height = 64, .stride = 64 * 3};
    cameo_options options = default_options();
    cameo_engine *engine;
    cameo_session *session;
    cameo_error error;
    cameo_face face = {.landmark_count = 0};
    float embedding[128];
    size_t count;
    options.recognizer = recognizer.text;
    assert_int_equal(cameo_engine_open(&engine, &options, NULL), CAMEO_OK);
    assert_int_equal(cameo_engine_dimension(engine), 128);
    assert_null(cameo_engine_detector(engine));
    assert_int_equal(cameo_session_create(&session, engine, NULL), CAMEO_OK);
    assert_int_equal(cameo_detect(session, &view, &face, 1, &count, &error), CAMEO_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "without a detector"));
    assert_int_equal(cameo_embed(session, &view, &face, 1, embedding, 128, &error), CAMEO_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "0 landmarks"));
    face.landmark_count = 5; /* all in one point */
    assert_int_equal(cameo_embed(session, &view, &face, 1, embedding, 128, &error), CAMEO_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "face 0"));
    assert_int_equal(cameo_embed_aligned(session, &view, 1, embedding, 127, &error), CAMEO_ERROR_CAPACITY);
    assert_int_equal(cameo_embed_aligned(session, NULL, 0, NULL, 0, &error), CAMEO_OK);
    cameo_image_view broken = view;
    broken.stride = 64;
    assert_int_equal(cameo_embed_aligned(session, &broken, 1, embedding, 128, &error), CAMEO_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "192 bytes"));
    cameo_session_free(session);
    cameo_engine_free(engine);

    options = default_options();
    options.detector = detector.text;
    options.detection_size_count = 1;
    assert_int_equal(cameo_engine_open(&engine, &options, NULL), CAMEO_OK);
    assert_int_equal(cameo_engine_dimension(engine), 0);
    assert_int_equal(cameo_session_create(&session, engine, NULL), CAMEO_OK);
    assert_int_equal(cameo_embed(session, &view, &face, 1, embedding, 128, &error), CAMEO_ERROR_MISMATCH);
    assert_int_equal(cameo_detect(session, &view, &face, 1, &count, &error), CAMEO_OK);
    assert_int_equal(count, 0);
    cameo_session_free(session);
    cameo_engine_free(engine);
}

/* Room for fewer faces than there are: the best are written, the count tells of the others. */
static void small_arrays_and_limits(void **state)
{
    (void)state;
    reference_path detector = reference_need("models/det_500m.onnx"), picture = reference_need("scenes/t1.jpg");
    cameo_image *image;
    assert_int_equal(cameo_image_load(&image, picture.text, NULL, NULL), CAMEO_OK);
    cameo_image_view view = cameo_image_pixels(image);
    cameo_face best[6], faces[6];
    for (int limited = 0; limited < 2; limited++) {
        cameo_options options = default_options();
        options.detector = detector.text;
        options.detection_size_count = 1;
        options.detection_sizes[0][0] = options.detection_sizes[0][1] = 320;
        options.max_faces = limited ? 2 : 0;
        options.rank = limited ? CAMEO_RANK_LARGEST : CAMEO_RANK_SCORE;
        cameo_engine *engine;
        cameo_session *session;
        cameo_error error;
        size_t count;
        assert_int_equal(cameo_engine_open(&engine, &options, NULL), CAMEO_OK);
        assert_int_equal(cameo_session_create(&session, engine, NULL), CAMEO_OK);
        assert_int_equal(cameo_detect(session, &view, best, 6, &count, NULL), CAMEO_OK);
        assert_int_equal(count, limited ? 2 : 6);
        assert_int_equal(cameo_detect(session, &view, faces, 1, &count, &error), CAMEO_ERROR_CAPACITY);
        assert_int_equal(count, limited ? 2 : 6);
        assert_memory_equal(faces, best, sizeof faces[0]);
        for (size_t i = 1; i < count; i++) {
            float areas[2];
            for (size_t k = 0; k < 2; k++)
                areas[k] = (best[i - k].box[2] - best[i - k].box[0]) * (best[i - k].box[3] - best[i - k].box[1]);
            assert_true(limited ? areas[1] >= areas[0] : best[i - 1].score >= best[i].score);
        }
        cameo_session_free(session);
        cameo_engine_free(engine);
    }
    cameo_image_free(image);
}

static void crops_of_other_sizes_are_refused(void **state)
{
    (void)state;
    static uint8_t pixels[224 * 224 * 3], crop[224 * 224 * 3];
    const cameo_image_view view = {.pixels = pixels, .width = 224, .height = 224, .stride = 224 * 3};
    const float landmarks[5][2] = {{38, 51}, {73, 51}, {56, 71}, {41, 92}, {70, 92}};
    cameo_error error;
    assert_int_equal(cameo_align(&view, landmarks, 112, crop, 112 * 112 * 3, &error), CAMEO_OK);
    assert_int_equal(cameo_align(&view, landmarks, 128, crop, sizeof crop, &error), CAMEO_OK);
    assert_int_equal(cameo_align(&view, landmarks, 113, crop, sizeof crop, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_align(&view, landmarks, 0, crop, sizeof crop, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_align(&view, landmarks, 224, crop, 10, &error), CAMEO_ERROR_CAPACITY);
    assert_int_equal(cameo_align(NULL, landmarks, 112, crop, sizeof crop, &error), CAMEO_ERROR_ARGUMENT);
}

/* FaceNet's 160 pixels: the template of 112, scaled, as cameo_embed has it. */
static void crops_of_a_recognizers_size_are_made(void **state)
{
    (void)state;
    static uint8_t pixels[224 * 224 * 3], small[112 * 112 * 3], crop[224 * 224 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i % 3 == 0 ? i / 3 % 224 : i / 672); /* red rises to the right, green and blue downwards */
    const cameo_image_view view = {.pixels = pixels, .width = 224, .height = 224, .stride = 224 * 3};
    const float landmarks[5][2] = {{76, 102}, {146, 102}, {112, 142}, {82, 184}, {140, 184}};
    assert_int_equal(cameo_align(&view, landmarks, 112, small, sizeof small, NULL), CAMEO_OK);
    assert_int_equal(cameo_align(&view, landmarks, 160, crop, sizeof crop, NULL), CAMEO_OK);
    for (int y = 7; y < 105; y += 7) /* every seventh place of the one is every tenth of the other */
        for (int x = 7; x < 105; x += 7)
            for (int c = 0; c < 2; c++) {
                int other = crop[(y * 160 / 112 * 160 + x * 160 / 112) * 3 + c];
                assert_in_range(other - small[(y * 112 + x) * 3 + c] + 1, 0, 2);
            }
}

static void boxes_are_clipped_and_stretched(void **state)
{
    (void)state;
    uint8_t pixels[6 * 4 * 3], crop[4 * 4 * 3];
    for (int i = 0; i < 6 * 4; i++)
        for (int c = 0; c < 3; c++)
            pixels[i * 3 + c] = (uint8_t)(c == 0 ? i % 6 * 10 : c == 1 ? i / 6 * 20 : 7);
    cameo_image_view view = {.pixels = pixels, .width = 6, .height = 4, .stride = 6 * 3};
    const float inside[4] = {1, 0, 5, 4}, hanging[4] = {2.5f, 1, 900, 900};
    cameo_error error;
    assert_int_equal(cameo_crop_box(&view, inside, 4, crop, sizeof crop, &error), CAMEO_OK);
    for (int i = 0; i < 16; i++) { /* four by four pixels stay as they are */
        assert_int_equal(crop[i * 3], (i % 4 + 1) * 10);
        assert_int_equal(crop[i * 3 + 1], i / 4 * 20);
        assert_int_equal(crop[i * 3 + 2], 7);
    }
    view.format = CAMEO_PIXEL_BGR8;
    assert_int_equal(cameo_crop_box(&view, inside, 4, crop, sizeof crop, &error), CAMEO_OK);
    assert_int_equal(crop[0], 7);
    assert_int_equal(crop[2], 10);
    view.format = CAMEO_PIXEL_RGB8;
    assert_int_equal(cameo_crop_box(&view, hanging, 1, crop, sizeof crop, &error), CAMEO_OK);
    assert_int_equal(crop[0], 35); /* the mean of columns 2..5, rows 1..3 */
    assert_int_equal(crop[1], 40);
    static const float wrong[][4] = {{7, 0, 9, 4}, {-9, 0, -1, 4}, {0, 4, 6, 9}, {3, 1, 3, 2}, {4, 0, 2, 4}, {NAN, 0, 4, 4}, {0, 0, INFINITY, 4}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(cameo_crop_box(&view, wrong[i], 4, crop, sizeof crop, &error), CAMEO_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "holds no pixel of a picture of 6 x 4"));
    }
    assert_int_equal(cameo_crop_box(&view, inside, 0, crop, sizeof crop, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_crop_box(&view, inside, 4, crop, 47, &error), CAMEO_ERROR_CAPACITY);
    assert_int_equal(cameo_crop_box(NULL, inside, 4, crop, sizeof crop, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_crop_box(&view, NULL, 4, crop, sizeof crop, &error), CAMEO_ERROR_ARGUMENT);
}

/* One network under two contracts: the same as from its file, and still there afterwards. */
static void open_networks_are_borrowed(void **state)
{
    (void)state;
    reference_path path = reference_need("models/mobilefacenet_arcface.onnx");
    static uint8_t pixels[112 * 112 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37 % 251);
    const cameo_image_view crop = {.pixels = pixels, .width = 112, .height = 112, .stride = 112 * 3};
    float embeddings[3][128];
    cameo_network *network;
    assert_int_equal(cameo_network_open(&network, path.text, NULL, NULL), CAMEO_OK);
    for (int i = 0; i < 3; i++) {
        cameo_options options = default_options();
        cameo_engine *engine;
        cameo_session *session;
        if (i == 0)
            options.recognizer = path.text;
        else
            options.recognizer_network = network;
        options.recognizer_contract.color = i == 2 ? CAMEO_COLOR_BGR : CAMEO_COLOR_AUTO;
        assert_int_equal(cameo_engine_open(&engine, &options, NULL), CAMEO_OK);
        assert_true(i == 0 || cameo_engine_recognizer(engine) == network);
        assert_int_equal(cameo_session_create(&session, engine, NULL), CAMEO_OK);
        assert_int_equal(cameo_embed_aligned(session, &crop, 1, embeddings[i], 128, NULL), CAMEO_OK);
        cameo_session_free(session);
        cameo_engine_free(engine);
    }
    assert_memory_equal(embeddings[0], embeddings[1], sizeof embeddings[0]);
    assert_memory_not_equal(embeddings[0], embeddings[2], sizeof embeddings[0]);
    cameo_options options = default_options();
    options.recognizer_network = network;
    options.recognizer = path.text;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "a recognizer is given as a file and as an open network");
    options = default_options();
    options.detector_network = network;
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, "not a detector");
    cameo_network_free(network);
}

/* The sums grow by what was done, by nothing else, and by no more than the time that passed. */
static void times_tell_the_stages_apart(void **state)
{
    (void)state;
    reference_path detector = reference_need("models/det_500m.onnx"), recognizer = reference_need("models/mobilefacenet_arcface.onnx");
    reference_path picture = reference_need("scenes/t1.jpg");
    cameo_options options = default_options();
    options.detector = detector.text;
    options.recognizer = recognizer.text;
    options.max_faces = 1;
    cameo_engine *engine;
    cameo_session *session;
    cameo_image *image;
    cameo_face face;
    size_t count;
    float embedding[128];
    assert_int_equal(cameo_image_load(&image, picture.text, NULL, NULL), CAMEO_OK);
    assert_int_equal(cameo_engine_open(&engine, &options, NULL), CAMEO_OK);
    assert_int_equal(cameo_session_create(&session, engine, NULL), CAMEO_OK);
    cameo_image_view view = cameo_image_pixels(image);
    const cameo_stage_seconds none = {0};
    cameo_stage_seconds start = cameo_session_times(session);
    assert_memory_equal(&start, &none, sizeof none);

    double began = cm_clock_seconds();
    assert_int_equal(cameo_detect(session, &view, &face, 1, &count, NULL), CAMEO_OK);
    cameo_stage_seconds found = cameo_session_times(session);
    assert_true(found.detector_input > 0 && found.detector > 0 && found.candidates > 0);
    assert_true(found.recognizer_input == 0 && found.recognizer == 0);
    assert_true(found.detector_input + found.detector + found.candidates <= cm_clock_seconds() - began + 1e-6);

    began = cm_clock_seconds();
    assert_int_equal(cameo_embed(session, &view, &face, 1, embedding, 128, NULL), CAMEO_OK);
    cameo_stage_seconds embedded = cameo_session_times(session);
    assert_true(embedded.recognizer_input > 0 && embedded.recognizer > 0);
    assert_true(embedded.recognizer_input + embedded.recognizer <= cm_clock_seconds() - began + 1e-6);
    assert_true(embedded.detector_input == found.detector_input && embedded.detector == found.detector && embedded.candidates == found.candidates);
    assert_int_equal(cameo_embed(session, &view, &face, 1, embedding, 128, NULL), CAMEO_OK);
    assert_true(cameo_session_times(session).recognizer > embedded.recognizer);
    cameo_session_free(session);
    cameo_engine_free(engine);
    cameo_image_free(image);
}

/* What is inside the library, by what is said of it. */
static const cameo_known_model *known_builtin(const char *name)
{
    size_t count;
    const cameo_known_model *models = cameo_known_models(&count);
    for (size_t i = 0; i < count; i++)
        if (models[i].builtin && strcmp(models[i].builtin, name) == 0)
            return &models[i];
    return NULL;
}

static void built_in_models_make_an_engine(void **state)
{
    (void)state;
    static const char *const names[] = {CAMEO_BUILTIN_DETECTOR, CAMEO_BUILTIN_RECOGNIZER};
    size_t size = 1;
    assert_null(cameo_builtin_model("builtin:nothing", &size));
    assert_int_equal(size, 0);
    for (int i = 0; i < 2; i++) {
        const cameo_known_model *known = known_builtin(names[i]);
        assert_int_equal(known != NULL, cameo_builtin_model(names[i], &size) != NULL);
        if (!known)
            skip();
        assert_int_equal(size, known->bytes);
        assert_string_equal(known->role, i ? "recognition" : "detection");
        assert_ptr_equal(cameo_known_model_by_sha256(known->sha256), known);
    }
    cameo_options options = default_options();
    options.detector = CAMEO_BUILTIN_DETECTOR;
    options.recognizer = CAMEO_BUILTIN_RECOGNIZER;
    cameo_engine *engine;
    cameo_session *session;
    assert_int_equal(cameo_engine_open(&engine, &options, NULL), CAMEO_OK);
    assert_int_equal(cameo_engine_dimension(engine), 128);
    assert_int_equal(cameo_session_create(&session, engine, NULL), CAMEO_OK);
    static const uint8_t black[112 * 112 * 3];
    const cameo_image_view view = {black, 112, 112, 336, CAMEO_PIXEL_RGB8};
    cameo_face face;
    size_t count = 9;
    float embedding[128];
    assert_int_equal(cameo_detect(session, &view, &face, 1, &count, NULL), CAMEO_OK);
    assert_int_equal(count, 0);
    assert_int_equal(cameo_embed_aligned(session, &view, 1, embedding, 128, NULL), CAMEO_OK);
    assert_true(cameo_embedding_norm(embedding, 128) > 0);
    cameo_session_free(session);
    cameo_engine_free(engine);
    options.recognizer = CAMEO_BUILTIN_DETECTOR;
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, CAMEO_BUILTIN_DETECTOR);
    options.recognizer = "builtin:nothing";
    assert_open_fails(&options, CAMEO_ERROR_NOT_FOUND, "builtin:nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_models_make_an_engine),
        cmocka_unit_test(defaults_are_insightface_s),
        cmocka_unit_test(senseless_options_are_refused),
        cmocka_unit_test(senseless_detection_options_are_refused),
        cmocka_unit_test(networks_in_the_wrong_place_are_named),
        cmocka_unit_test(what_an_engine_lacks_is_said),
        cmocka_unit_test(small_arrays_and_limits),
        cmocka_unit_test(crops_of_other_sizes_are_refused),
        cmocka_unit_test(crops_of_a_recognizers_size_are_made),
        cmocka_unit_test(boxes_are_clipped_and_stretched),
        cmocka_unit_test(open_networks_are_borrowed),
        cmocka_unit_test(times_tell_the_stages_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

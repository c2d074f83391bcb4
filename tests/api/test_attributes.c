/* labels: threads */
/* cameo_analyze on real networks: what is asked for is there, what is not is not known, and wrong networks are named. */
#include "reference.h"

#include "cameo.h"

#include <math.h>
#include <string.h>

static cameo_error error;

static cameo_options default_options(int threads)
{
    cameo_options options;
    cameo_options_default(&options);
    options.threads = threads;
    options.detection_size_count = 1;
    options.detection_sizes[0][0] = options.detection_sizes[0][1] = 640;
    return options;
}

static void assert_open_fails(const cameo_options *options, cameo_status status, const char *words)
{
    cameo_engine *engine;
    assert_int_equal(cameo_engine_open(&engine, options, &error), status);
    assert_null(engine);
    if (!strstr(error.message, words))
        fail_msg("'%s' says nothing of '%s'", error.message, words);
}

static void senseless_options_are_refused(void **state)
{
    (void)state;
    cameo_options options = default_options(1);
    options.antispoof_count = CAMEO_MAX_ANTISPOOF + 1;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "0 to 4");
    options.antispoof_count = -1;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "-1 anti-spoofing");
    options.antispoof_count = 1;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "no path");
    options.antispoof_count = 0;
    options.landmarks_68 = "nowhere.onnx";
    assert_open_fails(&options, CAMEO_ERROR_NOT_FOUND, "nowhere.onnx");
    float flat[CAMEO_LANDMARKS_68][3] = {{0}};
    options.mean_shape = (const float(*)[3])flat;
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "plane");
}

static void wrong_networks_are_named(void **state)
{
    (void)state;
    reference_path detector = reference_need("models/det_500m.onnx"), spoofing = reference_need("models/2.7_80x80_MiniFASNetV2.onnx");
    cameo_options options = default_options(1);
    options.landmarks_106 = spoofing.text;
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, "is made for anti-spoofing (family minifasnet), not for 106 landmarks");
    options = default_options(1);
    options.landmarks_68 = detector.text;
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, "not for 68 landmarks in space");
    options = default_options(1);
    options.gender_age = detector.text;
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, "not for gender and age");
    options = default_options(1);
    options.antispoof_count = 1;
    options.antispoof[0] = (cameo_antispoof){.path = detector.text};
    assert_open_fails(&options, CAMEO_ERROR_MISMATCH, "not for anti-spoofing");
    options.antispoof[0] = (cameo_antispoof){.path = spoofing.text, .scale = 0.5};
    assert_open_fails(&options, CAMEO_ERROR_ARGUMENT, "0.5 times");
}

typedef struct opened {
    cameo_engine *engine;
    cameo_session *session;
    cameo_image *image;
    cameo_image_view view;
    cameo_face faces[8];
    size_t count;
} opened;

static opened open_and_detect(const cameo_options *options, const char *picture)
{
    opened o;
    if (cameo_engine_open(&o.engine, options, &error) != CAMEO_OK || cameo_session_create(&o.session, o.engine, &error) != CAMEO_OK ||
        cameo_image_load(&o.image, picture, NULL, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    o.view = cameo_image_pixels(o.image);
    assert_int_equal(cameo_detect(o.session, &o.view, o.faces, 8, &o.count, &error), CAMEO_OK);
    return o;
}

static void close_all(opened *o)
{
    cameo_image_free(o->image);
    cameo_session_free(o->session);
    cameo_engine_free(o->engine);
}

/* Six people in a film's picture: all that this engine can tell, and the same bits for three threads as for one. */
static void real_faces_have_attributes(void **state)
{
    (void)state;
    reference_path detector = reference_need("models/det_500m.onnx"), spoofing = reference_need("models/2.7_80x80_MiniFASNetV2.onnx"),
                   recognizer = reference_need("models/mobilefacenet_arcface.onnx"), picture = reference_need("scenes/t1.jpg");
    cameo_attributes found[2][8];
    for (int run = 0; run < 2; run++) {
        cameo_options options = default_options(run ? 3 : 1);
        options.detector = detector.text;
        options.recognizer = recognizer.text;
        options.antispoof_count = 1;
        options.antispoof[0].path = spoofing.text;
        opened o = open_and_detect(&options, picture.text);
        assert_int_equal(o.count, 6);
        memset(found[run], 0, sizeof found[run]);
        assert_true(cameo_session_times(o.session).attributes == 0);
        assert_int_equal(cameo_analyze(o.session, &o.view, o.faces, o.count, NULL, found[run], &error), CAMEO_OK);
        assert_true(cameo_session_times(o.session).attributes > 0);
        float embeddings[6 * 128];
        cameo_attributes given[8];
        assert_int_equal(cameo_embed(o.session, &o.view, o.faces, o.count, embeddings, 6 * 128, &error), CAMEO_OK);
        assert_int_equal(cameo_analyze(o.session, &o.view, o.faces, o.count, embeddings, given, &error), CAMEO_OK);
        for (size_t i = 0; i < o.count; i++) {
            const cameo_attributes *a = &found[run][i];
            assert_true(a->quality.norm == cameo_embedding_norm(embeddings + i * 128, 128) && given[i].quality.norm == a->quality.norm);
            assert_true(a->landmark_106_count == 0 && a->landmark_68_count == 0 && a->gender == -1 && a->age == -1 && isnan(a->pose.yaw));
            assert_true(a->real == a->spoof_scores[1] && fabsf(a->spoof_scores[0] + a->real + a->spoof_scores[2] - 1) < 1e-5f);
            cameo_quality alone;
            assert_int_equal(cameo_face_quality(&o.view, &o.faces[i], &alone, &error), CAMEO_OK);
            alone.norm = a->quality.norm;
            assert_memory_equal(&alone, &a->quality, sizeof alone);
            assert_true(a->quality.overall > 0.2f && a->quality.overall < 1);
        }
        close_all(&o);
    }
    assert_memory_equal(found[0], found[1], 6 * sizeof found[0][0]);
}

static void calls_without_sense_are_refused(void **state)
{
    (void)state;
    reference_path detector = reference_need("models/det_500m.onnx"), picture = reference_need("scenes/t1.jpg");
    cameo_options options = default_options(1);
    options.detector = detector.text;
    opened o = open_and_detect(&options, picture.text);
    cameo_attributes attributes[2];
    assert_int_equal(cameo_analyze(NULL, &o.view, o.faces, 1, NULL, attributes, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_analyze(o.session, NULL, o.faces, 1, NULL, attributes, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_analyze(o.session, &o.view, o.faces, 1, NULL, NULL, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_analyze(o.session, &o.view, NULL, 0, NULL, NULL, &error), CAMEO_OK);
    o.faces[1].box[2] = NAN;
    assert_int_equal(cameo_analyze(o.session, &o.view, o.faces, 2, NULL, attributes, &error), CAMEO_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "face 1"));
    /* Without a recognizer the length is not known; without landmarks neither, and no error. */
    o.faces[0].landmark_count = 0;
    assert_int_equal(cameo_analyze(o.session, &o.view, o.faces, 1, NULL, attributes, &error), CAMEO_OK);
    assert_true(isnan(attributes[0].quality.norm) && isnan(attributes[0].quality.pose) && isnan(attributes[0].real));
    close_all(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(senseless_options_are_refused),
        cmocka_unit_test(wrong_networks_are_named),
        cmocka_unit_test(real_faces_have_attributes),
        cmocka_unit_test(calls_without_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

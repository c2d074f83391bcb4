/* labels: slow */
/* What real networks think of the portraits: detectors find the faces where they are, a recognizer keeps people apart. Needs $CAMEO_TEST_DATA. */
#include "cmocka_all.h"

#include "cameo.h"
#include "portrait.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEOPLE = 10, PICTURES = 4, COUNT = PEOPLE * PICTURES, SIZE = 384, MAX_DIMENSION = 512 };

static uint8_t pictures[COUNT][SIZE * SIZE * 3];
static cm_portrait_truth truths[COUNT];
static float embeddings[COUNT][MAX_DIMENSION];

static void must(cameo_status status, const cameo_error *error)
{
    if (status != CAMEO_OK)
        fail_msg("%s", error->message);
}

static char *model_path(char path[4096], const char *name)
{
    snprintf(path, 4096, "%s/models/%s", getenv("CAMEO_TEST_DATA"), name);
    return path;
}

static void open_session(cameo_engine **engine, cameo_session **session, const char *detector, const char *recognizer)
{
    char detector_path[4096], recognizer_path[4096];
    cameo_error error;
    cameo_options options;
    cameo_options_default(&options);
    options.detector = model_path(detector_path, detector);
    options.recognizer = recognizer ? model_path(recognizer_path, recognizer) : NULL;
    options.detection_size_count = 1;
    options.detection_sizes[0][0] = options.detection_sizes[0][1] = 640;
    must(cameo_engine_open(engine, &options, &error), &error);
    must(cameo_session_create(session, *engine, &error), &error);
}

/* Picture i shows person i / PICTURES. Drawn once for all tests. */
static int draw_all(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        cm_portrait_options options;
        cm_portrait_options_default(&options);
        options.identity = 500 + (uint64_t)(i / PICTURES);
        options.variation = 7000 + (uint64_t)i;
        if (!cm_portrait_draw(&options, pictures[i], SIZE, &truths[i]))
            return -1;
    }
    return 0;
}

static cameo_image_view view_of(int i)
{
    return (cameo_image_view){pictures[i], SIZE, SIZE, SIZE * 3, CAMEO_PIXEL_RGB8};
}

/* Mean distance of the landmarks from the truth, in eye distances. */
static float landmark_error(const cameo_face *face, const cm_portrait_truth *truth)
{
    const float(*t)[2] = truth->landmarks;
    float eyes = hypotf(t[1][0] - t[0][0], t[1][1] - t[0][1]), sum = 0.0f;
    for (int k = 0; k < 5; k++)
        sum += hypotf(face->landmarks[k][0] - t[k][0], face->landmarks[k][1] - t[k][1]);
    return sum / (5.0f * eyes);
}

static float overlap(const float a[4], const float b[4])
{
    float w = fminf(a[2], b[2]) - fmaxf(a[0], b[0]), h = fminf(a[3], b[3]) - fmaxf(a[1], b[1]);
    float both = w > 0 && h > 0 ? w * h : 0;
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}

typedef struct tally {
    int found;         /* score >= 0.6 and the box right */
    int exact;         /* of these: landmarks within `tolerance` eye distances of the truth, in the mean */
    int more_than_one;
    float worst;
} tally;

static void count_faces(tally *sum, const cameo_face *faces, size_t count, const cm_portrait_truth *truth, float tolerance)
{
    if (count == 0 || faces[0].score < 0.6f || overlap(faces[0].box, truth->box) < 0.5f)
        return;
    sum->found++;
    float away = landmark_error(&faces[0], truth);
    sum->exact += away <= tolerance;
    sum->worst = fmaxf(sum->worst, away);
    sum->more_than_one += count > 1;
}

static void check_detector(const char *detector, float tolerance)
{
    cameo_engine *engine = NULL;
    cameo_session *session = NULL;
    cameo_error error;
    open_session(&engine, &session, detector, NULL);
    tally sum = {0};
    for (int i = 0; i < COUNT; i++) {
        const cameo_image_view view = view_of(i);
        cameo_face faces[16];
        size_t count;
        must(cameo_detect(session, &view, faces, 16, &count, &error), &error);
        count_faces(&sum, faces, count, &truths[i], tolerance);
    }
    printf("%s: %d of %d found, %d with landmarks within %.2f eye distances (worst %.3f), %d with another face besides\n", detector, sum.found,
           COUNT, sum.exact, (double)tolerance, (double)sum.worst, sum.more_than_one);
    assert_true(sum.found >= COUNT * 95 / 100);
    assert_true(sum.exact >= COUNT * 85 / 100);
    assert_true(sum.more_than_one <= COUNT * 5 / 100);
    cameo_session_free(session);
    cameo_engine_free(engine);
}

static void scrfd_500m_finds_them(void **state)
{
    (void)state;
    check_detector("det_500m.onnx", 0.08f);
}

static void scrfd_2_5g_finds_them(void **state)
{
    (void)state;
    check_detector("scrfd_2.5g_bnkps.onnx", 0.08f);
}

static void yunet_finds_them(void **state)
{
    (void)state;
    check_detector("yunet_n_dynamic.onnx", 0.12f);
}

static void a_recognizer_keeps_them_apart(void **state)
{
    (void)state;
    cameo_engine *engine = NULL;
    cameo_session *session = NULL;
    cameo_error error;
    open_session(&engine, &session, "det_500m.onnx", "mobilefacenet_arcface.onnx");
    int dimension = cameo_engine_dimension(engine);
    assert_in_range(dimension, 1, MAX_DIMENSION);
    for (int i = 0; i < COUNT; i++) {
        const cameo_image_view view = view_of(i);
        cameo_face faces[16];
        size_t count;
        must(cameo_detect(session, &view, faces, 16, &count, &error), &error);
        assert_true(count > 0);
        must(cameo_embed(session, &view, faces, 1, embeddings[i], MAX_DIMENSION, &error), &error);
    }
    double same = 0, different = 0;
    int same_count = 0, different_count = 0;
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < i; k++) {
            double cosine = (double)cameo_similarity(embeddings[i], embeddings[k], dimension);
            bool alike = i / PICTURES == k / PICTURES;
            *(alike ? &same : &different) += cosine;
            *(alike ? &same_count : &different_count) += 1;
        }
    same /= same_count;
    different /= different_count;
    printf("mean similarity: same person %.3f, different people %.3f\n", same, different);
    assert_true(same > 0.75);
    assert_true(same - different > 0.30);
    cameo_session_free(session);
    cameo_engine_free(engine);
}

/* True if the data has this model. */
static bool has(const char *name)
{
    char path[4096];
    FILE *file = getenv("CAMEO_TEST_DATA") ? fopen(model_path(path, name), "rb") : NULL;
    if (file)
        fclose(file);
    return file != NULL;
}

int main(void)
{
    static const char *const models[] = {"det_500m.onnx", "scrfd_2.5g_bnkps.onnx", "yunet_n_dynamic.onnx", "mobilefacenet_arcface.onnx"};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (!has(models[i])) {
            printf("SKIP portrait/test_portrait_found: $CAMEO_TEST_DATA/models/%s is not there\n", models[i]);
            return 77;
        }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrfd_500m_finds_them),
        cmocka_unit_test(scrfd_2_5g_finds_them),
        cmocka_unit_test(yunet_finds_them),
        cmocka_unit_test(a_recognizer_keeps_them_apart),
    };
    return cmocka_run_group_tests(tests, draw_all, NULL);
}

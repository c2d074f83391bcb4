/* labels: slow */
/* Detections from the picture's file to boxes and key points, against InsightFace's arithmetic in Python: the same faces, within half a pixel
 * (two of the largest pictures' resize steps). */
#include "golden.h"

typedef struct total {
    int pictures, faces;
    double box, points, score;
} total;

/* Largest difference in pixels of the network's input, at which half a pixel is meant: a large picture is scaled down to it. */
static void compare_faces(const char *name, const json_t *wanted, const cameo_face *faces, size_t count, double scale, total *t)
{
    if (json_array_size(wanted) != count)
        fail_msg("%s: %zu faces, where the reference has %zu", name, count, json_array_size(wanted));
    for (size_t i = 0; i < count; i++) {
        cameo_face face = golden_face(json_array_get(wanted, i));
        double box = 0, points = 0;
        for (int k = 0; k < 4; k++)
            box = fmax(box, fabs((double)face.box[k] - (double)faces[i].box[k]) * scale);
        assert_int_equal(faces[i].landmark_count, 5);
        for (int k = 0; k < 10; k++)
            points = fmax(points, fabs((double)face.landmarks[k / 2][k % 2] - (double)faces[i].landmarks[k / 2][k % 2]) * scale);
        double score = fabs((double)face.score - (double)faces[i].score);
        if (!(box <= 0.5 && points <= 0.5 && score <= 0.01))
            fail_msg("%s face %zu: box %.3f, key points %.3f, score %.4f away", name, i, box, points, score);
        t->box = fmax(t->box, box);
        t->points = fmax(t->points, points);
        t->score = fmax(t->score, score);
        t->faces++;
    }
    t->pictures++;
}

static void detect_and_compare(cameo_session *session, const char *name, const json_t *wanted, total *t)
{
    cameo_face faces[GOLDEN_FACES];
    size_t count;
    cameo_image *image = golden_picture(name);
    cameo_image_view view = cameo_image_pixels(image);
    GOLDEN_OK(cameo_detect(session, &view, faces, GOLDEN_FACES, &count, error));
    int longer = view.width > view.height ? view.width : view.height;
    compare_faces(name, wanted, faces, count, longer > 640 ? 640.0 / longer : 1.0, t);
    cameo_image_free(image);
}

typedef struct opened {
    cameo_engine *engine;
    cameo_session *session;
} opened;

static opened open_detector(const char *model)
{
    reference_path paths[2];
    opened o = {0};
    cameo_options options = golden_options(model, NULL, paths);
    GOLDEN_OK(cameo_engine_open(&o.engine, &options, error));
    GOLDEN_OK(cameo_session_create(&o.session, o.engine, error));
    return o;
}

static void close_detector(opened *o)
{
    cameo_session_free(o->session);
    cameo_engine_free(o->engine);
}

static void print_total(const char *what, const total *t)
{
    printf("%s: %d pictures, %d faces; at most %.4f pixels (box), %.4f (key points), %.5f (score) away\n", what, t->pictures, t->faces,
           t->box, t->points, t->score);
}

/* Every step-th picture of a list keyed by file. */
static void compare_list(const char *model, const char *list, size_t step)
{
    json_t *detections = golden_json(list);
    opened o = open_detector(model);
    total t = {0};
    const char *name;
    json_t *wanted;
    size_t index = 0;
    json_object_foreach(detections, name, wanted) {
        if (index++ % step == 0)
            detect_and_compare(o.session, name, wanted, &t);
    }
    print_total(list, &t);
    assert_true(t.faces > 0);
    close_detector(&o);
    json_decref(detections);
}

static void lfw_by_det_500m(void **state)
{
    (void)state;
    compare_list("det_500m.onnx", "ref/detections_lfw_det_500m.json", golden_is_slow() ? 500 : 37);
}

static void lfw_by_scrfd_2_5g(void **state)
{
    (void)state;
    compare_list("scrfd_2.5g_bnkps.onnx", "ref/detections_lfw_scrfd_2.5g_subset.json", golden_is_slow() ? 30 : 4);
}

/* Scenes and file forms: {"file": {"det_500m": [...], "scrfd_2.5g_bnkps": [...]}}. */
static void compare_folder(const char *folder, const char *list, const char *model)
{
    char file[128];
    snprintf(file, sizeof file, "%s.onnx", model);
    json_t *detections = golden_json(list);
    opened o = open_detector(file);
    total t = {0};
    const char *name;
    json_t *entry;
    size_t index = 0;
    json_object_foreach(detections, name, entry) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (index++ % 4 == 0 || !golden_is_slow())
            detect_and_compare(o.session, path, json_object_get(entry, model), &t);
    }
    char what[160];
    snprintf(what, sizeof what, "%s by %s", folder, model);
    print_total(what, &t);
    assert_true(t.faces > 0);
    close_detector(&o);
    json_decref(detections);
}

static void scenes(void **state)
{
    (void)state;
    compare_folder("scenes", "ref/detections_scenes.json", "det_500m");
    compare_folder("scenes", "ref/detections_scenes.json", "scrfd_2.5g_bnkps");
}

static void file_forms(void **state)
{
    (void)state;
    compare_folder("variants", "ref/detections_variants.json", "det_500m");
}

static double intersection_over_union(const float *a, const float *b)
{
    double width = fmin((double)a[2], (double)b[2]) - fmax((double)a[0], (double)b[0]);
    double height = fmin((double)a[3], (double)b[3]) - fmax((double)a[1], (double)b[1]);
    double common = fmax(width, 0) * fmax(height, 0);
    return common / ((double)(a[2] - a[0]) * (double)(a[3] - a[1]) + (double)(b[2] - b[0]) * (double)(b[3] - b[1]) - common);
}

/* Detectors of other families have no reference list; they must find SCRFD's faces of the group picture where SCRFD finds them. */
static void other_families_find_the_same_faces(void **state)
{
    (void)state;
    static const char *const models[] = {"yunet_n_dynamic.onnx", "version-RFB-320.onnx"};
    json_t *detections = golden_json("ref/detections_scenes.json");
    const json_t *wanted = json_object_get(json_object_get(detections, "t1.jpg"), "det_500m");
    cameo_image *image = golden_picture("scenes/t1.jpg");
    cameo_image_view view = cameo_image_pixels(image);
    for (size_t m = 0; m < 2; m++) {
        opened o = open_detector(models[m]);
        cameo_face faces[GOLDEN_FACES];
        size_t count;
        GOLDEN_OK(cameo_detect(o.session, &view, faces, GOLDEN_FACES, &count, error));
        assert_int_equal(count, 6);
        for (size_t i = 0; i < 6; i++) {
            cameo_face reference = golden_face(json_array_get(wanted, i));
            size_t best = 0;
            for (size_t k = 1; k < count; k++)
                best = intersection_over_union(reference.box, faces[k].box) > intersection_over_union(reference.box, faces[best].box) ? k : best;
            double overlap = intersection_over_union(reference.box, faces[best].box), points = 0;
            double width = (double)(reference.box[2] - reference.box[0]);
            for (int k = 0; k < faces[best].landmark_count * 2; k++)
                points = fmax(points, fabs((double)(reference.landmarks[k / 2][k % 2] - faces[best].landmarks[k / 2][k % 2])) / width);
            printf("%s face %zu: overlap %.2f, key points within %.3f of the width\n", models[m], i, overlap, points);
            assert_true(overlap > 0.6 && points < 0.2); /* eyes that change places would be 0.4 apart */
        }
        close_detector(&o);
    }
    cameo_image_free(image);
    json_decref(detections);
}

/* The default sizes, 128 and 640, merged: a face that fills the picture is found, and found once. */
static void several_sizes_are_merged(void **state)
{
    (void)state;
    reference_path paths[2];
    cameo_options options = golden_options("det_500m.onnx", NULL, paths);
    cameo_options defaults;
    cameo_options_default(&defaults);
    options.detection_size_count = defaults.detection_size_count;
    memcpy(options.detection_sizes, defaults.detection_sizes, sizeof options.detection_sizes);
    opened o = {0};
    GOLDEN_OK(cameo_engine_open(&o.engine, &options, error));
    GOLDEN_OK(cameo_session_create(&o.session, o.engine, error));
    static const struct {
        const char *name;
        size_t faces;
    } cases[] = {{"scenes/t1.jpg", 6}, {"scenes/Tom_Hanks_54745.png", 1}, {"scenes/no_face.png", 0}};
    for (size_t i = 0; i < 3; i++) {
        cameo_face faces[GOLDEN_FACES];
        size_t count;
        cameo_image *image = golden_picture(cases[i].name);
        cameo_image_view view = cameo_image_pixels(image);
        GOLDEN_OK(cameo_detect(o.session, &view, faces, GOLDEN_FACES, &count, error));
        if (count != cases[i].faces)
            fail_msg("%s: %zu faces, where there are %zu", cases[i].name, count, cases[i].faces);
        cameo_image_free(image);
    }
    close_detector(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lfw_by_det_500m),
        cmocka_unit_test(lfw_by_scrfd_2_5g),
        cmocka_unit_test(scenes),
        cmocka_unit_test(file_forms),
        cmocka_unit_test(other_families_find_the_same_faces),
        cmocka_unit_test(several_sizes_are_merged),
    };
    int skipped = golden_begin("golden_detections");
    return skipped ? skipped : cmocka_run_group_tests(tests, NULL, NULL);
}

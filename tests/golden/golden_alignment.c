/* Aligned crops from the reference landmarks against OpenCV's: at most one grey level apart. */
#include "golden.h"

enum { CROP = 112 };

typedef struct total {
    int crops, largest, above_one, values;
    double sum, worst_mean;
} total;

static void compare_crop(const cameo_image_view *picture, const cameo_face *face, const char *reference, total *t)
{
    static uint8_t crop[CROP * CROP * 3];
    GOLDEN_OK(cameo_align(picture, (const float(*)[2])face->landmarks, CROP, crop, sizeof crop, error));
    cameo_image *image = golden_picture(reference);
    cameo_image_view wanted = cameo_image_pixels(image);
    assert_int_equal(wanted.width, CROP);
    assert_int_equal(wanted.height, CROP);
    int sum = 0;
    for (int y = 0; y < CROP; y++) {
        for (int x = 0; x < CROP * 3; x++) {
            int difference = abs(crop[y * CROP * 3 + x] - wanted.pixels[y * wanted.stride + x]);
            t->largest = difference > t->largest ? difference : t->largest;
            t->above_one += difference > 1;
            t->values++;
            sum += difference;
        }
    }
    double mean = sum / (double)(CROP * CROP * 3);
    t->worst_mean = fmax(t->worst_mean, mean);
    t->sum += mean;
    t->crops++;
    cameo_image_free(image);
}

static void print_total(const char *what, const total *t)
{
    printf("%s: %d crops, largest difference %d, values more than 1 apart %d, worst mean %.4f, mean of means %.4f\n", what, t->crops,
           t->largest, t->above_one, t->worst_mean, t->sum / t->crops);
}

/* From OpenCV's own decoding, so that nothing but the warp can differ. */
static void crops_from_decoded_pictures(void **state)
{
    (void)state;
    static const char *const stems[] = {"Aaron_Peirsol_0001", "Michael_Ballack_0001"};
    json_t *detections = golden_json("ref/detections_lfw_det_500m.json");
    total t = {0};
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
        char decoded[256], aligned[256];
        snprintf(decoded, sizeof decoded, "ref/decoded/%s.png", stems[i]);
        snprintf(aligned, sizeof aligned, "ref/aligned/%s.png", stems[i]);
        cameo_image *image = golden_picture(decoded);
        cameo_image_view view = cameo_image_pixels(image);
        cameo_face face = golden_face(json_array_get(json_object_get(detections, golden_lfw_name(stems[i]).text), 0));
        compare_crop(&view, &face, aligned, &t);
        cameo_image_free(image);
    }
    print_total("decoded pictures", &t);
    assert_true(t.worst_mean < 0.1);
    assert_true(t.largest <= 1);
    json_decref(detections);
}

/* The crop of an LFW picture where the reference has one: lines of used_face.tsv, "lfw/NAME/NAME_NNNN.jpg<TAB>index of the face". */
static void compare_line(char *line, const json_t *detections, const char *data, total *t)
{
    char aligned[512], full[1024];
    char *tab = strchr(line, '\t');
    if (!tab || tab[1] < '0' || tab[1] > '9')
        return; /* no face was found in it */
    *tab = '\0';
    const char *name = strrchr(line, '/') + 1;
    snprintf(aligned, sizeof aligned, "ref/aligned/%.*s.png", (int)strcspn(name, "."), name);
    snprintf(full, sizeof full, "%s/%s", data, aligned);
    FILE *file = fopen(full, "rb");
    if (!file)
        return;
    fclose(file);
    cameo_image *image = golden_picture(line);
    cameo_image_view view = cameo_image_pixels(image);
    cameo_face face = golden_face(json_array_get(json_object_get(detections, line), strtoul(tab + 1, NULL, 10)));
    compare_crop(&view, &face, aligned, t);
    cameo_image_free(image);
}

static void crops_from_lfw(void **state)
{
    (void)state;
    char line[512];
    json_t *detections = golden_json("ref/detections_lfw_det_500m.json");
    FILE *list = fopen(reference_need("ref/used_face.tsv").text, "r");
    total t = {0};
    assert_non_null(list);
    while (fgets(line, sizeof line, list))
        compare_line(line, detections, getenv("CAMEO_TEST_DATA"), &t);
    fclose(list);
    print_total("LFW", &t);
    assert_true(t.crops > 100);
    assert_true(t.worst_mean < 0.1);
    /* The list's landmarks are cut to three decimals, which moves a source coordinate by 1/32 pixel here and there. */
    assert_true(t.above_one < t.values / 1000);
    json_decref(detections);
}

/* Large pictures with several faces, read from their JPEG files. */
static void crops_from_scenes(void **state)
{
    (void)state;
    static const struct {
        const char *file, *stem;
        int faces;
    } scenes[] = {{"t1.jpg", "t1", 6}, {"obama_and_biden.jpg", "obama_and_biden", 3}, {"biden.jpg", "biden", 1}, {"newton.png", "newton", 1}};
    json_t *detections = golden_json("ref/detections_scenes.json");
    total t = {0};
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        char name[256];
        snprintf(name, sizeof name, "scenes/%s", scenes[i].file);
        cameo_image *image = golden_picture(name);
        cameo_image_view view = cameo_image_pixels(image);
        const json_t *list = json_object_get(json_object_get(detections, scenes[i].file), "det_500m");
        for (int f = 0; f < scenes[i].faces; f++) {
            cameo_face face = golden_face(json_array_get(list, (size_t)f));
            snprintf(name, sizeof name, "ref/aligned/scene_%s_%d.png", scenes[i].stem, f);
            compare_crop(&view, &face, name, &t);
        }
        cameo_image_free(image);
    }
    print_total("scenes", &t);
    assert_true(t.worst_mean < 0.1);
    assert_true(t.above_one < t.values / 1000);
    json_decref(detections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crops_from_decoded_pictures),
        cmocka_unit_test(crops_from_lfw),
        cmocka_unit_test(crops_from_scenes),
    };
    int skipped = golden_begin("golden_alignment");
    return skipped ? skipped : cmocka_run_group_tests(tests, NULL, NULL);
}

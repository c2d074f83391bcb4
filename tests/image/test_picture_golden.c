/* Real files against OpenCV's decoding of them. */
#include "pictures.h"
#include "reference.h"

#include <glob.h>

static cameo_image *load(const char *path)
{
    cameo_image *image = NULL;
    cameo_error error = {0};
    if (cameo_image_load(&image, path, NULL, &error))
        fail_msg("%s", error.message);
    return image;
}

static picture_difference compare_images(const cameo_image *a, const cameo_image *b)
{
    cameo_image_view one = cameo_image_pixels(a), other = cameo_image_pixels(b);
    assert_int_equal(one.width, other.width);
    assert_int_equal(one.height, other.height);
    return compare_pixels(one.pixels, other.pixels, (size_t)one.stride * (size_t)one.height);
}

/* lfw/NAME/NAME_0001.jpg against ref/decoded/NAME_0001.png. */
static void jpegs_decode_as_opencv_does(void **state)
{
    (void)state;
    reference_path any = reference_need("ref/decoded/Aaron_Peirsol_0001.png");
    size_t folder_end = (size_t)(strstr(any.text, "ref/decoded/") - any.text);
    glob_t found;
    char pattern[REFERENCE_PATH + 32], path[2 * REFERENCE_PATH];
    snprintf(pattern, sizeof pattern, "%.*sref/decoded/*.png", (int)folder_end, any.text);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *name = strrchr(found.gl_pathv[i], '/') + 1;
        int stem = (int)strlen(name) - 4; /* without ".png"; the person's name is 5 shorter: "_0001" */
        snprintf(path, sizeof path, "%.*slfw/%.*s/%.*s.jpg", (int)folder_end, any.text, stem - 5, name, stem, name);
        cameo_image *ours = load(path), *theirs = load(found.gl_pathv[i]);
        picture_difference apart = compare_images(ours, theirs);
        /* 0 with libjpeg-turbo; another libjpeg may round differently. */
        if (apart.largest > 2)
            fail_msg("%s: largest difference %d, mean %g", name, apart.largest, apart.mean);
        cameo_image_free(ours);
        cameo_image_free(theirs);
    }
    assert_true(found.gl_pathc >= 12);
    globfree(&found);
}

typedef struct variant {
    const char *name;
    int largest;
    double mean;
} variant;

/* One picture in many forms, against itself as stored without loss. The bounds of lossy forms are what those forms lose. */
static void all_variants_show_the_same_picture(void **state)
{
    (void)state;
    static const variant variants[] = {
        {"rgb.ppm", 0, 0.0},          {"rgb24.bmp", 0, 0.0},         {"rgba.png", 0, 0.0},
        {"rgb16.png", 0, 0.0},        {"original.jpg", 2, 0.1},      {"palette.png", 40, 2.5},
        {"progressive.jpg", 12, 0.5}, {"restart.jpg", 12, 0.5},      {"q95_444.jpg", 12, 0.5},
        {"q90_422.jpg", 16, 1.0},     {"q50_420.jpg", 60, 3.5},      {"cmyk.jpg", 14, 1.5},
        {"gray.png", 80, 10.0},       {"gray.jpg", 80, 10.0},        {"exif_orientation_3.jpg", 20, 1.5},
        {"exif_orientation_6.jpg", 20, 1.5}, {"exif_orientation_8.jpg", 20, 1.5},
    };
    reference_path plain = reference_need("variants/rgb.png");
    cameo_image *expected = load(plain.text);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        char name[128];
        snprintf(name, sizeof name, "variants/%s", variants[i].name);
        cameo_image *image = load(reference_need(name).text);
        picture_difference apart = compare_images(image, expected);
        if (apart.largest > variants[i].largest || apart.mean > variants[i].mean)
            fail_msg("%s: largest difference %d, mean %g", name, apart.largest, apart.mean);
        cameo_image_free(image);
    }
    cameo_image_free(expected);
}

static void grey_gives_three_equal_channels(void **state)
{
    (void)state;
    static const char *const names[] = {"variants/gray.png", "variants/gray.jpg"};
    for (size_t i = 0; i < 2; i++) {
        cameo_image *image = load(reference_need(names[i]).text);
        cameo_image_view view = cameo_image_pixels(image);
        for (ptrdiff_t p = 0; p < view.stride * view.height; p += 3)
            assert_true(view.pixels[p] == view.pixels[p + 1] && view.pixels[p] == view.pixels[p + 2]);
        cameo_image_free(image);
    }
}

static void sizes_of_scenes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width, height;
    } scenes[] = {{"scenes/obama-1080p.jpg", 1920, 1080}, {"scenes/t1.jpg", 1280, 886}, {"scenes/newton.png", 768, 432},
                  {"variants/odd_247x245.jpg", 247, 245}, {"scenes/biden.jpg", 970, 2204}};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        cameo_image *image = load(reference_need(scenes[i].name).text);
        cameo_image_view view = cameo_image_pixels(image);
        assert_int_equal(view.width, scenes[i].width);
        assert_int_equal(view.height, scenes[i].height);
        cameo_image_free(image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpegs_decode_as_opencv_does),
        cmocka_unit_test(all_variants_show_the_same_picture),
        cmocka_unit_test(grey_gives_three_equal_channels),
        cmocka_unit_test(sizes_of_scenes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Saving and loading again; what is copied; files that are complete or absent. */
#define _XOPEN_SOURCE 700
#include "pictures.h"
#include "scratch.h"

#include <sys/stat.h>

static char folder[256];

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static cameo_image *save_and_load(const cameo_image_view *view, const char *name)
{
    cameo_image *image = NULL;
    cameo_error error = {0};
    if (cameo_image_save(view, in_folder(name), &error) || cameo_image_load(&image, in_folder(name), NULL, &error))
        fail_msg("%s", error.message);
    cameo_image_view loaded = cameo_image_pixels(image);
    assert_int_equal(loaded.width, view->width);
    assert_int_equal(loaded.height, view->height);
    return image;
}

static void lossless_forms_keep_every_bit(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {3, 200}, {97, 61}, {256, 2}};
    static const char *const names[] = {"a.png", "a.ppm", "A.PNG"};
    for (size_t i = 0; i < 4; i++) {
        test_picture picture = synthetic_picture(sizes[i][0], sizes[i][1]);
        cameo_image_view view = picture_view(&picture);
        for (size_t n = 0; n < 3; n++) {
            cameo_image *image = save_and_load(&view, names[n]);
            assert_memory_equal(cameo_image_pixels(image).pixels, picture.pixels, (size_t)view.stride * (size_t)view.height);
            cameo_image_free(image);
        }
        free(picture.pixels);
    }
}

static void lossy_forms_stay_close(void **state)
{
    (void)state;
    static const char *const names[] = {"a.jpg", "a.jpeg", "a.webp", "a.JPG"};
    test_picture picture = smooth_picture(120, 83);
    cameo_image_view view = picture_view(&picture);
    for (size_t n = 0; n < 4; n++) {
        cameo_image *image = save_and_load(&view, names[n]);
        picture_difference apart = compare_pixels(cameo_image_pixels(image).pixels, picture.pixels, 120 * 83 * 3);
        if (apart.mean > 2.0 || apart.largest > 14)
            fail_msg("%s: largest difference %d, mean %g", names[n], apart.largest, apart.mean);
        cameo_image_free(image);
    }
    free(picture.pixels);
}

/* BGR, grey and rows that are further apart than they are long, through every encoder. */
static void every_view_is_saved_as_rgb(void **state)
{
    (void)state;
    enum { W = 40, H = 30, GAP = 13 };
    static const char *const names[] = {"v.png", "v.ppm", "v.jpg", "v.webp"};
    test_picture picture = smooth_picture(W, H);
    uint8_t bgr[H][W * 3 + GAP], grey[H][W + GAP];
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            const uint8_t *pixel = picture.pixels + (y * W + x) * 3;
            for (int c = 0; c < 3; c++)
                bgr[y][3 * x + c] = pixel[2 - c];
            grey[y][x] = pixel[1];
        }
    cameo_image_view bgr_view = {.pixels = bgr[0], .width = W, .height = H, .stride = W * 3 + GAP, .format = CAMEO_PIXEL_BGR8};
    cameo_image_view grey_view = {.pixels = grey[0], .width = W, .height = H, .stride = W + GAP, .format = CAMEO_PIXEL_GRAY8};
    for (size_t n = 0; n < 4; n++) {
        int allowed = n < 2 ? 0 : 14;
        cameo_image *image = save_and_load(&bgr_view, names[n]);
        assert_true(compare_pixels(cameo_image_pixels(image).pixels, picture.pixels, W * H * 3).largest <= allowed);
        cameo_image_free(image);
        image = save_and_load(&grey_view, names[n]);
        const uint8_t *pixels = cameo_image_pixels(image).pixels;
        for (int i = 0; i < W * H * 3; i++)
            assert_true(abs(pixels[i] - picture.pixels[i / 3 * 3 + 1]) <= allowed);
        cameo_image_free(image);
    }
    free(picture.pixels);
}

static void copies_are_rgb(void **state)
{
    (void)state;
    const uint8_t bgr[2][8] = {{1, 2, 3, 4, 5, 6, 99, 99}, {7, 8, 9, 10, 11, 12, 99, 99}};
    const uint8_t rgb[12] = {3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10};
    cameo_image_view view = {.pixels = bgr[0], .width = 2, .height = 2, .stride = 8, .format = CAMEO_PIXEL_BGR8};
    cameo_image *image = NULL;
    assert_int_equal(cameo_image_copy(&image, &view, NULL), CAMEO_OK);
    assert_memory_equal(cameo_image_pixels(image).pixels, rgb, 12);
    assert_int_equal(cameo_image_pixels(image).stride, 6);
    cameo_image_free(image);
    cameo_image_free(NULL);
}

static void wrong_views_are_refused(void **state)
{
    (void)state;
    const uint8_t pixels[12] = {0};
    const cameo_image_view wrong[] = {
        {.pixels = NULL, .width = 2, .height = 2, .stride = 6},
        {.pixels = pixels, .width = 0, .height = 2, .stride = 6},
        {.pixels = pixels, .width = 2, .height = -1, .stride = 6},
        {.pixels = pixels, .width = 2, .height = 2, .stride = 5},
        {.pixels = pixels, .width = 2, .height = 2, .stride = -6},
        {.pixels = pixels, .width = INT32_MAX, .height = 2, .stride = PTRDIFF_MAX},
        {.pixels = pixels, .width = 2, .height = 2, .stride = 6, .format = (cameo_pixel_format)7},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cameo_image *image = (cameo_image *)(uintptr_t)1;
        cameo_error error = {0};
        assert_int_equal(cameo_image_copy(&image, &wrong[i], &error), CAMEO_ERROR_ARGUMENT);
        assert_null(image);
        assert_true(strlen(error.message) > 20);
        assert_int_equal(cameo_image_save(&wrong[i], in_folder("wrong.png"), &error), CAMEO_ERROR_ARGUMENT);
        assert_int_equal(cameo_image_annotate(&image, &wrong[i], NULL, 0, NULL, &error), CAMEO_ERROR_ARGUMENT);
    }
    cameo_image *image = NULL;
    assert_int_equal(cameo_image_copy(&image, NULL, NULL), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_image_copy(NULL, &wrong[0], NULL), CAMEO_ERROR_ARGUMENT);
    assert_int_not_equal(access(in_folder("wrong.png"), F_OK), 0);
}

static void other_endings_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"a.bmp", "a.gif", "a", "png", ".png.txt", "a.jpg "};
    const uint8_t pixels[3] = {0};
    const cameo_image_view view = {.pixels = pixels, .width = 1, .height = 1, .stride = 3};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cameo_error error = {0};
        assert_int_equal(cameo_image_save(&view, in_folder(names[i]), &error), CAMEO_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.message, ".webp"));
        assert_int_not_equal(access(in_folder(names[i]), F_OK), 0);
    }
}

static void places_that_cannot_be_written_to(void **state)
{
    (void)state;
    const uint8_t pixels[3] = {0};
    const cameo_image_view view = {.pixels = pixels, .width = 1, .height = 1, .stride = 3};
    cameo_error error = {0};
    cameo_status status = cameo_image_save(&view, in_folder("no/such/folder/a.png"), &error);
    assert_true(status == CAMEO_ERROR_NOT_FOUND || status == CAMEO_ERROR_IO);
    assert_non_null(strstr(error.message, "no/such/folder/a.png"));
    assert_int_equal(mkdir(in_folder("folder.png"), 0777), 0);
    assert_int_equal(cameo_image_save(&view, in_folder("folder.png"), &error), CAMEO_ERROR_IO);
    assert_int_equal(cameo_image_save(&view, NULL, &error), CAMEO_ERROR_ARGUMENT);
}

/* JPEG ends at 65500 pixels a side, WebP at 16383. */
static void sides_too_long_for_a_form(void **state)
{
    (void)state;
    static uint8_t row[70000];
    cameo_image_view view = {.pixels = row, .width = 70000, .height = 1, .stride = 70000, .format = CAMEO_PIXEL_GRAY8};
    cameo_error error = {0};
    assert_int_equal(cameo_image_save(&view, in_folder("long.jpg"), &error), CAMEO_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "65500"));
    assert_int_equal(cameo_image_save(&view, in_folder("long.webp"), &error), CAMEO_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "16383"));
    cameo_image_free(save_and_load(&view, "long.png"));
    cameo_image_free(save_and_load(&view, "long.ppm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lossless_forms_keep_every_bit), cmocka_unit_test(lossy_forms_stay_close),
        cmocka_unit_test(every_view_is_saved_as_rgb),    cmocka_unit_test(copies_are_rgb),
        cmocka_unit_test(wrong_views_are_refused),       cmocka_unit_test(other_endings_are_refused),
        cmocka_unit_test(places_that_cannot_be_written_to), cmocka_unit_test(sides_too_long_for_a_form),
    };
    scratch_make(folder, sizeof folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_remove(folder);
    return failed;
}

/* The public resize and warp: the same pixels as the functions beneath them, which test_resample.c holds against OpenCV; and what they refuse. */
#include "pictures.h"

#include "image/resample.h"

#include <math.h>

enum { W = 37, H = 23 };

static const cameo_pixel_format formats[] = {CAMEO_PIXEL_RGB8, CAMEO_PIXEL_BGR8, CAMEO_PIXEL_GRAY8};

static cameo_image_view noise(uint8_t *pixels, cameo_pixel_format format)
{
    uint32_t state = 1;
    for (int i = 0; i < W * H * 3; i++) {
        state = state * 1664525U + 1013904223U;
        pixels[i] = (uint8_t)(state >> 24);
    }
    return (cameo_image_view){.pixels = pixels, .width = W, .height = H, .stride = W * 3, .format = format};
}

static void resizes_as_the_detectors_input(void **state)
{
    (void)state;
    static const int sizes[][2] = {{W, H}, {112, 112}, {5, 60}, {1, 1}};
    uint8_t pixels[W * H * 3], expected[112 * 112 * 3];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes * 3; i++) {
        const cameo_image_view view = noise(pixels, formats[i % 3]);
        int width = sizes[i / 3][0], height = sizes[i / 3][1];
        void *scratch = malloc(cm_image_resize_column_bytes(width) + cm_image_resize_row_bytes(width));
        assert_non_null(scratch);
        cm_image_resize_bilinear(&view, expected, width, height, (ptrdiff_t)width * 3, CM_CPU_REF, scratch);
        free(scratch);
        cameo_image *image = NULL;
        assert_int_equal(cameo_image_resize(&image, &view, width, height, NULL), CAMEO_OK);
        cameo_image_view got = cameo_image_pixels(image);
        assert_int_equal(got.width, width);
        assert_int_equal(got.height, height);
        assert_memory_equal(got.pixels, expected, (size_t)width * (size_t)height * 3);
        cameo_image_free(image);
    }
}

static void warps_as_alignment(void **state)
{
    (void)state;
    static const double matrix[6] = {1.2, -0.3, 4.0, 0.3, 1.2, -2.5};
    uint8_t pixels[W * H * 3], expected[40 * 30 * 3];
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const cameo_image_view view = noise(pixels, formats[i]);
        cm_image_warp_affine(&view, matrix, expected, 40, 30, 120, CM_CPU_REF);
        cameo_image *image = NULL;
        assert_int_equal(cameo_image_warp(&image, &view, matrix, 40, 30, NULL), CAMEO_OK);
        assert_memory_equal(cameo_image_pixels(image).pixels, expected, sizeof expected);
        cameo_image_free(image);
    }
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    static const double good[6] = {1, 0, 0, 0, 1, 0};
    static const double bad[][6] = {{1, 2, 0, 2, 4, 0}, {NAN, 0, 0, 0, 1, 0}, {1, 0, INFINITY, 0, 1, 0}, {0, 0, 0, 0, 0, 0}};
    uint8_t pixels[W * H * 3];
    const cameo_image_view view = noise(pixels, CAMEO_PIXEL_RGB8), none = {0};
    cameo_error error = {0};
    cameo_image *image = (cameo_image *)(uintptr_t)1;
    assert_int_equal(cameo_image_resize(&image, &view, 0, 5, &error), CAMEO_ERROR_ARGUMENT);
    assert_null(image);
    assert_non_null(strstr(error.message, "0x5"));
    assert_int_equal(cameo_image_resize(&image, &none, 5, 5, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_image_resize(NULL, &view, 5, 5, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_image_resize(&image, &view, INT32_MAX, INT32_MAX, &error), CAMEO_ERROR_LIMIT);
    assert_int_equal(cameo_image_warp(&image, &view, good, 5, -1, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_image_warp(&image, &none, good, 5, 5, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_image_warp(&image, &view, NULL, 5, 5, &error), CAMEO_ERROR_ARGUMENT);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        image = (cameo_image *)(uintptr_t)1;
        assert_int_equal(cameo_image_warp(&image, &view, bad[i], 5, 5, &error), CAMEO_ERROR_ARGUMENT);
        assert_null(image);
        assert_non_null(strstr(error.message, "inverse"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resizes_as_the_detectors_input),
        cmocka_unit_test(warps_as_alignment),
        cmocka_unit_test(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

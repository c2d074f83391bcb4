/* Resize, warp and mirror against OpenCV 4.6, to the bit. The expected values were made by tests/oracle/resample.py. */
#include "pictures.h"

#include "image/resample.h"

#include <math.h>

typedef struct resize_case {
    int source_width, source_height, width, height;
    uint64_t hash;
} resize_case;

typedef struct warp_case {
    int source_width, source_height;
    double matrix[6];
    int size;
    uint64_t hash;
} warp_case;

#include "resample_expected.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static uint8_t *resized(const cameo_image_view *view, int width, int height, ptrdiff_t stride)
{
    uint8_t *rgb = calloc((size_t)height, (size_t)stride);
    void *scratch = malloc(cm_image_resize_column_bytes(width) + cm_image_resize_row_bytes(width));
    assert_non_null(rgb);
    assert_non_null(scratch);
    cm_image_resize_bilinear(view, rgb, width, height, stride, CM_CPU_REF, scratch);
    /* Every other instruction set gives the same. */
    uint8_t *again = calloc((size_t)height, (size_t)stride);
    assert_non_null(again);
    for (int tier = (int)cm_cpu_detect(NULL); tier > CM_CPU_REF; tier--) {
        cm_image_resize_bilinear(view, again, width, height, stride, (cm_cpu_tier)tier, scratch);
        assert_memory_equal(again, rgb, (size_t)height * (size_t)stride);
    }
    free(again);
    free(scratch);
    return rgb;
}

/* rgb: as cm_image_warp_affine; every instruction set gives the same. */
static void warp(const cameo_image_view *view, const double matrix[6], uint8_t *rgb, int width, int height, ptrdiff_t stride)
{
    size_t bytes = (size_t)(height - 1) * (size_t)stride + (size_t)width * 3;
    uint8_t *again = malloc(bytes);
    assert_non_null(again);
    memcpy(again, rgb, bytes);
    cm_image_warp_affine(view, matrix, rgb, width, height, stride, CM_CPU_REF);
    for (int tier = (int)cm_cpu_detect(NULL); tier > CM_CPU_REF; tier--) {
        cm_image_warp_affine(view, matrix, again, width, height, stride, (cm_cpu_tier)tier);
        assert_memory_equal(again, rgb, bytes);
    }
    free(again);
}

static void resize_equals_opencv(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(resize_cases); i++) {
        const resize_case *c = &resize_cases[i];
        test_picture picture = synthetic_picture(c->source_width, c->source_height);
        cameo_image_view view = picture_view(&picture);
        uint8_t *rgb = resized(&view, c->width, c->height, (ptrdiff_t)c->width * 3);
        uint64_t hash = hash_bytes(rgb, (size_t)c->width * (size_t)c->height * 3);
        if (hash != c->hash)
            fail_msg("%dx%d -> %dx%d: hash %016llx", c->source_width, c->source_height, c->width, c->height, (unsigned long long)hash);
        free(rgb);
        free(picture.pixels);
    }
}

static void warp_equals_opencv(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(warp_cases); i++) {
        const warp_case *c = &warp_cases[i];
        test_picture picture = synthetic_picture(c->source_width, c->source_height);
        cameo_image_view view = picture_view(&picture);
        size_t bytes = (size_t)c->size * (size_t)c->size * 3;
        uint8_t *rgb = malloc(bytes);
        assert_non_null(rgb);
        memset(rgb, 77, bytes);
        warp(&view, c->matrix, rgb, c->size, c->size, (ptrdiff_t)c->size * 3);
        uint64_t hash = hash_bytes(rgb, bytes);
        if (hash != c->hash)
            fail_msg("warp %zu: hash %016llx", i, (unsigned long long)hash);
        free(rgb);
        free(picture.pixels);
    }
}

static void single_values_equal_opencv(void **state)
{
    (void)state;
    test_picture picture = synthetic_picture(5, 4);
    cameo_image_view view = picture_view(&picture);
    uint8_t *rgb = resized(&view, 4, 3, 12);
    assert_memory_equal(rgb, small_resize, sizeof small_resize);
    const double matrix[6] = {0.8, 0.1, 0.5, -0.1, 0.8, 0.25};
    warp(&view, matrix, rgb, 4, 3, 12);
    assert_memory_equal(rgb, small_warp, sizeof small_warp);
    free(rgb);
    free(picture.pixels);
}

/* BGR gives the RGB result, grey gives three equal channels, in both functions. */
static void pixel_formats_agree(void **state)
{
    (void)state;
    enum { W = 31, H = 22, SIZE = 17 };
    const double matrix[6] = {0.6, 0.2, -1.0, -0.2, 0.6, 4.0};
    test_picture rgb = synthetic_picture(W, H), other = synthetic_picture(W, H);
    cameo_image_view view = picture_view(&rgb), swapped = picture_view(&other);
    swapped.format = CAMEO_PIXEL_BGR8;
    for (size_t i = 0; i < (size_t)W * H * 3; i += 3) {
        other.pixels[i] = rgb.pixels[i + 2];
        other.pixels[i + 2] = rgb.pixels[i];
    }
    uint8_t *a = resized(&view, SIZE, SIZE, SIZE * 3), *b = resized(&swapped, SIZE, SIZE, SIZE * 3);
    assert_memory_equal(a, b, SIZE * SIZE * 3);
    warp(&view, matrix, a, SIZE, SIZE, SIZE * 3);
    warp(&swapped, matrix, b, SIZE, SIZE, SIZE * 3);
    assert_memory_equal(a, b, SIZE * SIZE * 3);
    free(b);

    /* Green alone as a grey picture. */
    uint8_t grey[W * H];
    for (size_t i = 0; i < sizeof grey; i++)
        grey[i] = rgb.pixels[3 * i + 1];
    cameo_image_view grey_view = {.pixels = grey, .width = W, .height = H, .stride = W, .format = CAMEO_PIXEL_GRAY8};
    b = resized(&grey_view, SIZE, SIZE, SIZE * 3);
    uint8_t *whole = resized(&view, SIZE, SIZE, SIZE * 3);
    for (size_t i = 0; i < (size_t)SIZE * SIZE * 3; i++)
        assert_int_equal(b[i], whole[i / 3 * 3 + 1]);
    warp(&grey_view, matrix, b, SIZE, SIZE, SIZE * 3);
    for (size_t i = 0; i < (size_t)SIZE * SIZE * 3; i++)
        assert_int_equal(b[i], a[i / 3 * 3 + 1]);
    free(a);
    free(b);
    free(whole);
    free(rgb.pixels);
    free(other.pixels);
}

/* Rows of the destination may be further apart than they are long; what lies between stays. */
static void strides_are_respected(void **state)
{
    (void)state;
    enum { W = 20, H = 14, OUT = 9, STRIDE = OUT * 3 + 11 };
    test_picture picture = synthetic_picture(W, H);
    cameo_image_view view = picture_view(&picture);
    uint8_t *dense = resized(&view, OUT, OUT, OUT * 3), *wide = resized(&view, OUT, OUT, STRIDE);
    for (int y = 0; y < OUT; y++) {
        assert_memory_equal(dense + y * OUT * 3, wide + y * STRIDE, OUT * 3);
        for (int x = OUT * 3; x < STRIDE; x++)
            assert_int_equal(wide[y * STRIDE + x], 0);
    }
    /* A part of a picture: the same view with its row distance. */
    cameo_image_view part = {.pixels = picture.pixels + 4 * 3 + 2 * view.stride, .width = 8, .height = 6, .stride = view.stride};
    uint8_t cut[6][8][3];
    for (int y = 0; y < 6; y++)
        memcpy(cut[y], part.pixels + y * part.stride, sizeof cut[y]);
    cameo_image_view cut_view = {.pixels = cut[0][0], .width = 8, .height = 6, .stride = 24};
    uint8_t *a = resized(&part, 5, 5, 15), *b = resized(&cut_view, 5, 5, 15);
    assert_memory_equal(a, b, 75);
    const double shift[6] = {1, 0, -1.5, 0, 1, 2.25};
    warp(&part, shift, a, 5, 5, 15);
    warp(&cut_view, shift, b, 5, 5, 15);
    assert_memory_equal(a, b, 75);
    free(a);
    free(b);
    free(dense);
    free(wide);
    free(picture.pixels);
}

static void odd_matrices_do_no_harm(void **state)
{
    (void)state;
    test_picture picture = synthetic_picture(12, 9);
    cameo_image_view view = picture_view(&picture);
    const double values[] = {0.0, NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e-300, 1e18};
    uint8_t rgb[6 * 6 * 3];
    for (size_t i = 0; i < LENGTH(values); i++)
        for (int place = 0; place < 6; place++) {
            double matrix[6] = {1, 0, 0, 0, 1, 0};
            matrix[place] = values[i];
            warp(&view, matrix, rgb, 6, 6, 18);
        }
    const double far_away[6] = {1, 0, 1e9, 0, 1, 1e9};
    memset(rgb, 1, sizeof rgb);
    warp(&view, far_away, rgb, 6, 6, 18);
    for (size_t i = 0; i < sizeof rgb; i++)
        assert_int_equal(rgb[i], 0);
    free(picture.pixels);
}

static void mirror_turns_rows_around(void **state)
{
    (void)state;
    for (int width = 1; width <= 6; width++) {
        test_picture picture = synthetic_picture(width, 3), mirrored = synthetic_picture(width, 3);
        cm_image_mirror(mirrored.pixels, width, 3, (ptrdiff_t)width * 3);
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < width; x++)
                assert_memory_equal(mirrored.pixels + (y * width + x) * 3, picture.pixels + (y * width + width - 1 - x) * 3, 3);
        free(picture.pixels);
        free(mirrored.pixels);
    }
}

static void scratch_size_is_checked(void **state)
{
    (void)state;
    static const int senseless[] = {0, -5, INT32_MAX};
    for (size_t i = 0; i < LENGTH(senseless); i++) {
        assert_int_equal(cm_image_resize_column_bytes(senseless[i]), 0);
        assert_int_equal(cm_image_resize_row_bytes(senseless[i]), 0);
    }
    assert_true(cm_image_resize_column_bytes(641) >= 641 * 8 && cm_image_resize_row_bytes(641) >= 641 * 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resize_equals_opencv),       cmocka_unit_test(warp_equals_opencv),      cmocka_unit_test(single_values_equal_opencv),
        cmocka_unit_test(pixel_formats_agree),        cmocka_unit_test(strides_are_respected),   cmocka_unit_test(odd_matrices_do_no_harm),
        cmocka_unit_test(mirror_turns_rows_around),   cmocka_unit_test(scratch_size_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* JPEG: kinds of colour and of scans, and which damage is an error. Samples are encoded here with libjpeg. */
#include "jpeg_samples.h"

enum { W = 90, H = 70 };

static void all_forms_show_the_picture(void **state)
{
    (void)state;
    static const form forms[] = {
        {.stored = JCS_YCbCr},
        {.stored = JCS_YCbCr, .luma_sampling = 2},
        {.stored = JCS_YCbCr, .progressive = 1, .luma_sampling = 2},
        {.stored = JCS_YCbCr, .luma_sampling = 2, .restart_rows = 1},
        {.stored = JCS_RGB, .luma_sampling = 1},
        {.stored = JCS_GRAYSCALE, .luma_sampling = 1},
        {.stored = JCS_GRAYSCALE, .progressive = 1, .luma_sampling = 1},
        {.stored = JCS_CMYK, .luma_sampling = 1},
        {.stored = JCS_YCCK, .luma_sampling = 1},
        {.stored = JCS_YCCK, .progressive = 1, .luma_sampling = 1},
        {.stored = JCS_YCbCr, .luma_sampling = 1, .arithmetic = 1},
        {.stored = JCS_CMYK, .luma_sampling = 1, .black = 128},
    };
    test_picture picture = smooth_picture(W, H);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        test_bytes file = encode(&picture, &forms[i]);
        cameo_image *image = NULL;
        cameo_error error;
        if (decode_exact(&image, file.bytes, file.size, &error))
            fail_msg("form %zu: %s", i, error.message);
        cameo_image_view view = cameo_image_pixels(image);
        assert_int_equal(view.width, W);
        assert_int_equal(view.height, H);
        for (int p = 0; p < W * H * 3; p++) {
            int right = forms[i].stored == JCS_GRAYSCALE ? picture.pixels[p / 3 * 3 + 1] : picture.pixels[p];
            right -= right * forms[i].black / 255;
            if (abs(view.pixels[p] - right) > 12)
                fail_msg("form %zu: byte %d is %d, %d is right", i, p, view.pixels[p], right);
        }
        cameo_image_free(image);
        free(file.bytes);
    }
    free(picture.pixels);
}

/* A file that ends anywhere before its last row is an error that says so; without only its end marker it is whole. */
static void cut_files_are_refused(void **state)
{
    (void)state;
    static const form forms[] = {
        {.stored = JCS_YCbCr, .luma_sampling = 2},
        {.stored = JCS_YCbCr, .progressive = 1, .luma_sampling = 2},
        {.stored = JCS_YCbCr, .luma_sampling = 1, .restart_rows = 1},
        {.stored = JCS_CMYK, .luma_sampling = 1},
    };
    test_picture picture = synthetic_picture(W, H);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        test_bytes file = encode(&picture, &forms[i]);
        for (size_t size = 0; size + 4 < file.size; size += 1 + size / 60) {
            cameo_image *image = NULL;
            cameo_error error;
            cameo_status status = decode_exact(&image, file.bytes, size, &error);
            if (status != CAMEO_ERROR_FORMAT)
                fail_msg("form %zu cut at %zu of %zu: status %d", i, size, file.size, status);
            if (size > 700)
                assert_non_null(strstr(error.message, "is cut short"));
        }
        cameo_image *image = NULL;
        cameo_error error;
        cameo_status status = decode_exact(&image, file.bytes, file.size - 2, &error);
        /* In a progressive file nothing says that no scan is missing. */
        assert_int_equal(status, forms[i].progressive ? CAMEO_ERROR_FORMAT : CAMEO_OK);
        cameo_image_free(image);
        free(file.bytes);
    }
    free(picture.pixels);
}

static void bytes_after_the_end_are_ignored(void **state)
{
    (void)state;
    test_picture picture = smooth_picture(W, H);
    test_bytes file = encode(&picture, &(form){.stored = JCS_YCbCr});
    put_bytes(&file, "some camera's own data", 22);
    cameo_image *image = NULL;
    cameo_error error;
    assert_int_equal(decode_exact(&image, file.bytes, file.size, &error), CAMEO_OK);
    cameo_image_free(image);
    free(file.bytes);
    free(picture.pixels);
}

/* Zeros in the middle of the data: damaged, or by chance valid, never a crash; a restart marker out of order is damage. */
static void damage_is_an_error(void **state)
{
    (void)state;
    test_picture picture = synthetic_picture(W, H);
    test_bytes file = encode(&picture, &(form){.stored = JCS_YCbCr, .restart_rows = 1});
    size_t found = 0;
    for (size_t at = 600; at + 2 < file.size; at++)
        if (file.bytes[at] == 0xff && file.bytes[at + 1] == 0xd2)
            found = at;
    assert_true(found > 0);
    file.bytes[found + 1] = 0xd6;
    cameo_image *image = NULL;
    cameo_error error;
    assert_int_equal(decode_exact(&image, file.bytes, file.size, &error), CAMEO_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "is damaged in row"));
    file.bytes[found + 1] = 0xd2;
    int refused = 0;
    for (size_t at = 2; at < file.size; at += 7) {
        uint8_t old = file.bytes[at];
        file.bytes[at] ^= 0xff;
        refused += decode_exact(&image, file.bytes, file.size, &error) != CAMEO_OK;
        cameo_image_free(image);
        file.bytes[at] = old;
    }
    assert_true(refused > 100);
    free(file.bytes);
    free(picture.pixels);
}

/* Each of 63 coefficients bit by bit: a legal file, in more scans than anyone writes. */
static void endless_scans_are_refused(void **state)
{
    (void)state;
    static jpeg_scan_info scans[1 + 63 * 9];
    int count = 0;
    scans[count++] = (jpeg_scan_info){.comps_in_scan = 1};
    for (int coefficient = 1; coefficient < 64; coefficient++)
        for (int low = 8; low >= 0; low--)
            scans[count++] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = coefficient, .Se = coefficient, .Ah = low == 8 ? 0 : low + 1, .Al = low};
    test_picture picture = smooth_picture(16, 16);
    for (int scan_count = count; scan_count > 0; scan_count -= 100) {
        test_bytes file = encode(&picture, &(form){.stored = JCS_GRAYSCALE, .scans = scans, .scan_count = scan_count});
        cameo_image *image = NULL;
        cameo_error error;
        cameo_status status = decode_exact(&image, file.bytes, file.size, &error);
        assert_int_equal(status, scan_count > 500 ? CAMEO_ERROR_LIMIT : CAMEO_OK);
        cameo_image_free(image);
        free(file.bytes);
    }
    free(picture.pixels);
}

static void twelve_bits_are_unsupported(void **state)
{
    (void)state;
    test_picture picture = smooth_picture(16, 16);
    test_bytes file = encode(&picture, &(form){.stored = JCS_GRAYSCALE});
    for (size_t at = 2; at + 4 < file.size; at++)
        if (file.bytes[at] == 0xff && file.bytes[at + 1] == 0xc0)
            file.bytes[at + 4] = 12;
    cameo_image *image = NULL;
    cameo_error error;
    assert_int_equal(decode_exact(&image, file.bytes, file.size, &error), CAMEO_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "12"));
    free(file.bytes);
    free(picture.pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_forms_show_the_picture),
        cmocka_unit_test(cut_files_are_refused),      cmocka_unit_test(bytes_after_the_end_are_ignored),
        cmocka_unit_test(damage_is_an_error),         cmocka_unit_test(endless_scans_are_refused),
        cmocka_unit_test(twelve_bits_are_unsupported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

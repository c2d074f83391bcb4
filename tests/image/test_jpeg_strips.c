/* labels: threads */
/* JPEG files cut at their restart markers: the same pixels, the same errors as when one thread reads the whole. */
#include "jpeg_samples.h"

#include "image/codec.h"
#include "image/jpeg_strips.h"

enum { MOST = 7 };

/* How many strips a file can be cut into; each must be a file that ends where its bytes do. */
static int count_strips(const test_bytes *file)
{
    cm_jpeg_strip strips[CM_JPEG_STRIPS_MOST];
    int count = cm_jpeg_strips_cut(strips, MOST, file->bytes, file->size), next = 0;
    assert_in_range(count, 0, MOST);
    for (int i = 0; i < count; i++) {
        assert_int_equal(strips[i].first, next);
        assert_true(strips[i].rows > 0 && strips[i].skip >= 0 && strips[i].skip + strips[i].rows <= strips[i].height);
        next += strips[i].rows;
    }
    cm_jpeg_strips_free(strips, count);
    return count;
}

/* Decodes with one thread and with several: both fail with the same words, or give the same pixels. Returns the status. */
static cameo_status decode_both_ways(const test_bytes *file)
{
    cameo_image *images[3] = {NULL, NULL, NULL};
    cameo_error errors[3];
    cameo_status status[3];
    for (int i = 0; i < 3; i++) {
        const cm_encoded source = {.bytes = file->bytes, .size = file->size, .name = "sample", .max_pixels = 1 << 20, .threads = i + 1};
        int orientation;
        memset(&errors[i], 0, sizeof errors[i]);
        status[i] = cm_jpeg_decode(&images[i], &orientation, &source, &errors[i]);
        assert_int_equal(status[i], status[0]);
        assert_string_equal(errors[i].message, errors[0].message);
        if (images[0])
            assert_memory_equal(images[i]->pixels, images[0]->pixels, (size_t)images[0]->width * (size_t)images[0]->height * 3);
    }
    for (int i = 0; i < 3; i++)
        cameo_image_free(images[i]);
    return status[0];
}

static void strips_give_the_same_pixels(void **state)
{
    (void)state;
    static const struct {
        int width, height;
        form form;
        int cut; /* whether it can be */
    } cases[] = {
        {90, 70, {.stored = JCS_YCbCr, .restart_rows = 1}, 1},
        {97, 203, {.stored = JCS_YCbCr, .restart_rows = 1}, 1},
        {96, 200, {.stored = JCS_YCbCr, .restart_rows = 3}, 1},
        {97, 203, {.stored = JCS_YCbCr, .restart_mcus = 5}, 1},
        {96, 200, {.stored = JCS_YCbCr, .restart_mcus = 1}, 1},
        {96, 200, {.stored = JCS_YCbCr, .restart_mcus = 8}, 1},
        {97, 203, {.stored = JCS_YCbCr, .luma_sampling = 2, .restart_rows = 1}, 1},
        {64, 515, {.stored = JCS_YCbCr, .luma_sampling = 2, .restart_rows = 2}, 1},
        {97, 203, {.stored = JCS_YCbCr, .luma_sampling = 2, .luma_rows = 1, .restart_rows = 1}, 1},
        {97, 203, {.stored = JCS_YCbCr, .luma_sampling = 1, .luma_rows = 2, .restart_rows = 1}, 1},
        {61, 517, {.stored = JCS_YCbCr, .luma_sampling = 4, .luma_rows = 1, .restart_rows = 2}, 1},
        {61, 517, {.stored = JCS_YCbCr, .luma_sampling = 1, .luma_rows = 4, .restart_rows = 1}, 1},
        {97, 203, {.stored = JCS_RGB, .luma_sampling = 1, .restart_rows = 1}, 1},
        {97, 203, {.stored = JCS_YCbCr, .restart_mcus = 1000}, 0},
        {97, 203, {.stored = JCS_YCbCr}, 0},
        {97, 8, {.stored = JCS_YCbCr, .restart_rows = 1}, 0},
        {97, 203, {.stored = JCS_YCbCr, .progressive = 1, .restart_rows = 1}, 0},
        {97, 203, {.stored = JCS_YCbCr, .arithmetic = 1, .restart_rows = 1}, 0},
        {97, 203, {.stored = JCS_GRAYSCALE, .restart_rows = 1}, 0},
        {97, 203, {.stored = JCS_CMYK, .restart_rows = 1}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_picture picture = synthetic_picture(cases[i].width, cases[i].height);
        test_bytes file = encode(&picture, &cases[i].form);
        int count = count_strips(&file);
        if ((count >= 2) != cases[i].cut)
            fail_msg("case %zu: %d strips", i, count);
        assert_int_equal(decode_both_ways(&file), CAMEO_OK);
        free(file.bytes);
        free(picture.pixels);
    }
}

/* Bytes changed, lost and added everywhere. */
static void damage_is_told_as_without_strips(void **state)
{
    (void)state;
    static const form forms[] = {{.stored = JCS_YCbCr, .restart_rows = 1}, {.stored = JCS_YCbCr, .luma_sampling = 2, .restart_rows = 1}};
    int refused = 0, read = 0;
    test_picture picture = synthetic_picture(40, 144);
    for (size_t i = 0; i < 2; i++) {
        test_bytes file = encode(&picture, &forms[i]);
        assert_true(count_strips(&file) >= 2);
        for (size_t at = 2; at < file.size; at += 19) {
            uint8_t old = file.bytes[at];
            static const uint8_t changes[] = {0xff, 0x01, 0x80};
            file.bytes[at] ^= changes[at % 3];
            cameo_status status = decode_both_ways(&file);
            refused += status != CAMEO_OK;
            read += status == CAMEO_OK;
            file.bytes[at] = old;
            test_bytes cut = {.bytes = file.bytes, .size = at};
            if (at % 3 == 0)
                assert_int_not_equal(decode_both_ways(&cut), CAMEO_OK);
        }
        free(file.bytes);
    }
    assert_true(refused > 20 && read > 20);
    free(picture.pixels);
}

static size_t find_marker(const test_bytes *file, int marker)
{
    for (size_t at = 2; at + 1 < file->size; at++)
        if (file->bytes[at] == 0xff && file->bytes[at + 1] == marker)
            return at;
    fail_msg("no marker %02x", (unsigned)marker);
    return 0;
}

/* What libjpeg forgives or mends is left to it. */
static void unusual_files_are_not_cut(void **state)
{
    (void)state;
    enum { FRAME = 0xc0, SCAN = 0xda, SECOND_RESTART = 0xd1 };
    test_picture picture = synthetic_picture(40, 144);
    test_bytes file = encode(&picture, &(form){.stored = JCS_YCbCr, .restart_rows = 1});
    assert_int_equal(count_strips(&file), MOST);
    size_t restart = find_marker(&file, SECOND_RESTART), frame = find_marker(&file, FRAME), scan = find_marker(&file, SCAN);
    file.bytes[restart + 1] = SECOND_RESTART + 1; /* out of order */
    assert_int_equal(count_strips(&file), 0);
    decode_both_ways(&file);
    file.bytes[restart + 1] = 0; /* missing */
    assert_int_equal(count_strips(&file), 0);
    decode_both_ways(&file);
    file.bytes[restart + 1] = SECOND_RESTART;
    file.bytes[frame + 6] = 80; /* other heights: more or fewer restart intervals than there are */
    assert_int_equal(count_strips(&file), 0);
    decode_both_ways(&file);
    file.bytes[frame + 5] = file.bytes[frame + 6] = 0;
    assert_int_equal(count_strips(&file), 0);
    file.bytes[frame + 6] = 144;
    file.bytes[scan + 4] = 1; /* a scan for each component */
    assert_int_equal(count_strips(&file), 0);
    file.bytes[scan + 4] = 3;
    assert_int_equal(count_strips(&file), MOST);
    for (size_t size = 0; size < file.size; size++) {
        uint8_t *copy = malloc(size ? size : 1);
        assert_non_null(copy);
        memcpy(copy, file.bytes, size);
        test_bytes cut = {.bytes = copy, .size = size};
        assert_int_equal(count_strips(&cut), 0);
        free(copy);
    }
    /* Bytes after the end belong to nobody. */
    put_bytes(&file, "\xff\xd3", 2);
    assert_int_equal(count_strips(&file), MOST);
    assert_int_equal(decode_both_ways(&file), CAMEO_OK);
    free(file.bytes);
    free(picture.pixels);
}

/* The public way: large files are decoded by as many threads as the limits allow. */
static void limits_give_threads(void **state)
{
    (void)state;
    test_picture picture = synthetic_picture(640, 480);
    test_bytes file = encode(&picture, &(form){.stored = JCS_YCbCr, .restart_rows = 1});
    cameo_image_limits limits;
    cameo_image *images[2];
    cameo_image_limits_default(&limits);
    assert_int_equal(limits.threads, 1);
    assert_true(file.size > 64 * 1024);
    for (int i = 0; i < 2; i++) {
        limits.threads = 1 + 2 * i;
        assert_int_equal(cameo_image_decode(&images[i], file.bytes, file.size, "sample", &limits, NULL), CAMEO_OK);
    }
    assert_memory_equal(images[0]->pixels, images[1]->pixels, 640 * 480 * 3);
    cameo_image_free(images[0]);
    cameo_image_free(images[1]);
    free(file.bytes);
    free(picture.pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strips_give_the_same_pixels),
        cmocka_unit_test(damage_is_told_as_without_strips),
        cmocka_unit_test(unusual_files_are_not_cut),
        cmocka_unit_test(limits_give_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

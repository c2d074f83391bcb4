/* Crops around boxes: where they lie, that they stay inside, which boxes are none. And what anti-spoofing takes from a name and from numbers. */
#include "cmocka_all.h"

#include "face/antispoof.h"
#include "face/box_crop.h"

#include <math.h>
#include <string.h>

static void a_square_is_centred_and_wider_than_the_box(void **state)
{
    (void)state;
    const float box[4] = {100, 50, 180, 170}; /* 80 x 120 around (140, 110) */
    double m[6];
    cm_box_square(box, 192, 1.5f, m);
    assert_true(fabs(m[0] - 192.0 / 180) < 1e-6 && m[4] == m[0] && m[1] == 0 && m[3] == 0);
    assert_true(fabs(140 * m[0] + m[2] - 96) < 1e-4 && fabs(110 * m[4] + m[5] - 96) < 1e-4);
    assert_true(fabs((140 - 90) * m[0] + m[2]) < 1e-4); /* its left edge, 90 pixels from the centre */
}

static void assert_patch(const float box[4], double scale, int width, int height, const int wanted[4])
{
    int found[4];
    cm_box_patch(box, scale, width, height, found);
    if (memcmp(found, wanted, sizeof found) != 0)
        fail_msg("patch %d %d %d %d, wanted %d %d %d %d", found[0], found[1], found[2], found[3], wanted[0], wanted[1], wanted[2], wanted[3]);
}

/* Worked out by hand from the steps of generate_patches.py. */
static void patches_are_those_of_the_reference(void **state)
{
    (void)state;
    /* 41 x 51 at (100, 100): 2.7 times is 110.7 x 137.7 around (120.5, 125.5) */
    assert_patch((const float[4]){100.4f, 100.9f, 140.5f, 151.2f}, 2.7, 640, 480, (const int[4]){65, 56, 111, 139});
    /* Near the left and the top edge it moves inwards, */
    assert_patch((const float[4]){10, 20, 49, 59}, 2.7, 640, 480, (const int[4]){0, 0, 109, 109});
    /* near the other two as well, */
    assert_patch((const float[4]){600, 440, 639, 479}, 2.7, 640, 480, (const int[4]){531, 371, 109, 109});
    /* and where there is no room it is smaller: 99 / 50 of the box. */
    assert_patch((const float[4]){25, 25, 74, 74}, 4.0, 100, 200, (const int[4]){0, 0, 100, 100});
}

static void patches_stay_inside(void **state)
{
    (void)state;
    static const float places[] = {-5000, -30, -0.5f, 0, 3.7f, 40, 99, 3000}, lengths[] = {0.1f, 1, 17.3f, 90, 5000};
    static const int sizes[] = {1, 2, 37, 100};
    for (int i = 0; i < 8 * 8 * 5 * 4; i++) {
        float x = places[i % 8], y = places[i / 8 % 8], length = lengths[i / 64 % 5];
        int width = sizes[i / 320], height = sizes[3 - i / 320], patch[4];
        const float box[4] = {x, y, x + length, y + length * 1.3f};
        cm_box_patch(box, 2.7, width, height, patch);
        if (patch[0] < 0 || patch[1] < 0 || patch[2] < 1 || patch[3] < 1 || patch[0] + patch[2] > width || patch[1] + patch[3] > height)
            fail_msg("box %g %g %g in %d x %d: %d %d %d %d", (double)x, (double)y, (double)length, width, height, patch[0], patch[1], patch[2], patch[3]);
    }
}

static void boxes_that_are_none_are_refused(void **state)
{
    (void)state;
    const float boxes[][4] = {{0, 0, 0, 10}, {0, 0, 10, 0}, {10, 0, 5, 10}, {NAN, 0, 10, 10}, {0, 0, 10, INFINITY}, {-1e8f, 0, 10, 10}};
    cameo_error error;
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        assert_int_equal(cm_box_check(boxes[i], &error), CAMEO_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "no face"));
    }
    assert_int_equal(cm_box_check((const float[4]){-3, -4, 0.5f, 0.25f}, NULL), CAMEO_OK);
}

static void scales_are_read_from_names(void **state)
{
    (void)state;
    assert_true(cm_antispoof_scale_of("2.7_80x80_MiniFASNetV2.onnx") == 2.7);
    assert_true(cm_antispoof_scale_of("/models/4_0_0_80x80_MiniFASNetV1SE.onnx") == 4.0);
    assert_true(cm_antispoof_scale_of("4_0/liveness.onnx") == 2.7); /* a folder's name is not the file's */
    assert_true(cm_antispoof_scale_of("80x80_2.onnx") == 2.7);
    assert_true(cm_antispoof_scale_of("900_x.onnx") == 2.7);
    assert_true(cm_antispoof_scale_of("0.5_x.onnx") == 2.7);
    assert_true(cm_antispoof_scale_of("nan_x.onnx") == 2.7);
    assert_true(cm_antispoof_scale_of("") == 2.7);
}

static void scores_are_summed_as_probabilities(void **state)
{
    (void)state;
    float scores[3] = {0};
    cm_antispoof_add_scores((const float[3]){1000, 1001, 999}, 0, scores); /* whose exponentials alone would be too large */
    assert_true(fabsf(scores[0] - 0.24472847f) < 1e-6f && fabsf(scores[1] - 0.66524096f) < 1e-6f && fabsf(scores[2] - 0.09003057f) < 1e-6f);
    cm_antispoof_add_scores((const float[3]){0.25f, 0.5f, 0.25f}, 1, scores);
    assert_true(fabsf(scores[1] - 1.16524096f) < 1e-6f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_square_is_centred_and_wider_than_the_box), cmocka_unit_test(patches_are_those_of_the_reference),
        cmocka_unit_test(patches_stay_inside),                        cmocka_unit_test(boxes_that_are_none_are_refused),
        cmocka_unit_test(scales_are_read_from_names),                 cmocka_unit_test(scores_are_summed_as_probabilities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

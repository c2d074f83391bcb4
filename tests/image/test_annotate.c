/* Drawings of attributes: what is known is drawn where it is, in place of what is known less well. */
#include "pictures.h"

#include <math.h>

enum { SIZE = 300 };

static cameo_error error;

static cameo_attributes unknown(void)
{
    cameo_attributes a = {.gender = -1, .age = -1};
    a.quality.angles = (cameo_pose){NAN, NAN, NAN};
    return a;
}

static cameo_face a_face(void)
{
    return (cameo_face){.box = {80, 60, 220, 240}, .score = 1, .landmark_count = 5,
                        .landmarks = {{115, 120}, {185, 120}, {150, 160}, {125, 200}, {175, 200}}};
}

/* Draws into even grey; counts the pixels that changed within `reach` of a point. */
static int changed_at(const cameo_attributes *attributes, float x, float y, float reach)
{
    test_picture grey = smooth_picture(SIZE, SIZE);
    memset(grey.pixels, 128, SIZE * SIZE * 3);
    cameo_image_view view = picture_view(&grey);
    const cameo_face face = a_face();
    cameo_image *drawn;
    if (cameo_image_annotate_attributes(&drawn, &view, &face, attributes, 1, NULL, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    const uint8_t *pixels = cameo_image_pixels(drawn).pixels;
    int count = 0;
    for (int row = 0; row < SIZE; row++)
        for (int column = 0; column < SIZE; column++)
            if (hypotf((float)column - x, (float)row - y) <= reach)
                count += memcmp(pixels + (row * SIZE + column) * 3, grey.pixels, 3) != 0;
    cameo_image_free(drawn);
    free(grey.pixels);
    return count;
}

static void five_landmarks_give_way_to_more(void **state)
{
    (void)state;
    cameo_attributes a = unknown();
    assert_true(changed_at(&a, 150, 160, 2) > 0); /* the nose, of the five */
    a.landmark_106_count = 106;
    for (int i = 0; i < 106; i++) {
        a.landmarks_106[i][0] = 100;
        a.landmarks_106[i][1] = 100 + (float)i;
    }
    assert_true(changed_at(&a, 150, 160, 2) == 0 && changed_at(&a, 100, 150, 1) > 0);
    a.landmark_68_count = 68;
    for (int i = 0; i < 68; i++) {
        a.landmarks_68[i][0] = 90 + (float)i;
        a.landmarks_68[i][1] = 90;
    }
    assert_true(changed_at(&a, 100, 150, 1) == 0 && changed_at(&a, 95, 90, 1) > 0);
}

/* Jaw and mouth are drawn as lines, the eyes are closed ones, and nothing joins one part to the next. */
static void landmarks_are_joined_to_parts(void **state)
{
    (void)state;
    cameo_attributes a = unknown();
    a.landmark_68_count = 68;
    for (int i = 0; i < 68; i++)
        a.landmarks_68[i][0] = a.landmarks_68[i][1] = -1000;
    a.landmarks_68[16][0] = 20; /* the end of the jaw, and the beginning of a brow */
    a.landmarks_68[16][1] = a.landmarks_68[17][1] = 30;
    a.landmarks_68[17][0] = 60;
    assert_int_equal(changed_at(&a, 40, 30, 2), 0);
    for (int i = 36; i <= 41; i++) { /* an eye whose last point is far from its first */
        a.landmarks_68[i][0] = i == 41 ? 60 : 20;
        a.landmarks_68[i][1] = 280;
    }
    assert_true(changed_at(&a, 40, 280, 2) > 0);
}

static void axes_point_where_the_head_does(void **state)
{
    (void)state;
    cameo_attributes a = unknown();
    a.landmark_106_count = 106; /* far away: only the axes are drawn around (150, 120) */
    for (int i = 0; i < 106; i++)
        a.landmarks_106[i][0] = a.landmarks_106[i][1] = -1000;
    assert_int_equal(changed_at(&a, 150, 120, 30), 0);
    a.quality.angles = (cameo_pose){.pitch = 0, .yaw = 60, .roll = 0};
    assert_true(changed_at(&a, 185, 120, 2) > 0); /* forwards is to the right, and down is down */
    assert_true(changed_at(&a, 150, 150, 2) > 0);
    assert_int_equal(changed_at(&a, 120, 120, 5), 0);
    a.quality.angles = (cameo_pose){.pitch = 0, .yaw = 0, .roll = 90};
    assert_true(changed_at(&a, 150, 150, 2) > 0 && changed_at(&a, 120, 120, 2) > 0); /* right is down, down is left */
    assert_int_equal(changed_at(&a, 185, 120, 5), 0);
}

static void numbers_that_are_none_draw_nothing(void **state)
{
    (void)state;
    cameo_attributes a = unknown();
    a.landmark_68_count = 68;
    for (int i = 0; i < 68; i++)
        a.landmarks_68[i][0] = a.landmarks_68[i][1] = i % 2 ? NAN : 1e30f;
    assert_int_equal(changed_at(&a, 150, 150, 40), 0);
    test_picture grey = smooth_picture(8, 8);
    cameo_image_view view = picture_view(&grey);
    const cameo_face face = a_face();
    cameo_image *drawn = (cameo_image *)1;
    assert_int_equal(cameo_image_annotate_attributes(&drawn, &view, &face, NULL, 1, NULL, &error), CAMEO_ERROR_ARGUMENT);
    assert_null(drawn);
    free(grey.pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_landmarks_give_way_to_more),
        cmocka_unit_test(landmarks_are_joined_to_parts),
        cmocka_unit_test(axes_point_where_the_head_does),
        cmocka_unit_test(numbers_that_are_none_draw_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

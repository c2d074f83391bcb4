/* The pose of heads whose turn is known, and what is no head. */
#include "cmocka_all.h"

#include "face/head_shape_68.h"
#include "face/pose.h"

#include <math.h>
#include <string.h>

static const double radian = 0.017453292519943295;

/* Turned about x, then y, then z, as the angles are defined; seen from far away, moved and scaled. points: [count, 3] */
static void turn(const double (*shape)[3], int count, cameo_pose pose, float (*points)[3])
{
    double x = (double)pose.pitch * radian, y = (double)pose.yaw * radian, z = (double)pose.roll * radian;
    for (int i = 0; i < count; i++) {
        double a[3] = {shape[i][0], cos(x) * shape[i][1] - sin(x) * shape[i][2], sin(x) * shape[i][1] + cos(x) * shape[i][2]};
        double b[3] = {cos(y) * a[0] + sin(y) * a[2], a[1], -sin(y) * a[0] + cos(y) * a[2]};
        points[i][0] = (float)(1.7 * (cos(z) * b[0] - sin(z) * b[1]) + 321);
        points[i][1] = (float)(1.7 * (sin(z) * b[0] + cos(z) * b[1]) + 123);
        points[i][2] = 777; /* has no say */
    }
}

static void assert_pose(cameo_pose found, cameo_pose wanted)
{
    if (fabsf(found.pitch - wanted.pitch) > 0.01f || fabsf(found.yaw - wanted.yaw) > 0.01f || fabsf(found.roll - wanted.roll) > 0.01f)
        fail_msg("pose %g %g %g, wanted %g %g %g", (double)found.pitch, (double)found.yaw, (double)found.roll, (double)wanted.pitch,
                 (double)wanted.yaw, (double)wanted.roll);
}

static void turned_heads_are_seen_as_turned(void **state)
{
    (void)state;
    static const float pitches[] = {-50, 0, 20}, yaws[] = {-80, -15, 0, 45}, rolls[] = {-170, 0, 35};
    double five[CM_HEAD_FIVE][3];
    cm_head_shape_five(five);
    for (int i = 0; i < 36; i++) {
        const cameo_pose wanted = {.pitch = pitches[i % 3], .yaw = yaws[i / 3 % 4], .roll = rolls[i / 12]};
        float points[CM_HEAD_POINTS][3];
        cameo_pose found;
        turn(cm_head_shape_68, CM_HEAD_POINTS, wanted, points);
        assert_int_equal(cm_pose_fit(cm_head_shape_68, points[0], 3, CM_HEAD_POINTS, &found, NULL), CAMEO_OK);
        assert_pose(found, wanted);
        turn((const double(*)[3])five, CM_HEAD_FIVE, wanted, points);
        assert_int_equal(cm_pose_fit((const double(*)[3])five, points[0], 3, CM_HEAD_FIVE, &found, NULL), CAMEO_OK);
        assert_pose(found, wanted);
    }
}

/* The signs that cameo.h promises: a nose that lies right of the middle of the eyes belongs to a head that looks to the right. */
static void signs_are_as_documented(void **state)
{
    (void)state;
    double five[CM_HEAD_FIVE][3];
    cm_head_shape_five(five);
    float right[5][2] = {{30, 50}, {70, 50}, {58, 72}, {34, 95}, {66, 95}}, up[5][2] = {{30, 50}, {70, 50}, {50, 60}, {34, 95}, {66, 95}},
          clockwise[5][2] = {{30, 45}, {70, 55}, {45, 72}, {30, 92}, {62, 100}};
    cameo_pose pose;
    assert_int_equal(cm_pose_fit((const double(*)[3])five, right[0], 2, 5, &pose, NULL), CAMEO_OK);
    assert_true(pose.yaw > 10);
    assert_int_equal(cm_pose_fit((const double(*)[3])five, up[0], 2, 5, &pose, NULL), CAMEO_OK);
    assert_true(pose.pitch > 10 && fabsf(pose.yaw) < 1);
    assert_int_equal(cm_pose_fit((const double(*)[3])five, clockwise[0], 2, 5, &pose, NULL), CAMEO_OK);
    assert_true(pose.roll > 5);
}

static void a_head_in_profile_has_a_pose(void **state)
{
    (void)state;
    const cameo_pose wanted = {.pitch = 30, .yaw = 90, .roll = 0};
    float points[CM_HEAD_POINTS][3];
    cameo_pose found;
    turn(cm_head_shape_68, CM_HEAD_POINTS, wanted, points);
    assert_int_equal(cm_pose_fit(cm_head_shape_68, points[0], 3, CM_HEAD_POINTS, &found, NULL), CAMEO_OK);
    assert_true(fabsf(found.yaw - 90) < 0.1f && isfinite(found.pitch) && isfinite(found.roll));
}

static void what_is_no_head_has_no_pose(void **state)
{
    (void)state;
    double flat[CM_HEAD_POINTS][3];
    float points[CM_HEAD_POINTS][3];
    cameo_pose pose;
    cameo_error error;
    turn(cm_head_shape_68, CM_HEAD_POINTS, (cameo_pose){0}, points);
    memcpy(flat, cm_head_shape_68, sizeof flat);
    for (int i = 0; i < CM_HEAD_POINTS; i++)
        flat[i][2] = 3 + 0.5 * flat[i][0];
    assert_int_equal(cm_pose_fit((const double(*)[3])flat, points[0], 3, CM_HEAD_POINTS, &pose, &error), CAMEO_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "plane"));
    flat[7][1] = NAN;
    assert_int_equal(cm_pose_fit((const double(*)[3])flat, points[0], 3, CM_HEAD_POINTS, &pose, &error), CAMEO_ERROR_ARGUMENT);
    for (int i = 0; i < CM_HEAD_POINTS; i++)
        points[i][1] = 5;
    assert_int_equal(cm_pose_fit(cm_head_shape_68, points[0], 3, CM_HEAD_POINTS, &pose, &error), CAMEO_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "line"));
    for (int i = 0; i < CM_HEAD_POINTS; i++)
        points[i][1] = 0.5f * points[i][0] - 9;
    assert_int_equal(cm_pose_fit(cm_head_shape_68, points[0], 3, CM_HEAD_POINTS, &pose, &error), CAMEO_ERROR_ARGUMENT);
    points[3][0] = INFINITY;
    assert_int_equal(cm_pose_fit(cm_head_shape_68, points[0], 3, CM_HEAD_POINTS, &pose, &error), CAMEO_ERROR_ARGUMENT);
    assert_true(isnan(pose.pitch) && isnan(pose.yaw) && isnan(pose.roll));
}

/* Point i of the right half is point pair[i] of the left, mirrored. */
static void our_head_is_its_own_mirror_image(void **state)
{
    (void)state;
    static const int rows[][2] = {{0, 16}, {17, 26}, {31, 35}, {48, 54}, {55, 59}, {60, 64}, {65, 67}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int i = 0; rows[r][0] + i <= rows[r][1]; i++) {
            const double *left = cm_head_shape_68[rows[r][0] + i], *right = cm_head_shape_68[rows[r][1] - i];
            assert_true(left[0] == -right[0] && left[1] == right[1] && left[2] == right[2]);
        }
    static const int eyes[][2] = {{36, 45}, {37, 44}, {38, 43}, {39, 42}, {40, 47}, {41, 46}};
    for (int i = 0; i < 6; i++)
        assert_true(cm_head_shape_68[eyes[i][0]][0] == -cm_head_shape_68[eyes[i][1]][0] && cm_head_shape_68[eyes[i][0]][1] == cm_head_shape_68[eyes[i][1]][1]);
    for (int i = 27; i <= 30; i++)
        assert_true(cm_head_shape_68[i][0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turned_heads_are_seen_as_turned), cmocka_unit_test(signs_are_as_documented), cmocka_unit_test(a_head_in_profile_has_a_pose),
        cmocka_unit_test(what_is_no_head_has_no_pose),     cmocka_unit_test(our_head_is_its_own_mirror_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* labels: slow */
/* The portrait generator by itself: the same seeds give the same bytes, and what it says of a picture is true of its pixels. */
#include "cmocka_all.h"

#include "portrait.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 160, BYTES = SIZE * SIZE * 3 };

static cm_portrait_options seeds(uint64_t identity, uint64_t variation)
{
    cm_portrait_options options;
    cm_portrait_options_default(&options);
    options.identity = identity;
    options.variation = variation;
    return options;
}

static cm_portrait_truth draw(const cm_portrait_options *options, uint8_t *rgb)
{
    cm_portrait_truth truth;
    assert_true(cm_portrait_draw(options, rgb, SIZE, &truth));
    return truth;
}

static double mean_difference(const uint8_t *a, const uint8_t *b)
{
    double sum = 0;
    for (size_t i = 0; i < BYTES; i++)
        sum += abs(a[i] - b[i]);
    return sum / BYTES;
}

static void same_seeds_same_bytes(void **state)
{
    (void)state;
    static uint8_t first[BYTES], again[BYTES];
    for (uint64_t i = 1; i <= 4; i++) {
        cm_portrait_options options = seeds(i, 100 + i);
        memset(first, 0, BYTES);
        memset(again, 255, BYTES);
        cm_portrait_truth truth = draw(&options, first), truth_again = draw(&options, again);
        assert_memory_equal(first, again, BYTES);
        assert_memory_equal(&truth, &truth_again, sizeof truth);
        assert_true(cm_portrait_draw(&options, again, SIZE, NULL));
        assert_memory_equal(first, again, BYTES);
    }
}

static void each_seed_matters(void **state)
{
    (void)state;
    static uint8_t one[BYTES], other_person[BYTES], other_moment[BYTES];
    for (uint64_t i = 1; i <= 4; i++) {
        cm_portrait_options options = seeds(i, 7);
        cm_portrait_truth truth = draw(&options, one);
        options.identity = i + 50;
        cm_portrait_truth person = draw(&options, other_person);
        options = seeds(i, 8);
        draw(&options, other_moment);
        assert_true(mean_difference(one, other_person) > 2.0);
        assert_true(mean_difference(one, other_moment) > 5.0);
        /* another person in the same moment: the same pose, another face */
        assert_true(truth.yaw == person.yaw && truth.pitch == person.pitch && truth.roll == person.roll);
        assert_true(memcmp(truth.landmarks, person.landmarks, sizeof truth.landmarks) != 0);
    }
}

/* Landmarks inside the box, the box in the picture, in the order of the interface. */
static void truth_lies_in_the_picture(void **state)
{
    (void)state;
    static uint8_t rgb[BYTES];
    for (uint64_t i = 0; i < 20; i++) {
        cm_portrait_options options = seeds(i, 1000 + i);
        cm_portrait_truth t = draw(&options, rgb);
        assert_true(t.box[0] >= 0 && t.box[1] >= 0 && t.box[2] <= SIZE - 1 && t.box[3] <= SIZE - 1);
        assert_true(t.box[2] - t.box[0] > SIZE / 8.0f && t.box[3] - t.box[1] > SIZE / 6.0f);
        for (int k = 0; k < 5; k++) {
            assert_true(t.landmarks[k][0] > t.box[0] && t.landmarks[k][0] < t.box[2]);
            assert_true(t.landmarks[k][1] > t.box[1] && t.landmarks[k][1] < t.box[3]);
        }
        assert_true(t.landmarks[0][0] < t.landmarks[1][0] && t.landmarks[3][0] < t.landmarks[4][0]);
        assert_true(t.landmarks[0][1] < t.landmarks[2][1] && t.landmarks[1][1] < t.landmarks[2][1]);
        assert_true(t.landmarks[2][1] < t.landmarks[3][1] && t.landmarks[2][1] < t.landmarks[4][1]);
        assert_true(fabsf(t.yaw) <= 25.01f && fabsf(t.pitch) <= 15.01f && fabsf(t.roll) <= 15.01f);
    }
}

/* The eyes' line follows the roll, the nose moves to the side the head turns to, and up with it. */
static void pose_shows_in_the_landmarks(void **state)
{
    (void)state;
    static uint8_t rgb[BYTES];
    for (uint64_t i = 0; i < 20; i++) {
        cm_portrait_options options = seeds(3, 2000 + i), frontal = options;
        frontal.pose = 0.0f;
        cm_portrait_truth t = draw(&options, rgb), f = draw(&frontal, rgb);
        float dx = t.landmarks[1][0] - t.landmarks[0][0], dy = t.landmarks[1][1] - t.landmarks[0][1];
        float slope = atan2f(dy, dx) * 57.29578f;
        assert_true(fabsf(slope - t.roll) < 4.0f + 0.25f * fabsf(t.yaw));
        assert_true(f.yaw == 0.0f && f.pitch == 0.0f && f.roll == 0.0f);
        assert_true(fabsf(f.landmarks[1][1] - f.landmarks[0][1]) < 0.1f);
        /* the nose against the eyes' middle, along the eyes' line, in eye distances */
        float mx = t.landmarks[2][0] - 0.5f * (t.landmarks[0][0] + t.landmarks[1][0]);
        float my = t.landmarks[2][1] - 0.5f * (t.landmarks[0][1] + t.landmarks[1][1]);
        float aside = (mx * dx + my * dy) / (dx * dx + dy * dy);
        if (fabsf(t.yaw) > 4.0f)
            assert_true(aside * t.yaw > 0.0f);
    }
}

static double mean_level(const uint8_t *rgb, float x, float y, int radius)
{
    double sum = 0;
    int count = 0;
    for (int row = (int)y - radius; row <= (int)y + radius; row++)
        for (int column = (int)x - radius; column <= (int)x + radius; column++, count++) {
            const uint8_t *pixel = rgb + ((size_t)row * SIZE + (size_t)column) * 3;
            sum += pixel[0] + pixel[1] + pixel[2];
        }
    return sum / (3.0 * count);
}

/* Where the truth puts an eye it is darker than on the cheek below it. */
static void eyes_are_where_the_truth_says(void **state)
{
    (void)state;
    static uint8_t rgb[BYTES];
    int darker = 0, all = 0;
    for (uint64_t i = 1; i <= 16; i++) {
        cm_portrait_options options = seeds(i, 3000 + i);
        options.light = 0.0f;
        cm_portrait_truth t = draw(&options, rgb);
        for (int k = 0; k < 2; k++, all++) {
            const float *eye = t.landmarks[k], *mouth = t.landmarks[3 + k];
            double cheek = mean_level(rgb, 0.5f * (eye[0] + mouth[0]), 0.5f * (eye[1] + mouth[1]), 1);
            darker += mean_level(rgb, eye[0], eye[1], 1) < cheek - 8.0;
        }
    }
    assert_true(darker >= all * 9 / 10);
}

/* The truth does not depend on the picture's size but for its scale. */
static void truth_scales_with_the_size(void **state)
{
    (void)state;
    cm_portrait_options options = seeds(5, 6);
    cm_portrait_truth small, large;
    uint8_t *rgb = malloc((size_t)320 * 320 * 3);
    assert_non_null(rgb);
    assert_true(cm_portrait_draw(&options, rgb, 80, &small));
    assert_true(cm_portrait_draw(&options, rgb, 320, &large));
    for (int k = 0; k < 5; k++)
        for (int c = 0; c < 2; c++)
            assert_true(fabsf(4.0f * small.landmarks[k][c] - large.landmarks[k][c]) < 0.05f);
    free(rgb);
}

static void groups_show_everybody(void **state)
{
    (void)state;
    enum { WIDTH = 480, HEIGHT = 320, COUNT = 5 };
    cm_portrait_options people[COUNT];
    cm_portrait_truth truth[COUNT];
    uint8_t *rgb = malloc((size_t)WIDTH * HEIGHT * 3), *again = malloc((size_t)WIDTH * HEIGHT * 3);
    assert_true(rgb && again);
    for (int i = 0; i < COUNT; i++)
        people[i] = seeds((uint64_t)i + 1, (uint64_t)i + 400);
    assert_true(cm_portrait_draw_group(people, COUNT, rgb, WIDTH, HEIGHT, truth));
    assert_true(cm_portrait_draw_group(people, COUNT, again, WIDTH, HEIGHT, NULL));
    assert_memory_equal(rgb, again, (size_t)WIDTH * HEIGHT * 3);
    for (int i = 0; i < COUNT; i++) {
        const float *box = truth[i].box;
        assert_true(box[0] >= 0 && box[1] >= 0 && box[2] < WIDTH && box[3] < HEIGHT);
        for (int k = 0; k < i; k++) { /* no face in front of another one */
            const float *other = truth[k].box;
            assert_true(box[0] > other[2] || other[0] > box[2] || box[1] > other[3] || other[1] > box[3]);
        }
    }
    free(rgb);
    free(again);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static uint8_t rgb[BYTES];
    cm_portrait_options options = seeds(1, 1);
    assert_false(cm_portrait_draw(&options, rgb, CM_PORTRAIT_MIN_SIZE - 1, NULL));
    assert_false(cm_portrait_draw(&options, rgb, CM_PORTRAIT_MAX_SIZE + 1, NULL));
    assert_false(cm_portrait_draw(&options, rgb, -5, NULL));
    assert_false(cm_portrait_draw_group(&options, 0, rgb, SIZE, SIZE, NULL));
    assert_false(cm_portrait_draw_group(&options, CM_PORTRAIT_MAX_GROUP + 1, rgb, SIZE, SIZE, NULL));
    assert_false(cm_portrait_draw_group(&options, 1, rgb, SIZE, 3, NULL));
    float *const scales[3] = {&options.pose, &options.expression, &options.light};
    const float bad[4] = {-0.01f, 1.01f, NAN, INFINITY};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 4; k++) {
            *scales[i] = bad[k];
            assert_false(cm_portrait_draw(&options, rgb, SIZE, NULL));
            *scales[i] = 1.0f;
        }
    assert_true(cm_portrait_draw(&options, rgb, SIZE, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seeds_same_bytes),        cmocka_unit_test(each_seed_matters),
        cmocka_unit_test(truth_lies_in_the_picture),    cmocka_unit_test(pose_shows_in_the_landmarks),
        cmocka_unit_test(eyes_are_where_the_truth_says), cmocka_unit_test(truth_scales_with_the_size),
        cmocka_unit_test(groups_show_everybody),        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

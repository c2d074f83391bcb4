/* Quality: each score falls with what it is about, and with nothing else. */
#include "cmocka_all.h"

#include "cameo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 400 };

static uint8_t pixels[SIDE * SIDE * 3];
static const cameo_image_view view = {.pixels = pixels, .width = SIDE, .height = SIDE, .stride = SIDE * 3};
static cameo_error error;

/* A face that is `side` pixels wide once aligned, upright around (200, 200), looking into the camera. */
static cameo_face face_of(float side)
{
    static const float template[5][2] = {{38.2946f, 51.6963f}, {73.5318f, 51.5014f}, {56.0252f, 71.7366f}, {41.5493f, 92.3655f}, {70.7299f, 92.2041f}};
    cameo_face face = {.score = 1, .landmark_count = 5};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++)
            face.landmarks[i][k] = 200 + (template[i][k] - 56) * side / 112;
    for (int i = 0; i < 4; i++)
        face.box[i] = 200 + (i < 2 ? -0.4f : 0.4f) * side;
    return face;
}

/* Grey `middle`, with a wave of this height and length on it, and `step` more in the right half. */
static void draw(int middle, double height, double length, int step)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double value = middle + height * sin(6.283185307 * x / length) * sin(6.283185307 * y / length) + (x >= 200 ? step : 0);
            memset(pixels + (y * SIDE + x) * 3, (int)fmin(fmax(value, 0), 255), 3);
        }
}

static cameo_quality quality_of(cameo_face face)
{
    cameo_quality quality;
    if (cameo_face_quality(&view, &face, &quality, &error) != CAMEO_OK)
        fail_msg("%s", error.message);
    return quality;
}

static void an_even_grey_is_well_lit_and_blurred(void **state)
{
    (void)state;
    draw(128, 0, 8, 0);
    cameo_quality q = quality_of(face_of(112));
    assert_true(q.sharpness == 0 && q.laplacian == 0 && q.contrast == 0 && q.overall == 0);
    assert_true(q.uniformity == 1 && q.exposure == 1 && q.illumination == 1);
    assert_true(fabsf(q.brightness - 128 / 255.0f) < 1e-6f);
    assert_true(fabsf(q.side - 112) < 0.01f && q.size > 0.9999f && q.size <= 1);
    assert_true(q.pose > 0.95f && fabsf(q.angles.yaw) < 3 && fabsf(q.angles.roll) < 2 && fabsf(q.angles.pitch) < 8);
    assert_true(isnan(q.norm));
}

static void fine_structure_is_sharp(void **state)
{
    (void)state;
    draw(128, 60, 8, 0);
    cameo_quality fine = quality_of(face_of(112));
    draw(128, 60, 40, 0);
    cameo_quality coarse = quality_of(face_of(112));
    assert_true(fine.sharpness > 0.8f && coarse.sharpness < 0.1f);
    assert_true(fabsf(fine.sharpness - fine.laplacian / (fine.laplacian + 100)) < 1e-6f);
    /* An enlarged face has no more structure than it had. */
    draw(128, 60, 8, 0);
    assert_true(quality_of(face_of(30)).sharpness < fine.sharpness);
}

static void small_faces_lose_size(void **state)
{
    (void)state;
    draw(128, 60, 8, 0);
    cameo_quality small = quality_of(face_of(56)), large = quality_of(face_of(224));
    assert_true(fabsf(small.side - 56) < 0.01f && fabsf(small.size - 0.5f) < 1e-4f && large.size == 1 && fabsf(large.side - 224) < 0.05f);
    assert_true(small.overall <= small.size);
}

static void light_from_one_side_is_uneven(void **state)
{
    (void)state;
    draw(80, 20, 8, 0);
    cameo_quality even = quality_of(face_of(112));
    draw(80, 20, 8, 90);
    cameo_quality uneven = quality_of(face_of(112));
    assert_true(even.uniformity > 0.8f && uneven.uniformity < 0.1f);
    assert_true(fabsf(even.illumination - powf(even.uniformity, 0.3f) * even.exposure) < 1e-5f);
    assert_true(uneven.illumination < even.illumination);
}

static void dark_and_bright_pixels_are_badly_exposed(void **state)
{
    (void)state;
    static const int greys[][2] = {{25, 0}, {26, 1}, {246, 1}, {247, 0}};
    for (int i = 0; i < 4; i++) {
        draw(greys[i][0], 0, 8, 0);
        cameo_quality q = quality_of(face_of(112));
        assert_true(q.exposure == (float)greys[i][1] && q.illumination == (float)greys[i][1]);
    }
}

static void turned_faces_lose_pose(void **state)
{
    (void)state;
    draw(128, 60, 8, 0);
    cameo_face face = face_of(112), leaning = face_of(112);
    face.landmarks[2][0] += 12; /* the nose points to the right */
    cameo_quality q = quality_of(face), front = quality_of(face_of(112));
    assert_true(q.angles.yaw > 15 && q.pose < front.pose - 0.05f && q.overall <= q.pose);
    float yaw = q.angles.yaw * 0.017453293f, pitch = q.angles.pitch * 0.017453293f;
    assert_true(fabsf(q.pose - cosf(yaw) * cosf(yaw) * cosf(pitch) * cosf(pitch)) < 1e-5f);
    /* A head that only leans is turned upright by alignment. */
    for (int i = 0; i < 5; i++) {
        float x = leaning.landmarks[i][0] - 200, y = leaning.landmarks[i][1] - 200;
        leaning.landmarks[i][0] = 200 + 0.8f * x - 0.6f * y;
        leaning.landmarks[i][1] = 200 + 0.6f * x + 0.8f * y;
    }
    cameo_quality l = quality_of(leaning);
    assert_true(fabsf(l.angles.roll - front.angles.roll - 36.87f) < 0.1f && fabsf(l.pose - front.pose) < 1e-3f);
}

static void without_landmarks_the_box_stands_for_the_face(void **state)
{
    (void)state;
    draw(128, 60, 8, 0);
    cameo_face face = face_of(112);
    face.landmark_count = 0;
    cameo_quality q = quality_of(face);
    assert_true(fabsf(q.side - 0.8f * 112) < 0.01f && fabsf(q.size - 0.8f) < 1e-4f);
    assert_true(isnan(q.pose) && isnan(q.angles.yaw) && q.overall == fminf(fminf(q.size, q.sharpness), q.illumination));
}

static void what_is_no_face_is_refused(void **state)
{
    (void)state;
    cameo_quality quality;
    cameo_face face = face_of(112);
    for (int i = 0; i < 5; i++)
        face.landmarks[i][0] = face.landmarks[i][1] = 7;
    assert_int_equal(cameo_face_quality(&view, &face, &quality, &error), CAMEO_ERROR_ARGUMENT);
    face.landmark_count = 0;
    face.box[2] = face.box[0];
    assert_int_equal(cameo_face_quality(&view, &face, &quality, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_face_quality(NULL, &face, &quality, &error), CAMEO_ERROR_ARGUMENT);
    assert_int_equal(cameo_face_quality(&view, NULL, &quality, &error), CAMEO_ERROR_ARGUMENT);
    /* Far outside of the picture all is black, which is a bad picture and no error. */
    cameo_face far = face_of(112);
    for (int i = 0; i < 5; i++)
        far.landmarks[i][0] += 1e5f;
    assert_true(quality_of(far).exposure == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_even_grey_is_well_lit_and_blurred),          cmocka_unit_test(fine_structure_is_sharp),
        cmocka_unit_test(small_faces_lose_size),                         cmocka_unit_test(light_from_one_side_is_uneven),
        cmocka_unit_test(dark_and_bright_pixels_are_badly_exposed),      cmocka_unit_test(turned_faces_lose_pose),
        cmocka_unit_test(without_landmarks_the_box_stands_for_the_face), cmocka_unit_test(what_is_no_face_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Umeyama's similarity against known transforms, the template of every size, landmarks that are no face. */
#include "cmocka_all.h"

#include "face/align.h"

#include <math.h>
#include <string.h>

static const float face_points[5][2] = {{30.3f, 51.7f}, {65.5f, 51.5f}, {48.0f, 71.7f}, {33.5f, 92.4f}, {62.7f, 92.2f}};

static void apply(const double m[6], const float p[2], double out[2])
{
    out[0] = m[0] * (double)p[0] + m[1] * (double)p[1] + m[2];
    out[1] = m[3] * (double)p[0] + m[4] * (double)p[1] + m[5];
}

static void known_transforms_are_found(void **state)
{
    (void)state;
    static const double cases[][4] = {/* scale, degrees, x, y */
                                      {1, 0, 0, 0},        {2.5, 30, 10, -20},   {0.31, -75, 400, 3},
                                      {1, 180, -50, 1000}, {7, 179.9, 0.25, 12}, {0.01, 90, 5, 5}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        double angle = cases[c][1] * acos(-1.0) / 180, a = cases[c][0] * cos(angle), b = cases[c][0] * sin(angle);
        const double wanted[6] = {a, -b, cases[c][2], b, a, cases[c][3]};
        double to[5][2], found[6];
        for (int i = 0; i < 5; i++)
            apply(wanted, face_points[i], to[i]);
        assert_int_equal(cm_align_similarity(face_points, (const double(*)[2])to, found, NULL), CAMEO_OK);
        for (int i = 0; i < 6; i++)
            assert_true(fabs(found[i] - wanted[i]) < 1e-9 * fmax(1, fabs(wanted[i])));
    }
}

/* No matrix near the found one may have a smaller error: it is the least-squares solution. */
static void noisy_points_give_the_least_squares_solution(void **state)
{
    (void)state;
    double to[5][2], best[6];
    cm_align_template(112, to);
    const float from[5][2] = {{105.1f, 113.2f}, {143.9f, 118.0f}, {121.0f, 140.0f}, {101.0f, 151.0f}, {139.5f, 156.1f}};
    assert_int_equal(cm_align_similarity(from, (const double(*)[2])to, best, NULL), CAMEO_OK);
    assert_true(fabs(best[0] - best[4]) < 1e-12 && fabs(best[1] + best[3]) < 1e-12);
    double errors[9];
    for (int change = 0; change < 9; change++) {
        double m[6];
        memcpy(m, best, sizeof m);
        double step = change % 2 ? 1e-3 : -1e-3;
        if (change >= 1 && change <= 2)
            m[0] = m[4] = best[0] + step;
        if (change >= 3 && change <= 4) {
            m[3] = best[3] + step;
            m[1] = -m[3];
        }
        if (change >= 5)
            m[change < 7 ? 2 : 5] += step * 100;
        errors[change] = 0;
        for (int i = 0; i < 5; i++) {
            double p[2];
            apply(m, from[i], p);
            errors[change] += (p[0] - to[i][0]) * (p[0] - to[i][0]) + (p[1] - to[i][1]) * (p[1] - to[i][1]);
        }
        assert_true(errors[change] >= errors[0]);
    }
}

/* Mirrored landmarks must not be mirrored back: the matrix stays a rotation with a positive determinant. */
static void reflections_are_not_used(void **state)
{
    (void)state;
    double to[5][2], m[6];
    cm_align_template(112, to);
    float mirrored[5][2];
    for (int i = 0; i < 5; i++) {
        mirrored[i][0] = 200.0f - face_points[i][0];
        mirrored[i][1] = face_points[i][1] * 1.3f;
    }
    assert_int_equal(cm_align_similarity((const float(*)[2])mirrored, (const double(*)[2])to, m, NULL), CAMEO_OK);
    assert_true(m[0] * m[4] - m[1] * m[3] > 0);
}

static void templates_follow_the_size(void **state)
{
    (void)state;
    double p[5][2];
    static const struct {
        int size;
        double x, y;
    } cases[] = {{112, 38.2946, 51.6963},
                 {224, 76.5892, 103.3926},
                 {128, 38.2946 + 8, 51.6963},
                 {256, 76.5892 + 16, 103.3926},
                 {160, 38.2946 * 160 / 112, 51.6963 * 160 / 112},
                 {896, 38.2946 * 8, 51.6963 * 8}}; /* 896 = 8 * 112 = 7 * 128: the first rule wins, as in InsightFace */
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        cm_align_template(cases[c].size, p);
        assert_true(fabs(p[0][0] - cases[c].x) < 1e-9 && fabs(p[0][1] - cases[c].y) < 1e-9);
    }
}

static void broken_landmarks_are_refused(void **state)
{
    (void)state;
    double to[5][2], m[6];
    cameo_error error;
    cm_align_template(112, to);
    float points[5][2];
    memset(points, 0, sizeof points);
    assert_int_equal(cm_align_similarity((const float(*)[2])points, (const double(*)[2])to, m, &error), CAMEO_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "one point"));
    static const float bad[] = {NAN, INFINITY, -INFINITY, 1e30f};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(points, face_points, sizeof points);
        points[3][1] = bad[i];
        assert_int_equal(cm_align_similarity((const float(*)[2])points, (const double(*)[2])to, m, &error), CAMEO_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "landmark 3 has y"));
    }
}

/* A crop whose landmarks are the template's own is the picture itself. */
static void identity_crop_is_the_picture(void **state)
{
    (void)state;
    static uint8_t pixels[112 * 112 * 3], crop[112 * 112 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 2654435761u >> 24);
    double to[5][2];
    float points[5][2];
    cm_align_template(112, to);
    for (int i = 0; i < 10; i++)
        points[i / 2][i % 2] = (float)to[i / 2][i % 2];
    const cameo_image_view view = {.pixels = pixels, .width = 112, .height = 112, .stride = 112 * 3};
    assert_int_equal(cm_align_crop(&view, (const float(*)[2])points, 112, CM_CPU_REF, crop, NULL), CAMEO_OK);
    assert_memory_equal(crop, pixels, sizeof pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_transforms_are_found),
        cmocka_unit_test(noisy_points_give_the_least_squares_solution),
        cmocka_unit_test(reflections_are_not_used),
        cmocka_unit_test(templates_follow_the_size),
        cmocka_unit_test(broken_landmarks_are_refused),
        cmocka_unit_test(identity_crop_is_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

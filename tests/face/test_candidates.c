/* Non-maximum suppression and the order of faces. */
#include "cmocka_all.h"

#include "face/candidates.h"
#include "face/rank.h"

#include <math.h>

static cameo_face make_face(float x0, float y0, float x1, float y1, float score)
{
    return (cameo_face){.box = {x0, y0, x1, y1}, .score = score};
}

static void fill(cm_candidates *candidates, const cameo_face *faces, int count)
{
    assert_true(cm_candidates_create(candidates, count));
    for (int i = 0; i < count; i++)
        cm_candidates_add(candidates, &faces[i]);
}

static void overlapping_faces_are_suppressed_best_first(void **state)
{
    (void)state;
    const cameo_face faces[] = {make_face(0, 0, 99, 99, 0.6f), make_face(5, 5, 104, 104, 0.9f), make_face(300, 0, 399, 99, 0.7f),
                                make_face(10, 0, 109, 99, 0.8f)};
    cm_candidates candidates;
    fill(&candidates, faces, 4);
    assert_int_equal(cm_candidates_suppress(&candidates, 0.4f), 2);
    assert_true(candidates.faces[0].score == 0.9f && candidates.faces[1].score == 0.7f);
    cm_candidates_free(&candidates);
}

/* Boxes 0..9 and 0..4 are 10 and 5 pixels wide with the "+1": their overlap is exactly one half. */
static void areas_count_both_border_pixels(void **state)
{
    (void)state;
    const cameo_face faces[] = {make_face(0, 0, 9, 9, 0.9f), make_face(0, 0, 4, 9, 0.8f)};
    cm_candidates candidates;
    fill(&candidates, faces, 2);
    assert_int_equal(cm_candidates_suppress(&candidates, 0.5f), 2); /* equal to the threshold stays */
    assert_int_equal(cm_candidates_suppress(&candidates, 0.499f), 1);
    cm_candidates_free(&candidates);
}

static void equal_scores_keep_their_order(void **state)
{
    (void)state;
    enum { COUNT = 101 };
    cameo_face faces[COUNT];
    for (int i = 0; i < COUNT; i++)
        faces[i] = make_face((float)(i * 100), 0, (float)(i * 100 + 10), 10, i % 3 == 0 ? 0.75f : 0.5f + 0.001f * (float)(i % 2));
    cm_candidates candidates;
    fill(&candidates, faces, COUNT);
    assert_int_equal(cm_candidates_suppress(&candidates, 0.4f), COUNT);
    for (int i = 1; i < COUNT; i++) {
        const cameo_face *before = &candidates.faces[i - 1], *after = &candidates.faces[i];
        assert_true(before->score > after->score || (before->score == after->score && before->box[0] < after->box[0]));
    }
    cm_candidates_free(&candidates);
}

static void numbers_that_are_none_are_no_faces(void **state)
{
    (void)state;
    cameo_face faces[] = {make_face(0, 0, 9, 9, NAN), make_face(NAN, 0, 9, 9, 0.9f), make_face(0, 0, INFINITY, 9, 0.9f),
                          make_face(0, 0, 9, 9, 0.5f), make_face(50, 0, 59, 9, 0.9f)};
    faces[4].landmark_count = 5;
    faces[4].landmarks[2][1] = NAN;
    cm_candidates candidates;
    fill(&candidates, faces, 5);
    assert_int_equal(candidates.count, 1);
    assert_true(candidates.faces[0].score == 0.5f);
    cm_candidates_free(&candidates);
}

static void nothing_is_written_past_the_capacity(void **state)
{
    (void)state;
    cm_candidates candidates;
    assert_true(cm_candidates_create(&candidates, 2));
    const cameo_face face = make_face(0, 0, 1, 1, 0.5f);
    for (int i = 0; i < 5; i++)
        cm_candidates_add(&candidates, &face);
    assert_int_equal(candidates.count, 2);
    cm_candidates_free(&candidates);
    assert_true(cm_candidates_create(&candidates, 0));
    assert_int_equal(cm_candidates_suppress(&candidates, 0.4f), 0);
    cm_candidates_free(&candidates);
}

/* Three faces in a picture of 400 x 200: small in the middle, large at the edge, middle-sized between. */
static void ranks_order_faces(void **state)
{
    (void)state;
    const cameo_face small = make_face(190, 90, 210, 110, 0.7f), large = make_face(280, 40, 400, 160, 0.6f),
                     middle = make_face(200, 60, 260, 120, 0.9f);
    static const struct {
        cameo_face_rank rank;
        float first, second, third;
    } cases[] = {{CAMEO_RANK_SCORE, 0.9f, 0.7f, 0.6f},
                 {CAMEO_RANK_LARGEST, 0.6f, 0.9f, 0.7f},
                 /* areas - 2 d^2: small 400 - 0, large 14400 - 2 * 140^2, middle 3600 - 2 * (30^2 + 10^2) = 1600 */
                 {CAMEO_RANK_CENTRAL, 0.9f, 0.7f, 0.6f},
                 {CAMEO_RANK_CENTER_ONLY, 0.7f, 0.9f, 0.6f}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        cameo_face faces[3] = {middle, small, large}; /* by score, as suppression leaves them */
        cm_rank_faces(faces, 3, cases[c].rank, 400, 200);
        assert_true(faces[0].score == cases[c].first && faces[1].score == cases[c].second && faces[2].score == cases[c].third);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_faces_are_suppressed_best_first),
        cmocka_unit_test(areas_count_both_border_pixels),
        cmocka_unit_test(equal_scores_keep_their_order),
        cmocka_unit_test(numbers_that_are_none_are_no_faces),
        cmocka_unit_test(nothing_is_written_past_the_capacity),
        cmocka_unit_test(ranks_order_faces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

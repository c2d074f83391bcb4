/* The statistics of an evaluation on numbers that a person can follow. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calibration.h"

/* cmocka compares floats only. */
#define assert_near(value, wanted, tolerance) assert_true(fabs((double)(value) - (double)(wanted)) <= (tolerance))

static cm_distribution distribution_of(const float *scores, size_t count)
{
    cm_distribution d;
    float sorted[64];
    memcpy(sorted, scores, count * sizeof *scores);
    assert_int_equal(cm_distribution_sort(&d, sorted, count), 0);
    return d;
}

static void test_distribution(void **state)
{
    (void)state;
    static const float scores[] = {0.5f, 0.1f, 0.5f, 0.9f, 0.3f};
    cm_distribution d = distribution_of(scores, 5);
    assert_int_equal(d.count, 4);
    assert_int_equal(d.total, 5);
    assert_near(d.mean, 0.46, 1e-6);
    assert_near(d.deviation, sqrt((0.04 * 0.04 * 2 + 0.36 * 0.36 + 0.44 * 0.44 + 0.16 * 0.16) / 5), 1e-6);
    assert_int_equal(cm_distribution_at_least(&d, 0.5f), 3);
    assert_int_equal(cm_distribution_at_least(&d, nextafterf(0.5f, 1)), 1);
    assert_int_equal(cm_distribution_at_least(&d, -1), 5);
    assert_int_equal(cm_distribution_at_least(&d, 1), 0);
    /* Two may pass: the two that are equal would make it three. */
    assert_true(cm_distribution_threshold(&d, 2) == nextafterf(0.5f, 1));
    assert_true(cm_distribution_threshold(&d, 3) == nextafterf(0.3f, 1));
    assert_true(cm_distribution_threshold(&d, 0) == nextafterf(0.9f, 1));
    assert_true(cm_distribution_threshold(&d, 5) == 0.1f);
    cm_distribution_free(&d);
}

/* Scores of which a part is known in groups only. */
static void test_groups(void **state)
{
    (void)state;
    static const float scores[] = {0.6f, 0.7f}, rest[] = {-0.2f, 0.1f, 0.8f};
    static const uint64_t counts[] = {5, 0, 3};
    cm_distribution d;
    assert_int_equal(cm_distribution_make(&d, scores, 2, rest, counts, 3), 0);
    assert_int_equal(d.count, 4);
    assert_int_equal(d.total, 10);
    assert_near(d.mean, (0.6 + 0.7 - 0.2 * 5 + 0.8 * 3) / 10, 1e-6);
    assert_int_equal(cm_distribution_at_least(&d, 0.65f), 4);
    assert_int_equal(cm_distribution_at_least(&d, 0), 5);
    cm_distribution_free(&d);
}

static void test_rates(void **state)
{
    (void)state;
    static const float same[] = {0.9f, 0.8f, 0.4f, 0.2f}, different[] = {0.4f, 0.3f, 0.1f, 0.0f, -0.1f};
    cm_distribution g = distribution_of(same, 4), o = distribution_of(different, 5);
    /* Of 20 comparisons 0.9 and 0.8 win 5 each, 0.4 wins 4 and ties one, 0.2 wins 3. */
    assert_near(cm_rates_auc(&g, &o), 17.5 / 20, 1e-9);
    /* At 0.3 two of five pass and one of four is rejected; at 0.4 one passes and one is rejected: 0.2 and 0.25 are nearest. */
    float threshold;
    assert_near(cm_rates_eer(&g, &o, &threshold), 0.225, 1e-9);
    assert_true(threshold == 0.4f);
    cm_distribution_free(&g);
    cm_distribution_free(&o);
    assert_int_equal(cm_rates_allowed(3000, 1e-3), 3);
    assert_int_equal(cm_rates_allowed(2999, 1e-3), 2);
    assert_false(cm_rates_resolvable(9999, 1e-3));
    assert_true(cm_rates_resolvable(10000, 1e-3));
}

static void test_one_kind_missing(void **state)
{
    (void)state;
    static const float scores[] = {0.5f};
    cm_distribution d = distribution_of(scores, 1), none = distribution_of(scores, 0);
    assert_true(isnan(cm_rates_auc(&d, &none)) && isnan(cm_rates_auc(&none, &d)));
    assert_true(isnan(cm_rates_eer(&d, &none, NULL)) && isnan(cm_rates_eer(&none, &d, NULL)));
    cm_distribution_free(&d);
    cm_distribution_free(&none);
}

/* Two folds. On each, the other one's best threshold is used: what is best is the first of equal ones. */
static void test_folds(void **state)
{
    (void)state;
    static const cm_fold_pair pairs[] = {{0.5, 0, 1}, {1.0, 0, 1}, {1.5, 0, 0}, {2.0, 0, 0}, {0.6, 1, 1}, {1.2, 1, 1}, {1.1, 1, 0}, {1.9, 1, 0}};
    cm_fold_scores f;
    assert_int_equal(cm_folds_measure(pairs, 8, 2, &f), 0);
    /* Of fold 1 alone 0.61 is right in three of four (the first such); on fold 0 it is wrong for 1.0: 3 of 4. Of fold 0 alone 1.01 is right in all
     * four; on fold 1 it is wrong for 1.2: 3 of 4. */
    assert_near(f.accuracy, 0.75, 1e-9);
    assert_near(f.accuracy_deviation, 0, 1e-9);
    assert_near(f.threshold, ((1 - 0.61 / 2) + (1 - 1.01 / 2)) / 2, 1e-9);
    /* The false accept rate of fold 1 jumps from 0 to 1/2 between the thresholds 1.1 and 1.101, so that 1e-3 lies just above 1.1: both of fold 0 pass. Of fold
     * 0 it jumps at 1.5: on fold 1 both pass, and one of the others. */
    assert_near(f.tar, 1, 1e-9);
    assert_near(f.far, 0.25, 1e-9);
}

static void test_logistic(void **state)
{
    (void)state;
    static const float same[] = {0.9f, 0.8f, 0.7f, 0.3f}, different[] = {0.1f, 0.2f, 0.0f, 0.5f};
    cm_distribution g = distribution_of(same, 4), o = distribution_of(different, 4);
    cm_logistic l;
    assert_int_equal(cm_logistic_fit(&l, &g, &o), 0);
    assert_true(l.slope > 0);
    /* At the minimum both derivatives are zero. */
    double by_slope = 0, by_offset = 0;
    for (int i = 0; i < 4; i++) {
        double p = cm_logistic_probability(&l, (double)same[i], 0.5) - 5.0 / 6, q = cm_logistic_probability(&l, (double)different[i], 0.5) - 1.0 / 6;
        by_slope += p * (double)same[i] + q * (double)different[i];
        by_offset += p + q;
    }
    assert_near(by_slope, 0, 1e-6);
    assert_near(by_offset, 0, 1e-6);
    /* Isotonic regression makes one block of 0.3 and 0.5, a pair of each kind: it costs a bit for a quarter of each kind. */
    assert_near(l.cllr_min, 0.25, 1e-9);
    assert_true(l.cllr > l.cllr_min);
    /* A prior moves the log odds. */
    double even = cm_logistic_probability(&l, 0.6, 0.5), rare = cm_logistic_probability(&l, 0.6, 0.01);
    assert_near(rare / (1 - rare), even / (1 - even) / 99, 1e-9);
    cm_distribution_free(&g);
    cm_distribution_free(&o);
}

/* Kinds that do not overlap: the slope stays finite, and equal scores do no harm. */
static void test_logistic_without_overlap(void **state)
{
    (void)state;
    static const float same[] = {0.8f, 0.9f}, different[] = {0.1f, 0.2f}, equal[] = {0.5f, 0.5f};
    cm_distribution g = distribution_of(same, 2), o = distribution_of(different, 2), e = distribution_of(equal, 2);
    cm_logistic l;
    assert_int_equal(cm_logistic_fit(&l, &g, &o), 0);
    assert_true(isfinite(l.slope) && isfinite(l.offset) && l.slope > 0);
    assert_near(l.cllr_min, 0, 1e-12);
    assert_int_equal(cm_logistic_fit(&l, &e, &e), 0);
    assert_near(cm_logistic_probability(&l, 0.5, 0.5), 0.5, 1e-6);
    assert_near(l.cllr_min, 1, 1e-9);
    cm_distribution_free(&g);
    cm_distribution_free(&o);
    cm_distribution_free(&e);
}

enum { PICTURES = 5 };

/* Two people with two pictures, one with one: angles in a plane, so that cosines are known. */
static void make_set(cm_eval_set *set, cm_eval_picture *pictures, float *vectors, unsigned char *usable)
{
    static const double degrees[PICTURES] = {0, 10, 60, 80, 90};
    static const int people[PICTURES] = {0, 0, 1, 1, 2};
    *set = (cm_eval_set){.form = CM_EVAL_FOLDERS, .pictures = pictures, .count = PICTURES, .entries = PICTURES, .vectors = vectors, .usable = usable,
                         .dimension = 2, .people = 3};
    for (int i = 0; i < PICTURES; i++) {
        pictures[i] = (cm_eval_picture){.person = people[i]};
        usable[i] = 1;
        vectors[2 * i] = (float)cos(degrees[i] * acos(-1) / 180);
        vectors[2 * i + 1] = (float)sin(degrees[i] * acos(-1) / 180);
    }
}

static void test_scores(void **state)
{
    (void)state;
    cm_eval_set set;
    cm_eval_picture pictures[PICTURES];
    float vectors[2 * PICTURES];
    unsigned char usable[PICTURES];
    cm_scores scores;
    make_set(&set, pictures, vectors, usable);
    assert_int_equal(cm_scores_make(&scores, &set, 3), 0);
    assert_int_equal(scores.genuine.total, 2);
    assert_int_equal(scores.impostor.total, 8);
    assert_near((double)scores.lowest_genuine.pairs[0].score, cos(acos(-1) / 9), 1e-6);
    assert_near((double)scores.highest_impostor.pairs[0].score, cos(acos(-1) / 18), 1e-6);
    assert_int_equal(scores.highest_impostor.pairs[0].a, 4);
    assert_int_equal(scores.highest_impostor.pairs[0].b, 3);
    assert_int_equal(cm_eval_genuine_units(&scores, &set), 2);
    cm_scores_free(&scores);
    usable[3] = 0; /* without it person 1 has one picture */
    assert_int_equal(cm_scores_make(&scores, &set, 1), 0);
    assert_int_equal(scores.genuine.total, 1);
    assert_int_equal(scores.impostor.total, 5);
    assert_int_equal(cm_eval_genuine_units(&scores, &set), 1);
    cm_scores_free(&scores);
}

/* More pairs than are kept: what lies above is exact, what lies below is known to a part of a bin. */
static void test_more_than_are_kept(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    cm_eval_picture *pictures = calloc(MANY, sizeof *pictures);
    float *vectors = calloc(4 * MANY, sizeof *vectors);
    unsigned char *usable = calloc(MANY, 1);
    cm_eval_set set = {.form = CM_EVAL_FOLDERS, .pictures = pictures, .count = MANY, .entries = MANY, .vectors = vectors, .usable = usable, .dimension = 4,
                       .people = MANY / 2};
    cm_scores scores;
    uint32_t state_of = 12345;
    static const float thresholds[] = {-0.9f, 0.3f, 0.9f, 0.99f};
    uint64_t counts[4] = {0};
    for (int i = 0; i < MANY; i++) {
        pictures[i].person = i / 2;
        usable[i] = 1;
        for (int k = 0; k < 4; k++) {
            state_of = state_of * 1664525 + 1013904223;
            vectors[4 * i + k] = (float)(state_of >> 8) / (1 << 23) - 1;
        }
        (void)cameo_embedding_normalize(vectors + 4 * i, 4);
    }
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j < i; j++)
            for (int t = 0; t < 4 && i / 2 != j / 2; t++) {
                float dot = 0;
                for (int k = 0; k < 4; k++)
                    dot += vectors[4 * i + k] * vectors[4 * j + k];
                counts[t] += dot >= thresholds[t];
            }
    assert_int_equal(cm_scores_make(&scores, &set, 2), 0);
    assert_int_equal(scores.impostor.total, (uint64_t)MANY * (MANY - 1) / 2 - MANY / 2);
    assert_true(scores.highest_impostor.count <= CM_SCORES_KEPT && scores.highest_impostor.count > CM_SCORES_KEPT - 1000);
    assert_true(scores.highest_impostor.pairs[scores.highest_impostor.count - 1].score < thresholds[1]);
    assert_int_equal(scores.lowest_genuine.count, MANY / 2);
    for (int t = 0; t < 4; t++) /* sums in another order differ in their last bit */
        assert_near(cm_distribution_at_least(&scores.impostor, thresholds[t]), counts[t], t ? 2 : 50);
    assert_near(scores.impostor.mean, 0, 0.01);
    cm_scores_free(&scores);
    free(pictures);
    free(vectors);
    free(usable);
}

static void test_searches(void **state)
{
    (void)state;
    cm_eval_set set;
    cm_eval_picture pictures[PICTURES];
    float vectors[2 * PICTURES];
    unsigned char usable[PICTURES];
    cm_scores scores;
    cm_searches searches;
    make_set(&set, pictures, vectors, usable);
    assert_int_equal(cm_scores_make(&scores, &set, 1), 0);
    assert_int_equal(cm_searches_make(&searches, &scores, &set), 0);
    assert_int_equal(cm_searches_strangers(&searches), 3);
    /* Above cos 40 degrees: 80-90 and 60-90. The probe at 90 has two hits among four strangers, those at 60 and 80 one among three. */
    float threshold = (float)cos(40 * acos(-1) / 180);
    assert_near(cm_searches_rate(&searches, threshold, 1), (2.0 / 4 + 1.0 / 3 + 1.0 / 3) / 5, 1e-6);
    assert_near(cm_searches_rate(&searches, threshold, 2), (1 - (2.0 / 4) * (1.0 / 3) + 2.0 / 3 + 2.0 / 3) / 5, 1e-6);
    assert_near(cm_searches_rate(&searches, 1, 3), 0, 1e-9);
    assert_true(isnan(cm_searches_rate(&searches, threshold, 1000))); /* two pairs are too few to extrapolate from */
    /* One pair may pass: that of 80 and 90 makes (1/4 + 1/3) / 5. */
    double found = cm_searches_threshold(&searches, 0.12, 1);
    assert_true(found > cos(30 * acos(-1) / 180) && found < cos(10 * acos(-1) / 180));
    cm_searches_free(&searches);
    cm_scores_free(&scores);
}

/* Where no pair is rejected the interval does not shrink to a point: two people cannot say so much. */
static void test_interval_without_errors(void **state)
{
    (void)state;
    enum { PEOPLE = 40 };
    static cm_eval_picture pictures[2 * PEOPLE];
    static float vectors[2 * PEOPLE * PEOPLE];
    static unsigned char usable[2 * PEOPLE];
    cm_eval eval = {.source = "test", .threads = 2, .set = {.form = CM_EVAL_FOLDERS, .pictures = pictures, .count = 2 * PEOPLE, .entries = 2 * PEOPLE,
                    .vectors = vectors, .usable = usable, .dimension = PEOPLE, .people = PEOPLE}};
    for (int i = 0; i < 2 * PEOPLE; i++) {
        pictures[i].person = i / 2;
        usable[i] = 1;
        vectors[i * PEOPLE + i / 2] = 1;
    }
    assert_int_equal(cm_scores_make(&eval.scores, &eval.set, 2), 0);
    assert_int_equal(cm_eval_measure(&eval, 0.05), 0);
    const cm_eval_point *point = &eval.measures.points[0];
    assert_true(point->resolvable && point->tar.value == 1 && point->tar.high == 1);
    assert_near(point->tar.low, pow(0.025, 1.0 / PEOPLE), 1e-12);
    assert_near(eval.measures.auc.value, 1, 1e-12);
    assert_near(eval.measures.points[CM_RATES_FINEST].far, 0.05, 1e-12);
    assert_false(eval.measures.points[2].resolvable); /* 3120 pairs */
    cm_scores_free(&eval.scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distribution),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_one_kind_missing),
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_logistic),
        cmocka_unit_test(test_logistic_without_overlap),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_more_than_are_kept),
        cmocka_unit_test(test_searches),
        cmocka_unit_test(test_interval_without_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

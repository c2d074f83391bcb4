/* Histograms that grow, and the ranges that are chosen from them, on numbers that can be checked by hand. */
#include "cmocka_all.h"

#include "quantize/range_choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static cm_histogram h; /* large for a stack */

static void clear(void)
{
    memset(&h, 0, sizeof h);
}

static void add(const float *values, size_t count)
{
    assert_true(cm_histogram_add(&h, values, count));
}

static void add_one(float value, int times)
{
    for (int i = 0; i < times; i++)
        add(&value, 1);
}

static uint64_t counted(double low, double high)
{
    uint64_t count = 0;
    for (int i = 0; i < CM_HISTOGRAM_BINS; i++)
        count += cm_histogram_middle(&h, i) > low && cm_histogram_middle(&h, i) < high ? h.counts[i] : 0;
    return count;
}

static void assert_near(double a, double b, double room)
{
    if (!(fabs(a - b) <= room))
        fail_msg("%.9g is not within %g of %.9g", a, room, b);
}

/* What was counted stays where it was when larger values come. */
static void reach_doubles(void **state)
{
    (void)state;
    clear();
    add((const float[]){0.5f, -0.5f, 0.25f, -0.9f}, 4);
    assert_near(h.reach, 1.0, 0.0);
    add((const float[]){30.0f, -3.0f}, 2);
    assert_near(h.reach, 32.0, 0.0);
    assert_int_equal(h.total, 6);
    assert_int_equal(counted(0.45, 0.55), 1);
    assert_int_equal(counted(-0.55, -0.45), 1);
    assert_int_equal(counted(0.2, 0.3), 1);
    assert_int_equal(counted(-1.0, -0.85), 1);
    assert_int_equal(counted(29.9, 30.1), 1);
    assert_int_equal(counted(-3.1, -2.9), 1);
    assert_int_equal(counted(-32.0, 32.0), 6);
    assert_near(h.minimum, -3.0, 0.0);
    assert_near(h.maximum, 30.0, 0.0);
}

static void no_number_is_refused(void **state)
{
    (void)state;
    clear();
    add_one(1.0f, 3);
    assert_false(cm_histogram_add(&h, (const float[]){2.0f, NAN}, 2));
    assert_false(cm_histogram_add(&h, (const float[]){INFINITY, 2.0f}, 2));
    assert_int_equal(h.total, 3);
    assert_near(h.maximum, 1.0, 0.0);
}

/* A large histogram of one value, zeros, and nothing at all. */
static void degenerate_ones(void **state)
{
    (void)state;
    for (int method = 0; method < CAMEO_RANGE_METHODS; method++) {
        clear();
        cm_range range = cm_range_choose(&h, (cameo_range_method)method);
        assert_near(range.low, 0.0, 0.0);
        assert_near(range.high, 1.0, 0.0);
        add_one(0.0f, 100);
        range = cm_range_choose(&h, (cameo_range_method)method);
        assert_near(range.low, 0.0, 0.0);
        assert_near(range.high, 1.0, 0.0);
        clear();
        add_one(-7.0f, 100); /* zero belongs to every range */
        range = cm_range_choose(&h, (cameo_range_method)method);
        assert_near(range.low, -7.0, 7.0 / 32);
        assert_near(range.high, 0.0, 0.0);
    }
}

static void minmax_takes_all(void **state)
{
    (void)state;
    clear();
    add((const float[]){-1.5f, 2.5f, 0.0f}, 3);
    const cm_range range = cm_range_choose(&h, CAMEO_RANGE_MINMAX);
    assert_near(range.low, -1.5, 0.0);
    assert_near(range.high, 2.5, 0.0);
    float scale;
    uint8_t zero;
    cm_range_scale(range, &scale, &zero);
    assert_near((double)scale, 4.0 / 255, 1e-8);
    assert_int_equal(zero, 96); /* 1.5 / (4 / 255) = 95.6 */
}

/* 100,000 values at 1 and -1, and a few far away: a percentile leaves out half its share at each end. */
static void percentiles_cut_both_ends(void **state)
{
    (void)state;
    clear();
    add_one(1.0f, 50000);
    add_one(-1.0f, 49990);
    add_one(10.0f, 4);
    add_one(-10.0f, 6);
    cm_range range = cm_range_choose(&h, CAMEO_RANGE_PERCENTILE); /* 5 of 100,000 at each end */
    assert_near(range.high, 1.0, 0.01);
    assert_near(range.low, -10.0, 0.01);
    range = cm_range_choose(&h, CAMEO_RANGE_PERCENTILE_WIDE); /* 0.5 */
    assert_near(range.high, 10.0, 0.01);
    assert_near(range.low, -10.0, 0.01);
}

/* A thousand times 0..1 evenly, and one value at `far`: the error of what is cut against that of coarser steps, tried at all ends. */
static void fill_with_outlier(float far)
{
    clear();
    float values[1000];
    for (int i = 0; i < 1000; i++)
        values[i] = ((float)i + 0.5f) / 1000.0f;
    for (int i = 0; i < 1000; i++)
        add(values, 1000);
    add_one(far, 1);
}

static void least_squares_are_least(void **state)
{
    (void)state;
    static const float outliers[] = {1.5f, 4.0f, 64.0f};
    for (size_t k = 0; k < sizeof outliers / sizeof outliers[0]; k++) {
        fill_with_outlier(outliers[k]);
        const cm_range range = cm_range_choose(&h, CAMEO_RANGE_MSE);
        const double error = cm_range_error(&h, range);
        for (int i = 1; i <= 64; i++)
            assert_true(error <= cm_range_error(&h, (cm_range){0.0, (double)outliers[k] * i / 64}) + 1e-15);
    }
    /* One value at 4 of a million costs (4 - 1)^2 / 10^6 = 9e-6 when cut at 1; covering it costs (4 / 255)^2 / 12 = 2.05e-5. */
    fill_with_outlier(4.0f);
    assert_near(cm_range_error(&h, (cm_range){0.0, 4.0}), 16.0 / 255 / 255 / 12, 1e-7);
    assert_near(cm_range_error(&h, (cm_range){0.0, 1.0}), 9e-6 + 1.0 / 255 / 255 / 12, 1e-7);
    assert_true(cm_range_choose(&h, CAMEO_RANGE_MSE).high < 3.0);
}

/* A bell and one value far out: entropy lets the one go and keeps the bell. */
static void entropy_leaves_an_outlier(void **state)
{
    (void)state;
    clear();
    uint32_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        float sum = 0.0f; /* twelve uniform numbers: variance 1 */
        for (int k = 0; k < 12; k++) {
            seed = seed * 1664525u + 1013904223u;
            sum += (float)(seed >> 8) / 16777216.0f - 0.5f;
        }
        add(&sum, 1);
    }
    add_one(100.0f, 1);
    const cm_range range = cm_range_choose(&h, CAMEO_RANGE_ENTROPY);
    assert_true(range.high < 50.0 && range.high > 2.0);
    assert_true(range.low < -2.0 && range.low >= h.minimum);
}

/* Pixels as (x - 127.5) / 127.5 would all fall half way between two steps of 2 / 255; pixels as they are fit exactly. */
static void pictures_do_not_fall_between_steps(void **state)
{
    (void)state;
    clear();
    for (int i = 0; i < 256; i++)
        add_one(((float)i - 127.5f) / 127.5f, 1);
    cm_range range = cm_range_of_picture(&h);
    float scale;
    uint8_t zero;
    cm_range_scale(range, &scale, &zero);
    assert_near((double)scale, 2.0 / 254, 1e-7);
    double squares = 0.0;
    for (int i = 0; i < 256; i++) {
        const double x = (i - 127.5) / 127.5, away = x - (double)scale * nearbyint(x / (double)scale);
        squares += away * away / 256;
    }
    assert_true(squares < (double)scale * (double)scale / 10); /* an even spread's is 1 / 12, that of all half way 1 / 4 */
    clear();
    for (int i = 0; i < 256; i++)
        add_one((float)i, 1);
    range = cm_range_of_picture(&h);
    assert_near(range.low, 0.0, 0.0);
    assert_near(range.high, 255.0, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reach_doubles), cmocka_unit_test(no_number_is_refused), cmocka_unit_test(degenerate_ones), cmocka_unit_test(minmax_takes_all),
        cmocka_unit_test(percentiles_cut_both_ends), cmocka_unit_test(least_squares_are_least), cmocka_unit_test(entropy_leaves_an_outlier),
        cmocka_unit_test(pictures_do_not_fall_between_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

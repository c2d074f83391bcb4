#include "cmocka_all.h"

#include "base/half.h"

#include <math.h>
#include <string.h>

static void every_half_comes_back(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x10000; half++) {
        float value = cm_half_to_float((uint16_t)half);
        uint16_t back = cm_half_from_float(value);
        if (isnan(value))
            assert_true((back & 0x7fff) > 0x7c00);
        else
            assert_int_equal(back, half);
    }
}

/* Between two neighbours: below the middle to the lower, above to the upper, at the middle to the even one. */
static void the_nearest_is_taken(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x7c00; half++) {
        float low = cm_half_to_float((uint16_t)half), high = half + 1 < 0x7c00 ? cm_half_to_float((uint16_t)(half + 1)) : 65536.0f;
        float middle = low + (high - low) / 2.0f;
        assert_int_equal(cm_half_from_float(middle), half + (half & 1));
        assert_int_equal(cm_half_from_float(nextafterf(middle, 0.0f)), half);
        assert_int_equal(cm_half_from_float(-nextafterf(middle, INFINITY)), 0x8000 | (half + 1));
    }
    assert_int_equal(cm_half_from_float(1e30f), 0x7c00);
    assert_int_equal(cm_half_from_float(-INFINITY), 0xfc00);
}

static void many_are_as_one_by_one(void **state)
{
    (void)state;
    enum { COUNT = 1003 };
    float values[COUNT];
    uint16_t halves[COUNT];
    uint32_t bits = 1;
    cm_cpu_tier best = cm_cpu_detect(NULL);
    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < COUNT; i++) {
            bits = bits * 1664525u + 1013904223u;
            memcpy(&values[i], &bits, sizeof bits);
        }
        for (cm_cpu_tier tier = CM_CPU_REF; tier <= best; tier++) {
            cm_halves_from_floats(values, COUNT, halves, tier);
            for (int i = 0; i < COUNT; i++)
                assert_int_equal(halves[i], cm_half_from_float(values[i]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_half_comes_back), cmocka_unit_test(the_nearest_is_taken),
                                       cmocka_unit_test(many_are_as_one_by_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

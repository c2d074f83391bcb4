#include "cmocka_all.h"

#include "base/clock.h"

static void laps_add_up(void **state)
{
    (void)state;
    enum { LAPS = 1000 };
    double begin = cm_clock_seconds(), lap = begin, stages[2] = {0, 5};
    for (int i = 0; i < LAPS; i++)
        cm_clock_lap(&lap, &stages[i % 2]);
    double sum = stages[0] + stages[1] - 5;
    assert_true(stages[0] > 0 && stages[1] > 5);
    assert_true(lap >= begin && cm_clock_seconds() >= lap);
    assert_true(sum > lap - begin - 1e-9 && sum < lap - begin + 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laps_add_up),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}

/* The memory planner on hand-written and on random lifetimes, without any model; and the table of operators. */
#include "cmocka_all.h"

#include "graph/builder.h"

#include <stdlib.h>
#include <string.h>

static bool overlap(const cm_lifetime *a, const cm_lifetime *b)
{
    bool in_time = a->first <= b->last && b->first <= a->last;
    bool in_memory = a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
    return in_time && in_memory;
}

static size_t bytes_needed(cm_lifetime *lifetimes, int count)
{
    size_t needed;
    assert_true(cm_place_lifetimes(lifetimes, count, &needed));
    return needed;
}

static void check_no_overlap(const cm_lifetime *lifetimes, int count, size_t total)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(lifetimes[i].offset % CM_ALIGNMENT, 0);
        assert_true(lifetimes[i].offset + lifetimes[i].bytes <= total);
        for (int j = 0; j < i; j++)
            assert_false(overlap(&lifetimes[i], &lifetimes[j]));
    }
}

static void a_chain_needs_two_blocks(void **state)
{
    (void)state;
    cm_lifetime chain[4] = {{0, 1, 640, 0}, {1, 2, 640, 0}, {2, 3, 640, 0}, {3, 4, 640, 0}};
    assert_int_equal(bytes_needed(chain, 4), 1280);
    check_no_overlap(chain, 4, 1280);
}

static void a_residual_needs_three_blocks(void **state)
{
    (void)state;
    cm_lifetime block[4] = {{0, 3, 64, 0}, {1, 2, 64, 0}, {2, 3, 64, 0}, {3, 4, 64, 0}};
    assert_int_equal(bytes_needed(block, 4), 192); /* never more than three of one line each live at once */
    check_no_overlap(block, 4, 192);
    cm_lifetime apart[2] = {{0, 1, 64, 0}, {2, 3, 100, 0}};
    assert_int_equal(bytes_needed(apart, 2), 128);
    assert_int_equal(apart[0].offset, apart[1].offset);
}

static void small_ones_fill_gaps(void **state)
{
    (void)state;
    /* Two large ones that never meet share a place; the small one lives with both and lies behind them. */
    cm_lifetime items[3] = {{0, 1, 1024, 0}, {2, 3, 1024, 0}, {0, 3, 64, 0}};
    assert_int_equal(bytes_needed(items, 3), 1088);
    assert_int_equal(items[0].offset, items[1].offset);
    check_no_overlap(items, 3, 1088);
}

static void random_lifetimes_never_overlap(void **state)
{
    (void)state;
    cm_lifetime items[200];
    uint32_t seed = 12345;
    for (int round = 0; round < 50; round++) {
        size_t sum = 0;
        for (int i = 0; i < 200; i++) {
            seed = seed * 1664525u + 1013904223u;
            items[i] = (cm_lifetime){.first = (int)(seed >> 24), .bytes = (seed >> 8) % 5000};
            items[i].last = items[i].first + (int)((seed >> 4) % 20);
            sum += (items[i].bytes + 63) / 64 * 64;
        }
        size_t total = bytes_needed(items, 200);
        assert_true(total <= sum);
        check_no_overlap(items, 200, total);
    }
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    cm_lifetime huge[2] = {{0, 1, SIZE_MAX - 10, 0}, {1, 2, 64, 0}};
    assert_int_equal(bytes_needed(huge, 2), SIZE_MAX);
    assert_int_equal(bytes_needed(NULL, 0), 0);
}

static void very_many_are_placed_in_a_row(void **state)
{
    (void)state;
    enum { MANY = 9000 };
    cm_lifetime *items = calloc(MANY, sizeof *items);
    assert_non_null(items);
    for (int i = 0; i < MANY; i++)
        items[i] = (cm_lifetime){.first = i, .last = i + 1, .bytes = 64};
    assert_int_equal(bytes_needed(items, MANY), MANY * 64);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(items[i].offset, i * 64);
    free(items);
}

static void operators_are_sorted_and_found(void **state)
{
    (void)state;
    size_t count;
    const char *const *names = cm_operator_names(&count);
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
        const cm_operator *row = cm_operator_find(names[i]);
        assert_non_null(row);
        assert_string_equal(row->name, names[i]);
    }
    assert_null(cm_operator_find("Loop"));
    assert_null(cm_operator_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_needs_two_blocks),      cmocka_unit_test(a_residual_needs_three_blocks),
        cmocka_unit_test(small_ones_fill_gaps),          cmocka_unit_test(random_lifetimes_never_overlap),
        cmocka_unit_test(sizes_that_overflow_are_refused), cmocka_unit_test(very_many_are_placed_in_a_row),
        cmocka_unit_test(operators_are_sorted_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

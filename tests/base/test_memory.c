#include "cmocka_all.h"

#include "base/memory.h"

#include <string.h>

static void sizes_do_not_overflow(void **state)
{
    (void)state;
    size_t result;
    assert_true(cm_size_mul(1u << 20, 1u << 20, &result));
    assert_int_equal(result, (size_t)1 << 40);
    assert_false(cm_size_mul(SIZE_MAX / 2 + 1, 2, &result));
    assert_true(cm_size_add(SIZE_MAX - 1, 1, &result));
    assert_false(cm_size_add(SIZE_MAX, 1, &result));
    assert_null(cm_calloc(SIZE_MAX / 2, 4));
    assert_null(cm_aligned_alloc(SIZE_MAX));
    assert_null(cm_aligned_alloc_brief(SIZE_MAX));
}

static void aligned_memory_is_aligned(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 300; bytes += 37) {
        unsigned char *memory = cm_aligned_alloc(bytes), *brief = cm_aligned_alloc_brief(bytes);
        assert_true(memory && brief);
        assert_int_equal((uintptr_t)memory % CM_ALIGNMENT, 0);
        assert_int_equal((uintptr_t)brief % CM_ALIGNMENT, 0);
        memset(memory, 0xff, bytes);
        memset(brief, 0xff, bytes);
        cm_aligned_free(memory);
        cm_aligned_free(brief);
    }
}

static void large_memory_begins_a_huge_page(void **state)
{
    (void)state;
    enum { HUGE_PAGE = 2 << 20 };
    static const size_t sizes[] = {HUGE_PAGE, HUGE_PAGE + 1, 3 * HUGE_PAGE - 64};
    for (int i = 0; i < 3; i++) {
        unsigned char *memory = cm_aligned_alloc(sizes[i]);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % HUGE_PAGE, 0);
        memset(memory, 0xff, sizes[i]);
        cm_aligned_free(memory);
    }
}

static void arena_objects_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    enum { OBJECTS = 2000 };
    static unsigned char *objects[OBJECTS];
    cm_arena arena;
    cm_arena_init(&arena, 0);
    for (size_t i = 0; i < OBJECTS; i++) {
        size_t size = i % 97 + (i % 500 == 499 ? 100000 : 0);
        objects[i] = cm_arena_alloc(&arena, size, 1);
        assert_non_null(objects[i]);
        assert_int_equal((uintptr_t)objects[i] % 16, 0);
        for (size_t b = 0; b < size; b++)
            assert_int_equal(objects[i][b], 0);
        memset(objects[i], (int)(i % 251), size);
    }
    for (size_t i = 0; i < OBJECTS; i++) {
        size_t size = i % 97 + (i % 500 == 499 ? 100000 : 0);
        for (size_t b = 0; b < size; b++)
            assert_int_equal(objects[i][b], i % 251);
    }
    cm_arena_free(&arena);
    assert_int_equal(arena.used_bytes, 0);
    /* Freed, it can be used again. */
    assert_non_null(cm_arena_alloc(&arena, 1, 1));
    cm_arena_free(&arena);
}

static void arena_keeps_to_its_limit(void **state)
{
    (void)state;
    cm_arena arena;
    cm_arena_init(&arena, 10000);
    assert_null(cm_arena_alloc(&arena, 10001, 1));
    assert_null(cm_arena_alloc(&arena, SIZE_MAX, 2));
    assert_null(cm_arena_alloc(&arena, SIZE_MAX - 8, 1));
    int got = 0;
    while (cm_arena_alloc(&arena, 100, 1))
        got++;
    assert_in_range(got, 50, 100);
    cm_arena_free(&arena);
}

static void arena_strings_are_terminated_copies(void **state)
{
    (void)state;
    cm_arena arena;
    cm_arena_init(&arena, 0);
    char *copy = cm_arena_string(&arena, "face recognition", 4);
    assert_string_equal(copy, "face");
    assert_string_equal(cm_arena_string(&arena, NULL, 0), "");
    assert_null(cm_arena_string(&arena, "x", SIZE_MAX));
    cm_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_do_not_overflow),
        cmocka_unit_test(aligned_memory_is_aligned),
        cmocka_unit_test(large_memory_begins_a_huge_page),
        cmocka_unit_test(arena_objects_are_zeroed_aligned_and_apart),
        cmocka_unit_test(arena_keeps_to_its_limit),
        cmocka_unit_test(arena_strings_are_terminated_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

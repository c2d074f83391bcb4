/* The part of cmocka (cmocka.org) that the tests of the rooms without foreign libraries use, for builds that have no cmocka for their processor
 * (CAMEO_NETWORKS_ONLY). It says the same lines, which summary.awk counts. One source of a program includes it; one thread asserts, in
 * tests and not in their teardown. */
#ifndef BARE_CMOCKA_H
#define BARE_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    CMFixtureFunction setup_func, teardown_func;
};

#define cmocka_unit_test_setup_teardown(test, setup, teardown) { #test, test, setup, teardown }
#define cmocka_unit_test(test) cmocka_unit_test_setup_teardown(test, NULL, NULL)

enum bare_result { BARE_PASSED, BARE_FAILED, BARE_SKIPPED };

static jmp_buf bare_end;
static void *bare_state;

static inline _Noreturn void bare_fail(const char *file, int line, const char *what)
{
    printf("[  ERROR   ] --- %s\n[   LINE   ] --- %s:%d: error: Failure!\n", what, file, line);
    longjmp(bare_end, BARE_FAILED);
}

static inline _Noreturn void bare_fail_message(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static inline _Noreturn void bare_fail_message(const char *file, int line, const char *format, ...)
{
    char what[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    bare_fail(file, line, what);
}

static inline void bare_integers(const char *file, int line, uint64_t a, uint64_t b)
{
    if (a != b)
        bare_fail_message(file, line, "%#llx != %#llx", (unsigned long long)a, (unsigned long long)b);
}

static inline void bare_strings(const char *file, int line, const char *a, const char *b, int equal)
{
    if ((strcmp(a, b) == 0) != equal)
        bare_fail_message(file, line, "\"%s\" %s \"%s\"", a, equal ? "!=" : "==", b);
}

#define bare_holds(condition, what) ((condition) ? (void)0 : bare_fail(__FILE__, __LINE__, what))
#define fail_msg(...) bare_fail_message(__FILE__, __LINE__, __VA_ARGS__)
#define skip() longjmp(bare_end, BARE_SKIPPED)
#define assert_true(condition) bare_holds(condition, #condition)
#define assert_false(condition) bare_holds(!(condition), "not: " #condition)
#define assert_null(pointer) bare_holds((pointer) == NULL, #pointer " is not NULL")
#define assert_non_null(pointer) bare_holds((pointer) != NULL, #pointer " is NULL")
#define assert_ptr_equal(a, b) bare_holds((const void *)(a) == (const void *)(b), #a " != " #b)
#define assert_int_equal(a, b) bare_integers(__FILE__, __LINE__, (uint64_t)(a), (uint64_t)(b))
#define assert_in_range(value, low, high) \
    bare_holds((uint64_t)(value) >= (uint64_t)(low) && (uint64_t)(value) <= (uint64_t)(high), #value " is not in " #low ".." #high)
#define assert_string_equal(a, b) bare_strings(__FILE__, __LINE__, a, b, 1)
#define assert_string_not_equal(a, b) bare_strings(__FILE__, __LINE__, a, b, 0)
#define assert_memory_equal(a, b, size) bare_holds(memcmp(a, b, size) == 0, #a " and " #b " differ")

/* A failed assertion comes back to here. */
static inline enum bare_result bare_run_one(const struct CMUnitTest *test)
{
    switch (setjmp(bare_end)) {
    case BARE_PASSED:
        if (test->setup_func && test->setup_func(&bare_state) != 0)
            return BARE_FAILED;
        test->test_func(&bare_state);
        return BARE_PASSED;
    case BARE_SKIPPED: return BARE_SKIPPED;
    default: return BARE_FAILED;
    }
}

/* 1 if a test failed. */
static inline int bare_run(const struct CMUnitTest *tests, size_t count, CMFixtureFunction setup, CMFixtureFunction teardown)
{
    static const char *const words[] = {"       OK ", "  FAILED  ", "  SKIPPED "};
    int failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("[==========] Running %zu test(s).\n", count);
    if (setup && setup(&bare_state) != 0) {
        printf("[  FAILED  ] setup\n");
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        printf("[ RUN      ] %s\n", tests[i].name);
        enum bare_result result = bare_run_one(&tests[i]);
        if (tests[i].teardown_func && tests[i].teardown_func(&bare_state) != 0)
            result = BARE_FAILED;
        printf("[%s] %s\n", words[result], tests[i].name);
        failed += result == BARE_FAILED;
    }
    if (teardown && teardown(&bare_state) != 0) {
        printf("[  FAILED  ] teardown\n");
        failed++;
    }
    return failed > 0;
}

#define cmocka_run_group_tests_name(name, tests, setup, teardown) bare_run(tests, sizeof(tests) / sizeof(tests)[0], setup, teardown)
#define cmocka_run_group_tests(tests, setup, teardown) cmocka_run_group_tests_name(#tests, tests, setup, teardown)

#endif

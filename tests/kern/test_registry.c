/* The list of kernels, the choice from it, and the packing of panels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "kern/kern.h"

#include <stdlib.h>
#include <string.h>

/* What an operator's first row works on. */
static const char *types_of(int op)
{
    int count;
    const cm_kernel *rows = cm_kernel_rows(&count);
    for (int i = 0; i < count; i++) {
        if ((int)rows[i].op == op)
            return rows[i].types;
    }
    return "";
}

static void every_operator_has_a_reference(void **state)
{
    (void)state;
    for (int op = 0; op < CM_KERNEL_OP_COUNT; op++) {
        const cm_kernel *kernel = cm_kernel_choose((cm_kernel_op)op, types_of(op), CM_CPU_REF);
        assert_non_null(kernel);
        assert_int_equal(kernel->op, op);
        assert_int_equal(kernel->tier, CM_CPU_REF);
    }
}

static void the_choice_is_the_best_that_is_allowed(void **state)
{
    (void)state;
    int count;
    const cm_kernel *rows = cm_kernel_rows(&count);
    for (int op = 0; op < CM_KERNEL_OP_COUNT; op++) {
        for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
            const cm_kernel *chosen = cm_kernel_choose((cm_kernel_op)op, types_of(op), (cm_cpu_tier)tier);
            assert_true(cm_cpu_tier_holds((cm_cpu_tier)tier, chosen->tier));
            for (int i = 0; i < count; i++) {
                if ((int)rows[i].op == op && cm_cpu_tier_holds((cm_cpu_tier)tier, rows[i].tier))
                    assert_true(rows[i].tier <= chosen->tier);
            }
        }
    }
}

static void unknown_types_have_no_kernel(void **state)
{
    (void)state;
    assert_null(cm_kernel_choose(CM_KERNEL_igemm, "f64", CM_CPU_AVX512));
}

static void names_are_unique_and_tell_tile_and_tier(void **state)
{
    (void)state;
    int count;
    const cm_kernel *rows = cm_kernel_rows(&count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(strncmp(rows[i].name, "cameo_k_", 8), 0);
        assert_string_equal(strstr(rows[i].name, "__") + 2, cm_cpu_tier_name(rows[i].tier));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(rows[i].name, rows[j].name);
    }
}

static void panels_hold_every_weight_once_and_zeros(void **state)
{
    (void)state;
    enum { N = 11, TAPS = 3, K = 5, NR = 8, STRIDE = TAPS * K + 2 };
    float weights[N * STRIDE];
    for (int i = 0; i < N * STRIDE; i++)
        weights[i] = (float)(i + 1);
    size_t floats = cm_igemm_packed_floats(N, TAPS, K, NR);
    assert_int_equal(floats, 2 * TAPS * K * NR);
    float *panels = malloc(floats * sizeof(float));
    assert_non_null(panels);
    cm_igemm_pack(weights, STRIDE, N, TAPS, K, NR, panels);
    for (int n = 0; n < 2 * NR; n++) {
        for (int i = 0; i < TAPS * K; i++) {
            float wanted = n < N ? weights[n * STRIDE + i] : 0.0f;
            float got = panels[(n / NR * TAPS * K + i) * NR + n % NR];
            assert_memory_equal(&got, &wanted, sizeof got);
        }
    }
    free(panels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_has_a_reference),
        cmocka_unit_test(the_choice_is_the_best_that_is_allowed),
        cmocka_unit_test(unknown_types_have_no_kernel),
        cmocka_unit_test(names_are_unique_and_tell_tile_and_tier),
        cmocka_unit_test(panels_hold_every_weight_once_and_zeros),
    };
    return cmocka_run_group_tests_name("kernel registry", tests, NULL, NULL);
}

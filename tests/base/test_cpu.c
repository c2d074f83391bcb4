#define _GNU_SOURCE
#include "cmocka_all.h"

#include "base/cgroup.h"
#include "base/cpu.h"
#include "cameo.h"
#include "scratch.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/stat.h>

static void tiers_have_names(void **state)
{
    (void)state;
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++)
        assert_int_equal(cm_cpu_tier_by_name(cm_cpu_tier_name((cm_cpu_tier)tier)), tier);
    assert_int_equal(cm_cpu_tier_by_name("sse9"), -1);
    assert_int_equal(cm_cpu_tier_by_name(""), -1);
}

static void a_tier_holds_what_is_part_of_it(void **state)
{
    (void)state;
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
        assert_true(cm_cpu_tier_holds((cm_cpu_tier)tier, (cm_cpu_tier)tier));
        assert_true(cm_cpu_tier_holds((cm_cpu_tier)tier, CM_CPU_REF));
        for (int other = tier + 1; other < CM_CPU_TIER_COUNT; other++)
            assert_false(cm_cpu_tier_holds((cm_cpu_tier)tier, (cm_cpu_tier)other));
    }
    assert_true(cm_cpu_tier_holds(CM_CPU_AVXVNNI, CM_CPU_AVX2));
    assert_true(cm_cpu_tier_holds(CM_CPU_AVX512VNNI, CM_CPU_AVX2));
    assert_true(cm_cpu_tier_holds(CM_CPU_AVX512VNNI, CM_CPU_AVX512));
    assert_true(cm_cpu_tier_holds(CM_CPU_NEONDOT, CM_CPU_NEON));
    /* Processors that have AVX-512 VNNI, and no AVX-VNNI, are many. */
    assert_false(cm_cpu_tier_holds(CM_CPU_AVX512, CM_CPU_AVXVNNI));
    assert_false(cm_cpu_tier_holds(CM_CPU_AVX512VNNI, CM_CPU_AVXVNNI));
    assert_false(cm_cpu_tier_holds(CM_CPU_NEON, CM_CPU_AVX512VNNI));
}

static bool is_of_another_architecture(int tier)
{
#if defined(__aarch64__)
    return tier > CM_CPU_REF && tier < CM_CPU_NEON;
#else
    return tier >= CM_CPU_NEON;
#endif
}

/* What the best tier holds is there; AVX-VNNI may be, or else the tier below takes its place. */
static bool may_be(cm_cpu_tier best, int wish, cm_cpu_tier found)
{
    if (is_of_another_architecture(wish) || wish >= (int)best)
        return found == best;
    bool instead = wish == CM_CPU_AVXVNNI && found == CM_CPU_AVX2;
    return (int)found == wish || instead;
}

static void a_wish_lowers_and_never_raises(void **state)
{
    (void)state;
    unsetenv("CAMEO_CPU");
    cm_cpu_tier best = cm_cpu_detect(NULL);
    for (int tier = 0; tier < CM_CPU_TIER_COUNT; tier++) {
        cm_cpu_tier expected = cm_cpu_detect(cm_cpu_tier_name((cm_cpu_tier)tier));
        assert_true(may_be(best, tier, expected));
        setenv("CAMEO_CPU", cm_cpu_tier_name((cm_cpu_tier)tier), 1);
        assert_int_equal(cm_cpu_detect(NULL), expected);
        assert_string_equal(cameo_cpu_tier(), cm_cpu_tier_name(expected));
    }
    /* What the caller says goes before the environment, and an unknown name is no wish. */
    setenv("CAMEO_CPU", "ref", 1);
    assert_int_equal(cm_cpu_detect("avx512vnni"), best);
    setenv("CAMEO_CPU", "pentium", 1);
    assert_int_equal(cm_cpu_detect(NULL), best);
    unsetenv("CAMEO_CPU");
}

static void the_count_follows_the_affinity_mask(void **state)
{
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    int all = cameo_cpu_count();
    assert_in_range(all, 1, CPU_COUNT(&before));
    CPU_ZERO(&one);
    for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(cameo_cpu_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(cameo_cpu_count(), all);
}

static char folder[256];

static void place(const char *name, const char *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    scratch_write(path, text, strlen(text));
}

static int limit(const char *membership, int best)
{
    char file[512], mount[512];
    place("membership", membership);
    snprintf(file, sizeof file, "%s/membership", folder);
    snprintf(mount, sizeof mount, "%s/mount", folder);
    return cm_cgroup_limit(file, mount, best);
}

static int make_folder(void **state)
{
    (void)state;
    scratch_make(folder, sizeof folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void quotas_of_version_2(void **state)
{
    (void)state;
    place("mount/cpu.max", "max 100000\n");
    place("mount/user/cpu.max", "350000 100000\n");
    place("mount/user/job/cpu.max", "max 100000\n");
    place("mount/user/small/cpu.max", "1000 100000\n");
    assert_int_equal(limit("0::/\n", 16), 16);
    assert_int_equal(limit("0::/user\n", 16), 4);
    assert_int_equal(limit("0::/user\n", 3), 3);
    assert_int_equal(limit("0::/user/job\n", 16), 4);
    assert_int_equal(limit("0::/user/small\n", 16), 1);
    assert_int_equal(limit("0::/elsewhere/user\n", 16), 16);
    place("mount/cpu.max", "200000 100000\n");
    assert_int_equal(limit("0::/elsewhere/user\n", 16), 2);
    assert_int_equal(limit("0::/user/job\n", 16), 2);
}

static void quotas_of_version_1(void **state)
{
    (void)state;
    place("mount/cpu/cpu.cfs_quota_us", "-1\n");
    place("mount/cpu/cpu.cfs_period_us", "100000\n");
    place("mount/cpu/box/cpu.cfs_quota_us", "150000\n");
    place("mount/cpu/box/cpu.cfs_period_us", "100000\n");
    assert_int_equal(limit("4:memory:/box\n1:cpu:/\n0::/\n", 8), 8);
    assert_int_equal(limit("4:memory:/box\n1:cpu,cpuacct:/box\n", 8), 2);
    assert_int_equal(limit("2:cpuset:/box\n3:cpuacct:/box\n", 8), 8);
    assert_int_equal(limit("1:cpuacct,cpu:/box/inner\n", 8), 2);
}

static void nonsense_sets_no_limit(void **state)
{
    (void)state;
    place("mount/cpu.max", "0 0\n");
    assert_int_equal(limit("0::/\n", 8), 8);
    place("mount/cpu.max", "");
    assert_int_equal(limit("0::/\n", 8), 8);
    assert_int_equal(limit("", 8), 8);
    assert_int_equal(limit("no colons\n0:\n0::relative\n", 8), 8);
    assert_int_equal(cm_cgroup_limit("/nowhere", "/nowhere", 8), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiers_have_names),
        cmocka_unit_test(a_tier_holds_what_is_part_of_it),
        cmocka_unit_test(a_wish_lowers_and_never_raises),
        cmocka_unit_test(the_count_follows_the_affinity_mask),
        cmocka_unit_test_setup_teardown(quotas_of_version_2, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(quotas_of_version_1, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(nonsense_sets_no_limit, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

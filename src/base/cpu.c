#define _GNU_SOURCE
#include "base/cpu.h"

#include "base/cgroup.h"
#include "cameo.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static const char *const tier_names[CM_CPU_TIER_COUNT] = {"ref", "avx2", "avx512", "avx512vnni", "neon", "neondot"};

const char *cm_cpu_tier_name(cm_cpu_tier tier)
{
    return tier_names[tier];
}

int cm_cpu_tier_by_name(const char *name)
{
    for (int i = 0; i < CM_CPU_TIER_COUNT; i++)
        if (strcmp(name, tier_names[i]) == 0)
            return i;
    return -1;
}

#if defined(__x86_64__)
/* Not every compiler in use knows "f16c" as a name for __builtin_cpu_supports. */
static int has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) != 0;
}
#endif

static cm_cpu_tier hardware_tier(void)
{
#if defined(__x86_64__)
    /* The compiler's run-time support reads CPUID and checks with XGETBV that the system saves the registers. */
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") && has_f16c();
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx512 && __builtin_cpu_supports("avx512vnni"))
        return CM_CPU_AVX512VNNI;
    return avx512 ? CM_CPU_AVX512 : avx2 ? CM_CPU_AVX2 : CM_CPU_REF;
#elif defined(__aarch64__)
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? CM_CPU_NEONDOT : CM_CPU_NEON;
#else
    return CM_CPU_REF;
#endif
}

static int is_of_this_architecture(int tier)
{
#if defined(__aarch64__)
    return tier == CM_CPU_REF || tier == CM_CPU_NEON || tier == CM_CPU_NEONDOT;
#else
    return tier >= CM_CPU_REF && tier <= CM_CPU_AVX512VNNI;
#endif
}

cm_cpu_tier cm_cpu_detect(const char *highest)
{
    cm_cpu_tier tier = hardware_tier();
    if (!highest)
        highest = getenv("CAMEO_CPU");
    int wanted = highest ? cm_cpu_tier_by_name(highest) : -1;
    return is_of_this_architecture(wanted) && wanted < (int)tier ? (cm_cpu_tier)wanted : tier;
}

const char *cameo_cpu_tier(void)
{
    return cm_cpu_tier_name(cm_cpu_detect(NULL));
}

int cameo_cpu_count(void)
{
    int count = 1;
    /* The mask's size is unknown beforehand; 64k processors is far above any machine. */
    cpu_set_t *set = CPU_ALLOC(65536);
    if (set) {
        if (sched_getaffinity(0, CPU_ALLOC_SIZE(65536), set) == 0)
            count = CPU_COUNT_S(CPU_ALLOC_SIZE(65536), set);
        CPU_FREE(set);
    }
    return cm_cgroup_limit("/proc/self/cgroup", "/sys/fs/cgroup", count < 1 ? 1 : count);
}

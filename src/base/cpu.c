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

static const char *const tier_names[CM_CPU_TIER_COUNT] = {"ref", "avx2", "avxvnni", "avx512", "avx512vnni", "neon", "neondot"};

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

enum { BIT_REF = 1 << CM_CPU_REF };

/* A bit for each tier that the tier holds, its own among them. */
static unsigned tiers_held(cm_cpu_tier tier)
{
    unsigned own = 1u << tier | BIT_REF;
    switch (tier) {
    case CM_CPU_AVXVNNI:
    case CM_CPU_AVX512: return own | 1u << CM_CPU_AVX2;
    case CM_CPU_AVX512VNNI: return own | 1u << CM_CPU_AVX512 | 1u << CM_CPU_AVX2;
    case CM_CPU_NEONDOT: return own | 1u << CM_CPU_NEON;
    default: return own;
    }
}

bool cm_cpu_tier_holds(cm_cpu_tier tier, cm_cpu_tier other)
{
    return (tiers_held(tier) >> other & 1u) != 0;
}

#if defined(__x86_64__)
/* Not every compiler in use knows "f16c" and "avxvnni" as names for __builtin_cpu_supports. */
static bool has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) != 0;
}

static bool has_avx_vnni(void)
{
    enum { AVX_VNNI = 1 << 4 }; /* of leaf 7.1 */
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & AVX_VNNI) != 0;
}
#endif

/* A bit for each tier that is there. */
static unsigned hardware_tiers(void)
{
#if defined(__x86_64__)
    /* The compiler's run-time support reads CPUID and checks with XGETBV that the system saves the registers. */
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") && has_f16c();
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    unsigned tiers = BIT_REF;
    if (avx2)
        tiers |= tiers_held(has_avx_vnni() ? CM_CPU_AVXVNNI : CM_CPU_AVX2);
    if (avx512)
        tiers |= tiers_held(__builtin_cpu_supports("avx512vnni") ? CM_CPU_AVX512VNNI : CM_CPU_AVX512);
    return tiers;
#elif defined(__aarch64__)
    return tiers_held(getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? CM_CPU_NEONDOT : CM_CPU_NEON);
#else
    return BIT_REF;
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
    unsigned tiers = hardware_tiers();
    if (!highest)
        highest = getenv("CAMEO_CPU");
    int wanted = highest ? cm_cpu_tier_by_name(highest) : -1;
    int tier = is_of_this_architecture(wanted) ? wanted : CM_CPU_TIER_COUNT - 1;
    while (tier > CM_CPU_REF && !(tiers >> tier & 1u))
        tier--;
    return (cm_cpu_tier)tier;
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

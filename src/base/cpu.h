/* Which instructions this processor and system offer, and how many of its cores are ours. */
#ifndef CM_BASE_CPU_H
#define CM_BASE_CPU_H

#include <stdbool.h>

/* Instruction set tiers, in the order in which they are preferred on their architecture. Each holds all below it there, but for one: AVX-512 has
 * nothing of AVX-VNNI, which processors without AVX-512 have (and some with it). */
typedef enum cm_cpu_tier {
    CM_CPU_REF = 0,
    CM_CPU_AVX2 = 1,    /* AVX2, FMA, F16C, BMI2 */
    CM_CPU_AVXVNNI = 2, /* + AVX-VNNI: dot products of bytes on vectors of 256 bits */
    CM_CPU_AVX512 = 3,  /* AVX2 + AVX-512 F/BW/DQ/VL */
    CM_CPU_AVX512VNNI = 4, /* + AVX-512 VNNI */
    CM_CPU_NEON = 5,    /* AdvSIMD, which every aarch64 processor has */
    CM_CPU_NEONDOT = 6, /* + its dot products (FEAT_DotProd) */
} cm_cpu_tier;

enum { CM_CPU_TIER_COUNT = 7 };

/* Whether code for the tier `other` runs wherever `tier` is there. */
bool cm_cpu_tier_holds(cm_cpu_tier tier, cm_cpu_tier other);

/* "ref", "avx2", "avxvnni", "avx512", "avx512vnni", "neon", "neondot". */
const char *cm_cpu_tier_name(cm_cpu_tier tier);
/* The tier of this name, or -1. */
int cm_cpu_tier_by_name(const char *name);
/* The best tier here (x86-64: from CPUID and XGETBV), lowered (never raised) by `highest` (NULL: the environment's CAMEO_CPU): the best that is there
 * and not above it. An unknown name and a tier of another architecture count as no wish. */
cm_cpu_tier cm_cpu_detect(const char *highest);

#endif

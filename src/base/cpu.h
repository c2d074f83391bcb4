/* Which instructions this processor and system offer, and how many of its cores are ours. */
#ifndef CM_BASE_CPU_H
#define CM_BASE_CPU_H

/* Instruction set tiers, each holding all below it on its architecture. */
typedef enum cm_cpu_tier {
    CM_CPU_REF = 0,
    CM_CPU_AVX2 = 1,   /* AVX2, FMA, F16C */
    CM_CPU_AVX512 = 2, /* + AVX-512 F/BW/DQ/VL */
    CM_CPU_AVX512VNNI = 3, /* + AVX-512 VNNI */
    CM_CPU_NEON = 4,   /* AdvSIMD, which every aarch64 processor has */
    CM_CPU_NEONDOT = 5, /* + its dot products (FEAT_DotProd) */
} cm_cpu_tier;

enum { CM_CPU_TIER_COUNT = 6 };

/* "ref", "avx2", "avx512", "avx512vnni", "neon", "neondot". */
const char *cm_cpu_tier_name(cm_cpu_tier tier);
/* The tier of this name, or -1. */
int cm_cpu_tier_by_name(const char *name);
/* The best tier here (x86-64: from CPUID and XGETBV), lowered (never raised) by `highest` (NULL: the environment's CAMEO_CPU). An unknown name
 * and a tier of another architecture count as no wish. */
cm_cpu_tier cm_cpu_detect(const char *highest);

#endif

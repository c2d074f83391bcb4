/* The kernels, one row each: op, types, tile (mr, nr), tier. The rows make the declarations below, the table of registry.c and with
 * it dispatch, test, timing and report. Of rows that share op, types and tier the first is the one cm_kernel_choose takes.
 *
 * A new operator adds its name to cm_kernel_op, its function type and union member to kern.h, and rows here. */
#ifndef CM_KERN_KERNEL_LIST_H
#define CM_KERN_KERNEL_LIST_H

#include "kern/kern.h"

/* X(op, types, mr, nr, tier, isa) */
#define CM_KERNEL_LIST_REF(X)           \
    X(igemm, f32, 4, 8, REF, ref)       \
    X(igemm, f16, 4, 8, REF, ref)       \
    X(gemm, f32, 4, 8, REF, ref)        \
    X(gemm, f16, 4, 8, REF, ref) \
    X(gemm, s16, 4, 8, REF, ref)        \
    X(winograd_filter, f32, 1, 1, REF, ref) \
    X(winograd_filter, f16, 1, 1, REF, ref) \
    X(winograd_filter, s8, 1, 1, REF, ref) \
    X(winograd_input, f32, 1, 1, REF, ref) \
    X(winograd_input, u8, 1, 1, REF, ref) \
    X(winograd_output, f32, 1, 1, REF, ref) \
    X(winograd_output, s32, 1, 1, REF, ref) \
    X(dwconv, f32, 1, 1, REF, ref)      \
    X(pool, f32, 1, 1, REF, ref)        \
    X(map, f32, 1, 1, REF, ref)         \
    X(softmax, f32, 1, 1, REF, ref)     \
    X(transpose, f32, 1, 1, REF, ref)   \
    X(normalize, f32, 1, 1, REF, ref)   \
    X(hresize, u8, 1, 1, REF, ref)      \
    X(vresize, u8, 1, 1, REF, ref)      \
    X(warp, u8, 1, 1, REF, ref)         \
    X(qgemm, u8s8, 4, 8, REF, ref)      \
    X(qdwconv, u8s8, 1, 1, REF, ref)    \
    X(qmap, u8, 1, 1, REF, ref)         \
    X(quantize, f32, 1, 1, REF, ref)    \
    X(dequantize, u8, 1, 1, REF, ref)

#define CM_KERNEL_LIST_X86(X)             \
    X(igemm, f32, 6, 16, AVX2, avx2)      \
    X(igemm, f16, 6, 16, AVX2, avx2)      \
    X(gemm, f32, 6, 16, AVX2, avx2)       \
    X(gemm, f16, 6, 16, AVX2, avx2) \
    X(gemm, s16, 6, 16, AVX2, avx2)       \
    X(winograd_filter, f32, 1, 8, AVX2, avx2) \
    X(winograd_filter, f16, 1, 8, AVX2, avx2) \
    X(winograd_filter, s8, 1, 8, AVX2, avx2) \
    X(winograd_input, f32, 1, 8, AVX2, avx2) \
    X(winograd_input, u8, 1, 16, AVX2, avx2) \
    X(winograd_output, f32, 1, 8, AVX2, avx2) \
    X(winograd_output, s32, 1, 8, AVX2, avx2) \
    X(dwconv, f32, 1, 8, AVX2, avx2)      \
    X(pool, f32, 1, 8, AVX2, avx2)        \
    X(map, f32, 1, 8, AVX2, avx2)         \
    X(softmax, f32, 1, 8, AVX2, avx2)     \
    X(transpose, f32, 8, 8, AVX2, avx2)   \
    X(normalize, f32, 1, 16, AVX2, avx2)  \
    X(hresize, u8, 1, 8, AVX2, avx2)      \
    X(vresize, u8, 1, 32, AVX2, avx2)     \
    X(warp, u8, 1, 8, AVX2, avx2)         \
    X(qgemm, u8s8, 6, 8, AVX2, avx2)      \
    X(qdwconv, u8s8, 1, 8, AVX2, avx2)    \
    X(qmap, u8, 1, 8, AVX2, avx2)         \
    X(quantize, f32, 1, 8, AVX2, avx2)    \
    X(dequantize, u8, 1, 8, AVX2, avx2)   \
    X(qgemm, u8s8, 6, 16, AVXVNNI, avxvnni) \
    X(qdwconv, u8s8, 4, 32, AVXVNNI, avxvnni) \
    X(igemm, f32, 7, 64, AVX512, avx512)  \
    X(igemm, f16, 8, 32, AVX512, avx512)  \
    X(gemm, f32, 7, 64, AVX512, avx512)   \
    X(gemm, f16, 16, 16, AVX512, avx512) \
    X(winograd_filter, f32, 1, 16, AVX512, avx512) \
    X(winograd_filter, f16, 1, 16, AVX512, avx512) \
    X(winograd_input, f32, 1, 16, AVX512, avx512) \
    X(winograd_output, f32, 1, 16, AVX512, avx512) \
    X(normalize, f32, 1, 16, AVX512, avx512) \
    X(hresize, u8, 1, 16, AVX512, avx512) \
    X(vresize, u8, 1, 64, AVX512, avx512) \
    X(dwconv, f32, 1, 16, AVX512, avx512) \
    X(pool, f32, 1, 16, AVX512, avx512)   \
    X(map, f32, 1, 16, AVX512, avx512)    \
    X(softmax, f32, 1, 16, AVX512, avx512)\
    X(transpose, f32, 16, 16, AVX512, avx512) \
    X(qdwconv, u8s8, 1, 16, AVX512, avx512) \
    X(qmap, u8, 1, 16, AVX512, avx512)    \
    X(quantize, f32, 1, 16, AVX512, avx512) \
    X(dequantize, u8, 1, 16, AVX512, avx512) \
    X(qgemm, u8s8, 14, 32, AVX512VNNI, avx512vnni) \
    X(qdwconv, u8s8, 4, 64, AVX512VNNI, avx512vnni)

#define CM_KERNEL_LIST_ARM(X)             \
    X(igemm, f32, 6, 16, NEON, neon)      \
    X(igemm, f16, 6, 16, NEON, neon)      \
    X(gemm, f32, 6, 16, NEON, neon)       \
    X(gemm, f16, 6, 16, NEON, neon) \
    X(winograd_filter, f32, 1, 8, NEON, neon) \
    X(winograd_filter, f16, 1, 8, NEON, neon) \
    X(winograd_input, f32, 1, 8, NEON, neon) \
    X(winograd_output, f32, 1, 8, NEON, neon) \
    X(dwconv, f32, 1, 8, NEON, neon)      \
    X(pool, f32, 1, 8, NEON, neon)        \
    X(map, f32, 1, 8, NEON, neon)         \
    X(softmax, f32, 1, 8, NEON, neon)     \
    X(transpose, f32, 4, 4, NEON, neon)   \
    X(qgemm, u8s8, 3, 8, NEON, neon)      \
    X(qdwconv, u8s8, 1, 8, NEON, neon)    \
    X(qmap, u8, 1, 8, NEON, neon)         \
    X(quantize, f32, 1, 8, NEON, neon)    \
    X(dequantize, u8, 1, 8, NEON, neon)   \
    X(qgemm, u8s8, 5, 16, NEONDOT, neondot)

#if defined(__x86_64__)
#define CM_KERNEL_LIST(X) CM_KERNEL_LIST_REF(X) CM_KERNEL_LIST_X86(X)
#elif defined(__aarch64__)
#define CM_KERNEL_LIST(X) CM_KERNEL_LIST_REF(X) CM_KERNEL_LIST_ARM(X)
#else
#define CM_KERNEL_LIST(X) CM_KERNEL_LIST_REF(X)
#endif

#define CM_KERNEL_NAME(op, types, mr, nr, isa) cameo_k_##op##_##types##_##mr##x##nr##__##isa
#define CM_KERNEL_DECLARE(op, types, mr, nr, tier, isa) cm_##op##_fn CM_KERNEL_NAME(op, types, mr, nr, isa);
CM_KERNEL_LIST(CM_KERNEL_DECLARE)

#endif

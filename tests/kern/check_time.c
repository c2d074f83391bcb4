/* checkkern --time: seconds, peaks and the lines of the report. */
#include "check.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { ROUNDS = 7, PEAK_CHAINS = 12, PEAK_STEPS = 100000 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double measure_seconds(void (*call)(void *), void *context)
{
    double best = 1e30, start = now();
    call(context);
    double once = now() - start;
    int calls = once > 0.03 ? 1 : (int)(0.03 / (once + 1e-8)) + 1;
    for (int round = 0; round < ROUNDS; round++) {
        start = now();
        for (int i = 0; i < calls; i++)
            call(context);
        double seconds = (now() - start) / calls;
        best = seconds < best ? seconds : best;
    }
    return best;
}

/* PEAK_CHAINS independent chains of multiply-add, nothing else. */
static volatile float peak_sink;

static void peak_ref(void *unused)
{
    typedef float four __attribute__((vector_size(16)));
    (void)unused;
    four x[PEAK_CHAINS] = { 0 }, factor = { 0.5f, 0.5f, 0.5f, 0.5f };
    for (int step = 0; step < PEAK_STEPS; step++) {
        for (int i = 0; i < PEAK_CHAINS; i++)
            x[i] = x[i] * factor + factor;
    }
    for (int i = 0; i < PEAK_CHAINS; i++)
        peak_sink = x[i][0];
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void peak_avx2(void *unused)
{
    (void)unused;
    __m256 x[PEAK_CHAINS], factor = _mm256_set1_ps(0.5f);
    for (int i = 0; i < PEAK_CHAINS; i++)
        x[i] = factor;
    for (int step = 0; step < PEAK_STEPS; step++) {
        for (int i = 0; i < PEAK_CHAINS; i++)
            x[i] = _mm256_fmadd_ps(x[i], factor, factor);
    }
    for (int i = 0; i < PEAK_CHAINS; i++)
        peak_sink = _mm256_cvtss_f32(x[i]);
}

__attribute__((target("avx512f"))) static void peak_avx512(void *unused)
{
    (void)unused;
    __m512 x[PEAK_CHAINS], factor = _mm512_set1_ps(0.5f);
    for (int i = 0; i < PEAK_CHAINS; i++)
        x[i] = factor;
    for (int step = 0; step < PEAK_STEPS; step++) {
        for (int i = 0; i < PEAK_CHAINS; i++)
            x[i] = _mm512_fmadd_ps(x[i], factor, factor);
    }
    for (int i = 0; i < PEAK_CHAINS; i++)
        peak_sink = _mm512_cvtss_f32(x[i]);
}
#elif defined(__aarch64__)
static void peak_neon(void *unused)
{
    (void)unused;
    float32x4_t x[PEAK_CHAINS], factor = vdupq_n_f32(0.5f);
    for (int i = 0; i < PEAK_CHAINS; i++)
        x[i] = factor;
    for (int step = 0; step < PEAK_STEPS; step++) {
        for (int i = 0; i < PEAK_CHAINS; i++)
            x[i] = vfmaq_f32(factor, x[i], factor);
    }
    for (int i = 0; i < PEAK_CHAINS; i++)
        peak_sink = vgetq_lane_f32(x[i], 0);
}
#endif

double peak_flops(cm_cpu_tier tier)
{
    static double known[CM_CPU_TIER_COUNT];
    if (known[tier] == 0.0) {
        double lanes = 4.0;
        void (*peak)(void *) = peak_ref;
#if defined(__x86_64__)
        if (tier == CM_CPU_AVX2 || tier == CM_CPU_AVXVNNI)
            lanes = 8.0, peak = peak_avx2;
        else if (tier == CM_CPU_AVX512 || tier == CM_CPU_AVX512VNNI)
            lanes = 16.0, peak = peak_avx512;
#elif defined(__aarch64__)
        if (tier >= CM_CPU_NEON)
            peak = peak_neon;
#endif
        known[tier] = 2.0 * lanes * PEAK_CHAINS * PEAK_STEPS / measure_seconds(peak, NULL);
    }
    return known[tier];
}

void report_flops(const cm_kernel *kernel, const char *what, double flops, double seconds)
{
    double rate = flops / seconds;
    printf("%-36s %-28s %10.3f us %8.1f GFLOP/s %5.1f %% of peak\n", kernel->name, what, seconds * 1e6, rate * 1e-9,
           100.0 * rate / peak_flops(kernel->tier));
}

typedef struct copy {
    unsigned char *from, *to;
    size_t bytes;
} copy;

static void copy_run(void *context)
{
    copy *c = context;
    memcpy(c->to, c->from, c->bytes);
}

/* Bytes read and written by memcpy a second, when `bytes` are touched in all. */
static double copy_rate(double bytes)
{
    copy c = { .bytes = (size_t)(bytes / 2.0) + 1 };
    c.from = cm_aligned_alloc(c.bytes);
    c.to = cm_aligned_alloc(c.bytes);
    double rate = 0.0;
    if (c.from != NULL && c.to != NULL) {
        memset(c.from, 1, c.bytes);
        rate = 2.0 * (double)c.bytes / measure_seconds(copy_run, &c);
    }
    cm_aligned_free(c.from);
    cm_aligned_free(c.to);
    return rate;
}

void report_bytes(const cm_kernel *kernel, const char *what, double bytes, double seconds)
{
    double rate = bytes / seconds;
    printf("%-36s %-28s %10.3f us %8.1f GB/s    %5.1f %% of memcpy\n", kernel->name, what, seconds * 1e6, rate * 1e-9,
           100.0 * rate / copy_rate(bytes));
}

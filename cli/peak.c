#define _DEFAULT_SOURCE /* madvise */
#include "peak.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cameo.h"
#include "interrupt.h"
#include "progress.h"

enum { MOST_NUMBERS = 1024, ROUNDS = 400, LANES = 8, LEAST_BLOCK = 1 << 16, SLICES = 5 };

static const double slice_seconds = 0.02;

typedef uint64_t loop_fn(float *numbers, long rounds);

/* Tiers of this architecture, in the order of cameo_cpu_tier. */
static const struct {
    const char *name;
    loop_fn *loop;
} tiers[] = {{"ref", cm_peak_loop_ref},
#if defined(__x86_64__)
             {"avx2", cm_peak_loop_avx2},
             {"avxvnni", cm_peak_loop_avx2},
             {"avx512", cm_peak_loop_avx512},
             {"avx512vnni", cm_peak_loop_avx512},
#elif defined(__aarch64__)
             {"neon", cm_peak_loop_neon},
             {"neondot", cm_peak_loop_neon},
#endif
};

static size_t tier_index(const char *name)
{
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (strcmp(tiers[i].name, name) == 0)
            return i;
    return 0;
}

static loop_fn *choose_loop(const char *tier)
{
    size_t here = tier_index(cameo_cpu_tier()), wanted = tier ? tier_index(tier) : here;
    return tiers[wanted < here ? wanted : here].loop;
}

/* One thread's part. */
typedef struct part {
    pthread_t thread;
    loop_fn *loop;  /* NULL: reading is measured */
    uint64_t *block;
    size_t words;
    double rate;    /* out: a second, in the best slice of time */
    uint64_t sum;   /* keeps the reading from being left out */
} part;

static uint64_t read_block(part *p)
{
    uint64_t sums[LANES] = {0};
    for (size_t i = 0; i + LANES <= p->words; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += p->block[i + lane];
    for (size_t lane = 0; lane < LANES; lane++)
        p->sum += sums[lane];
    return p->words * sizeof *p->block;
}

static void *run_part(void *argument)
{
    part *p = argument;
    _Alignas(64) float numbers[MOST_NUMBERS] = {0}; /* no vector across two cache lines */
    if (!p->loop)
        (void)read_block(p); /* pages and caches are cold the first time */
    for (int slice = 0; slice < SLICES; slice++) {
        double start = cm_progress_clock(), elapsed = 0, done = 0;
        while (elapsed < slice_seconds) {
            done += (double)(p->loop ? p->loop(numbers, ROUNDS) : read_block(p));
            elapsed = cm_progress_clock() - start;
        }
        if (done / elapsed > p->rate)
            p->rate = done / elapsed;
    }
    return NULL;
}

/* The rates of all parts, run at the same time, together. */
static double run_parts(part *parts, int count)
{
    double rate = 0;
    int started = 1;
    while (started < count && cm_interrupt_thread(&parts[started].thread, run_part, &parts[started]) == 0)
        started++;
    (void)run_part(&parts[0]);
    for (int i = 1; i < started; i++)
        (void)pthread_join(parts[i].thread, NULL);
    for (int i = 0; i < started; i++)
        rate += parts[i].rate;
    return rate;
}

/* In huge pages where the system has them, as the library keeps weights: with small ones reading takes nearly twice as long. */
static uint64_t *take_block(size_t bytes)
{
    enum { HUGE_PAGE = 2 << 20 };
    void *block = NULL;
    if (posix_memalign(&block, HUGE_PAGE, bytes) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    (void)madvise(block, bytes, MADV_HUGEPAGE);
#endif
    return block;
}

cm_peak cm_peak_measure(const char *tier, int threads, uint64_t block_bytes)
{
    cm_peak peak = {0};
    size_t words = (size_t)(block_bytes < LEAST_BLOCK ? LEAST_BLOCK : block_bytes) / sizeof(uint64_t) / (size_t)threads;
    uint64_t *block = take_block(words * (size_t)threads * sizeof *block);
    part *parts = calloc((size_t)threads, sizeof *parts);
    if (parts) {
        for (int i = 0; i < threads; i++)
            parts[i] = (part){.loop = choose_loop(tier)};
        peak.flops = run_parts(parts, threads);
    }
    if (parts && block) {
        memset(block, 1, words * (size_t)threads * sizeof *block);
        for (int i = 0; i < threads; i++)
            parts[i] = (part){.block = block + (size_t)i * words, .words = words};
        peak.bytes = run_parts(parts, threads);
    }
    free(parts);
    free(block);
    return peak;
}

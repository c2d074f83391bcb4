/* checkkern: maximum and average over taps. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

typedef struct pooling {
    const float **rows;
    cm_pool_tile tile;
    float *c;
} pooling;

static void pooling_make(pooling *p, int taps, int pixels, int channels, int average, bool special)
{
    int inputs = taps + pixels;
    size_t count = (size_t)inputs * (size_t)channels;
    float *input = guard_random(SLOT_A, count);
    if (special)
        fill_special(input, count);
    p->rows = guard_bytes(SLOT_POINTERS, (size_t)(taps * pixels) * sizeof(float *));
    int first = random_int(0, inputs - 1);
    for (int i = 0; i < taps * pixels; i++) {
        p->rows[i] = input + (ptrdiff_t)((first + i / taps + i % taps) % inputs) * channels;
        if (random_int(0, 4) == 0)
            p->rows[i] = NULL;
    }
    ptrdiff_t c_stride = channels + random_int(0, 7);
    p->c = guard_floats(SLOT_C, (size_t)((pixels - 1) * c_stride + channels));
    canary_fill(p->c, pixels, channels, c_stride);
    p->tile = (cm_pool_tile){ .rows = p->rows, .scale = average ? guard_random(SLOT_BIAS, (size_t)pixels) : NULL, .c = p->c,
                              .c_stride = c_stride, .taps = taps, .pixels = pixels, .channels = channels, .average = average };
}

static double pooled(const pooling *p, int pixel, int channel, double *bound)
{
    double highest = -INFINITY, sum = 0.0, size = 0.0;
    bool nan = false;
    for (int tap = 0; tap < p->tile.taps; tap++) {
        const float *row = p->rows[pixel * p->tile.taps + tap];
        if (row == NULL)
            continue;
        double x = (double)row[channel];
        nan = nan || isnan(x);
        highest = x > highest ? x : highest;
        sum += x;
        size += fabs(x);
    }
    *bound = 0.0;
    if (!p->tile.average)
        return nan ? NAN : highest;
    *bound = (p->tile.taps + 2) * ROUNDING * size;
    return sum * (double)p->tile.scale[pixel];
}

static void check_pooling(const cm_kernel *kernel, int taps, int pixels, int channels, int average, bool special)
{
    pooling p;
    pooling_make(&p, taps, pixels, channels, average, special);
    kernel->run.pool(&p.tile);
    char where[96];
    snprintf(where, sizeof where, "%s of %d taps, pixels %d channels %d", average ? "average" : "maximum", taps, pixels, channels);
    for (int i = 0; i < pixels; i++) {
        for (int j = 0; j < channels; j++) {
            double bound, wanted = pooled(&p, i, j, &bound);
            check_close(kernel, wanted, bound, p.c[i * p.tile.c_stride + j], where, i, j);
        }
    }
    canary_check(kernel, p.c, pixels, channels, p.tile.c_stride);
    check_counted();
}

void check_pool(const cm_kernel *kernel)
{
    static const int taps[] = { 1, 4, 9, 49 }, channels[] = { 1, 7, 8, 16, 17, 33, 64, 75 };
    int variant = 0;
    for (size_t t = 0; t < sizeof taps / sizeof taps[0]; t++) {
        for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
            for (int pixels = 1; pixels <= 6; pixels++, variant++) {
                check_pooling(kernel, taps[t], pixels, channels[c], 0, variant % 3 == 0);
                check_pooling(kernel, taps[t], pixels, channels[c], 1, variant % 3 == 0);
            }
        }
    }
}

static const cm_kernel *timed;

static void pool_run(void *context)
{
    timed->run.pool(context);
}

static void time_pooling(const cm_kernel *kernel, const char *what, int taps, int pixels, int channels, int average)
{
    size_t inputs = (size_t)(taps * pixels), count = inputs * (size_t)channels;
    float *input = cm_aligned_alloc((count + (size_t)(pixels * channels) + (size_t)pixels) * sizeof(float));
    const float **rows = cm_aligned_alloc(inputs * sizeof(float *));
    if (input == NULL || rows == NULL) {
        check_failed(kernel, "no memory for %s", what);
    } else {
        fill_random(input, count + (size_t)(pixels * channels) + (size_t)pixels);
        for (size_t i = 0; i < inputs; i++)
            rows[i] = input + i * (size_t)channels;
        cm_pool_tile tile = { .rows = rows, .scale = input + count + pixels * channels, .c = input + count, .c_stride = channels,
                              .taps = taps, .pixels = pixels, .channels = channels, .average = average };
        timed = kernel;
        report_bytes(kernel, what, (double)(taps + 1) * pixels * channels * sizeof(float), measure_seconds(pool_run, &tile));
    }
    cm_aligned_free(input);
    cm_aligned_free(rows);
}

void time_pool(const cm_kernel *kernel)
{
    time_pooling(kernel, "maximum 2x2, 56 pixels x 64", 4, 56, 64, 0);
    time_pooling(kernel, "maximum 3x3, 160 pixels x 28", 9, 160, 28, 0);
    time_pooling(kernel, "average 2x2, 28 pixels x 128", 4, 28, 128, 1);
    time_pooling(kernel, "average 7x7 x 512", 49, 1, 512, 1);
}

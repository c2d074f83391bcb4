/* checkkern: softmax. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

static void compare_row(const cm_kernel *kernel, const float *a, const float *c, int row, int channels)
{
    char where[64];
    snprintf(where, sizeof where, "softmax of %d", channels);
    double highest = -INFINITY, sum = 0.0;
    bool nan = false;
    for (int i = 0; i < channels; i++) {
        nan = nan || isnan(a[i]);
        highest = (double)a[i] > highest ? (double)a[i] : highest;
    }
    for (int i = 0; i < channels; i++)
        sum += exp((double)a[i] - highest);
    for (int i = 0; i < channels; i++) {
        double wanted = nan ? NAN : exp((double)a[i] - highest) / sum;
        /* exp makes the difference's rounding a relative error; the sum's terms round like any. */
        double roundings = channels + 16 + fmin(fabs((double)a[i] - highest), 1000.0);
        check_close(kernel, wanted, roundings * 2.0 * ROUNDING * wanted + 1e-37, c[i], where, row, i);
    }
}

static void check_rows(const cm_kernel *kernel, int rows, int channels, float scale, bool special)
{
    size_t count = (size_t)rows * (size_t)channels;
    float *a = guard_random(SLOT_A, count), *c = guard_floats(SLOT_C, count), *alone = guard_floats(SLOT_C2, (size_t)channels);
    for (size_t i = 0; i < count; i++)
        a[i] *= scale;
    if (special)
        fill_special(a, count);
    kernel->run.softmax(a, c, rows, channels);
    for (int row = 0; row < rows; row++) {
        compare_row(kernel, a + row * channels, c + row * channels, row, channels);
        kernel->run.softmax(a + row * channels, alone, 1, channels);
        for (int i = 0; i < channels; i++)
            check_same(kernel, c[row * channels + i], alone[i], "alone", row, i);
    }
    /* In place. */
    kernel->run.softmax(a, a, rows, channels);
    for (size_t i = 0; i < count; i++)
        check_same(kernel, c[i], a[i], "in place", 0, (int64_t)i);
    check_counted();
}

void check_softmax(const cm_kernel *kernel)
{
    static const int channels[] = { 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 144, 1000 };
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        check_rows(kernel, 1, channels[i], 1.0f, false);
        check_rows(kernel, 5, channels[i], 10.0f, false);
        check_rows(kernel, 3, channels[i], 300.0f, false);
        check_rows(kernel, 4, channels[i], 1.0f, true);
    }
}

typedef struct rows {
    const cm_kernel *kernel;
    float *a, *c;
    int rows, channels;
} rows;

static void rows_run(void *context)
{
    rows *r = context;
    r->kernel->run.softmax(r->a, r->c, r->rows, r->channels);
}

static void time_rows(const cm_kernel *kernel, const char *what, int count, int channels)
{
    size_t floats = (size_t)count * (size_t)channels;
    rows r = { .kernel = kernel, .rows = count, .channels = channels };
    r.a = cm_aligned_alloc(2 * floats * sizeof(float));
    if (r.a == NULL) {
        check_failed(kernel, "no memory for %s", what);
        return;
    }
    r.c = r.a + floats;
    fill_random(r.a, floats);
    report_bytes(kernel, what, 2.0 * (double)floats * sizeof(float), measure_seconds(rows_run, &r));
    cm_aligned_free(r.a);
}

void time_softmax(const cm_kernel *kernel)
{
    time_rows(kernel, "16800 rows of 2", 16800, 2);
    time_rows(kernel, "144 rows of 144", 144, 144);
    time_rows(kernel, "10 rows of 10000", 10, 10000);
}

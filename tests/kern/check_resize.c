/* checkkern: the two passes of a bilinear resize of bytes. */
#include "check.h"

#include "base/memory.h"

#include <stdlib.h>

enum { WEIGHT_ONE = 2048, LARGEST_SUM = 255 * (WEIGHT_ONE + 1) / 16 };

static void fill_bytes(uint8_t *bytes, int count)
{
    for (int i = 0; i < count; i++)
        bytes[i] = (uint8_t)random_int(0, 255);
}

static void fill_sums(int16_t *sums, int count, int low, int high)
{
    for (int i = 0; i < count; i++)
        sums[i] = (int16_t)random_int(low, high);
}

static void check_byte(const cm_kernel *kernel, int wanted, int got, const char *where, int at)
{
    if (wanted != got)
        check_failed(kernel, "%s [%d] is %d, should be %d", where, at, got, wanted);
}

/* Columns at rising places of a row of `pixels`, as a resize to `count` columns takes them. */
static void make_columns(int32_t *offsets, int16_t *weights, int count, int pixels, int channels)
{
    for (int i = 0; i < count; i++) {
        int at = (int)((int64_t)i * (pixels - 1) / count);
        offsets[i] = at * channels;
        weights[2 * i] = (int16_t)random_int(0, WEIGHT_ONE);
        weights[2 * i + 1] = (int16_t)(WEIGHT_ONE + random_int(0, 1) - weights[2 * i]);
    }
}

/* A row of one pixel has no neighbour: step 0. */
static void check_row(const cm_kernel *kernel, int pixels, int count, int channels, int swap)
{
    cm_hresize_row row = {.bytes = pixels * channels, .count = count, .channels = channels, .swap = swap, .step = pixels > 1 ? channels : 0};
    uint8_t *bytes = guard_bytes(SLOT_A, (size_t)row.bytes);
    int32_t *offsets = guard_bytes(SLOT_B, (size_t)count * sizeof *offsets);
    int16_t *weights = guard_bytes(SLOT_B2, (size_t)count * 2 * sizeof *weights);
    row.c = guard_bytes(SLOT_C, (size_t)count * 3 * sizeof *row.c);
    row.row = bytes;
    row.offsets = offsets;
    row.weights = weights;
    fill_bytes(bytes, row.bytes);
    make_columns(offsets, weights, count, pixels, channels);
    fill_sums(row.c, 3 * count, -1, -1);
    kernel->run.hresize(&row);
    for (int i = 0; i < 3 * count; i++) {
        int channel = channels == 1 ? 0 : swap ? 2 - i % 3 : i % 3;
        const uint8_t *near = bytes + offsets[i / 3] + channel;
        int sum = near[0] * weights[i / 3 * 2] + near[row.step] * weights[i / 3 * 2 + 1];
        check_byte(kernel, sum / 16, row.c[i], "sum", i);
    }
    check_counted();
}

void check_hresize(const cm_kernel *kernel)
{
    static const int sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 48, 100, 333};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            check_row(kernel, sizes[i], sizes[j], 3, 0);
            check_row(kernel, sizes[i], sizes[j], 3, 1);
            check_row(kernel, sizes[i], sizes[j], 1, 0);
        }
    }
}

static void check_blend(const cm_kernel *kernel, int count, int weight)
{
    int16_t *upper = guard_bytes(SLOT_A, (size_t)count * sizeof *upper), *lower = guard_bytes(SLOT_B, (size_t)count * sizeof *lower);
    uint8_t *c = guard_bytes(SLOT_C, (size_t)count);
    const int16_t weights[2] = {(int16_t)weight, (int16_t)(WEIGHT_ONE - weight)};
    fill_sums(upper, count, 0, LARGEST_SUM);
    fill_sums(lower, count, 0, LARGEST_SUM);
    fill_bytes(c, count);
    kernel->run.vresize(upper, lower, weights, count, c);
    for (int i = 0; i < count; i++)
        check_byte(kernel, (upper[i] * weights[0] / 65536 + lower[i] * weights[1] / 65536 + 2) / 4, c[i], "pixel", i);
    check_counted();
}

void check_vresize(const cm_kernel *kernel)
{
    for (int count = 1; count < 200; count++) {
        check_blend(kernel, count, random_int(0, WEIGHT_ONE));
        check_blend(kernel, count, count % 2 ? WEIGHT_ONE : 0);
    }
}

/* A row of a picture 1920 pixels wide on its way to 640. */
enum { WIDE = 1920, NARROW = 640 };

typedef struct rows {
    const cm_kernel *kernel;
    cm_hresize_row row;
    uint8_t bytes[WIDE * 3], c[NARROW * 3];
    int32_t offsets[NARROW];
    int16_t weights[2 * NARROW], sums[2][NARROW * 3];
} rows;

static void row_run(void *context)
{
    rows *r = context;
    r->kernel->run.hresize(&r->row);
}

static void blend_run(void *context)
{
    rows *r = context;
    r->kernel->run.vresize(r->sums[0], r->sums[1], r->weights, NARROW * 3, r->c);
}

static void time_rows(const cm_kernel *kernel, void (*run)(void *), double bytes)
{
    rows *r = cm_calloc(1, sizeof *r);
    if (r == NULL) {
        check_failed(kernel, "no memory for a row");
        return;
    }
    r->kernel = kernel;
    r->row = (cm_hresize_row){.row = r->bytes, .offsets = r->offsets, .weights = r->weights, .c = r->sums[0], .bytes = sizeof r->bytes,
                              .count = NARROW, .step = 3, .channels = 3};
    fill_bytes(r->bytes, sizeof r->bytes);
    make_columns(r->offsets, r->weights, NARROW, WIDE, 3);
    report_bytes(kernel, "1920 to 640 pixels", bytes, measure_seconds(run, r));
    free(r);
}

void time_hresize(const cm_kernel *kernel)
{
    time_rows(kernel, row_run, WIDE * 3 + NARROW * 3 * sizeof(int16_t));
}

void time_vresize(const cm_kernel *kernel)
{
    time_rows(kernel, blend_run, NARROW * 3 * (2 * sizeof(int16_t) + 1));
}

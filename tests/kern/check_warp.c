/* checkkern: bilinear values at given places. */
#include "check.h"

#include "base/memory.h"

#include <stdlib.h>

enum { ONE = 32 };

static void fill_pixels(uint8_t *pixels, int count)
{
    for (int i = 0; i < count; i++)
        pixels[i] = (uint8_t)random_int(0, 255);
}

/* Every place that has three pixels of two rows behind it may come. */
static void fill_places(int32_t *x, int32_t *y, int count, int width, int height)
{
    for (int i = 0; i < count; i++) {
        x[i] = random_int(0, (width - 2) * ONE - 1);
        y[i] = random_int(0, (height - 1) * ONE - 1);
    }
}

static void check_places(const cm_kernel *kernel, int count, int swap)
{
    int width = random_int(3, 20), height = random_int(2, 9), bytes = width * 3;
    ptrdiff_t stride = bytes + random_int(0, 7);
    uint8_t *pixels = guard_bytes(SLOT_A, (size_t)((height - 1) * stride + bytes));
    int32_t *x = guard_bytes(SLOT_B, (size_t)count * sizeof *x), *y = guard_bytes(SLOT_B2, (size_t)count * sizeof *y);
    uint8_t *c = guard_bytes(SLOT_C, (size_t)count * 3);
    const cm_warp_row row = {.pixels = pixels, .stride = stride, .x = x, .y = y, .c = c, .count = count, .swap = swap};
    fill_pixels(pixels, (int)((height - 1) * stride) + bytes);
    fill_places(x, y, count, width, height);
    fill_pixels(c, 3 * count);
    kernel->run.warp(&row);
    for (int i = 0; i < 3 * count; i++) {
        int px = x[i / 3], py = y[i / 3], sum = ONE * ONE / 2;
        for (int tap = 0; tap < 4; tap++) {
            int wx = tap % 2 ? px % ONE : ONE - px % ONE, wy = tap / 2 ? py % ONE : ONE - py % ONE;
            sum += pixels[(py / ONE + tap / 2) * stride + (px / ONE + tap % 2) * 3 + (swap ? 2 - i % 3 : i % 3)] * wx * wy;
        }
        if (c[i] != sum / (ONE * ONE))
            check_failed(kernel, "place (%d, %d)/32, channel %d is %d, should be %d", px, py, i % 3, c[i], sum / (ONE * ONE));
    }
    check_counted();
}

void check_warp(const cm_kernel *kernel)
{
    for (int count = 1; count < 70; count++) {
        check_places(kernel, count, 0);
        check_places(kernel, count, 1);
    }
}

/* A row of 112 pixels out of a picture. */
enum { COUNT = 112, SIDE = 300 };

typedef struct places {
    const cm_kernel *kernel;
    cm_warp_row row;
    uint8_t pixels[SIDE * SIDE * 3], c[COUNT * 3];
    int32_t x[COUNT], y[COUNT];
} places;

static void places_run(void *context)
{
    places *p = context;
    p->kernel->run.warp(&p->row);
}

void time_warp(const cm_kernel *kernel)
{
    places *p = cm_calloc(1, sizeof *p);
    if (p == NULL) {
        check_failed(kernel, "no memory for a picture");
        return;
    }
    p->kernel = kernel;
    p->row = (cm_warp_row){.pixels = p->pixels, .stride = SIDE * 3, .x = p->x, .y = p->y, .c = p->c, .count = COUNT};
    for (int i = 0; i < COUNT; i++) {
        p->x[i] = 100 + i * 2 * ONE + i * 7;
        p->y[i] = 200 + i * 9;
    }
    report_bytes(kernel, "112 places", COUNT * (4.0 * 3 + 3), measure_seconds(places_run, p));
    free(p);
}

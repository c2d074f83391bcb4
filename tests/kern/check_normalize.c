/* checkkern: bytes to floats by table. */
#include "check.h"

#include "base/memory.h"

static void check_pixels(const cm_kernel *kernel, int count, int swap)
{
    uint8_t *pixels = guard_bytes(SLOT_A, (size_t)count * 3);
    float *table = guard_random(SLOT_B, 3 * 256), *c = guard_floats(SLOT_C, (size_t)count * 3);
    for (int i = 0; i < 3 * count; i++)
        pixels[i] = (uint8_t)random_int(0, 255);
    kernel->run.normalize(pixels, count, swap, table, c);
    for (int i = 0; i < 3 * count; i++) {
        int channel = i % 3, source = swap ? 2 - channel : channel;
        check_same(kernel, table[channel * 256 + pixels[i - channel + source]], c[i], "pixel", i / 3, channel);
    }
    check_counted();
}

void check_normalize(const cm_kernel *kernel)
{
    for (int count = 1; count < 70; count++) {
        check_pixels(kernel, count, 0);
        check_pixels(kernel, count, 1);
    }
}

typedef struct picture {
    const cm_kernel *kernel;
    uint8_t *pixels;
    float *c, *table;
    int count;
} picture;

static void picture_run(void *context)
{
    picture *p = context;
    p->kernel->run.normalize(p->pixels, p->count, 0, p->table, p->c);
}

void time_normalize(const cm_kernel *kernel)
{
    picture p = { .kernel = kernel, .count = 112 * 112 };
    p.c = cm_aligned_alloc((size_t)p.count * 3 * sizeof(float));
    p.pixels = cm_aligned_alloc((size_t)p.count * 3);
    p.table = guard_random(SLOT_B, 3 * 256);
    if (p.c == NULL || p.pixels == NULL) {
        check_failed(kernel, "no memory for a picture");
    } else {
        for (int i = 0; i < 3 * p.count; i++)
            p.pixels[i] = (uint8_t)random_int(0, 255);
        report_bytes(kernel, "112x112", 15.0 * p.count, measure_seconds(picture_run, &p));
    }
    cm_aligned_free(p.c);
    cm_aligned_free(p.pixels);
}

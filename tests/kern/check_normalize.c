/* checkkern: bytes to floats. */
#include "check.h"

#include "base/memory.h"

static const cm_normalization plain = {.mean = {127.5f, 127.5f, 127.5f}, .std = {127.5f, 128.0f, 127.5f}};
static const cm_normalization swapped = {.mean = {103.53f, 116.28f, 123.675f}, .std = {57.375f, 57.12f, 0.017f}, .swap = 1};

static void check_pixels(const cm_kernel *kernel, int count, const cm_normalization *how)
{
    ptrdiff_t plane = count + random_int(0, 5);
    uint8_t *pixels = guard_bytes(SLOT_A, (size_t)count * 3);
    float *c = guard_floats(SLOT_C, (size_t)(2 * plane + count));
    for (int i = 0; i < 3 * count; i++)
        pixels[i] = (uint8_t)random_int(0, 255);
    canary_fill(c, 3, count, plane);
    kernel->run.normalize(how, pixels, count, c, plane);
    for (int channel = 0; channel < 3; channel++) {
        for (int i = 0; i < count; i++) {
            float centred = (float)pixels[3 * i + (how->swap ? 2 - channel : channel)] - how->mean[channel];
            check_same(kernel, centred / how->std[channel], c[channel * plane + i], "pixel", channel, i);
        }
    }
    canary_check(kernel, c, 3, count, plane);
    check_counted();
}

void check_normalize(const cm_kernel *kernel)
{
    for (int count = 1; count < 70; count++) {
        check_pixels(kernel, count, &plain);
        check_pixels(kernel, count, &swapped);
    }
}

typedef struct picture {
    const cm_kernel *kernel;
    uint8_t *pixels;
    float *c;
    int count;
} picture;

static void picture_run(void *context)
{
    picture *p = context;
    p->kernel->run.normalize(&plain, p->pixels, p->count, p->c, p->count);
}

static void time_picture(const cm_kernel *kernel, const char *what, int count)
{
    picture p = { .kernel = kernel, .count = count };
    p.c = cm_aligned_alloc((size_t)p.count * 3 * sizeof(float));
    p.pixels = cm_aligned_alloc((size_t)p.count * 3);
    if (p.c == NULL || p.pixels == NULL) {
        check_failed(kernel, "no memory for a picture");
    } else {
        for (int i = 0; i < 3 * p.count; i++)
            p.pixels[i] = (uint8_t)random_int(0, 255);
        report_bytes(kernel, what, 15.0 * p.count, measure_seconds(picture_run, &p));
    }
    cm_aligned_free(p.c);
    cm_aligned_free(p.pixels);
}

void time_normalize(const cm_kernel *kernel)
{
    time_picture(kernel, "a row of 640", 640);
    time_picture(kernel, "112x112", 112 * 112);
}

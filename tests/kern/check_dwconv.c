/* checkkern: the depthwise convolution. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

typedef struct depthwise {
    const float **rows;
    cm_epilogue epilogue;
    cm_dwconv_tile tile;
    float *c;
} depthwise;

static void depthwise_make(depthwise *d, int taps, int pixels, int channels, int paired, int variant, bool special)
{
    int inputs = taps + pixels;
    size_t count = (size_t)inputs * (size_t)channels;
    float *input = guard_random(SLOT_A, count);
    if (special)
        fill_special(input, count);
    d->rows = guard_bytes(SLOT_POINTERS, (size_t)(taps * pixels) * sizeof(float *));
    int first = random_int(0, inputs - 1);
    for (int i = 0; i < taps * pixels; i++)
        d->rows[i] = input + (ptrdiff_t)((first + i / taps + i % taps) % inputs) * channels;
    epilogue_make(&d->epilogue, variant, pixels, channels);
    ptrdiff_t c_stride = channels + random_int(0, 7);
    d->c = guard_floats(SLOT_C, (size_t)((pixels - 1) * c_stride + channels));
    canary_fill(d->c, pixels, channels, c_stride);
    d->tile = (cm_dwconv_tile){ .rows = d->rows, .weights = guard_random(SLOT_B, (size_t)((1 + paired) * taps * channels)), .c = d->c,
                                .c_stride = c_stride, .epilogue = &d->epilogue, .taps = taps, .pixels = pixels, .channels = channels,
                                .paired = paired };
}

/* The sum of one output element; *size: of the terms' sizes. */
static double depthwise_wanted(const depthwise *d, int pixel, int channel, double *size)
{
    int inputs = d->tile.paired ? 2 : 1, channels = d->tile.channels;
    double sum = 0.0;
    *size = 0.0;
    for (int i = 0; i < inputs * d->tile.taps; i++) {
        const float *row = d->rows[pixel * d->tile.taps + i / inputs];
        double term = (double)row[channel ^ (i % inputs)] * (double)d->tile.weights[i * channels + channel];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static void check_depthwise(const cm_kernel *kernel, int taps, int pixels, int channels, int variant, bool special)
{
    depthwise d;
    int paired = channels % 2 == 0 && random_int(0, 1);
    depthwise_make(&d, taps, pixels, channels, paired, variant, special);
    kernel->run.dwconv(&d.tile);
    char where[96];
    snprintf(where, sizeof where, "taps %d pixels %d channels %d paired %d activation %d", taps, pixels, channels, paired,
             (int)d.epilogue.activation);
    for (int i = 0; i < pixels; i++) {
        for (int j = 0; j < channels; j++) {
            double size, sum = depthwise_wanted(&d, i, j, &size);
            double bound = (2 * taps + 1) * ROUNDING * size;
            double wanted = epilogue_wanted(&d.epilogue, sum, size, i, j, &bound);
            check_close(kernel, wanted, bound, d.c[i * d.tile.c_stride + j], where, i, j);
        }
    }
    canary_check(kernel, d.c, pixels, channels, d.tile.c_stride);
    check_counted();
}

/* A channel keeps its bits wherever it lies in the vectors, a pixel wherever it lies in the tile. */
static void check_position(const cm_kernel *kernel, int taps, int activation)
{
    enum { PIXELS = 7, CHANNELS = 75 };
    depthwise whole;
    depthwise_make(&whole, taps, PIXELS, CHANNELS, 0, activation + CM_ACT_COUNT, false);
    kernel->run.dwconv(&whole.tile);
    for (int skip = 1; skip < 40; skip += 3) {
        int pixel = skip % PIXELS, channels = CHANNELS - skip;
        const float *rows[64];
        float weights[64 * CHANNELS], c[CHANNELS];
        for (int tap = 0; tap < taps; tap++) {
            rows[tap] = whole.rows[pixel * taps + tap] + skip;
            for (int j = 0; j < channels; j++)
                weights[tap * channels + j] = whole.tile.weights[tap * CHANNELS + skip + j];
        }
        cm_epilogue epilogue = whole.epilogue;
        epilogue.bias += skip;
        if (epilogue.slope != NULL)
            epilogue.slope += skip;
        cm_dwconv_tile tile = { .rows = rows, .weights = weights, .c = c, .c_stride = CHANNELS, .epilogue = &epilogue,
                                .taps = taps, .pixels = 1, .channels = channels };
        kernel->run.dwconv(&tile);
        for (int j = 0; j < channels; j++)
            check_same(kernel, whole.c[pixel * whole.tile.c_stride + skip + j], c[j], "moved channels", pixel, j);
        check_counted();
    }
}

void check_dwconv(const cm_kernel *kernel)
{
    static const int taps[] = { 1, 3, 9, 25, 49 }, channels[] = { 1, 7, 8, 15, 16, 17, 33, 63, 64, 65, 130 };
    int variant = 0;
    for (size_t t = 0; t < sizeof taps / sizeof taps[0]; t++) {
        for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
            for (int pixels = 1; pixels <= 9; pixels += 2, variant++)
                check_depthwise(kernel, taps[t], pixels, channels[c], variant % EPILOGUE_VARIANTS, variant % 7 == 0);
        }
        for (int activation = 0; activation < CM_ACT_COUNT; activation++)
            check_position(kernel, taps[t], activation);
    }
    for (variant = 0; variant < EPILOGUE_VARIANTS; variant++)
        check_depthwise(kernel, 9, 5, 36 + variant % 2, variant, variant % 3 == 0);
}

/* ---- time ---- */

typedef struct layer {
    const cm_kernel *kernel;
    cm_dwconv_tile tile;
    int lines;
} layer;

static void layer_run(void *context)
{
    layer *l = context;
    for (int line = 0; line < l->lines; line++) {
        cm_dwconv_tile tile = l->tile;
        tile.rows += (ptrdiff_t)line * tile.pixels * tile.taps;
        tile.c += (ptrdiff_t)line * tile.pixels * tile.c_stride;
        l->kernel->run.dwconv(&tile);
    }
}

/* size x size taps over a picture of `lines` lines of `pixels`. */
static void time_layer(const cm_kernel *kernel, const char *what, int size, int lines, int pixels, int channels, int paired)
{
    int width = pixels + size - 1, height = lines + size - 1, taps = size * size, weight_count = (1 + paired) * taps * channels;
    size_t inputs = (size_t)width * (size_t)height, outputs = (size_t)lines * (size_t)pixels;
    float *input = cm_aligned_alloc(inputs * (size_t)channels * sizeof(float));
    float *weights = cm_aligned_alloc((size_t)weight_count * sizeof(float));
    float *c = cm_aligned_alloc(outputs * (size_t)channels * sizeof(float));
    const float **rows = cm_aligned_alloc(outputs * (size_t)taps * sizeof(float *));
    if (input == NULL || weights == NULL || c == NULL || rows == NULL) {
        check_failed(kernel, "no memory for %s", what);
    } else {
        fill_random(input, inputs * (size_t)channels);
        fill_random(weights, (size_t)weight_count);
        for (size_t i = 0; i < outputs * (size_t)taps; i++) {
            int pixel = (int)(i / (size_t)taps), tap = (int)(i % (size_t)taps);
            int y = pixel / pixels + tap / size, x = pixel % pixels + tap % size;
            rows[i] = input + (ptrdiff_t)(y * width + x) * channels;
        }
        cm_epilogue epilogue = { .bias = weights, .slope = weights, .activation = CM_ACT_PRELU };
        layer l = { .kernel = kernel, .lines = lines,
                    .tile = { .rows = rows, .weights = weights, .c = c, .c_stride = channels, .epilogue = &epilogue, .taps = taps,
                              .pixels = pixels, .channels = channels, .paired = paired } };
        double seconds = measure_seconds(layer_run, &l);
        report_flops(kernel, what, 2.0 * weight_count * (double)outputs, seconds);
        report_bytes(kernel, what, (double)(inputs + outputs) * channels * sizeof(float), seconds);
    }
    cm_aligned_free(input);
    cm_aligned_free(weights);
    cm_aligned_free(c);
    cm_aligned_free(rows);
}

void time_dwconv(const cm_kernel *kernel)
{
    time_layer(kernel, "3x3, 56x56x64", 3, 56, 56, 64, 0);
    time_layer(kernel, "3x3 in pairs, 56x56x128", 3, 56, 56, 128, 1);
    time_layer(kernel, "3x3, 28x28x128", 3, 28, 28, 128, 0);
    time_layer(kernel, "3x3, 14x14x256", 3, 14, 14, 256, 0);
    time_layer(kernel, "3x3, 7x7x512", 3, 7, 7, 512, 0);
    time_layer(kernel, "3x3, 80x80x40", 3, 80, 80, 40, 0);
    time_layer(kernel, "5x5, 14x14x240", 5, 14, 14, 240, 0);
    time_layer(kernel, "7x7, 1x1x512", 7, 1, 1, 512, 0);
}

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

/* The same with pixels side by side: the kernel gets a pointer for each line of windows that are three wide and move on by `step` pixels. The lines
 * follow each other in memory, the last one ends at the unreadable page. */
static void strip_make(depthwise *d, int lines, int pixels, int channels, int step, int variant)
{
    depthwise_make(d, 3 * lines, pixels, channels, 0, variant, false);
    ptrdiff_t line = (ptrdiff_t)((pixels - 1) * step + 3) * channels;
    float *input = guard_random(SLOT_A, (size_t)(lines * line));
    d->rows = guard_bytes(SLOT_POINTERS, (size_t)lines * sizeof(float *));
    for (int i = 0; i < lines; i++)
        d->rows[i] = input + i * line;
    d->tile.rows = d->rows;
    d->tile.step = step;
}

static const float *tap_row(const depthwise *d, int pixel, int tap)
{
    if (d->tile.step == 0)
        return d->rows[pixel * d->tile.taps + tap];
    return d->rows[tap / 3] + (ptrdiff_t)(pixel * d->tile.step + tap % 3) * d->tile.channels;
}

/* The sum of one output element; *size: of the terms' sizes. */
static double depthwise_wanted(const depthwise *d, int pixel, int channel, double *size)
{
    int inputs = d->tile.paired ? 2 : 1, channels = d->tile.channels;
    double sum = 0.0;
    *size = 0.0;
    for (int i = 0; i < inputs * d->tile.taps; i++) {
        const float *row = tap_row(d, pixel, i / inputs);
        double term = (double)row[channel ^ (i % inputs)] * (double)d->tile.weights[i * channels + channel];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static void depthwise_compare(const cm_kernel *kernel, const depthwise *d)
{
    int taps = d->tile.taps, pixels = d->tile.pixels, channels = d->tile.channels;
    char where[96];
    snprintf(where, sizeof where, "taps %d pixels %d channels %d paired %d step %d activation %d", taps, pixels, channels, d->tile.paired,
             d->tile.step, (int)d->epilogue.activation);
    for (int i = 0; i < pixels; i++) {
        for (int j = 0; j < channels; j++) {
            double size, sum = depthwise_wanted(d, i, j, &size);
            double bound = (2 * taps + 1) * ROUNDING * size;
            double wanted = epilogue_wanted(&d->epilogue, sum, size, i, j, &bound);
            check_close(kernel, wanted, bound, d->c[i * d->tile.c_stride + j], where, i, j);
        }
    }
    canary_check(kernel, d->c, pixels, channels, d->tile.c_stride);
    check_counted();
}

static void check_depthwise(const cm_kernel *kernel, int taps, int pixels, int channels, int variant, bool special)
{
    depthwise d;
    int paired = channels % 2 == 0 && random_int(0, 1);
    depthwise_make(&d, taps, pixels, channels, paired, variant, special);
    kernel->run.dwconv(&d.tile);
    depthwise_compare(kernel, &d);
}

/* Strips give the right sums, and the same bits as pointers. */
static void check_strip(const cm_kernel *kernel, int lines, int pixels, int channels, int step, int variant)
{
    enum { MOST_POINTERS = 5 * 3 * 40 };
    const float *rows[MOST_POINTERS];
    depthwise d;
    strip_make(&d, lines, pixels, channels, step, variant);
    kernel->run.dwconv(&d.tile);
    depthwise_compare(kernel, &d);
    cm_dwconv_tile through = d.tile;
    for (int i = 0; i < pixels * through.taps; i++)
        rows[i] = tap_row(&d, i / through.taps, i % through.taps);
    through.rows = rows;
    through.step = 0;
    through.c = guard_floats(SLOT_C2, (size_t)(pixels * channels));
    through.c_stride = channels;
    kernel->run.dwconv(&through);
    for (int i = 0; i < pixels * channels; i++)
        check_same(kernel, through.c[i], d.c[i / channels * d.tile.c_stride + i % channels], "pixels side by side", i / channels, i % channels);
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
    for (int pixels = 1; pixels <= 40; pixels += pixels < 20 ? 1 : 7) {
        for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++, variant++)
            check_strip(kernel, 1 + variant % 5, pixels, channels[c], 1 + variant % 2, variant % EPILOGUE_VARIANTS);
    }
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
        tile.rows += (ptrdiff_t)line * (tile.step ? tile.taps / 3 : tile.pixels * tile.taps);
        tile.c += (ptrdiff_t)line * tile.pixels * tile.c_stride;
        l->kernel->run.dwconv(&tile);
    }
}

/* A picture of `lines` lines of `pixels`, and how the windows look at it. */
typedef struct look {
    int size; /* size x size taps */
    int lines, pixels, channels;
    int paired, step;
} look;

/* The pointers that the kernel gets for all lines of output pixels. */
static void place_rows(const look *l, const float *input, const float **rows)
{
    int width = l->pixels + l->size - 1, taps = l->size * l->size;
    for (int i = 0; l->step && i < l->lines * l->size; i++)
        rows[i] = input + (ptrdiff_t)(i / l->size + i % l->size) * width * l->channels;
    for (int i = 0; !l->step && i < l->lines * l->pixels * taps; i++) {
        int pixel = i / taps, tap = i % taps, y = pixel / l->pixels + tap / l->size, x = pixel % l->pixels + tap % l->size;
        rows[i] = input + (ptrdiff_t)(y * width + x) * l->channels;
    }
}

static void time_layer(const cm_kernel *kernel, const char *what, look l)
{
    int size = l.size, lines = l.lines, pixels = l.pixels, channels = l.channels, paired = l.paired;
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
        place_rows(&l, input, rows);
        cm_epilogue epilogue = { .bias = weights, .slope = weights, .activation = CM_ACT_PRELU };
        layer timed = { .kernel = kernel, .lines = lines,
                        .tile = { .rows = rows, .weights = weights, .c = c, .c_stride = channels, .epilogue = &epilogue, .taps = taps,
                                  .pixels = pixels, .channels = channels, .paired = paired, .step = l.step } };
        double seconds = measure_seconds(layer_run, &timed);
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
    time_layer(kernel, "3x3, 56x56x64", (look){ 3, 56, 56, 64, 0, 0 });
    time_layer(kernel, "3x3 strips, 56x56x64", (look){ 3, 56, 56, 64, 0, 1 });
    time_layer(kernel, "3x3 in pairs, 56x56x128", (look){ 3, 56, 56, 128, 1, 0 });
    time_layer(kernel, "3x3, 28x28x128", (look){ 3, 28, 28, 128, 0, 0 });
    time_layer(kernel, "3x3 strips, 28x28x128", (look){ 3, 28, 28, 128, 0, 1 });
    time_layer(kernel, "3x3, 14x14x256", (look){ 3, 14, 14, 256, 0, 0 });
    time_layer(kernel, "3x3 strips, 14x14x256", (look){ 3, 14, 14, 256, 0, 1 });
    time_layer(kernel, "3x3, 7x7x512", (look){ 3, 7, 7, 512, 0, 0 });
    time_layer(kernel, "3x3, 80x80x40", (look){ 3, 80, 80, 40, 0, 0 });
    time_layer(kernel, "3x3 strips, 80x80x40", (look){ 3, 80, 80, 40, 0, 1 });
    time_layer(kernel, "5x5, 14x14x240", (look){ 5, 14, 14, 240, 0, 0 });
    time_layer(kernel, "7x7, 1x1x512", (look){ 7, 1, 1, 512, 0, 0 });
}

/* checkkern: products of bytes, and what lies between bytes and floats. Everything here is exact: each kernel must give the bits that the formula of
 * kern.h gives, computed one number at a time. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint8_t *random_bytes(enum guard_slot slot, size_t count)
{
    uint8_t *bytes = guard_bytes(slot, count);
    for (size_t i = 0; i < count; i++) {
        int kind = random_int(0, 7); /* the ends of the range, where sums of few bits would overflow, often */
        bytes[i] = (uint8_t)(kind == 0 ? 255 : kind == 1 ? 0 : random_int(0, 255));
    }
    return bytes;
}

/* ---- What becomes of a sum ---- */

static float scaled(float low, float high)
{
    return low + (high - low) * (0.5f + 0.5f * random_float());
}

/* Arrays by channel are readable up to their padded size: they end at the unreadable page. */
static float *channel_floats(enum guard_slot slot, int channels, float low, float high)
{
    size_t count = (size_t)CM_REQUANTIZE_PADDED(channels);
    float *values = guard_floats(slot, count);
    for (size_t i = 0; i < count; i++)
        values[i] = scaled(low, high);
    return values;
}

static cm_rounding random_rounding(bool on)
{
    int zero = random_int(0, 255);
    return (cm_rounding){ .on = on, .low = (float)-zero, .high = (float)(255 - zero) };
}

/* size: of the sums; variant: which steps there are. */
void requantize_make(cm_requantize *e, int variant, int rows, int channels, float size)
{
    static const cm_activation activations[3] = { CM_ACT_NONE, CM_ACT_PRELU, CM_ACT_CLIP };
    *e = (cm_requantize){ .activation = activations[variant % 3], .above = variant % 2 ? 1.0f : scaled(0.3f, 2.0f) };
    e->scale = channel_floats(SLOT_SCALE, channels, 50.0f / size, 300.0f / size);
    e->bias = variant % 5 < 2 ? channel_floats(SLOT_BIAS, channels, -80.0f, 80.0f) : NULL;
    e->slope = e->activation == CM_ACT_PRELU ? channel_floats(SLOT_SLOPE, channels, -1.0f, 1.0f) : NULL;
    e->clip_high = 40.0f;
    e->first = random_rounding(variant % 4 == 1);
    e->second = random_rounding(variant % 4 == 2);
    e->last = random_rounding(variant % 7 != 3);
    e->zero = (int)-e->last.low;
    int add = variant / 3 % 4; /* none, bytes, bytes before the activation, floats */
    e->add_stride = channels + random_int(0, 5);
    size_t added = (size_t)((rows - 1) * e->add_stride + channels);
    e->add_factor = scaled(0.2f, 1.5f);
    e->add_scale = scaled(0.2f, 1.5f);
    if (add == 1 || add == 2) {
        e->add = random_bytes(SLOT_ADD, added);
        e->add_bytes = true;
        e->add_zero = random_int(0, 255);
        e->add_first = add == 2;
    } else if (add == 3) {
        float *floats = guard_random(SLOT_ADD, added);
        for (size_t i = 0; i < added; i++)
            floats[i] *= 60.0f;
        e->add = floats;
    }
}

static float clip_wanted(float v, float low, float high)
{
    v = v > low ? v : low;
    return v < high ? v : high;
}

static float add_wanted(const cm_requantize *e, float v, int row, int channel)
{
    ptrdiff_t at = row * e->add_stride + channel;
    float other = e->add_bytes ? (float)(((const uint8_t *)e->add)[at] - e->add_zero) : ((const float *)e->add)[at];
    volatile float moved = v * e->add_factor, term = other * e->add_scale;
    return moved + term;
}

/* Every product and sum rounded by itself. */
static float wanted_float(const cm_requantize *e, int32_t sum, int row, int channel)
{
    volatile float v = (float)sum * e->scale[channel];
    if (e->bias != NULL)
        v = v + e->bias[channel];
    if (e->first.on)
        v = nearbyintf(clip_wanted(v, e->first.low, e->first.high));
    if (e->add != NULL && e->add_first)
        v = add_wanted(e, v, row, channel);
    if (e->activation == CM_ACT_PRELU)
        v = v > 0.0f ? v * e->above : v * e->slope[channel];
    else
        v = v * e->above;
    if (e->activation == CM_ACT_CLIP)
        v = clip_wanted(v, e->clip_low, e->clip_high);
    if (e->second.on)
        v = nearbyintf(clip_wanted(v, e->second.low, e->second.high));
    if (e->add != NULL && !e->add_first)
        v = add_wanted(e, v, row, channel);
    return v;
}

/* c: [rows, stride] of bytes or floats; element [row][j] of channel `channel`. */
void requantize_check(const cm_kernel *kernel, const cm_requantize *e, int32_t sum, int row, int channel, const void *c, ptrdiff_t at, const char *where)
{
    float v = wanted_float(e, sum, row, channel);
    if (!e->last.on) {
        check_same(kernel, v, ((const float *)c)[at], where, row, channel);
        return;
    }
    int byte = (int)nearbyintf(clip_wanted(v, e->last.low, e->last.high)) + e->zero, got = ((const uint8_t *)c)[at];
    if (byte != got)
        check_failed(kernel, "%s [%d][%d] is %d, should be %d (sum %d)", where, row, channel, got, byte, (int)sum);
}

enum { MARK = 0xa5 };

static size_t element_bytes(const cm_requantize *e)
{
    return e->last.on ? 1 : sizeof(float);
}

/* Room for c, marked, that ends at the unreadable page. */
static void *marked(const cm_requantize *e, int64_t rows, int64_t columns, ptrdiff_t stride)
{
    size_t bytes = (size_t)((rows - 1) * stride + columns) * element_bytes(e);
    return memset(guard_bytes(SLOT_C, bytes), MARK, bytes);
}

static void check_marks(const cm_kernel *kernel, const cm_requantize *e, const void *c, int64_t rows, int64_t columns, ptrdiff_t stride)
{
    size_t size = element_bytes(e);
    for (int64_t row = 0; row + 1 < rows; row++) {
        const unsigned char *gap = (const unsigned char *)c + (size_t)(row * stride + columns) * size;
        for (size_t i = 0; i < (size_t)(stride - columns) * size; i++)
            if (gap[i] != MARK)
                check_failed(kernel, "wrote outside its tile: row %lld", (long long)row);
    }
}

/* ---- qgemm ---- */

typedef struct byte_product {
    int m, n, taps, k, column;
    ptrdiff_t step;
    uint8_t *input;
    const void **rows, **bases;
    int8_t *panel;
    void *c;
    ptrdiff_t c_stride;
    cm_requantize epilogue;
} byte_product;

static void byte_product_run(const cm_kernel *kernel, const byte_product *p)
{
    kernel->run.qgemm(&(cm_qgemm_tile){ .rows = p->step ? p->bases : p->rows, .panel = p->panel, .next = p->panel, .pace = 16, .c = p->c,
                                        .c_stride = p->c_stride, .step = p->step,
                                        .epilogue = &p->epilogue, .taps = p->taps, .k = p->k, .m = p->m, .n = p->n, .column = p->column });
}

static void place_byte_rows(const cm_kernel *kernel, byte_product *p)
{
    ptrdiff_t apart = p->step ? p->step : p->k, reach = ((p->m - 1) * apart + p->k) * 4;
    p->input = random_bytes(SLOT_A, (size_t)(p->taps * reach));
    p->rows = guard_bytes(SLOT_POINTERS, (size_t)p->taps * (size_t)kernel->mr * sizeof *p->rows);
    p->bases = guard_bytes(SLOT_C2, (size_t)p->taps * sizeof *p->bases);
    for (int tap = 0; tap < p->taps; tap++) {
        p->bases[tap] = p->input + tap * reach;
        for (int i = 0; i < kernel->mr; i++)
            p->rows[tap * kernel->mr + i] = p->input + tap * reach + (i < p->m ? i : p->m - 1) * apart * 4;
    }
}

static int32_t wanted_sum(const cm_kernel *kernel, const byte_product *p, int row, int column)
{
    int64_t sum = p->epilogue.offset[p->column + column];
    for (int tap = 0; tap < p->taps; tap++) {
        const uint8_t *bytes = p->rows[tap * kernel->mr + row];
        for (int k = 0; k < p->k; k++)
            for (int b = 0; b < 4; b++)
                sum += bytes[4 * k + b] * p->panel[(((ptrdiff_t)tap * p->k + k) * kernel->nr + column) * 4 + b];
    }
    return (int32_t)sum;
}

static void byte_product_make(const cm_kernel *kernel, byte_product *p, int variant)
{
    static int32_t offset[256];
    place_byte_rows(kernel, p);
    size_t weights = (size_t)p->taps * (size_t)p->k * (size_t)kernel->nr * 4;
    p->panel = (int8_t *)random_bytes(SLOT_B, weights);
    for (size_t i = 0; i < weights; i++)
        if ((int)(i / 4 % (size_t)kernel->nr) >= p->n)
            p->panel[i] = 0;
        else if (variant % 11 == 0) /* the largest sums there are */
            p->panel[i] = i % 2 ? -128 : 127;
    int channels = p->column + p->n;
    requantize_make(&p->epilogue, variant, p->m, channels, 5000.0f * sqrtf((float)(p->taps * p->k)));
    for (int i = 0; i < 256; i++)
        offset[i] = random_int(-20000, 20000);
    p->epilogue.offset = offset;
    p->c_stride = p->n + random_int(0, 7);
    p->c = marked(&p->epilogue, p->m, p->n, p->c_stride);
}

static void check_byte_product(const cm_kernel *kernel, byte_product p, int variant)
{
    char where[96];
    byte_product_make(kernel, &p, variant);
    byte_product_run(kernel, &p);
    snprintf(where, sizeof where, "m %d n %d taps %d k %d variant %d", p.m, p.n, p.taps, p.k, variant);
    for (int i = 0; i < p.m; i++)
        for (int j = 0; j < p.n; j++)
            requantize_check(kernel, &p.epilogue, wanted_sum(kernel, &p, i, j), i, p.column + j, p.c, i * p.c_stride + j, where);
    check_marks(kernel, &p.epilogue, p.c, p.m, p.n, p.c_stride);
    check_counted();
}

void check_qgemm(const cm_kernel *kernel)
{
    int variant = 0;
    for (int m = 1; m <= kernel->mr; m++) {
        for (int n = 1; n <= kernel->nr; n++, variant++) {
            byte_product p = { .m = m, .n = n, .taps = random_int(1, 9), .k = random_int(1, 20), .column = random_int(0, 2) * kernel->nr };
            p.step = variant % 3 ? 0 : random_int(1, 30);
            check_byte_product(kernel, p, variant);
        }
    }
    for (int i = 0; i < 84; i++) /* every combination of steps on whole tiles */
        check_byte_product(kernel, (byte_product){ .m = kernel->mr, .n = kernel->nr, .taps = 9, .k = 16, .step = i % 2 ? 16 : 0 }, i);
    check_byte_product(kernel, (byte_product){ .m = kernel->mr, .n = kernel->nr, .taps = 1, .k = 6272 }, 11); /* 25088 products of 255 and -128 */
}

typedef struct byte_layer {
    const cm_kernel *kernel;
    byte_product p;
    int tiles;
} byte_layer;

static void byte_layer_run(void *context)
{
    byte_layer *l = context;
    byte_product p = l->p;
    for (int tile = 0; tile < l->tiles; tile++, p.rows += p.taps * l->kernel->mr)
        byte_product_run(l->kernel, &p);
}

/* `tiles` tiles of whole rows; taps show neighbouring pixels. */
static void time_byte_layer(const cm_kernel *kernel, const char *what, int m, int tiles, int taps, int k)
{
    byte_layer l = { .kernel = kernel, .tiles = tiles };
    size_t weights = (size_t)taps * (size_t)k * (size_t)kernel->nr * 4, pixels = (size_t)(tiles * m + taps);
    uint8_t *input = cm_aligned_alloc(pixels * (size_t)k * 4);
    int8_t *panel = cm_aligned_alloc(weights);
    const void **rows = cm_aligned_alloc((size_t)tiles * (size_t)taps * (size_t)kernel->mr * sizeof *rows);
    static uint8_t c[64 * 64];
    static int32_t offset[64];
    if (input == NULL || panel == NULL || rows == NULL) {
        check_failed(kernel, "no memory for %s", what);
    } else {
        memset(input, 3, pixels * (size_t)k * 4);
        memset(panel, 2, weights);
        for (int i = 0; i < tiles * taps * kernel->mr; i++) {
            int tile = i / (taps * kernel->mr), tap = i / kernel->mr % taps, row = i % kernel->mr < m ? i % kernel->mr : m - 1;
            rows[i] = input + (ptrdiff_t)(tile * m + row + tap) * k * 4;
        }
        l.p = (byte_product){ .m = m, .n = kernel->nr, .taps = taps, .k = k, .rows = rows, .panel = panel, .c = c, .c_stride = kernel->nr };
        requantize_make(&l.p.epilogue, 1, m, kernel->nr, 1e6f);
        l.p.epilogue.offset = offset;
        double flops = 2.0 * taps * k * 4 * m * tiles * kernel->nr;
        report_flops(kernel, what, flops, measure_seconds(byte_layer_run, &l));
    }
    cm_aligned_free(input);
    cm_aligned_free(panel);
    cm_aligned_free(rows);
}

void time_qgemm(const cm_kernel *kernel)
{
    int mr = kernel->mr;
    time_byte_layer(kernel, "3x3, channels 64", mr, 224, 9, 16);
    time_byte_layer(kernel, "3x3, channels 128", mr, 56, 9, 32);
    time_byte_layer(kernel, "3x3, channels 256", mr, 14, 9, 64);
    time_byte_layer(kernel, "3x3, channels 512", mr, 4, 9, 128);
    time_byte_layer(kernel, "1x1, channels 64", mr, 56, 1, 16);
    time_byte_layer(kernel, "half the rows, channels 512", mr / 2, 4, 9, 128);
}

/* ---- qdwconv ---- */

typedef struct byte_depthwise {
    int taps, pixels, channels, step, zero, sides; /* sides 2: paired */
    ptrdiff_t pixel_bytes;
    const void **rows;
    int8_t *numbers; /* [taps, sides, channels] */
    void *weights;   /* the same as the kernel reads them */
    int word_taps;
    void *c;
    ptrdiff_t c_stride;
    cm_requantize epilogue;
} byte_depthwise;

static const uint8_t *byte_tap(const byte_depthwise *d, int pixel, int tap)
{
    if (d->step == 0)
        return d->rows[pixel * d->taps + tap];
    return (const uint8_t *)d->rows[tap / 3] + (pixel * d->step + tap % 3) * d->pixel_bytes;
}

/* Pixels of whole words, the last of which ends at the unreadable page with its last channel. */
static void place_byte_pixels(byte_depthwise *d)
{
    int inputs = d->step ? d->taps / 3 * ((d->pixels - 1) * d->step + 3) : d->taps + d->pixels, line = inputs / (d->taps / 3 > 0 ? d->taps / 3 : 1);
    d->pixel_bytes = (d->channels + 3) / 4 * 4;
    const uint8_t *input = random_bytes(SLOT_A, (size_t)((inputs - 1) * d->pixel_bytes + d->channels));
    int pointers = d->step ? d->taps / 3 : d->taps * d->pixels;
    d->rows = guard_bytes(SLOT_POINTERS, (size_t)pointers * sizeof *d->rows);
    for (int i = 0; i < pointers; i++)
        d->rows[i] = input + (d->step ? i * line : (i / d->taps + i % d->taps) % inputs) * d->pixel_bytes;
}

static void place_byte_weights(const cm_kernel *kernel, byte_depthwise *d)
{
    if (kernel->mr == 1) {
        float *floats = d->weights = guard_floats(SLOT_B, (size_t)(d->taps * d->sides * d->channels));
        for (int i = 0; i < d->taps * d->sides * d->channels; i++)
            floats[i] = d->numbers[i];
        return;
    }
    size_t padded = (size_t)CM_REQUANTIZE_PADDED(d->channels), bytes = (size_t)((d->taps + d->word_taps - 1) / d->word_taps * d->sides) * padded * 4;
    int8_t *words = d->weights = memset(guard_bytes(SLOT_B, bytes), 0, bytes);
    for (int i = 0; i < d->taps * d->sides; i++) {
        int tap = i / d->sides, word = tap / d->word_taps * d->sides + i % d->sides;
        for (int j = 0; j < d->channels; j++)
            words[((size_t)word * padded + (size_t)j) * 4 + (size_t)(tap % d->word_taps)] = d->numbers[i * d->channels + j];
    }
}

static void byte_depthwise_make(const cm_kernel *kernel, byte_depthwise *d, int variant)
{
    static int32_t offset[256];
    d->sides = d->channels % 2 == 0 && variant % 3 == 0 && 2 * d->taps <= CM_QDWCONV_PRODUCTS ? 2 : 1;
    place_byte_pixels(d);
    d->zero = variant % 5 ? random_int(0, 255) : variant % 2 * 255;
    d->numbers = guard_bytes(SLOT_B2, (size_t)(d->taps * d->sides * d->channels));
    for (int i = 0; i < d->taps * d->sides * d->channels; i++)
        d->numbers[i] = (int8_t)(variant % 11 ? random_int(-128, 127) : -128); /* the largest sums there are */
    d->word_taps = d->step || variant % 2 ? 3 : 4;
    place_byte_weights(kernel, d);
    requantize_make(&d->epilogue, variant, d->pixels, d->channels, 9000.0f * sqrtf((float)d->taps));
    for (int i = 0; i < 256; i++)
        offset[i] = random_int(-20000, 20000) * (variant % 9 ? 1 : 50000);
    d->epilogue.offset = offset;
    d->c_stride = d->channels + random_int(0, 7);
    d->c = marked(&d->epilogue, d->pixels, d->channels, d->c_stride);
}

static void check_byte_depthwise(const cm_kernel *kernel, byte_depthwise d, int variant)
{
    char where[96];
    byte_depthwise_make(kernel, &d, variant);
    kernel->run.qdwconv(&(cm_qdwconv_tile){ .rows = d.rows, .weights = d.weights, .c = d.c, .c_stride = d.c_stride, .pixel_bytes = d.pixel_bytes,
                                            .epilogue = &d.epilogue, .taps = d.taps, .pixels = d.pixels, .channels = d.channels, .zero = d.zero,
                                            .step = d.step, .paired = d.sides == 2, .word_taps = d.word_taps });
    snprintf(where, sizeof where, "taps %d pixels %d channels %d sides %d step %d variant %d", d.taps, d.pixels, d.channels, d.sides, d.step, variant);
    for (int i = 0; i < d.pixels; i++) {
        for (int j = 0; j < d.channels; j++) {
            int64_t sum = d.epilogue.offset[j];
            for (int k = 0; k < d.taps * d.sides; k++)
                sum += (byte_tap(&d, i, k / d.sides)[j ^ k % d.sides] - d.zero) * d.numbers[k * d.channels + j];
            requantize_check(kernel, &d.epilogue, (int32_t)sum, i, j, d.c, i * d.c_stride + j, where);
        }
    }
    check_marks(kernel, &d.epilogue, d.c, d.pixels, d.channels, d.c_stride);
    check_counted();
}

void check_qdwconv(const cm_kernel *kernel)
{
    static const int taps[] = { 1, 3, 9, 25, 49 }, channels[] = { 1, 7, 8, 16, 17, 33, 63, 64, 65, 130 };
    int variant = 0;
    for (size_t t = 0; t < sizeof taps / sizeof taps[0]; t++)
        for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++)
            for (int pixels = 1; pixels <= 9; pixels += 2, variant++)
                check_byte_depthwise(kernel, (byte_depthwise){ .taps = taps[t], .pixels = pixels, .channels = channels[c] }, variant);
    for (int pixels = 1; pixels <= 40; pixels += pixels < 20 ? 1 : 7)
        for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++, variant++)
            check_byte_depthwise(kernel, (byte_depthwise){ .taps = 3 + 3 * (variant % 5), .pixels = pixels, .channels = channels[c], .step = 1 + variant % 2 },
                                 variant);
    for (int i = 0; i < 84; i++) /* every combination of steps */
        check_byte_depthwise(kernel, (byte_depthwise){ .taps = 9, .pixels = 13, .channels = 37 + i % 2, .step = i / 2 % 3 }, i);
    check_byte_depthwise(kernel, (byte_depthwise){ .taps = CM_QDWCONV_PRODUCTS, .pixels = 5, .channels = 19 }, 11);
    check_byte_depthwise(kernel, (byte_depthwise){ .taps = CM_QDWCONV_PRODUCTS, .pixels = 2, .channels = 16 }, 55);
}

typedef struct byte_lines {
    const cm_kernel *kernel;
    cm_qdwconv_tile tile;
    int lines;
} byte_lines;

static void byte_lines_run(void *context)
{
    byte_lines *l = context;
    cm_qdwconv_tile tile = l->tile;
    for (int line = 0; line < l->lines; line++, tile.rows += 3, tile.c = (uint8_t *)tile.c + tile.pixels * tile.c_stride)
        l->kernel->run.qdwconv(&tile);
}

/* 3x3 windows all over a square picture. */
static void time_byte_lines(const cm_kernel *kernel, const char *what, int size, int channels, int step)
{
    enum { MOST_LINES = 56, MOST_CHANNELS = 512 };
    static int32_t offset[MOST_CHANNELS];
    const void *rows[3 * MOST_LINES];
    int width = (size - 1) * step + 3, taps = 9;
    size_t inputs = (size_t)(width * width * channels), outputs = (size_t)(size * size * channels);
    uint8_t *input = cm_aligned_alloc(inputs), *c = cm_aligned_alloc(outputs);
    float *weights = cm_aligned_alloc((size_t)(taps * channels) * sizeof(float)); /* those of bytes are fewer; what they are takes no time */
    byte_lines l = { .kernel = kernel, .lines = size };
    if (input == NULL || c == NULL || weights == NULL) {
        check_failed(kernel, "no memory for %s", what);
    } else {
        memset(input, 3, inputs);
        for (int i = 0; i < taps * channels; i++)
            weights[i] = 2.0f;
        for (int i = 0; i < 3 * size; i++)
            rows[i] = input + (ptrdiff_t)(i / 3 * step + i % 3) * width * channels;
        cm_requantize e;
        requantize_make(&e, 13, 1, channels, 1e5f); /* as networks have it: a rounding, PRelu, the rounding to bytes */
        e.offset = offset;
        l.tile = (cm_qdwconv_tile){ .rows = rows, .weights = weights, .c = c, .c_stride = channels, .pixel_bytes = channels, .epilogue = &e, .taps = taps,
                                    .pixels = size, .channels = channels, .zero = 128, .step = step, .word_taps = 3 };
        double seconds = measure_seconds(byte_lines_run, &l);
        report_flops(kernel, what, 2.0 * taps * (double)outputs, seconds);
        report_bytes(kernel, what, (double)(inputs + outputs), seconds);
    }
    cm_aligned_free(input);
    cm_aligned_free(c);
    cm_aligned_free(weights);
}

void time_qdwconv(const cm_kernel *kernel)
{
    time_byte_lines(kernel, "3x3, 56x56x128", 56, 128, 1);
    time_byte_lines(kernel, "3x3, 28x28x128", 28, 128, 1);
    time_byte_lines(kernel, "3x3, 14x14x256", 14, 256, 1);
    time_byte_lines(kernel, "3x3 stride 2, 14x14x256", 14, 256, 2);
    time_byte_lines(kernel, "3x3, 7x7x512", 7, 512, 1);
}

/* ---- qmap ---- */

void check_qmap(const cm_kernel *kernel)
{
    for (int i = 0; i < 600; i++) {
        int channels = random_int(1, 70), rows = random_int(1, 5), zero = random_int(0, 255);
        char where[64];
        cm_requantize e;
        requantize_make(&e, i, rows, channels, 256.0f);
        ptrdiff_t a_stride = channels + random_int(0, 3), c_stride = channels + random_int(0, 3);
        uint8_t *a = random_bytes(SLOT_A, (size_t)((rows - 1) * a_stride + channels));
        void *c = marked(&e, rows, channels, c_stride);
        kernel->run.qmap(&(cm_qmap_tile){ .a = a, .c = c, .a_stride = a_stride, .c_stride = c_stride, .epilogue = &e, .rows = rows,
                                          .channels = channels, .zero = zero });
        snprintf(where, sizeof where, "rows %d channels %d variant %d", rows, channels, i);
        for (int row = 0; row < rows; row++)
            for (int j = 0; j < channels; j++)
                requantize_check(kernel, &e, a[row * a_stride + j] - zero, row, j, c, row * c_stride + j, where);
        check_marks(kernel, &e, c, rows, channels, c_stride);
        check_counted();
    }
}

typedef struct timed_rows {
    const cm_kernel *kernel;
    cm_qmap_tile map;
    cm_quantize_tile rows;
} timed_rows;

static void timed_run(void *context)
{
    timed_rows *t = context;
    if (t->kernel->op == CM_KERNEL_qmap)
        t->kernel->run.qmap(&t->map);
    else if (t->kernel->op == CM_KERNEL_quantize)
        t->kernel->run.quantize(&t->rows);
    else
        t->kernel->run.dequantize(&t->rows);
}

/* 28x28 pixels of 128 channels. */
static void time_rows(const cm_kernel *kernel)
{
    enum { ROWS = 784, CHANNELS = 128 };
    static float floats[ROWS * CHANNELS];
    static uint8_t bytes[2][ROWS * CHANNELS];
    cm_requantize e;
    requantize_make(&e, 1, 1, CHANNELS, 256.0f);
    timed_rows t = { .kernel = kernel };
    t.map = (cm_qmap_tile){ .a = bytes[0], .c = bytes[1], .a_stride = CHANNELS, .c_stride = CHANNELS, .epilogue = &e, .rows = ROWS, .channels = CHANNELS };
    t.rows = (cm_quantize_tile){ .a = bytes[0], .c = floats, .a_stride = CHANNELS, .c_stride = CHANNELS, .rows = ROWS, .channels = CHANNELS, .scale = 0.1f };
    if (kernel->op == CM_KERNEL_quantize) {
        t.rows.a = floats;
        t.rows.c = bytes[0];
    }
    double each = kernel->op == CM_KERNEL_qmap ? 2.0 : 5.0;
    report_bytes(kernel, "28x28, channels 128", each * ROWS * CHANNELS, measure_seconds(timed_run, &t));
}

void time_qmap(const cm_kernel *kernel)
{
    time_rows(kernel);
}

/* ---- quantize and dequantize ---- */

void check_quantize(const cm_kernel *kernel)
{
    for (int i = 0; i < 300; i++) {
        int channels = random_int(1, 70), rows = random_int(1, 5), zero = random_int(0, 255);
        cm_requantize bytes = { .last.on = true };
        float scale = i % 2 ? 0.25f : scaled(0.01f, 0.3f); /* quarters end halfway between two numbers */
        float *a = guard_random(SLOT_A, (size_t)(rows * channels));
        for (int j = 0; j < rows * channels; j++)
            a[j] = i % 2 ? (float)random_int(-500, 500) * 0.125f : a[j] * 40.0f;
        if (i % 3 == 0)
            a[random_int(0, rows * channels - 1)] = i % 2 ? INFINITY : -INFINITY;
        uint8_t *c = marked(&bytes, rows, channels, channels);
        kernel->run.quantize(&(cm_quantize_tile){ .a = a, .c = c, .a_stride = channels, .c_stride = channels, .rows = rows, .channels = channels,
                                                  .zero = zero, .scale = scale });
        for (int j = 0; j < rows * channels; j++) {
            int wanted = (int)nearbyintf(clip_wanted(a[j] / scale, (float)-zero, (float)(255 - zero))) + zero;
            if (c[j] != wanted)
                check_failed(kernel, "%.9g / %.9g is %d, should be %d", (double)a[j], (double)scale, c[j], wanted);
        }
        check_counted();
    }
}

void time_quantize(const cm_kernel *kernel)
{
    time_rows(kernel);
}

void check_dequantize(const cm_kernel *kernel)
{
    for (int i = 0; i < 300; i++) {
        int channels = random_int(1, 70), rows = random_int(1, 5), zero = random_int(0, 255);
        ptrdiff_t stride = channels + random_int(0, 3);
        float scale = scaled(0.01f, 0.3f);
        uint8_t *a = random_bytes(SLOT_A, (size_t)(rows * channels));
        float *c = guard_floats(SLOT_C, (size_t)((rows - 1) * stride + channels));
        canary_fill(c, rows, channels, stride);
        kernel->run.dequantize(&(cm_quantize_tile){ .a = a, .c = c, .a_stride = channels, .c_stride = stride, .rows = rows, .channels = channels,
                                                    .zero = zero, .scale = scale });
        for (int row = 0; row < rows; row++)
            for (int j = 0; j < channels; j++)
                check_same(kernel, (float)(a[row * channels + j] - zero) * scale, c[row * stride + j], "dequantized", row, j);
        canary_check(kernel, c, rows, channels, stride);
        check_counted();
    }
}

void time_dequantize(const cm_kernel *kernel)
{
    time_rows(kernel);
}

/* checkkern: Winograd's kernels of bytes (gemm s16 and the transforms s8, u8, s32). Each is compared with matrices that are written down here, and the last
 * with the convolution itself, at the largest numbers there are: everything must be exact. */
#include "check.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { SIDE = 9, EDGE = 6, PLACES = SIDE * SIDE, TAPS = 9, KINDS = 4, SCHEMES = 2, GROUP_CHANNELS = 2 * CM_GEMM_K, MOST_DEPTH = 114, WEIGHTS = 36 };

/* A side: outputs y = A' ((G g) * (B' d)) / factor, and which of the whole side's weights its positions have. */
typedef struct side {
    int inputs, outputs, stride;
    int weight[SIDE];
    int a[4][SIDE], b[SIDE][SIDE], g[EDGE][3];
} side;

static const side sides[2 * SCHEMES] = {
    { .inputs = 6,
      .outputs = 4,
      .stride = 1,
      .weight = { 0, 1, 2, 3, 4, 5 },
      .a = { { 6, -4, -4, 1, 1, 0 }, { 0, -4, 4, 2, -2, 0 }, { 0, -4, -4, 4, 4, 0 }, { 0, -4, 4, 8, -8, 24 } },
      .b = { { 4, 0, -5, 0, 1, 0 }, { 0, -4, -4, 1, 1, 0 }, { 0, 4, -4, -1, 1, 0 }, { 0, -2, -1, 2, 1, 0 }, { 0, 2, -1, -2, 1, 0 }, { 0, 4, 0, -5, 0, 1 } },
      .g = { { 1, 0, 0 }, { 1, 1, 1 }, { 1, -1, 1 }, { 1, 2, 4 }, { 1, -2, 4 }, { 0, 0, 1 } } },
    { .inputs = 4,
      .outputs = 2,
      .stride = 1,
      .weight = { 0, 1, 2, 5 },
      .a = { { 2, 1, 1, 0 }, { 0, 1, -1, 2 } },
      .b = { { 1, 0, -1, 0 }, { 0, 1, 1, 0 }, { 0, -1, 1, 0 }, { 0, -1, 0, 1 } } },
    { .inputs = 9,
      .outputs = 4,
      .stride = 2,
      .weight = { 0, 1, 2, 3, 4, 5, 5, 5, 5 },
      .a = { { -2, -2, 1, 1, 0, 12, 0, 0, 0 }, { -2, 2, 2, -2, 0, 0, 12, 0, 0 }, { -2, -2, 4, 4, 0, 0, 0, 12, 0 }, { -2, 2, 8, -8, 12, 0, 0, 0, 12 } },
      .b = { { -4, 0, -4, 0, 1, 0, 1, 0, 0 }, { -4, 0, 4, 0, 1, 0, -1, 0, 0 }, { -2, 0, -1, 0, 2, 0, 1, 0, 0 }, { -2, 0, 1, 0, 2, 0, -1, 0, 0 },
             { 4, 0, 0, 0, -5, 0, 0, 0, 1 }, { 0, 1, 0, 0, 0, 0, 0, 0, 0 }, { 0, 0, 0, 1, 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0, 1, 0, 0, 0 },
             { 0, 0, 0, 0, 0, 0, 0, 1, 0 } },
      .g = { { 1, 0, 1 }, { 1, 0, -1 }, { 1, 0, 2 }, { 1, 0, -2 }, { 0, 0, 1 }, { 0, 1, 0 } } },
    { .inputs = 5,
      .outputs = 2,
      .stride = 2,
      .weight = { 0, 1, 4, 5, 5 },
      .a = { { 1, 1, 0, 2, 0 }, { 1, -1, 2, 0, 2 } },
      .b = { { 1, 0, 1, 0, 0 }, { 1, 0, -1, 0, 0 }, { -1, 0, 0, 0, 1 }, { 0, 1, 0, 0, 0 }, { 0, 0, 0, 1, 0 } } },
};

static const cm_winograd_scheme schemes[SCHEMES] = { CM_WINOGRAD_4, CM_WINOGRAD_4_STRIDE2 };

bool is_of_bytes(const cm_kernel *kernel)
{
    static const char *const types[] = { "s16", "s8", "u8", "s32" };
    bool winograd = kernel->op == CM_KERNEL_gemm || kernel->op == CM_KERNEL_winograd_filter || kernel->op == CM_KERNEL_winograd_input ||
                    kernel->op == CM_KERNEL_winograd_output;
    for (size_t i = 0; winograd && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(kernel->types, types[i]) == 0)
            return true;
    return false;
}

/* Now and then one of the ends, which are the largest there are. */
static int extreme(int low, int high)
{
    int choice = random_int(0, 3);
    return choice == 0 ? low : choice == 1 ? high : random_int(low, high);
}

static void check_integer(const cm_kernel *kernel, int64_t wanted, int64_t got, const char *where, int row, int column)
{
    if (wanted != got)
        check_failed(kernel, "%s [%d][%d] is %lld, should be %lld", where, row, column, (long long)got, (long long)wanted);
}

static int16_t short_at(const float *words, ptrdiff_t word, int half)
{
    int16_t pair[2];
    memcpy(pair, words + word, sizeof pair);
    return pair[half];
}

/* A row for every position of every tile, in no order. */
static uint32_t *rows_make(enum guard_slot slot, int count)
{
    uint32_t *rows = guard_bytes(slot, (size_t)count * sizeof *rows);
    int turn = random_int(0, count - 1);
    for (int i = 0; i < count; i++)
        rows[i] = (uint32_t)((i + turn) % count) * CM_GEMM_K;
    return rows;
}

/* ---- product ---- */

static void check_product(const cm_kernel *kernel, int m, int n, int k, bool accumulate)
{
    int nr = kernel->nr, groups = nr < CM_GEMM_K ? 1 : nr / CM_GEMM_K;
    size_t a_count = (size_t)(m * k * 2), panel_count = (size_t)(nr * k * 2), c_count = (size_t)((groups - 1) * m * CM_GEMM_K + (m - 1) * CM_GEMM_K +
                                                                                                 (nr < CM_GEMM_K ? nr : CM_GEMM_K));
    int16_t *a = guard_bytes(SLOT_A, a_count * sizeof *a), *panel = guard_bytes(SLOT_B, panel_count * sizeof *panel);
    uint32_t *c = guard_bytes(SLOT_C, c_count * sizeof *c), *before = guard_bytes(SLOT_C2, c_count * sizeof *c);
    for (size_t i = 0; i < a_count; i++)
        a[i] = (int16_t)extreme(-25500, 25500);
    for (size_t i = 0; i < panel_count; i++)
        panel[i] = (int16_t)extreme(-6272, 6272);
    for (size_t i = 0; i < c_count; i++)
        c[i] = before[i] = (uint32_t)random_int(-1000000000, 1000000000);
    cm_gemm_tile tile = { .a = (const float *)(const void *)a, .panel = panel, .c = (float *)(void *)c, .next = (const float *)(const void *)a, .ahead = 4096,
                          .group_stride = (ptrdiff_t)m * CM_GEMM_K, .c_stride = (ptrdiff_t)m * CM_GEMM_K, .k = k, .m = m, .n = n, .accumulate = accumulate };
    kernel->run.gemm(&tile);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            ptrdiff_t at = (ptrdiff_t)(j / CM_GEMM_K * m + i) * CM_GEMM_K + j % CM_GEMM_K;
            uint32_t sum = accumulate ? before[at] : 0;
            for (int x = 0; x < 2 * k; x++) {
                int left = a[((ptrdiff_t)(x / GROUP_CHANNELS) * m + i) * GROUP_CHANNELS + x % GROUP_CHANNELS];
                sum += (uint32_t)(left * panel[(x / 2 * nr + j) * 2 + x % 2]);
            }
            check_integer(kernel, sum, c[at], "product", i, j);
        }
    }
    check_counted();
}

static void check_products(const cm_kernel *kernel)
{
    for (int m = 1; m <= kernel->mr; m++) {
        check_product(kernel, m, kernel->nr, 16, false);
        check_product(kernel, m, random_int(1, kernel->nr), 48, true);
        check_product(kernel, m, 1, 256, m % 2);
    }
}

/* ---- filters ---- */

static void check_filters(const cm_kernel *kernel, int scheme, int nr, int columns, int k)
{
    int zeros = (CM_GEMM_K - k % CM_GEMM_K) % CM_GEMM_K, row = columns + 16 * random_int(0, 2);
    cm_winograd_filter_tile tile = { .k = k, .zeros = zeros, .row = row, .columns = columns, .nr = nr, .scheme = schemes[scheme] };
    tile.tap_stride = (ptrdiff_t)(k + random_int(0, 3)) * row;
    tile.panel_stride = (ptrdiff_t)(k + zeros) * nr;
    tile.weight_stride = (columns + nr - 1) / nr * tile.panel_stride + 16;
    size_t count = (size_t)(2 * (8 * tile.tap_stride + (ptrdiff_t)k * row));
    int8_t *filters = guard_bytes(SLOT_B, count);
    for (size_t i = 0; i < count; i++)
        filters[i] = (int8_t)extreme(-128, 127);
    tile.filters = filters;
    tile.u = guard_floats(SLOT_C, (size_t)((WEIGHTS - 1) * tile.weight_stride + (columns + nr - 1) / nr * tile.panel_stride));
    kernel->run.winograd_filter(&tile);
    for (int i = 0; i < 2 * (k + zeros) * columns; i++) {
        int half = i % 2, column = i / 2 % columns, at = i / 2 / columns;
        for (int w = 0; w < WEIGHTS; w++) {
            int sum = 0;
            for (int t = 0; t < TAPS && at < k; t++)
                sum += sides[2 * scheme].g[w / EDGE][t / 3] * sides[2 * scheme].g[w % EDGE][t % 3] *
                       filters[2 * (t * tile.tap_stride + (ptrdiff_t)at * row + column) + half];
            ptrdiff_t word = w * tile.weight_stride + column / nr * tile.panel_stride + (ptrdiff_t)at * nr + column % nr;
            check_integer(kernel, sum, short_at(tile.u, word, half), "filter", at, column);
        }
    }
    check_counted();
}

/* ---- input ---- */

static void check_input(const cm_kernel *kernel, int scheme, int kind, int tiles, int channels, int zero)
{
    const side *down = &sides[2 * scheme + kind / 2], *across = &sides[2 * scheme + kind % 2];
    int inputs = down->inputs * across->inputs, count = tiles * inputs, groups = (channels + GROUP_CHANNELS - 1) / GROUP_CHANNELS, pixels = count + 3;
    uint8_t *x = guard_bytes(SLOT_A, (size_t)(pixels * channels));
    const float **pixel = guard_bytes(SLOT_POINTERS, (size_t)count * sizeof *pixel);
    for (int i = 0; i < pixels * channels; i++)
        x[i] = (uint8_t)extreme(0, 255);
    for (int i = 0; i < count; i++)
        pixel[i] = (const float *)(const void *)(x + random_int(0, pixels - 1) * channels);
    pixel[random_int(0, count - 1)] = (const float *)(const void *)(x + (pixels - 1) * channels); /* the one at the unreadable page */
    cm_winograd_input_tile tile = { .pixels = pixel, .rows = rows_make(SLOT_B, count), .group_stride = (ptrdiff_t)(count + 1) * CM_GEMM_K, .tiles = tiles,
                                    .channels = channels, .zero = zero, .scheme = schemes[scheme], .half_down = kind / 2, .half_across = kind % 2 };
    tile.v = guard_floats(SLOT_C, (size_t)((groups - 1) * tile.group_stride + (ptrdiff_t)count * CM_GEMM_K));
    kernel->run.winograd_input(&tile);
    for (int i = 0; i < count * groups * GROUP_CHANNELS; i++) {
        int p = i % count, c = i / count, first = p / inputs * inputs, sum = 0;
        for (int d = 0; d < inputs && c < channels; d++) {
            const uint8_t *bytes = (const uint8_t *)(const void *)pixel[first + d];
            sum += down->b[p % inputs / across->inputs][d / across->inputs] * across->b[p % across->inputs][d % across->inputs] * (bytes[c] - zero);
        }
        ptrdiff_t word = c / GROUP_CHANNELS * tile.group_stride + tile.rows[p] + c % GROUP_CHANNELS / 2;
        check_integer(kernel, sum, short_at(tile.v, word, c % 2), "input", p, c);
    }
    check_counted();
}

/* ---- output ---- */

/* What a sum is made of: pixels less zero of one tile, and filters. */
typedef struct terms {
    int depth;
    int x[MOST_DEPTH][PLACES], g[MOST_DEPTH][TAPS];
} terms;

/* ends: all bytes and all weights as large as they can be, so that the sum comes near 2^25. */
static void terms_make(terms *t, bool ends, int inputs)
{
    t->depth = ends ? MOST_DEPTH : random_int(1, MOST_DEPTH);
    int sign = random_int(0, 1);
    for (int k = 0; k < t->depth; k++) {
        for (int i = 0; i < inputs; i++)
            t->x[k][i] = ends ? 255 : extreme(-128, 127);
        for (int i = 0; i < TAPS; i++)
            t->g[k][i] = ends ? (sign ? -128 : 127) : extreme(-128, 127);
    }
}

/* The sum at a position, modulo 2^32. */
static uint32_t position_sum(const terms *t, const side *whole, const side *down, const side *across, int p)
{
    uint32_t sum = 0;
    int i = p / across->inputs, j = p % across->inputs;
    for (int k = 0; k < t->depth; k++) {
        int u = 0, v = 0;
        for (int tap = 0; tap < TAPS; tap++)
            u += whole->g[down->weight[i]][tap / 3] * whole->g[across->weight[j]][tap % 3] * t->g[k][tap];
        for (int d = 0; d < down->inputs * across->inputs; d++)
            v += down->b[i][d / across->inputs] * across->b[j][d % across->inputs] * t->x[k][d];
        sum += (uint32_t)(u * v);
    }
    return sum;
}

static int convolution(const terms *t, const side *across, int row, int column)
{
    int sum = 0;
    for (int k = 0; k < t->depth; k++)
        for (int tap = 0; tap < TAPS; tap++)
            sum += t->x[k][(across->stride * row + tap / 3) * across->inputs + across->stride * column + tap % 3] * t->g[k][tap];
    return sum;
}

enum { MOST_CHANNELS = 130 };

/* One tile; every channel has the same terms but another offset. */
static void check_output(const cm_kernel *kernel, int scheme, int kind, int channels, int column, int variant, bool ends)
{
    static terms t;
    static int32_t offset[CM_REQUANTIZE_PADDED(MOST_CHANNELS + 64)];
    const side *down = &sides[2 * scheme + kind / 2], *across = &sides[2 * scheme + kind % 2];
    int positions = down->inputs * across->inputs, all = column + channels, groups = (channels + CM_GEMM_K - 1) / CM_GEMM_K;
    cm_winograd_place place = { .offset = random_int(0, 2), .rows = random_int(1, down->outputs), .columns = random_int(1, across->outputs) };
    int width = place.columns + random_int(0, 2), pixels = (int)place.offset + (place.rows - 1) * width + place.columns;
    cm_requantize e;
    requantize_make(&e, variant, pixels, all, ends ? 40e6f : 4e6f);
    e.offset = offset;
    for (int i = 0; i < all; i++)
        offset[i] = random_int(-100000, 100000);
    terms_make(&t, ends, positions);
    cm_winograd_output_tile tile = { .rows = rows_make(SLOT_B2, positions), .requantize = &e, .places = &place, .tiles = 1, .channels = channels,
                                     .column = column, .group_stride = (ptrdiff_t)positions * CM_GEMM_K, .pixel_stride = all, .line_stride = width,
                                     .scheme = schemes[scheme], .half_down = kind / 2, .half_across = kind % 2 };
    float *sums = guard_floats(SLOT_A, (size_t)(groups * positions * CM_GEMM_K));
    for (int p = 0; p < positions; p++) {
        uint32_t sum = position_sum(&t, &sides[2 * scheme], down, across, p);
        for (int c = 0; c < groups * CM_GEMM_K; c++)
            memcpy(&sums[c / CM_GEMM_K * tile.group_stride + tile.rows[p] + c % CM_GEMM_K], &sum, sizeof sum);
    }
    tile.sums = sums;
    size_t size = e.last.on ? 1 : sizeof(float);
    tile.c = guard_bytes(SLOT_C, (size_t)(pixels * all) * size);
    unsigned char *bytes = memset(tile.c, 0xa5, (size_t)(pixels * all) * size);
    kernel->run.winograd_output(&tile);
    for (int i = 0; i < pixels * all; i++) {
        int channel = i % all, pixel = i / all, line = (pixel - (int)place.offset) / width, at = (pixel - (int)place.offset) % width;
        if (channel >= column && pixel >= place.offset && at < place.columns)
            requantize_check(kernel, &e, convolution(&t, across, line, at) + offset[channel], pixel, channel, tile.c, i, "output");
        else if (bytes[(size_t)i * size] != 0xa5)
            check_failed(kernel, "wrote outside its tile: pixel %d channel %d", pixel, channel);
    }
    check_counted();
}

void check_winograd_bytes(const cm_kernel *kernel)
{
    static const int channels[] = { 4, 8, 12, 16, 20, 32, 40, 64, 100 };
    if (kernel->op == CM_KERNEL_gemm) {
        check_products(kernel);
    } else if (kernel->op == CM_KERNEL_winograd_filter) {
        for (int scheme = 0; scheme < SCHEMES; scheme++) {
            check_filters(kernel, scheme, 64, 64, 16);
            check_filters(kernel, scheme, 64, 48, 7);
            check_filters(kernel, scheme, 16, 48, 33);
            check_filters(kernel, scheme, 16, 16, 1);
        }
    } else if (kernel->op == CM_KERNEL_winograd_input) {
        for (size_t i = 0; i < SCHEMES * KINDS * sizeof channels / sizeof channels[0]; i++)
            for (int zero = 0; zero < 4; zero++)
                check_input(kernel, (int)i % SCHEMES, (int)i / SCHEMES % KINDS, random_int(1, 3), channels[i / SCHEMES / KINDS],
                            zero % 2 ? random_int(0, 255) : 255 * (zero / 2));
    } else {
        for (int i = 0; i < SCHEMES * KINDS * 84; i++)
            check_output(kernel, i % SCHEMES, i / SCHEMES % KINDS, random_int(1, MOST_CHANNELS), 8 * random_int(0, 6), i / SCHEMES / KINDS, i % 3 == 0);
    }
}

/* ---- time: a 16x16 output of 256 channels ---- */

enum { TIME_TILES = 16, TIME_PLACES = 36, TIME_CHANNELS = 256, TIME_BLOCK = 64, ROW = 64 };

typedef struct picture {
    const cm_kernel *kernel;
    cm_winograd_filter_tile filter;
    cm_winograd_input_tile input;
    cm_winograd_output_tile output;
} picture;

static void picture_run(void *context)
{
    picture *p = context;
    if (p->kernel->op == CM_KERNEL_winograd_filter)
        p->kernel->run.winograd_filter(&p->filter);
    else if (p->kernel->op == CM_KERNEL_winograd_input)
        p->kernel->run.winograd_input(&p->input);
    else
        p->kernel->run.winograd_output(&p->output);
}

void time_winograd_bytes(const cm_kernel *kernel)
{
    static const float *pixels[TIME_TILES * TIME_PLACES];
    static uint32_t rows[TIME_TILES * TIME_PLACES];
    static cm_winograd_place places[TIME_TILES];
    static int32_t offset[TIME_CHANNELS];
    size_t floats = (size_t)WEIGHTS * (TIME_BLOCK * TIME_BLOCK + 16) + (size_t)(TIME_TILES * TIME_PLACES + 1) * TIME_CHANNELS;
    float *x = cm_aligned_alloc(floats * sizeof(float)), *to = cm_aligned_alloc(floats * sizeof(float));
    cm_requantize e;
    requantize_make(&e, 1, 1, TIME_CHANNELS, 1e6f);
    e.offset = offset;
    if (x == NULL || to == NULL) {
        check_failed(kernel, "no memory");
    } else {
        fill_random(x, floats);
        for (int i = 0; i < TIME_TILES * TIME_PLACES; i++) {
            rows[i] = (uint32_t)(i % TIME_PLACES * TIME_TILES + i / TIME_PLACES) * CM_GEMM_K;
            pixels[i] = x + (ptrdiff_t)(i % TIME_PLACES * ROW + i / TIME_PLACES) * TIME_CHANNELS / 4;
            places[i / TIME_PLACES] = (cm_winograd_place){ .offset = i / TIME_PLACES / 4 * 64 + i / TIME_PLACES % 4 * 4, .rows = 4, .columns = 4 };
        }
        ptrdiff_t stride = (ptrdiff_t)(TIME_TILES * TIME_PLACES | 1) * CM_GEMM_K;
        picture p = { .kernel = kernel,
                      .filter = { .filters = x, .u = to, .tap_stride = TIME_BLOCK * TIME_BLOCK, .weight_stride = TIME_BLOCK * TIME_BLOCK + 16,
                                  .panel_stride = TIME_BLOCK * TIME_BLOCK, .k = TIME_BLOCK, .row = TIME_BLOCK, .columns = TIME_BLOCK, .nr = TIME_BLOCK,
                                  .scheme = CM_WINOGRAD_4 },
                      .input = { .pixels = pixels, .rows = rows, .v = to, .group_stride = stride, .tiles = TIME_TILES, .channels = TIME_CHANNELS, .zero = 128,
                                 .scheme = CM_WINOGRAD_4 },
                      .output = { .sums = x, .rows = rows, .c = to, .requantize = &e, .places = places, .group_stride = stride,
                                  .pixel_stride = TIME_CHANNELS, .line_stride = 16, .tiles = TIME_TILES, .channels = TIME_CHANNELS,
                                  .scheme = CM_WINOGRAD_4 } };
        double words = kernel->op == CM_KERNEL_winograd_filter  ? WEIGHTS * TIME_BLOCK * TIME_BLOCK
                       : kernel->op == CM_KERNEL_winograd_input ? TIME_TILES * TIME_PLACES * TIME_CHANNELS / 2
                                                                : TIME_TILES * TIME_PLACES * TIME_CHANNELS;
        report_bytes(kernel, "4x4", words * sizeof(float), measure_seconds(picture_run, &p));
    }
    cm_aligned_free(x);
    cm_aligned_free(to);
}

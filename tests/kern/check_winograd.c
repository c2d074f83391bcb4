/* checkkern: Winograd's transforms. The input's and the output's are checked each against its matrices, and in the one sum that matters against
 * the convolution itself. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_EDGE = CM_WINOGRAD_MOST_EDGE, MOST_POSITIONS = CM_WINOGRAD_MOST_POSITIONS };

/* B' [t][t] and A' [m][t], built from the points as Toom and Cook do: independent of the kernels' formulas. */
typedef struct matrices {
    int m, t;
    double b[MOST_EDGE][MOST_EDGE], a[MOST_EDGE][MOST_EDGE];
} matrices;

/* Coefficients of the product of (x - p) over all points but number `left_out`: -> c[t]. */
static void product_of_points(const double *points, int count, int left_out, double c[MOST_EDGE])
{
    int degree = 0;
    memset(c, 0, MOST_EDGE * sizeof *c);
    c[0] = 1.0;
    for (int i = 0; i < count; i++) {
        if (i == left_out)
            continue;
        degree++;
        for (int d = degree; d > 0; d--)
            c[d] = c[d - 1] - points[i] * c[d];
        c[0] *= -points[i];
    }
}

static matrices matrices_of(int m)
{
    static const double points2[] = { 0, 1, -1 }, points4[] = { 0, 0.75, -0.75, 1.5, -1.5 };
    const double *points = m == 2 ? points2 : points4;
    matrices w = { .m = m, .t = m + 2 };
    for (int i = 0; i < w.t; i++)
        product_of_points(points, m + 1, i, w.b[i]);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j <= m; j++)
            w.a[i][j] = pow(points[j], i);
        w.a[i][m + 1] = i == m - 1;
    }
    return w;
}

/* x: [columns_in, columns_in] -> rows x X x rows' with rows: [out][in]; size: the same with absolute values. */
static void both_sides(double rows[MOST_EDGE][MOST_EDGE], int out, int in, const double *x, double *y, double *size)
{
    for (int i = 0; i < out * out; i++) {
        y[i] = size[i] = 0.0;
        for (int k = 0; k < in * in; k++) {
            double term = rows[i / out][k / in] * rows[i % out][k % in] * x[k];
            y[i] += term;
            size[i] += fabs(term);
        }
    }
}

static ptrdiff_t v_at(const cm_winograd_input_tile *tile, int position, int i, int channel)
{
    return position * tile->position_stride + ((ptrdiff_t)(channel / CM_GEMM_K) * tile->v_rows + i) * CM_GEMM_K + channel % CM_GEMM_K;
}

static void compare_input(const cm_kernel *kernel, const cm_winograd_input_tile *tile)
{
    matrices w = matrices_of(kernel->mr);
    int positions = w.t * w.t, padded = (tile->channels + CM_GEMM_K - 1) / CM_GEMM_K * CM_GEMM_K;
    char where[64];
    snprintf(where, sizeof where, "channels %d tiles %d of %d", tile->channels, tile->tiles, tile->v_rows);
    for (int i = 0; i < tile->tiles; i++) {
        for (int c = 0; c < padded; c++) {
            double x[MOST_POSITIONS] = { 0 }, v[MOST_POSITIONS], size[MOST_POSITIONS];
            for (int p = 0; p < positions && c < tile->channels; p++)
                x[p] = (double)tile->rows[i * positions + p][c];
            both_sides(w.b, w.t, w.t, x, v, size);
            for (int p = 0; p < positions; p++)
                check_close(kernel, v[p], 12 * ROUNDING * size[p], tile->v[v_at(tile, p, i, c)], where, i, c);
        }
    }
}

static void check_input(const cm_kernel *kernel, int tiles, int v_rows, int channels)
{
    int positions = (kernel->mr + 2) * (kernel->mr + 2), pixels = tiles + positions, padded = (channels + CM_GEMM_K - 1) / CM_GEMM_K * CM_GEMM_K;
    float *x = guard_random(SLOT_A, (size_t)(pixels * channels));
    const float **rows = guard_bytes(SLOT_POINTERS, (size_t)(tiles * positions) * sizeof(float *));
    for (int i = 0; i < tiles * positions; i++)
        rows[i] = x + (ptrdiff_t)random_int(0, pixels - 1) * channels;
    rows[random_int(0, tiles * positions - 1)] = x + (ptrdiff_t)(pixels - 1) * channels; /* the one at the unreadable page */
    cm_winograd_input_tile tile = { .rows = rows, .position_stride = (ptrdiff_t)v_rows * padded, .v_rows = v_rows, .tiles = tiles, .channels = channels };
    size_t end = (size_t)v_at(&tile, positions - 1, tiles - 1, padded - 1) + 1;
    tile.v = guard_floats(SLOT_C, end);
    kernel->run.winograd_input(&tile);
    compare_input(kernel, &tile);
    check_counted();
}

void check_winograd_input(const cm_kernel *kernel)
{
    static const int channels[] = { 1, 7, 8, 15, 16, 17, 24, 40, 64 };
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        check_input(kernel, 1, 1, channels[i]);
        check_input(kernel, 3, 3, channels[i]);
        check_input(kernel, random_int(1, 7), 7, channels[i]);
    }
}

/* ---- output ---- */

static void compare_output(const cm_kernel *kernel, const cm_winograd_output_tile *tile)
{
    matrices w = matrices_of(kernel->mr);
    const cm_epilogue *epilogue = tile->epilogue;
    char where[64];
    snprintf(where, sizeof where, "channels %d activation %d", tile->channels, (int)epilogue->activation);
    for (int i = 0; i < tile->tiles; i++) {
        const cm_winograd_place *place = &tile->places[i];
        for (int c = 0; c < tile->channels; c++) {
            double s[MOST_POSITIONS], y[MOST_POSITIONS], size[MOST_POSITIONS];
            for (int p = 0; p < w.t * w.t; p++)
                s[p] = (double)tile->sums[p * tile->position_stride + i * tile->row_stride + c];
            both_sides(w.a, w.m, w.t, s, y, size);
            int channel = tile->column + c;
            double scale = epilogue->scale != NULL ? (double)epilogue->scale[channel] : 1.0;
            for (int p = 0; p < w.m * w.m; p++) {
                int row = p / w.m, column = p % w.m;
                if (row >= place->rows || column >= place->columns)
                    continue;
                ptrdiff_t at = place->offset + row * tile->line_stride + column * tile->pixel_stride;
                cm_epilogue here = *epilogue;
                if (here.add != NULL)
                    here.add += at;
                double bound = 16 * ROUNDING * fabs(scale) * size[p];
                double wanted = epilogue_wanted(&here, y[p] * scale, size[p] * fabs(scale), 0, channel, &bound);
                check_close(kernel, wanted, bound, tile->c[at + channel], where, i, p);
            }
        }
    }
}

/* Two tiles side by side in a picture whose right and lower edge cut the second. */
static void check_output(const cm_kernel *kernel, int channels, int column, int rows, int columns, int variant)
{
    int m = kernel->mr, positions = (m + 2) * (m + 2), all = column + channels, width = m + columns, padded = (channels + 15) / 16 * 16;
    cm_winograd_place places[2] = { { .offset = 0, .rows = rows, .columns = m }, { .offset = (ptrdiff_t)m * all, .rows = rows, .columns = columns } };
    cm_epilogue epilogue;
    epilogue_make(&epilogue, variant, rows * width, all);
    cm_winograd_output_tile tile = { .epilogue = &epilogue, .places = places, .tiles = 2, .channels = channels, .column = column,
                                     .row_stride = padded, .position_stride = 2 * padded, .pixel_stride = all, .line_stride = (ptrdiff_t)width * all };
    if (epilogue.add != NULL) {
        /* Here the residual lies as the output does. */
        epilogue.add = guard_random(SLOT_ADD, (size_t)(rows * width * all));
        epilogue.add_stride = all;
    }
    tile.sums = guard_random(SLOT_A, (size_t)(positions * 2 * padded));
    epilogue.scale = variant % 3 ? guard_random(SLOT_B, (size_t)all) : NULL;
    tile.c = guard_floats(SLOT_C, (size_t)(rows * width * all));
    canary_fill(tile.c, rows * width, all, all);
    float *before = guard_floats(SLOT_C2, (size_t)(rows * width * all));
    memcpy(before, tile.c, (size_t)(rows * width * all) * sizeof(float));
    kernel->run.winograd_output(&tile);
    compare_output(kernel, &tile);
    for (int i = 0; i < rows * width * all; i++) {
        if (i % all < column)
            check_same(kernel, before[i], tile.c[i], "channels that are not asked for", i / all, i % all);
    }
    check_counted();
}

void check_winograd_output(const cm_kernel *kernel)
{
    int m = kernel->mr;
    for (int variant = 0; variant < EPILOGUE_VARIANTS; variant++)
        check_output(kernel, random_int(1, 40), 16 * random_int(0, 2), random_int(1, m), random_int(1, m), variant);
    for (int channels = 1; channels <= 33; channels++)
        check_output(kernel, channels, 0, m, 1 + channels % m, channels);
}

/* ---- time: a 14x14 picture of 256 channels ---- */

typedef struct picture {
    const cm_kernel *kernel;
    cm_winograd_input_tile input;
    cm_winograd_output_tile output;
} picture;

static void picture_input(void *context)
{
    picture *p = context;
    p->kernel->run.winograd_input(&p->input);
}

static void picture_output(void *context)
{
    picture *p = context;
    p->kernel->run.winograd_output(&p->output);
}

enum { SIDE = 14, CHANNELS = 256, MOST_TILES = 49 };

void time_winograd_input(const cm_kernel *kernel)
{
    static const float *rows[MOST_TILES * MOST_POSITIONS];
    int m = kernel->mr, t = m + 2, across = (SIDE + m - 1) / m, tiles = across * across;
    float *x = cm_aligned_alloc((SIDE + 4) * (SIDE + 4) * CHANNELS * sizeof(float)), *v;
    picture p = { .kernel = kernel, .input = { .rows = rows, .tiles = tiles, .v_rows = tiles, .channels = CHANNELS } };
    p.input.position_stride = (ptrdiff_t)tiles * CHANNELS + 16;
    p.input.v = v = cm_aligned_alloc((size_t)(t * t) * (size_t)p.input.position_stride * sizeof(float));
    if (x == NULL || v == NULL) {
        check_failed(kernel, "no memory");
    } else {
        fill_random(x, (SIDE + 4) * (SIDE + 4) * CHANNELS);
        for (int i = 0; i < tiles * t * t; i++) {
            int tile = i / (t * t), row = tile / across * m + i % (t * t) / t, column = tile % across * m + i % t;
            rows[i] = x + (ptrdiff_t)(row * (SIDE + 4) + column) * CHANNELS;
        }
        report_bytes(kernel, "14x14, 256 channels", (double)(tiles * t * t * CHANNELS) * sizeof(float), measure_seconds(picture_input, &p));
    }
    cm_aligned_free(x);
    cm_aligned_free(v);
}

void time_winograd_output(const cm_kernel *kernel)
{
    static cm_winograd_place places[MOST_TILES];
    int m = kernel->mr, positions = (m + 2) * (m + 2), across = (SIDE + m - 1) / m, tiles = across * across;
    cm_epilogue epilogue;
    epilogue_make(&epilogue, CM_ACT_PRELU, 1, CHANNELS);
    picture p = { .kernel = kernel, .output = { .epilogue = &epilogue, .places = places, .tiles = tiles, .channels = CHANNELS, .row_stride = CHANNELS } };
    size_t sums = (size_t)(positions * tiles * CHANNELS), pixels = (SIDE + 4) * (SIDE + 4);
    float *from = cm_aligned_alloc((sums + (size_t)positions * 16) * sizeof(float)), *to = cm_aligned_alloc(pixels * CHANNELS * sizeof(float));
    p.output.sums = from, p.output.c = to;
    p.output.position_stride = (ptrdiff_t)tiles * CHANNELS + 16, p.output.pixel_stride = CHANNELS, p.output.line_stride = (SIDE + 4) * CHANNELS;
    if (from == NULL || to == NULL) {
        check_failed(kernel, "no memory");
    } else {
        fill_random(from, sums + (size_t)positions * 16);
        for (int i = 0; i < tiles; i++)
            places[i] = (cm_winograd_place){ .offset = (ptrdiff_t)(i / across * (SIDE + 4) + i % across) * m * CHANNELS, .rows = m, .columns = m };
        report_bytes(kernel, "14x14, 256 channels", (double)sums * sizeof(float), measure_seconds(picture_output, &p));
    }
    cm_aligned_free(from);
    cm_aligned_free(to);
}

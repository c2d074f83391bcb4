/* checkkern: Winograd's transforms. Filters, inputs and outputs are each checked against matrices built from the points alone, and these against the
 * convolution itself. */
#include "check.h"
#include "winograd_matrices.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_PLACES = CM_WINOGRAD_MOST_POSITIONS * CM_WINOGRAD_MOST_POSITIONS, KINDS = 4, TAPS = 9 };

/* ---- The sides: A' ((G g) * (B' d)) is the convolution, for halves with the weights of the whole ---- */

static void check_winograd_sides(const cm_kernel *kernel)
{
    for (int side = 0; side < 2 * CM_WINOGRAD_SCHEMES; side++) {
        cm_winograd_scheme scheme = (cm_winograd_scheme)(side / 2);
        winograd_matrices whole = winograd_matrices_of(scheme, false), here = winograd_matrices_of(scheme, side % 2);
        const cm_winograd_side *table = cm_winograd_side_of(scheme, side % 2);
        double g[3] = { 0.7, -1.3, 0.4 }, d[CM_WINOGRAD_MOST_INPUTS], y[CM_WINOGRAD_MOST_OUTPUTS] = { 0 };
        for (int i = 0; i < here.inputs; i++)
            d[i] = (double)random_float();
        for (int p = 0; p < here.positions; p++) {
            double u = 0.0, v = 0.0;
            for (int t = 0; t < 3; t++)
                u += whole.g[table->weight[p]][t] * g[t];
            for (int i = 0; i < here.inputs; i++)
                v += here.b[p][i] * d[i];
            for (int i = 0; i < here.outputs; i++)
                y[i] += here.a[i][p] * u * v;
        }
        if (table->outputs != here.outputs || table->inputs != here.inputs || table->positions != here.positions)
            check_failed(kernel, "side %d has other sizes", side);
        for (int i = 0; i < here.outputs; i++)
            check_close(kernel, g[0] * d[here.stride * i] + g[1] * d[here.stride * i + 1] + g[2] * d[here.stride * i + 2], 1e-6, (float)y[i], "side", side, i);
        check_counted();
    }
}

/* One dimension of a product of matrices on both sides: rows [out][in] applied down, then across. */
typedef struct rows_of {
    const double *rows;
    int out, in, stride;
} rows_of;

/* x: [down.in, across.in] -> y: [down.out, across.out]; size: the same with absolute values. */
static void both_sides(rows_of down, rows_of across, const double *x, double *y, double *size)
{
    for (int i = 0; i < down.out * across.out; i++) {
        y[i] = size[i] = 0.0;
        for (int k = 0; k < down.in * across.in; k++) {
            double term = down.rows[i / across.out * down.stride + k / across.in] * across.rows[i % across.out * across.stride + k % across.in] * x[k];
            y[i] += term;
            size[i] += fabs(term);
        }
    }
}

/* A tile of a kind: the matrices down and across. */
typedef struct kind_of {
    winograd_matrices down, across;
    int inputs, positions;
} kind_of;

static kind_of kind_make(cm_winograd_scheme scheme, int kind)
{
    kind_of k = { .down = winograd_matrices_of(scheme, kind / 2), .across = winograd_matrices_of(scheme, kind % 2) };
    k.inputs = k.down.inputs * k.across.inputs;
    k.positions = k.down.positions * k.across.positions;
    return k;
}

static rows_of b_rows(const winograd_matrices *m)
{
    return (rows_of){ .rows = &m->b[0][0], .out = m->positions, .in = m->inputs, .stride = CM_WINOGRAD_MOST_INPUTS };
}

static rows_of a_rows(const winograd_matrices *m)
{
    return (rows_of){ .rows = &m->a[0][0], .out = m->outputs, .in = m->positions, .stride = CM_WINOGRAD_MOST_POSITIONS };
}

/* A row for every position of every tile, in no order. */
static uint32_t *rows_make(enum guard_slot slot, int count)
{
    uint32_t *rows = guard_bytes(slot, (size_t)count * sizeof *rows);
    for (int i = 0; i < count; i++)
        rows[i] = (uint32_t)i * CM_GEMM_K;
    for (int i = count - 1; i > 0; i--) {
        int j = random_int(0, i);
        uint32_t row = rows[i];
        rows[i] = rows[j], rows[j] = row;
    }
    return rows;
}

/* ---- filters ---- */

static void compare_filters(const cm_kernel *kernel, const cm_winograd_filter_tile *tile)
{
    winograd_matrices m = winograd_matrices_of(tile->scheme, false);
    rows_of g = { .rows = &m.g[0][0], .out = cm_winograd_edge(tile->scheme), .in = 3, .stride = 3 };
    char where[64];
    snprintf(where, sizeof where, "scheme %d columns %d of %d nr %d", (int)tile->scheme, tile->columns, tile->row, tile->nr);
    for (int k = 0; k < tile->k + tile->zeros; k++) {
        for (int c = 0; c < tile->columns; c++) {
            double x[TAPS] = { 0 }, u[MOST_PLACES], size[MOST_PLACES];
            for (int t = 0; t < TAPS && k < tile->k; t++)
                x[t] = panel_at(kernel, tile->filters, t * tile->tap_stride + (ptrdiff_t)k * tile->row + c);
            both_sides(g, g, x, u, size);
            for (int w = 0; w < g.out * g.out; w++)
                check_close(kernel, u[w], 8 * ROUNDING * size[w],
                            tile->u[w * tile->weight_stride + c / tile->nr * tile->panel_stride + (ptrdiff_t)k * tile->nr + c % tile->nr], where, k, c);
        }
    }
}

static void check_filters(const cm_kernel *kernel, cm_winograd_scheme scheme, int nr, int columns, int k)
{
    int zeros = (CM_GEMM_K - k % CM_GEMM_K) % CM_GEMM_K, row = columns + 16 * random_int(0, 2), weights = cm_winograd_edge(scheme) * cm_winograd_edge(scheme);
    cm_winograd_filter_tile tile = { .k = k, .zeros = zeros, .row = row, .columns = columns, .nr = nr, .scheme = scheme };
    tile.tap_stride = (ptrdiff_t)(k + random_int(0, 3)) * row;
    tile.panel_stride = (ptrdiff_t)(k + zeros) * nr;
    tile.weight_stride = (columns + nr - 1) / nr * tile.panel_stride + 16;
    size_t elements = (size_t)(8 * tile.tap_stride + (ptrdiff_t)k * row);
    void *filters = guard_bytes(SLOT_B, panel_bytes(kernel, elements));
    panel_fill(kernel, filters, elements);
    tile.filters = filters;
    tile.u = guard_floats(SLOT_C, (size_t)((weights - 1) * tile.weight_stride + (columns + nr - 1) / nr * tile.panel_stride));
    kernel->run.winograd_filter(&tile);
    compare_filters(kernel, &tile);
    check_counted();
}

void check_winograd_filter(const cm_kernel *kernel)
{
    check_winograd_sides(kernel);
    for (int scheme = 0; scheme < CM_WINOGRAD_SCHEMES; scheme++) {
        check_filters(kernel, (cm_winograd_scheme)scheme, 64, 64, 16);
        check_filters(kernel, (cm_winograd_scheme)scheme, 64, 48, 7);
        check_filters(kernel, (cm_winograd_scheme)scheme, 16, 48, 33);
        check_filters(kernel, (cm_winograd_scheme)scheme, 16, 16, 1);
    }
}

/* ---- input ---- */

static void compare_input(const cm_kernel *kernel, const cm_winograd_input_tile *tile)
{
    kind_of kind = kind_make(tile->scheme, 2 * tile->half_down + tile->half_across);
    int padded = (tile->channels + CM_GEMM_K - 1) / CM_GEMM_K * CM_GEMM_K;
    char where[64];
    snprintf(where, sizeof where, "scheme %d half %d %d channels %d", (int)tile->scheme, tile->half_down, tile->half_across, tile->channels);
    for (int i = 0; i < tile->tiles; i++) {
        for (int c = 0; c < padded; c++) {
            double x[MOST_PLACES] = { 0 }, v[MOST_PLACES], size[MOST_PLACES];
            for (int p = 0; p < kind.inputs && c < tile->channels; p++)
                x[p] = (double)tile->pixels[i * kind.inputs + p][c];
            both_sides(b_rows(&kind.down), b_rows(&kind.across), x, v, size);
            for (int p = 0; p < kind.positions; p++) {
                ptrdiff_t at = c / CM_GEMM_K * tile->group_stride + tile->rows[i * kind.positions + p] + c % CM_GEMM_K;
                check_close(kernel, v[p], 16 * ROUNDING * size[p], tile->v[at], where, i, c);
            }
        }
    }
}

static void check_input(const cm_kernel *kernel, cm_winograd_scheme scheme, int kind, int tiles, int channels)
{
    kind_of k = kind_make(scheme, kind);
    int pointers = tiles * k.inputs, pixels = tiles + k.inputs, rows = tiles * k.positions, groups = (channels + CM_GEMM_K - 1) / CM_GEMM_K;
    float *x = guard_random(SLOT_A, (size_t)(pixels * channels));
    const float **pixel = guard_bytes(SLOT_POINTERS, (size_t)pointers * sizeof(float *));
    for (int i = 0; i < pointers; i++)
        pixel[i] = x + (ptrdiff_t)random_int(0, pixels - 1) * channels;
    pixel[random_int(0, pointers - 1)] = x + (ptrdiff_t)(pixels - 1) * channels; /* the one at the unreadable page */
    cm_winograd_input_tile tile = { .pixels = pixel, .rows = rows_make(SLOT_B, rows), .group_stride = (ptrdiff_t)(rows + 1) * CM_GEMM_K, .tiles = tiles,
                                    .channels = channels, .scheme = scheme, .half_down = kind / 2, .half_across = kind % 2 };
    tile.v = guard_floats(SLOT_C, (size_t)((groups - 1) * tile.group_stride + (ptrdiff_t)rows * CM_GEMM_K));
    kernel->run.winograd_input(&tile);
    compare_input(kernel, &tile);
    check_counted();
}

void check_winograd_input(const cm_kernel *kernel)
{
    static const int channels[] = { 1, 7, 8, 15, 16, 17, 24, 40, 64 };
    for (int shape = 0; shape < CM_WINOGRAD_SCHEMES * KINDS; shape++) {
        for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
            check_input(kernel, (cm_winograd_scheme)(shape / KINDS), shape % KINDS, 1, channels[i]);
            check_input(kernel, (cm_winograd_scheme)(shape / KINDS), shape % KINDS, random_int(2, 5), channels[i]);
        }
    }
}

/* ---- output ---- */

static void compare_output(const cm_kernel *kernel, const cm_winograd_output_tile *tile)
{
    kind_of kind = kind_make(tile->scheme, 2 * tile->half_down + tile->half_across);
    const cm_epilogue *epilogue = tile->epilogue;
    int across = kind.across.outputs;
    char where[64];
    snprintf(where, sizeof where, "scheme %d half %d %d channels %d activation %d", (int)tile->scheme, tile->half_down, tile->half_across, tile->channels,
             (int)epilogue->activation);
    for (int i = 0; i < tile->tiles; i++) {
        const cm_winograd_place *place = &tile->places[i];
        for (int c = 0; c < tile->channels; c++) {
            double s[MOST_PLACES], y[MOST_PLACES], size[MOST_PLACES];
            for (int p = 0; p < kind.positions; p++)
                s[p] = (double)tile->sums[c / CM_GEMM_K * tile->group_stride + tile->rows[i * kind.positions + p] + c % CM_GEMM_K];
            both_sides(a_rows(&kind.down), a_rows(&kind.across), s, y, size);
            int channel = tile->column + c;
            double scale = epilogue->scale != NULL ? (double)epilogue->scale[channel] : 1.0;
            for (int p = 0; p < kind.down.outputs * across; p++) {
                if (p / across >= place->rows || p % across >= place->columns)
                    continue;
                ptrdiff_t at = place->offset + p / across * tile->line_stride + p % across * tile->pixel_stride;
                cm_epilogue here = *epilogue;
                if (here.add != NULL)
                    here.add += at;
                double bound = 20 * ROUNDING * fabs(scale) * size[p];
                double wanted = epilogue_wanted(&here, y[p] * scale, size[p] * fabs(scale), 0, channel, &bound);
                check_close(kernel, wanted, bound, tile->c[at + channel], where, i, p);
            }
        }
    }
}

/* What one check of the output is about; rows, columns: how much of the second tile is there. */
typedef struct output_case {
    cm_winograd_scheme scheme;
    int kind, channels, column, rows, columns, variant;
} output_case;

/* Two tiles side by side in a picture whose right and lower edge cut the second. */
static void check_output(const cm_kernel *kernel, output_case o)
{
    kind_of k = kind_make(o.scheme, o.kind);
    int m = k.across.outputs, all = o.column + o.channels, width = m + o.columns, padded = (o.channels + CM_GEMM_K - 1) / CM_GEMM_K * CM_GEMM_K;
    cm_winograd_place places[2] = { { .offset = 0, .rows = o.rows, .columns = m }, { .offset = (ptrdiff_t)m * all, .rows = o.rows, .columns = o.columns } };
    cm_epilogue epilogue;
    epilogue_make(&epilogue, o.variant, o.rows * width, all);
    cm_winograd_output_tile tile = { .epilogue = &epilogue, .places = places, .tiles = 2, .channels = o.channels, .column = o.column,
                                     .group_stride = (ptrdiff_t)k.positions * 2 * CM_GEMM_K,
                                     .pixel_stride = all, .line_stride = (ptrdiff_t)width * all, .scheme = o.scheme, .half_down = o.kind / 2,
                                     .half_across = o.kind % 2 };
    if (epilogue.add != NULL) {
        /* Here the residual lies as the output does. */
        epilogue.add = guard_random(SLOT_ADD, (size_t)(o.rows * width * all));
        epilogue.add_stride = all;
    }
    tile.sums = guard_random(SLOT_A, (size_t)(k.positions * 2 * padded));
    tile.rows = rows_make(SLOT_B2, k.positions * 2);
    epilogue.scale = o.variant % 3 ? guard_random(SLOT_B, (size_t)all) : NULL;
    tile.c = guard_floats(SLOT_C, (size_t)(o.rows * width * all));
    canary_fill(tile.c, o.rows * width, all, all);
    float *before = guard_floats(SLOT_C2, (size_t)(o.rows * width * all));
    memcpy(before, tile.c, (size_t)(o.rows * width * all) * sizeof(float));
    kernel->run.winograd_output(&tile);
    compare_output(kernel, &tile);
    for (int i = 0; i < o.rows * width * all; i++) {
        if (i % all < o.column)
            check_same(kernel, before[i], tile.c[i], "channels that are not asked for", i / all, i % all);
    }
    check_counted();
}

static void check_output_kind(const cm_kernel *kernel, cm_winograd_scheme scheme, int kind)
{
    kind_of k = kind_make(scheme, kind);
    int down = k.down.outputs, across = k.across.outputs;
    for (int variant = 0; variant < EPILOGUE_VARIANTS; variant++)
        check_output(kernel, (output_case){ .scheme = scheme, .kind = kind, .channels = random_int(1, 40), .column = 16 * random_int(0, 2),
                                            .rows = random_int(1, down), .columns = random_int(1, across), .variant = variant });
    for (int channels = 1; channels <= 33; channels++)
        check_output(kernel, (output_case){ .scheme = scheme, .kind = kind, .channels = channels, .rows = down, .columns = 1 + channels % across,
                                            .variant = channels });
}

void check_winograd_output(const cm_kernel *kernel)
{
    for (int shape = 0; shape < CM_WINOGRAD_SCHEMES * KINDS; shape++)
        check_output_kind(kernel, (cm_winograd_scheme)(shape / KINDS), shape % KINDS);
}

/* ---- time: a 16x16 output of 256 channels ---- */

typedef struct picture {
    const cm_kernel *kernel;
    cm_winograd_filter_tile filter;
    cm_winograd_input_tile input;
    cm_winograd_output_tile output;
} picture;

static void picture_filter(void *context)
{
    picture *p = context;
    p->kernel->run.winograd_filter(&p->filter);
}

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

enum { SIDE = 16, CHANNELS = 256, BLOCK = 64, MOST_TILES = 64, INPUT_SIDE = 2 * SIDE + 1 };

static const char *const scheme_names[CM_WINOGRAD_SCHEMES] = { "2x2", "4x4", "2x2, stride 2", "4x4, stride 2" };

static void time_scheme(const cm_kernel *kernel, cm_winograd_scheme scheme)
{
    static const float *pixels[MOST_TILES * MOST_PLACES];
    static uint32_t rows[MOST_TILES * MOST_PLACES];
    static cm_winograd_place places[MOST_TILES];
    kind_of k = kind_make(scheme, 0);
    int m = k.down.outputs, t = k.down.inputs, across = SIDE / m, tiles = across * across, weights = cm_winograd_edge(scheme) * cm_winograd_edge(scheme);
    size_t in = INPUT_SIDE * INPUT_SIDE * CHANNELS, v = (size_t)(tiles * k.positions + 1) * CHANNELS, u = (size_t)weights * (BLOCK * BLOCK + 16);
    float *x = cm_aligned_alloc((in + v + u) * sizeof(float)), *to = cm_aligned_alloc((in + v + u) * sizeof(float));
    cm_epilogue epilogue;
    epilogue_make(&epilogue, CM_ACT_PRELU, 1, CHANNELS);
    if (x == NULL || to == NULL) {
        check_failed(kernel, "no memory");
    } else {
        fill_random(x, in + v + u);
        for (int i = 0; i < tiles * k.positions; i++) {
            int tile = i / k.positions, row = (tile / across * m) * k.down.stride + i % k.positions / t, column = tile % across * m * k.down.stride + i % t;
            rows[i] = (uint32_t)(i % k.positions * tiles + tile) * CM_GEMM_K;
            pixels[i] = x + (ptrdiff_t)(row * INPUT_SIDE + column) * CHANNELS;
            places[tile] = (cm_winograd_place){ .offset = (ptrdiff_t)(tile / across * SIDE + tile % across) * m * CHANNELS, .rows = m, .columns = m };
        }
        picture p = { .kernel = kernel,
                      .filter = { .filters = x, .u = to, .tap_stride = BLOCK * BLOCK, .weight_stride = BLOCK * BLOCK + 16, .panel_stride = BLOCK * BLOCK,
                                  .k = BLOCK, .row = BLOCK, .columns = BLOCK, .nr = BLOCK, .scheme = scheme },
                      .input = { .pixels = pixels, .rows = rows, .v = to, .group_stride = (ptrdiff_t)(tiles * k.positions | 1) * CM_GEMM_K, .tiles = tiles,
                                 .channels = CHANNELS, .scheme = scheme },
                      .output = { .sums = x, .rows = rows, .c = to, .epilogue = &epilogue, .places = places,
                                  .group_stride = (ptrdiff_t)(tiles * k.positions | 1) * CM_GEMM_K,
                                  .pixel_stride = CHANNELS, .line_stride = SIDE * CHANNELS, .tiles = tiles, .channels = CHANNELS, .scheme = scheme } };
        bool filter = kernel->op == CM_KERNEL_winograd_filter, input = kernel->op == CM_KERNEL_winograd_input;
        double bytes = filter ? (double)(weights * BLOCK * BLOCK) : (double)(tiles * k.positions * CHANNELS);
        report_bytes(kernel, scheme_names[scheme], bytes * sizeof(float),
                     measure_seconds(filter ? picture_filter : input ? picture_input : picture_output, &p));
    }
    cm_aligned_free(x);
    cm_aligned_free(to);
}

void time_winograd(const cm_kernel *kernel)
{
    for (int scheme = 0; scheme < CM_WINOGRAD_SCHEMES; scheme++)
        time_scheme(kernel, (cm_winograd_scheme)scheme);
}

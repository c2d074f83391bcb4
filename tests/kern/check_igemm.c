/* checkkern: the indirect matrix product. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct product {
    int m, n, taps, k, column, inputs;
    ptrdiff_t step;      /* 0, or rows lie so far apart and the kernel gets `bases` */
    const float **rows;  /* [taps, mr] */
    const float **bases; /* [taps] */
    float *input;       /* [inputs, k] */
    void *panel;        /* [taps, k, nr] */
    float *c;
    ptrdiff_t c_stride;
    cm_epilogue epilogue;
} product;

static void product_run(const cm_kernel *kernel, const product *p)
{
    /* The epilogue's residual starts at this tile's first row, at channel 0. */
    cm_igemm_tile tile = { .rows = p->step ? p->bases : p->rows, .panel = p->panel, .c = p->c, .c_stride = p->c_stride, .step = p->step,
                           .epilogue = &p->epilogue, .taps = p->taps, .k = p->k, .m = p->m, .n = p->n, .column = p->column };
    kernel->run.igemm(&tile);
}

/* Which input row a row pointer shows is random, so that any of them may end at the unreadable page. */
static void place_rows_anywhere(const cm_kernel *kernel, product *p)
{
    int first = random_int(0, p->inputs - 1);
    for (int tap = 0; tap < p->taps; tap++) {
        for (int i = 0; i < kernel->mr; i++) {
            int row = i < p->m ? i : p->m - 1;
            p->rows[tap * kernel->mr + i] = p->input + (ptrdiff_t)((first + tap * p->m + row) % p->inputs) * p->k;
        }
    }
}

/* The rows of a tap lie `step` floats apart, over each other where that is less than k; the last tap's last one ends at the unreadable page. */
static void place_rows_evenly(const cm_kernel *kernel, product *p)
{
    ptrdiff_t reach = (p->m - 1) * p->step + p->k;
    p->input = guard_random(SLOT_A, (size_t)(p->taps * reach));
    p->bases = guard_bytes(SLOT_C2, (size_t)p->taps * sizeof(float *));
    for (int tap = 0; tap < p->taps; tap++) {
        p->bases[tap] = p->input + tap * reach;
        for (int i = 0; i < kernel->mr; i++)
            p->rows[tap * kernel->mr + i] = p->bases[tap] + (i < p->m ? i : p->m - 1) * p->step;
    }
}

static void product_make(const cm_kernel *kernel, product *p, int variant, bool special)
{
    p->column = random_int(0, 40);
    p->inputs = p->taps * p->m;
    p->input = guard_random(SLOT_A, (size_t)p->inputs * (size_t)p->k);
    size_t elements = (size_t)p->taps * (size_t)p->k * (size_t)kernel->nr;
    p->panel = guard_bytes(SLOT_B, panel_bytes(kernel, elements));
    panel_fill(kernel, p->panel, elements);
    for (int i = 0; i < p->taps * p->k; i++) /* zero is all bits zero in both types */
        memset((unsigned char *)p->panel + panel_bytes(kernel, (size_t)(i * kernel->nr + p->n)), 0, panel_bytes(kernel, (size_t)(kernel->nr - p->n)));
    if (special)
        fill_special(p->input, (size_t)p->inputs * (size_t)p->k);
    p->rows = guard_bytes(SLOT_POINTERS, (size_t)p->taps * (size_t)kernel->mr * sizeof(float *));
    if (p->step)
        place_rows_evenly(kernel, p);
    else
        place_rows_anywhere(kernel, p);
    epilogue_make(&p->epilogue, variant, p->m, p->column + p->n);
    p->epilogue.scale = variant % 3 ? guard_random(SLOT_SCALE, (size_t)(p->column + p->n)) : NULL;
    p->c_stride = p->n + random_int(0, 7);
    p->c = guard_floats(SLOT_C, (size_t)((p->m - 1) * p->c_stride + p->n));
    canary_fill(p->c, p->m, p->n, p->c_stride);
}

static void product_compare(const cm_kernel *kernel, const product *p)
{
    char where[96];
    snprintf(where, sizeof where, "m %d n %d taps %d k %d activation %d", p->m, p->n, p->taps, p->k, (int)p->epilogue.activation);
    for (int i = 0; i < p->m; i++) {
        for (int j = 0; j < p->n; j++) {
            double sum = 0.0, size = 0.0;
            for (int tap = 0; tap < p->taps; tap++) {
                const float *row = p->rows[tap * kernel->mr + i];
                for (int k = 0; k < p->k; k++) {
                    double term = (double)row[k] * panel_at(kernel, p->panel, ((ptrdiff_t)tap * p->k + k) * kernel->nr + j);
                    sum += term;
                    size += fabs(term);
                }
            }
            double scale = p->epilogue.scale != NULL ? (double)p->epilogue.scale[p->column + j] : 1.0;
            double bound = (double)(p->taps * p->k + 2) * ROUNDING * size * fabs(scale);
            double wanted = epilogue_wanted(&p->epilogue, sum * scale, size * fabs(scale), i, p->column + j, &bound);
            check_close(kernel, wanted, bound, p->c[i * p->c_stride + j], where, i, j);
        }
    }
    canary_check(kernel, p->c, p->m, p->n, p->c_stride);
}

/* Rows that lie evenly apart: the right sums, and the same bits as through pointers. */
static void check_even_rows(const cm_kernel *kernel, int m, int taps, int k, int variant)
{
    product p = { .m = m, .n = random_int(1, kernel->nr), .taps = taps, .k = k, .step = 1 + random_int(0, 2 * k) };
    product_make(kernel, &p, variant, false);
    product_run(kernel, &p);
    product_compare(kernel, &p);
    product through = p;
    through.step = 0;
    through.c_stride = p.n;
    through.c = guard_floats(SLOT_B2, (size_t)(m * p.n));
    product_run(kernel, &through);
    for (int i = 0; i < m * p.n; i++)
        check_same(kernel, through.c[i], p.c[i / p.n * p.c_stride + i % p.n], "rows evenly apart", i / p.n, i % p.n);
    check_counted();
}

static void check_product(const cm_kernel *kernel, int m, int n, int taps, int k, int variant, bool special)
{
    product p = { .m = m, .n = n, .taps = taps, .k = k };
    product_make(kernel, &p, variant, special);
    product_run(kernel, &p);
    product_compare(kernel, &p);
    check_counted();
}

/* Rows and columns turned around in the tile, and tiles of every size, must give each element the same bits. */
static void check_position(const cm_kernel *kernel, int variant)
{
    int mr = kernel->mr, nr = kernel->nr, taps = 3, k = 37;
    product whole = { .m = mr, .n = nr, .taps = taps, .k = k };
    product_make(kernel, &whole, variant, false);
    whole.column = 0;
    whole.epilogue.scale = NULL;
    product_run(kernel, &whole);
    float *bias = guard_floats(SLOT_C2, (size_t)nr), *slope = bias - nr, *c = slope - mr * nr;
    unsigned char *panel = guard_bytes(SLOT_B2, panel_bytes(kernel, (size_t)taps * (size_t)k * (size_t)nr));
    size_t element = panel_bytes(kernel, 1);
    const float *rows[3 * 64];
    for (int m = 1; m <= mr; m++) {
        int n = random_int(1, nr), up = random_int(0, mr - 1), left = random_int(0, nr - 1);
        for (int i = 0; i < taps * mr; i++)
            rows[i] = whole.rows[i / mr * mr + (i % mr + up) % mr];
        for (int i = 0; i < taps * k * nr; i++)
            memcpy(panel + (size_t)i * element, (unsigned char *)whole.panel + (size_t)(i / nr * nr + (i % nr + left) % nr) * element, element);
        for (int j = 0; j < nr; j++) {
            bias[j] = whole.epilogue.bias != NULL ? whole.epilogue.bias[(j + left) % nr] : 0.0f;
            slope[j] = whole.epilogue.slope != NULL ? whole.epilogue.slope[(j + left) % nr] : 0.0f;
        }
        product turned = whole;
        turned.m = m, turned.n = n, turned.rows = rows, turned.panel = panel, turned.c = c, turned.c_stride = nr;
        turned.epilogue.bias = whole.epilogue.bias != NULL ? bias : NULL;
        turned.epilogue.slope = slope;
        product_run(kernel, &turned);
        for (int i = 0; i < m * n; i++) {
            int row = i / n, column = i % n;
            float wanted = whole.c[(row + up) % mr * whole.c_stride + (column + left) % nr];
            check_same(kernel, wanted, c[row * nr + column], "turned tile", row, column);
        }
        check_counted();
    }
}

void check_igemm(const cm_kernel *kernel)
{
    static const int depths[] = { 1, 2, 3, 16, 31, 100 };
    int half = kernel->nr / 2, nr = kernel->nr, variant = 0;
    int widths[] = { 1, half - 1, half, half + 1, nr - 1, nr };
    for (int m = 1; m <= kernel->mr; m++) {
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++, variant++)
                check_product(kernel, m, widths[w], 1 + variant % 5, depths[d], variant % EPILOGUE_VARIANTS, variant % 7 == 0);
        }
    }
    for (variant = 0; variant < EPILOGUE_VARIANTS; variant++) {
        check_product(kernel, kernel->mr, nr, 9, 8, variant, false);
        check_even_rows(kernel, 1 + variant % kernel->mr, 1 + variant % 4, depths[variant % 6], variant);
        check_product(kernel, random_int(1, kernel->mr), random_int(1, nr), 4, 5, variant, true);
        check_position(kernel, variant % EPILOGUE_VARIANTS_WITHOUT_ADD);
    }
    check_product(kernel, kernel->mr, nr, 1, 5000, 0, false);
}

/* ---- time: m rows of a layer, panel after panel ---- */

typedef struct layer {
    const cm_kernel *kernel;
    product p;
    int tiles, panels;
    size_t panel_elements;
} layer;

static void layer_run(void *context)
{
    layer *l = context;
    for (int panel = 0; panel < l->panels; panel++) {
        for (int tile = 0; tile < l->tiles; tile++) {
            product p = l->p;
            p.rows += (ptrdiff_t)tile * p.taps * l->kernel->mr;
            p.panel = (unsigned char *)p.panel + panel_bytes(l->kernel, (size_t)panel * l->panel_elements);
            p.c += (ptrdiff_t)tile * p.m * p.c_stride;
            product_run(l->kernel, &p);
        }
    }
}

/* m rows a tile, `tiles` tiles, `panels` panels of nr columns; taps show neighbouring rows, as in a convolution along a line. */
static void time_layer(const cm_kernel *kernel, const char *what, int m, int tiles, int panels, int taps, int k)
{
    layer l = { .kernel = kernel, .tiles = tiles, .panels = panels };
    int inputs = tiles * m + taps, mr = kernel->mr;
    l.panel_elements = (size_t)taps * (size_t)k * (size_t)kernel->nr;
    float *input = cm_aligned_alloc((size_t)inputs * (size_t)k * sizeof(float));
    void *panel = cm_aligned_alloc(panel_bytes(kernel, (size_t)panels * l.panel_elements));
    float *c = cm_aligned_alloc((size_t)tiles * (size_t)m * (size_t)kernel->nr * sizeof(float));
    const float **rows = cm_aligned_alloc((size_t)tiles * (size_t)taps * (size_t)mr * sizeof(float *));
    if (input == NULL || panel == NULL || c == NULL || rows == NULL) {
        check_failed(kernel, "no memory for %s", what);
    } else {
        fill_random(input, (size_t)inputs * (size_t)k);
        panel_fill(kernel, panel, (size_t)panels * l.panel_elements);
        for (int i = 0; i < tiles * taps * mr; i++) {
            int tile = i / (taps * mr), tap = i / mr % taps, row = i % mr < m ? i % mr : m - 1;
            rows[i] = input + (ptrdiff_t)(tile * m + row + tap) * k;
        }
        l.p = (product){ .m = m, .n = kernel->nr, .taps = taps, .k = k, .rows = rows, .panel = panel, .c = c, .c_stride = kernel->nr };
        double flops = 2.0 * taps * k * m * tiles * kernel->nr * panels;
        double seconds = measure_seconds(layer_run, &l);
        report_flops(kernel, what, flops, seconds);
        if (m == 1)
            report_bytes(kernel, what, (double)panel_bytes(kernel, (size_t)panels * l.panel_elements), seconds);
    }
    cm_aligned_free(input);
    cm_aligned_free(panel);
    cm_aligned_free(c);
    cm_aligned_free(rows);
}

void time_igemm(const cm_kernel *kernel)
{
    int mr = kernel->mr;
    time_layer(kernel, "3x3, k 64", mr, 392, 1, 9, 64);
    time_layer(kernel, "3x3, k 128", mr, 98, 2, 9, 128);
    time_layer(kernel, "3x3, k 256", mr, 25, 8, 9, 256);
    time_layer(kernel, "3x3, k 512", mr, 7, 16, 9, 512);
    time_layer(kernel, "3x3, k 3", mr, 392, 2, 9, 3);
    time_layer(kernel, "1x1, k 64", mr, 392, 4, 1, 64);
    time_layer(kernel, "1x1, k 256", mr, 100, 4, 1, 256);
    time_layer(kernel, "1x1, k 512", mr, 25, 8, 1, 512);
    time_layer(kernel, "half the rows, 3x3, k 256", mr / 2, 50, 4, 9, 256);
    time_layer(kernel, "fully connected, k 25088", 1, 1, 512 / kernel->nr, 1, 25088);
}

/* checkkern: the product with a packed left side, of single and of half-float weights. */
#include "check.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

typedef struct product {
    int rows, m, n, k;
    float *a;       /* [k/16, rows, 16] */
    void *panel;    /* [k, nr] */
    float *c;
    ptrdiff_t c_stride;
    bool accumulate;
} product;

static void product_run(const cm_kernel *kernel, const product *p)
{
    cm_gemm_tile tile = { .a = p->a, .panel = p->panel, .c = p->c, .next = p->a, .ahead = 4096, .group_stride = (ptrdiff_t)p->rows * CM_GEMM_K,
                          .c_stride = p->c_stride, .k = p->k, .m = p->m, .n = p->n, .accumulate = p->accumulate };
    kernel->run.gemm(&tile);
}

static double a_at(const product *p, int row, int k)
{
    return (double)p->a[((ptrdiff_t)(k / CM_GEMM_K) * p->rows + row) * CM_GEMM_K + k % CM_GEMM_K];
}

/* Row i of column j in c. */
static ptrdiff_t place(const product *p, int i, int j)
{
    return j / CM_GEMM_K * p->c_stride + (ptrdiff_t)i * CM_GEMM_K + j % CM_GEMM_K;
}

static void product_make(const cm_kernel *kernel, product *p)
{
    p->a = guard_random(SLOT_A, (size_t)p->rows * (size_t)p->k);
    p->panel = guard_bytes(SLOT_B, panel_bytes(kernel, (size_t)p->k * (size_t)kernel->nr));
    panel_fill(kernel, p->panel, (size_t)p->k * (size_t)kernel->nr);
    p->c_stride = (p->m + random_int(0, 2)) * CM_GEMM_K;
    p->c = guard_floats(SLOT_C, (size_t)place(p, p->m - 1, kernel->nr - 1) + 1);
    if (kernel->nr < CM_GEMM_K)
        canary_fill(p->c, p->m, kernel->nr, CM_GEMM_K);
    else
        canary_fill(p->c, kernel->nr / CM_GEMM_K, p->m * CM_GEMM_K, p->c_stride);
}

/* Nothing beside the product was written. */
static void check_around(const cm_kernel *kernel, const product *p)
{
    if (kernel->nr < CM_GEMM_K)
        canary_check(kernel, p->c, p->m, kernel->nr, CM_GEMM_K);
    else
        canary_check(kernel, p->c, kernel->nr / CM_GEMM_K, p->m * CM_GEMM_K, p->c_stride);
}

static void check_product(const cm_kernel *kernel, int rows, int m, int n, int k)
{
    product p = { .rows = rows, .m = m, .n = n, .k = k, .accumulate = random_int(0, 1) };
    product_make(kernel, &p);
    float *before = guard_random(SLOT_C2, (size_t)m * (size_t)kernel->nr);
    for (int i = 0; i < m && p.accumulate; i++)
        for (int j = 0; j < kernel->nr; j++)
            p.c[place(&p, i, j)] = before[i * kernel->nr + j];
    product_run(kernel, &p);
    char where[64];
    snprintf(where, sizeof where, "rows %d m %d n %d k %d", rows, m, n, k);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            double sum = p.accumulate ? (double)before[i * kernel->nr + j] : 0.0, size = fabs(sum);
            for (int at = 0; at < k; at++) {
                double term = a_at(&p, i, at) * panel_at(kernel, p.panel, (ptrdiff_t)at * kernel->nr + j);
                sum += term;
                size += fabs(term);
            }
            check_close(kernel, sum, (double)(k + 1) * ROUNDING * size, p.c[place(&p, i, j)], where, i, j);
        }
    }
    check_around(kernel, &p);
    check_counted();
}

/* A row gives the same bits alone and among others, and in any of the columns' widths. */
static void check_position(const cm_kernel *kernel)
{
    int mr = kernel->mr, nr = kernel->nr, k = 48;
    product whole = { .rows = mr, .m = mr, .n = nr, .k = k };
    product_make(kernel, &whole);
    product_run(kernel, &whole);
    float *a = guard_floats(SLOT_B2, (size_t)(mr * k)), *c = guard_floats(SLOT_C2, (size_t)(mr * (nr < CM_GEMM_K ? CM_GEMM_K : nr)));
    for (int m = 1; m <= mr; m++) {
        int up = random_int(0, mr - 1), n = random_int(1, nr);
        for (int i = 0; i < mr * k; i++) {
            int at = i % CM_GEMM_K, row = i / CM_GEMM_K % mr, group = i / CM_GEMM_K / mr;
            a[i] = whole.a[(group * mr + (row + up) % mr) * CM_GEMM_K + at];
        }
        product turned = whole;
        turned.a = a, turned.m = m, turned.n = n, turned.c = c, turned.c_stride = mr * CM_GEMM_K;
        product_run(kernel, &turned);
        for (int i = 0; i < m * n; i++)
            check_same(kernel, whole.c[place(&whole, (i / n + up) % mr, i % n)], c[place(&turned, i / n, i % n)], "turned tile", i / n, i % n);
        check_counted();
    }
}

void check_gemm(const cm_kernel *kernel)
{
    static const int depths[] = { 16, 32, 112 };
    int nr = kernel->nr;
    for (int m = 1; m <= kernel->mr; m++) {
        for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
            check_product(kernel, m, m, nr, depths[d]);
            check_product(kernel, random_int(m, 40), m, random_int(1, nr), depths[d]);
        }
        check_product(kernel, m, m, 1, 16);
    }
    check_product(kernel, kernel->mr, kernel->mr, nr, 4608);
    check_position(kernel);
}

/* ---- time: a block of rows against the panels of one position after the other ---- */

typedef struct layer {
    const cm_kernel *kernel;
    product p;
    int positions, blocks, panels;
} layer;

static void layer_run(void *context)
{
    layer *l = context;
    size_t panel = panel_bytes(l->kernel, (size_t)l->p.k * (size_t)l->kernel->nr);
    for (int position = 0; position < l->positions; position++) {
        for (int j = 0; j < l->panels; j++) {
            for (int block = 0; block < l->blocks; block++) {
                product p = l->p;
                p.a += (ptrdiff_t)(position * l->blocks + block) * p.rows * p.k;
                p.panel = (unsigned char *)p.panel + (size_t)(position * l->panels + j) * panel;
                product_run(l->kernel, &p);
            }
        }
    }
}

static void time_layer(const cm_kernel *kernel, const char *what, int positions, int tiles, int k, int n)
{
    layer l = { .kernel = kernel, .positions = positions, .blocks = (tiles + kernel->mr - 1) / kernel->mr, .panels = (n + kernel->nr - 1) / kernel->nr };
    int rows = (tiles + l.blocks - 1) / l.blocks;
    size_t c_columns = (size_t)(kernel->nr < CM_GEMM_K ? CM_GEMM_K : kernel->nr);
    size_t a = (size_t)(positions * l.blocks * rows * k), panels = panel_bytes(kernel, (size_t)k * (size_t)kernel->nr) * (size_t)(positions * l.panels);
    l.p = (product){ .rows = rows, .m = rows, .n = kernel->nr, .k = k, .a = cm_aligned_alloc(a * sizeof(float)),
                     .panel = cm_aligned_alloc(panels), .c = cm_aligned_alloc((size_t)rows * c_columns * sizeof(float)),
                     .c_stride = (ptrdiff_t)rows * CM_GEMM_K };
    if (l.p.a == NULL || l.p.panel == NULL || l.p.c == NULL) {
        check_failed(kernel, "no memory for %s", what);
    } else {
        fill_random(l.p.a, a);
        panel_fill(kernel, l.p.panel, (size_t)(positions * l.panels * k) * (size_t)kernel->nr);
        report_flops(kernel, what, 2.0 * positions * l.blocks * rows * k * (double)(l.panels * kernel->nr), measure_seconds(layer_run, &l));
    }
    cm_aligned_free(l.p.a);
    cm_aligned_free(l.p.panel);
    cm_aligned_free(l.p.c);
}

void time_gemm(const cm_kernel *kernel)
{
    time_layer(kernel, "56x56, 64 to 64, 1 block", 36, 14, 64, 64);
    time_layer(kernel, "28x28, 128 to 128", 36, 49, 128, 128);
    time_layer(kernel, "14x14, 256 to 256", 36, 16, 256, 256);
    time_layer(kernel, "7x7, 512 to 512", 16, 16, 512, 512);
}

/* checkkern: transposition. */
#include "check.h"

#include "base/memory.h"

/* gaps: rows of both sides may be farther apart than they are long. */
static void check_matrix(const cm_kernel *kernel, int rows, int columns, int gaps)
{
    ptrdiff_t a_stride = columns + random_int(0, gaps), c_stride = rows + random_int(0, gaps);
    float *a = guard_random(SLOT_A, (size_t)((rows - 1) * a_stride + columns));
    float *c = guard_floats(SLOT_C, (size_t)((columns - 1) * c_stride + rows));
    canary_fill(c, columns, rows, c_stride);
    kernel->run.transpose(a, a_stride, c, c_stride, rows, columns);
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++)
            check_same(kernel, a[i * a_stride + j], c[j * c_stride + i], "transposed", i, j);
    }
    canary_check(kernel, c, columns, rows, c_stride);
    check_counted();
}

void check_transpose(const cm_kernel *kernel)
{
    static const int sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 100 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_matrix(kernel, 3, sizes[i], 0); /* a colour picture's planes */
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
            check_matrix(kernel, sizes[i], sizes[j], 5);
    }
}

typedef struct matrix {
    const cm_kernel *kernel;
    float *a, *c;
    int rows, columns;
} matrix;

static void matrix_run(void *context)
{
    matrix *m = context;
    m->kernel->run.transpose(m->a, m->columns, m->c, m->rows, m->rows, m->columns);
}

static void time_matrix(const cm_kernel *kernel, const char *what, int rows, int columns)
{
    size_t floats = (size_t)rows * (size_t)columns;
    matrix m = { .kernel = kernel, .rows = rows, .columns = columns };
    m.a = cm_aligned_alloc(2 * floats * sizeof(float));
    if (m.a == NULL) {
        check_failed(kernel, "no memory for %s", what);
        return;
    }
    m.c = m.a + floats;
    fill_random(m.a, floats);
    report_bytes(kernel, what, 2.0 * (double)floats * sizeof(float), measure_seconds(matrix_run, &m));
    cm_aligned_free(m.a);
}

void time_transpose(const cm_kernel *kernel)
{
    time_matrix(kernel, "3 x 12544", 3, 12544);
    time_matrix(kernel, "12544 x 3", 12544, 3);
    time_matrix(kernel, "49 x 512", 49, 512);
    time_matrix(kernel, "512 x 49", 512, 49);
    time_matrix(kernel, "1024 x 1024", 1024, 1024);
}

/* Transposition, plain C, in blocks that keep the cache lines of both sides. */
#include "kern/kernel_list.h"

enum { BLOCK = 16 };

void cameo_k_transpose_f32_1x1__ref(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride, int64_t rows, int64_t columns)
{
    for (int64_t row = 0; row < rows; row += BLOCK) {
        int64_t row_end = row + BLOCK < rows ? row + BLOCK : rows;
        for (int64_t column = 0; column < columns; column++) {
            for (int64_t i = row; i < row_end; i++)
                c[column * c_stride + i] = a[i * a_stride + column];
        }
    }
}

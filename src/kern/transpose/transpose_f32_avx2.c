/* Transposition by blocks of 8x8 in registers; the edges, narrower than a block, by the reference kernel. */
#include "kern/kernel_list.h"

#include <immintrin.h>

enum { BLOCK = 8 };

static inline void transpose_block(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride)
{
    __m256 r[BLOCK], t[BLOCK];
    /* Half rows of i and i + 4 side by side: what is left is 4x4 in each half. */
    for (int i = 0; i < 4; i++) {
        const float *upper = a + i * a_stride, *lower = a + (i + 4) * a_stride;
        r[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(upper)), _mm_loadu_ps(lower), 1);
        r[i + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(upper + 4)), _mm_loadu_ps(lower + 4), 1);
    }
    for (int i = 0; i < BLOCK; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < BLOCK; i += 4) {
        _mm256_storeu_ps(c + i * c_stride, _mm256_shuffle_ps(t[i], t[i + 2], 0x44));
        _mm256_storeu_ps(c + (i + 1) * c_stride, _mm256_shuffle_ps(t[i], t[i + 2], 0xee));
        _mm256_storeu_ps(c + (i + 2) * c_stride, _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44));
        _mm256_storeu_ps(c + (i + 3) * c_stride, _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee));
    }
}

void cameo_k_transpose_f32_8x8__avx2(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride, int64_t rows, int64_t columns)
{
    int64_t rows_whole = rows / BLOCK * BLOCK, columns_whole = columns / BLOCK * BLOCK;
    for (int64_t row = 0; row < rows_whole; row += BLOCK) {
        for (int64_t column = 0; column < columns_whole; column += BLOCK)
            transpose_block(a + row * a_stride + column, a_stride, c + column * c_stride + row, c_stride);
    }
    cameo_k_transpose_f32_1x1__ref(a + rows_whole * a_stride, a_stride, c + rows_whole, c_stride, rows - rows_whole, columns);
    cameo_k_transpose_f32_1x1__ref(a + columns_whole, a_stride, c + columns_whole * c_stride, c_stride, rows_whole, columns - columns_whole);
}

/* Transposition by blocks of 16x16 in registers, the edges with masks. */
#include "kern/kernel_list.h"
#include "kern/vector/unroll.h"

#include <immintrin.h>

enum { BLOCK = 16 };

/* t[i] holds, of rows 4 * (i / 4) .. + 3, column i % 4 of every group of four columns. */
static inline void transpose_fours(__m512 r[BLOCK], __m512 t[BLOCK])
{
    UNROLL for (int i = 0; i < BLOCK; i += 4) {
        __m512 low = _mm512_unpacklo_ps(r[i], r[i + 1]), low_next = _mm512_unpacklo_ps(r[i + 2], r[i + 3]);
        __m512 high = _mm512_unpackhi_ps(r[i], r[i + 1]), high_next = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        t[i] = _mm512_shuffle_ps(low, low_next, 0x44);
        t[i + 1] = _mm512_shuffle_ps(low, low_next, 0xee);
        t[i + 2] = _mm512_shuffle_ps(high, high_next, 0x44);
        t[i + 3] = _mm512_shuffle_ps(high, high_next, 0xee);
    }
}

/* The quarters of t[i], t[i + 4], t[i + 8], t[i + 12], a 4x4 matrix of quarters, transposed: columns i, i + 4, i + 8, i + 12. */
static inline void transpose_quarters(const __m512 t[BLOCK], __m512 r[BLOCK])
{
    UNROLL for (int i = 0; i < 4; i++) {
        __m512 even = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88), odd = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
        __m512 even_next = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88), odd_next = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
        r[i] = _mm512_shuffle_f32x4(even, even_next, 0x88);
        r[i + 4] = _mm512_shuffle_f32x4(odd, odd_next, 0x88);
        r[i + 8] = _mm512_shuffle_f32x4(even, even_next, 0xdd);
        r[i + 12] = _mm512_shuffle_f32x4(odd, odd_next, 0xdd);
    }
}

static inline void transpose_block(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride)
{
    __m512 r[BLOCK], t[BLOCK];
    UNROLL for (int i = 0; i < BLOCK; i++)
        r[i] = _mm512_loadu_ps(a + i * a_stride);
    transpose_fours(r, t);
    transpose_quarters(t, r);
    UNROLL for (int i = 0; i < BLOCK; i++)
        _mm512_storeu_ps(c + i * c_stride, r[i]);
}

/* rows, columns: 1..BLOCK of each */
static void transpose_edge(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride, int64_t rows, int64_t columns)
{
    __m512 r[BLOCK], t[BLOCK];
    __mmask16 across = (__mmask16)_bzhi_u32(0xffffu, (unsigned)columns), down = (__mmask16)_bzhi_u32(0xffffu, (unsigned)rows);
    UNROLL for (int i = 0; i < BLOCK; i++)
        r[i] = i < rows ? _mm512_maskz_loadu_ps(across, a + i * a_stride) : _mm512_setzero_ps();
    transpose_fours(r, t);
    transpose_quarters(t, r);
    UNROLL for (int i = 0; i < BLOCK; i++) {
        if (i < columns)
            _mm512_mask_storeu_ps(c + i * c_stride, down, r[i]);
    }
}

/* Three rows, as of a colour picture, of 16 columns: -> c: [16, 3] without gaps. Each vector of the result takes its first two rows' elements by one
 * permutation, the third row's by another. */
static inline void interleave_three(const float *a, ptrdiff_t a_stride, float *c)
{
    static const int first_two[3][BLOCK] = { { 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5 },
                                             { 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26 },
                                             { 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0 } };
    static const int third[3][BLOCK] = { { 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0 },
                                         { 0, 5, 0, 0, 6, 0, 0, 7, 0, 0, 8, 0, 0, 9, 0, 0 },
                                         { 10, 0, 0, 11, 0, 0, 12, 0, 0, 13, 0, 0, 14, 0, 0, 15 } };
    static const __mmask16 of_third[3] = { 0x4924, 0x2492, 0x9249 };
    __m512 x = _mm512_loadu_ps(a), y = _mm512_loadu_ps(a + a_stride), z = _mm512_loadu_ps(a + 2 * a_stride);
    UNROLL for (int i = 0; i < 3; i++) {
        __m512 two = _mm512_permutex2var_ps(x, _mm512_loadu_si512(first_two[i]), y);
        _mm512_storeu_ps(c + i * BLOCK, _mm512_mask_permutexvar_ps(two, of_third[i], _mm512_loadu_si512(third[i]), z));
    }
}

void cameo_k_transpose_f32_16x16__avx512(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride, int64_t rows, int64_t columns)
{
    for (int64_t row = 0; row < rows; row += BLOCK) {
        int64_t rows_left = rows - row < BLOCK ? rows - row : BLOCK;
        for (int64_t column = 0; column < columns; column += BLOCK) {
            int64_t columns_left = columns - column < BLOCK ? columns - column : BLOCK;
            const float *from = a + row * a_stride + column;
            float *to = c + column * c_stride + row;
            if (rows_left == BLOCK && columns_left == BLOCK)
                transpose_block(from, a_stride, to, c_stride);
            else if (rows == 3 && c_stride == 3 && columns_left == BLOCK)
                interleave_three(from, a_stride, to);
            else
                transpose_edge(from, a_stride, to, c_stride, rows_left, columns_left);
        }
    }
}

/* Transposition by blocks of 4x4 in registers; the edges, narrower than a block, by the reference kernel. */
#include "kern/kernel_list.h"

#include <arm_neon.h>

enum { BLOCK = 4 };

/* Two elements as one of 64 bits. */
static inline float64x2_t pairs(float32x4_t x)
{
    return vreinterpretq_f64_f32(x);
}

static inline void transpose_block(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride)
{
    float32x4_t r0 = vld1q_f32(a), r1 = vld1q_f32(a + a_stride), r2 = vld1q_f32(a + 2 * a_stride), r3 = vld1q_f32(a + 3 * a_stride);
    /* Of two rows: columns 0 and 2, columns 1 and 3. */
    float64x2_t even = pairs(vtrn1q_f32(r0, r1)), odd = pairs(vtrn2q_f32(r0, r1));
    float64x2_t even_next = pairs(vtrn1q_f32(r2, r3)), odd_next = pairs(vtrn2q_f32(r2, r3));
    vst1q_f32(c, vreinterpretq_f32_f64(vtrn1q_f64(even, even_next)));
    vst1q_f32(c + c_stride, vreinterpretq_f32_f64(vtrn1q_f64(odd, odd_next)));
    vst1q_f32(c + 2 * c_stride, vreinterpretq_f32_f64(vtrn2q_f64(even, even_next)));
    vst1q_f32(c + 3 * c_stride, vreinterpretq_f32_f64(vtrn2q_f64(odd, odd_next)));
}

void cameo_k_transpose_f32_4x4__neon(const float *a, ptrdiff_t a_stride, float *c, ptrdiff_t c_stride, int64_t rows, int64_t columns)
{
    int64_t rows_whole = rows / BLOCK * BLOCK, columns_whole = columns / BLOCK * BLOCK;
    for (int64_t row = 0; row < rows_whole; row += BLOCK) {
        for (int64_t column = 0; column < columns_whole; column += BLOCK)
            transpose_block(a + row * a_stride + column, a_stride, c + column * c_stride + row, c_stride);
    }
    cameo_k_transpose_f32_1x1__ref(a + rows_whole * a_stride, a_stride, c + rows_whole, c_stride, rows - rows_whole, columns);
    cameo_k_transpose_f32_1x1__ref(a + columns_whole, a_stride, c + columns_whole * c_stride, c_stride, rows_whole, columns - columns_whole);
}

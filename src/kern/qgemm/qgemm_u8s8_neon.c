/* Indirect product of bytes, 3 rows by 8 columns, widened to 16 bits. Each column has four sums until the end, one for each byte of a word. */
#include "kern/vector/bytes_neon.h"

#define QGEMM_MR 3
#define QGEMM_NR 8
#define QGEMM_COLUMNS 4
typedef struct qgemm_sum {
    int32x4_t column[2];
} qgemm_sum;
typedef int16x8_t qgemm_weights;

static inline __attribute__((always_inline)) qgemm_sum qgemm_zero(void) { return (qgemm_sum){ { vdupq_n_s32(0), vdupq_n_s32(0) } }; }
static inline __attribute__((always_inline)) int16x8_t qgemm_load(const int8_t *p) { return vmovl_s8(vld1_s8(p)); }
static inline __attribute__((always_inline)) qgemm_sum qgemm_step(qgemm_sum sum, int32_t word, int16x8_t weights)
{
    int16x4_t bytes = vget_low_s16(vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_s32(vdup_n_s32(word)))));
    return (qgemm_sum){ { vmlal_s16(sum.column[0], bytes, vget_low_s16(weights)), vmlal_s16(sum.column[1], bytes, vget_high_s16(weights)) } };
}
static inline __attribute__((always_inline)) void qgemm_store(const qgemm_sum *sums, int32_t *to)
{
    for (int j = 0; j < QGEMM_NR; j++)
        to[j] = vaddvq_s32(sums[j / 2].column[j % 2]);
}

#include "kern/qgemm/qgemm.inc.h"

void cameo_k_qgemm_u8s8_3x8__neon(const cm_qgemm_tile *tile)
{
    switch (tile->m) {
    case 1: qgemm_rows(tile, 1); break;
    case 2: qgemm_rows(tile, 2); break;
    default: qgemm_rows(tile, 3); break;
    }
}

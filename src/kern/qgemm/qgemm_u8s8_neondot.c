/* Indirect product of bytes by SDOT, 5 rows by 4 vectors of 4 sums. It multiplies signed bytes by signed bytes: a row's bytes are taken less 128. */
#include "kern/vector/bytes_neon.h"

#define QGEMM_MR 5
#define QGEMM_NR 16
#define QGEMM_COLUMNS 4
#define QGEMM_CENTRED
typedef int32x4_t qgemm_sum;
typedef int8x16_t qgemm_weights;

static inline __attribute__((always_inline)) int32x4_t qgemm_zero(void) { return vdupq_n_s32(0); }
static inline __attribute__((always_inline)) int8x16_t qgemm_load(const int8_t *p) { return vld1q_s8(p); }
static inline __attribute__((always_inline)) int32x4_t qgemm_step(int32x4_t sum, int32_t word, int8x16_t weights)
{
    int8x16_t bytes = vreinterpretq_s8_s32(vdupq_n_s32(word));
    return vdotq_s32(sum, veorq_s8(bytes, vdupq_n_s8(-128)), weights);
}
static inline __attribute__((always_inline)) int32x4_t qgemm_ones(int32x4_t sum, int8x16_t weights) { return vdotq_s32(sum, vdupq_n_s8(1), weights); }
static inline __attribute__((always_inline)) int32x4_t qgemm_uncentre(int32x4_t sum, int32x4_t ones) { return vaddq_s32(sum, vshlq_n_s32(ones, 7)); }
static inline __attribute__((always_inline)) void qgemm_store(const int32x4_t *sums, int32_t *to)
{
    for (int j = 0; j < QGEMM_COLUMNS; j++)
        vst1q_s32(to + 4 * j, sums[j]);
}

#include "kern/qgemm/qgemm.inc.h"

void cameo_k_qgemm_u8s8_5x16__neondot(const cm_qgemm_tile *tile)
{
    switch (tile->m) {
    case 1: qgemm_rows(tile, 1); break;
    case 2: qgemm_rows(tile, 2); break;
    case 3: qgemm_rows(tile, 3); break;
    case 4: qgemm_rows(tile, 4); break;
    default: qgemm_rows(tile, 5); break;
    }
}

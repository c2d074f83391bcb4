/* Indirect product of bytes by VPDPBUSD on 256 bits: 6 rows by 2 vectors of 8 sums, four products each; 12 sums, 2 vectors of the panel and a row's
 * word. */
#include "kern/vector/bytes_avx2.h"

#define QGEMM_MR 6
#define QGEMM_NR 16
#define QGEMM_COLUMNS 2
typedef __m256i qgemm_sum, qgemm_weights;

static inline __attribute__((always_inline)) __m256i qgemm_zero(void) { return _mm256_setzero_si256(); }
static inline __attribute__((always_inline)) __m256i qgemm_load(const int8_t *p) { return _mm256_load_si256((const __m256i *)(const void *)p); }
static inline __attribute__((always_inline)) __m256i qgemm_step(__m256i sum, int32_t word, __m256i weights)
{
    return _mm256_dpbusd_avx_epi32(sum, _mm256_set1_epi32(word), weights);
}
static inline __attribute__((always_inline)) void qgemm_store(const __m256i *sums, int32_t *to)
{
    _mm256_store_si256((__m256i *)(void *)to, sums[0]);
    _mm256_store_si256((__m256i *)(void *)(to + 8), sums[1]);
}

#include "kern/qgemm/qgemm.inc.h"

void cameo_k_qgemm_u8s8_6x16__avxvnni(const cm_qgemm_tile *tile)
{
    switch (tile->m) {
    case 1: qgemm_rows(tile, 1); break;
    case 2: qgemm_rows(tile, 2); break;
    case 3: qgemm_rows(tile, 3); break;
    case 4: qgemm_rows(tile, 4); break;
    case 5: qgemm_rows(tile, 5); break;
    default: qgemm_rows(tile, 6); break;
    }
}

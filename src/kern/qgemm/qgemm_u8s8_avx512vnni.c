/* Indirect product of bytes by VPDPBUSD: 14 rows by 2 vectors of 16 sums, four products each; 28 sums, 2 vectors of the panel and a row's word. */
#include "kern/vector/bytes_avx512.h"

#define QGEMM_MR 14
#define QGEMM_NR 32
#define QGEMM_COLUMNS 2
typedef __m512i qgemm_sum, qgemm_weights;

static inline __attribute__((always_inline)) __m512i qgemm_zero(void) { return _mm512_setzero_si512(); }
static inline __attribute__((always_inline)) __m512i qgemm_load(const int8_t *p) { return _mm512_load_si512(p); }
static inline __attribute__((always_inline)) __m512i qgemm_step(__m512i sum, int32_t word, __m512i weights)
{
    return _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(word), weights);
}
static inline __attribute__((always_inline)) void qgemm_store(const __m512i *sums, int32_t *to)
{
    _mm512_store_si512(to, sums[0]);
    _mm512_store_si512(to + 16, sums[1]);
}

#include "kern/qgemm/qgemm.inc.h"

void cameo_k_qgemm_u8s8_14x32__avx512vnni(const cm_qgemm_tile *tile)
{
    switch (tile->m) {
    case 1: qgemm_rows(tile, 1); break;
    case 2: qgemm_rows(tile, 2); break;
    case 3: qgemm_rows(tile, 3); break;
    case 4: qgemm_rows(tile, 4); break;
    case 5: qgemm_rows(tile, 5); break;
    case 6: qgemm_rows(tile, 6); break;
    case 7: qgemm_rows(tile, 7); break;
    case 8: qgemm_rows(tile, 8); break;
    case 9: qgemm_rows(tile, 9); break;
    case 10: qgemm_rows(tile, 10); break;
    case 11: qgemm_rows(tile, 11); break;
    case 12: qgemm_rows(tile, 12); break;
    case 13: qgemm_rows(tile, 13); break;
    default: qgemm_rows(tile, 14); break;
    }
}

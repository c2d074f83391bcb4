/* Matrix product of a packed left side of 16-bit integers, two in each word, 6 rows by 2 vectors of 8 sums: VPMADDWD adds a word's two products. */
#include "kern/vector/vector_avx2.h"

#include <string.h>

#define GEMM_MR 6
#define GEMM_COLUMNS 2
#define GEMM_INTEGERS
typedef __m256i gemm_vec;
typedef int32_t gemm_panel_element;

static inline __attribute__((always_inline)) __m256i gemm_zero(void) { return _mm256_setzero_si256(); }
static inline __attribute__((always_inline)) __m256i gemm_load(const int32_t *p) { return _mm256_load_si256((const __m256i *)(const void *)p); }
static inline __attribute__((always_inline)) __m256i gemm_get(const float *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }
static inline __attribute__((always_inline)) void gemm_put(float *p, __m256i x) { _mm256_storeu_si256((__m256i *)(void *)p, x); }
static inline __attribute__((always_inline)) __m256i gemm_all(const float *p)
{
    int32_t word;
    memcpy(&word, p, sizeof word);
    return _mm256_set1_epi32(word);
}
static inline __attribute__((always_inline)) __m256i gemm_multiply(__m256i x, __m256i b, __m256i sum)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(x, b));
}

#define GEMM_PANEL_FROM_MEMORY 0
#include "kern/gemm/gemm.inc.h"

void cameo_k_gemm_s16_6x16__avx2(const cm_gemm_tile *tile)
{
    switch (tile->m) {
    case 1: gemm_rows(tile, 1); break;
    case 2: gemm_rows(tile, 2); break;
    case 3: gemm_rows(tile, 3); break;
    case 4: gemm_rows(tile, 4); break;
    case 5: gemm_rows(tile, 5); break;
    default: gemm_rows(tile, 6); break;
    }
}

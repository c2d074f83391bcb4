/* Indirect product of bytes, 6 rows by 8 columns. Both sides are widened to 16 bits, whose pairs of products fit 32 bits (VPMADDWD); pairs of bytes
 * multiplied at once (VPMADDUBSW) would saturate. A vector holds two sums for each of 4 columns until the end. */
#include "kern/vector/bytes_avx2.h"

#define QGEMM_MR 6
#define QGEMM_NR 8
#define QGEMM_COLUMNS 2
typedef __m256i qgemm_sum, qgemm_weights;

static inline __attribute__((always_inline)) __m256i qgemm_zero(void) { return _mm256_setzero_si256(); }
static inline __attribute__((always_inline)) __m256i qgemm_load(const int8_t *p)
{
    return _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(const void *)p));
}
static inline __attribute__((always_inline)) __m256i qgemm_step(__m256i sum, int32_t word, __m256i weights)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_set1_epi32(word)), weights));
}
static inline __attribute__((always_inline)) void qgemm_store(const __m256i *sums, int32_t *to)
{
    __m256i pairs = _mm256_hadd_epi32(sums[0], sums[1]);
    _mm256_store_si256((__m256i *)(void *)to, _mm256_permute4x64_epi64(pairs, 0xd8));
}

#include "kern/qgemm/qgemm.inc.h"

void cameo_k_qgemm_u8s8_6x8__avx2(const cm_qgemm_tile *tile)
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

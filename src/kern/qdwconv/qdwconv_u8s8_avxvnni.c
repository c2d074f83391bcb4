/* Depthwise convolution of bytes by VPDPBUSD on 256 bits: 2 pixels of 32 channels at once. */
#include "kern/vector/bytes_avx2.h"

#define QDWCONV_CHANNELS 32
#define QDWCONV_STRIP 2
typedef __m256i dot_vector;

/* Interleaving works within lanes of 16 bytes: lane l gets the words of which quarter q comes to lie in lane l of vector q. */
static inline __m256i dot_order(__m256i x) { return _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7)); }
static inline __m256i dot_load(const uint8_t *p) { return dot_order(_mm256_loadu_si256((const __m256i *)(const void *)p)); }
static inline __m256i dot_load_part(const uint8_t *p, int count)
{
    uint8_t bytes[QDWCONV_CHANNELS] = { 0 };
    memcpy(bytes, p, (size_t)count);
    return dot_load(bytes);
}
static inline __m256i dot_weights(const int8_t *p) { return _mm256_load_si256((const __m256i *)(const void *)p); }
static inline __m256i dot_bytes_low(__m256i a, __m256i b) { return _mm256_unpacklo_epi8(a, b); }
static inline __m256i dot_bytes_high(__m256i a, __m256i b) { return _mm256_unpackhi_epi8(a, b); }
static inline __m256i dot_pairs_low(__m256i a, __m256i b) { return _mm256_unpacklo_epi16(a, b); }
static inline __m256i dot_pairs_high(__m256i a, __m256i b) { return _mm256_unpackhi_epi16(a, b); }
static inline __m256i dot_add(__m256i sum, __m256i bytes, __m256i weights) { return _mm256_dpbusd_avx_epi32(sum, bytes, weights); }
static inline __m256i dot_swap(__m256i x) { return _mm256_shuffle_epi32(x, 0xb1); }
static inline __m256i dot_later(__m256i weights) { return _mm256_slli_epi32(weights, 8); }
static inline __m256i dot_all(int byte) { return _mm256_set1_epi8((char)byte); }
static inline __m256i dot_zero(void) { return _mm256_setzero_si256(); }
static inline __m256i dot_less(__m256i a, __m256i b) { return _mm256_sub_epi32(a, b); }
static inline void dot_store(int32_t *to, __m256i sums) { _mm256_store_si256((__m256i *)(void *)to, sums); }

#include "kern/qdwconv/qdwconv_u8s8_dot.inc.h"

void cameo_k_qdwconv_u8s8_4x32__avxvnni(const cm_qdwconv_tile *tile)
{
    dot_any(tile);
}

/* Depthwise convolution of bytes by VPDPBUSD, AVX-512: 4 pixels of 64 channels at once. */
#include "kern/vector/bytes_avx512.h"

#define QDWCONV_CHANNELS 64
#define QDWCONV_STRIP 4
typedef __m512i dot_vector;

/* Interleaving works within lanes of 16 bytes: lane l gets the words of which quarter q comes to lie in lane l of vector q. */
static inline __m512i dot_order(__m512i x)
{
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), x);
}
static inline __m512i dot_load(const uint8_t *p) { return dot_order(_mm512_loadu_si512(p)); }
static inline __m512i dot_load_part(const uint8_t *p, int count) { return dot_order(_mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, (unsigned)count), p)); }
static inline __m512i dot_weights(const int8_t *p) { return _mm512_load_si512(p); }
static inline __m512i dot_bytes_low(__m512i a, __m512i b) { return _mm512_unpacklo_epi8(a, b); }
static inline __m512i dot_bytes_high(__m512i a, __m512i b) { return _mm512_unpackhi_epi8(a, b); }
static inline __m512i dot_pairs_low(__m512i a, __m512i b) { return _mm512_unpacklo_epi16(a, b); }
static inline __m512i dot_pairs_high(__m512i a, __m512i b) { return _mm512_unpackhi_epi16(a, b); }
static inline __m512i dot_add(__m512i sum, __m512i bytes, __m512i weights) { return _mm512_dpbusd_epi32(sum, bytes, weights); }
static inline __m512i dot_swap(__m512i x) { return _mm512_shuffle_epi32(x, _MM_PERM_CDAB); }
static inline __m512i dot_later(__m512i weights) { return _mm512_slli_epi32(weights, 8); }
static inline __m512i dot_all(int byte) { return _mm512_set1_epi8((char)byte); }
static inline __m512i dot_zero(void) { return _mm512_setzero_si512(); }
static inline __m512i dot_less(__m512i a, __m512i b) { return _mm512_sub_epi32(a, b); }
static inline void dot_store(int32_t *to, __m512i sums) { _mm512_store_si512(to, sums); }

#include "kern/qdwconv/qdwconv_u8s8_dot.inc.h"

void cameo_k_qdwconv_u8s8_4x64__avx512vnni(const cm_qdwconv_tile *tile)
{
    dot_any(tile);
}

/* Winograd's transform of bytes into 16 bits, AVX2: tile by tile, 16 channels at a time. */
#include "kern/vector/unroll.h"
#include "kern/vector/vector_avx2.h"

#include <string.h>

#define WINOGRAD_NUMBER __m256i
#define WINOGRAD_INLINE static inline __attribute__((always_inline))
#define winograd_add _mm256_add_epi16
#define winograd_sub _mm256_sub_epi16
#define winograd_shift _mm256_slli_epi16
#include "kern/winograd/winograd_integers.h"
#include "kern/winograd/winograd_kinds.h"

enum { CHANNELS = 16, GROUP_CHANNELS = 2 * CM_GEMM_K };

/* A vector of channels less zero; part: only the first `left` are there, and the others become 0. */
WINOGRAD_INLINE __m256i load(const float *pixel, ptrdiff_t channel, int zero, const int part, int left)
{
    const uint8_t *from = (const uint8_t *)(const void *)pixel + channel;
    uint8_t bytes[CHANNELS];
    if (part) {
        memset(bytes, zero, sizeof bytes);
        memcpy(bytes, from, (size_t)left);
        from = bytes;
    }
    return _mm256_sub_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)from)), _mm256_set1_epi16((short)zero));
}

/* One tile. v: where the channels go in the first row */
WINOGRAD_INLINE void transform(const cm_winograd_input_tile *tile, const winograd_side down, const winograd_side across, int i, int channel, const int part)
{
    const int inputs = winograd_inputs(across), lines = winograd_inputs(down), left = part ? tile->channels - channel : CHANNELS;
    const float *const *pixels = tile->pixels + (ptrdiff_t)i * lines * inputs;
    const uint32_t *rows = tile->rows + (ptrdiff_t)i * lines * inputs;
    float *v = tile->v + channel / GROUP_CHANNELS * tile->group_stride + channel % GROUP_CHANNELS / 2;
    __m256i columns[CM_WINOGRAD_MOST_POSITIONS][CM_WINOGRAD_MOST_POSITIONS]; /* [column][row]: B' d */
    UNROLL for (int j = 0; j < inputs; j++) {
        __m256i d[CM_WINOGRAD_MOST_POSITIONS];
        UNROLL for (int line = 0; line < lines; line++)
            d[line] = load(pixels[line * inputs + j], left > 0 ? channel : 0, tile->zero, part, left > 0 ? left : 0);
        winograd_forward(down, d, columns[j]);
    }
    UNROLL for (int line = 0; line < lines; line++) {
        __m256i row[CM_WINOGRAD_MOST_POSITIONS], out[CM_WINOGRAD_MOST_POSITIONS];
        UNROLL for (int j = 0; j < inputs; j++)
            row[j] = columns[j][line];
        winograd_forward(across, row, out);
        UNROLL for (int j = 0; j < inputs; j++)
            _mm256_storeu_si256((__m256i *)(void *)(v + rows[line * inputs + j]), out[j]);
    }
}

/* Tiles are the inner loop: neighbours share pixels, and V is written line after line. */
WINOGRAD_INLINE void all(const cm_winograd_input_tile *tile, const winograd_side down, const winograd_side across)
{
    int whole = tile->channels / CHANNELS * CHANNELS, padded = (tile->channels + GROUP_CHANNELS - 1) / GROUP_CHANNELS * GROUP_CHANNELS;
    for (int c = 0; c < whole; c += CHANNELS)
        for (int i = 0; i < tile->tiles; i++)
            transform(tile, down, across, i, c, 0);
    for (int c = whole; c < padded; c += CHANNELS)
        for (int i = 0; i < tile->tiles; i++)
            transform(tile, down, across, i, c, 1);
}

void cameo_k_winograd_input_u8_1x16__avx2(const cm_winograd_input_tile *tile)
{
    if (tile->scheme == CM_WINOGRAD_4_STRIDE2)
        WINOGRAD_KINDS(all, tile, WINOGRAD_4_STRIDE2);
    else
        WINOGRAD_KINDS(all, tile, WINOGRAD_4);
}

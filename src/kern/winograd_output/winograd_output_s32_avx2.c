/* Winograd's output transform of 32-bit sums, and what becomes of the exact ones, AVX2: tile by tile, 8 channels at a time. */
#include "kern/vector/bytes_avx2.h"
#include "kern/vector/requantize.inc.h"
#include "kern/vector/unroll.h"

#define WINOGRAD_NUMBER __m256i
#define WINOGRAD_INLINE static inline __attribute__((always_inline))
#define winograd_add _mm256_add_epi32
#define winograd_sub _mm256_sub_epi32
#define winograd_shift _mm256_slli_epi32
#include "kern/winograd/winograd_integers.h"
#include "kern/winograd/winograd_kinds.h"

/* Channels whose sums of one tile go through a block of memory in the first-level cache. */
enum { BLOCK = 64 };

/* A vector of channels of one tile; sums: the group; y: the first pixel's place in the block. */
WINOGRAD_INLINE void transform(const winograd_side down, const winograd_side across, const float *sums, const uint32_t *rows, int32_t *y)
{
    const int positions = winograd_inputs(across), outputs = winograd_outputs(across);
    const winograd_recover recover = winograd_recover_of(down, across);
    __m256i columns[CM_WINOGRAD_MOST_POSITIONS][CM_WINOGRAD_MOST_OUTPUTS]; /* [column][output row]: A' sums */
    UNROLL for (int j = 0; j < positions; j++) {
        __m256i s[CM_WINOGRAD_MOST_POSITIONS];
        UNROLL for (int i = 0; i < winograd_inputs(down); i++)
            s[i] = _mm256_loadu_si256((const __m256i *)(const void *)(sums + rows[i * positions + j]));
        winograd_backward(down, s, columns[j]);
    }
    UNROLL for (int i = 0; i < winograd_outputs(down); i++) {
        __m256i line[CM_WINOGRAD_MOST_POSITIONS], out[CM_WINOGRAD_MOST_OUTPUTS];
        UNROLL for (int j = 0; j < positions; j++)
            line[j] = columns[j][i];
        winograd_backward(across, line, out);
        UNROLL for (int j = 0; j < outputs; j++) {
            __m256i exact = _mm256_srai_epi32(_mm256_mullo_epi32(out[j], _mm256_set1_epi32((int)recover.inverse)), recover.shift);
            _mm256_store_si256((__m256i *)(void *)(y + (i * outputs + j) * BLOCK), exact);
        }
    }
}

/* The lines of a tile from the block to where they belong; first: the channel of the block's first. */
static __attribute__((noinline)) void finish(const cm_winograd_output_tile *tile, const cm_winograd_place *place, const int32_t *sums, int outputs,
                                             int first, int channels)
{
    const cm_requantize *e = tile->requantize;
    for (int i = 0; i < place->rows; i++) {
        ptrdiff_t pixel = place->offset + i * tile->line_stride, at = pixel * tile->pixel_stride + first;
        requantize_block block = { .sums = sums + i * outputs * BLOCK, .stride = BLOCK, .column = first, .first_row = (int)pixel, .rows = place->columns,
                                   .columns = channels, .c_stride = tile->pixel_stride };
        block.c = e->last.on ? (void *)((uint8_t *)(void *)tile->c + at) : (void *)(tile->c + at);
        requantize_sums(e, &block);
    }
}

WINOGRAD_INLINE void all(const cm_winograd_output_tile *tile, const winograd_side down, const winograd_side across)
{
    const ptrdiff_t positions = (ptrdiff_t)winograd_inputs(down) * winograd_inputs(across);
    _Alignas(64) int32_t y[CM_WINOGRAD_MOST_OUTPUTS * CM_WINOGRAD_MOST_OUTPUTS * BLOCK];
    for (int c = 0; c < tile->channels; c += BLOCK) {
        int channels = tile->channels - c < BLOCK ? tile->channels - c : BLOCK;
        for (int i = 0; i < tile->tiles; i++) {
            for (int j = 0; j < channels; j += VEC)
                transform(down, across, tile->sums + (c + j) / CM_GEMM_K * tile->group_stride + (c + j) % CM_GEMM_K,
                          tile->rows + i * positions, y + j);
            finish(tile, &tile->places[i], y, winograd_outputs(across), tile->column + c, channels);
        }
    }
}

void cameo_k_winograd_output_s32_1x8__avx2(const cm_winograd_output_tile *tile)
{
    if (tile->scheme == CM_WINOGRAD_4_STRIDE2)
        WINOGRAD_KINDS(all, tile, WINOGRAD_4_STRIDE2);
    else
        WINOGRAD_KINDS(all, tile, WINOGRAD_4);
}

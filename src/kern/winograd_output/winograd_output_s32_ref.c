/* Winograd's output transform of 32-bit sums, and what becomes of the exact ones, reference: one channel of one tile at a time. */
#include "kern/vector/requantize_scalar.h"
#include "kern/winograd/winograd_uint.h"

#include <string.h>

/* Of negative numbers `bits` are shifted in as ones. */
static int32_t shift_down(uint32_t x, int bits)
{
    uint32_t down = x >> bits, signs = x >> 31 ? ~(UINT32_MAX >> bits) : 0, both = down | signs;
    int32_t result;
    memcpy(&result, &both, sizeof result);
    return result;
}

/* Channel c of tile i. */
static void transform(const cm_winograd_output_tile *tile, int i, int c)
{
    const winograd_side down = winograd_side_of(tile->scheme, tile->half_down), across = winograd_side_of(tile->scheme, tile->half_across);
    int positions = winograd_inputs(across), lines = winograd_inputs(down), channel = tile->column + c;
    const cm_winograd_place *place = &tile->places[i];
    const uint32_t *rows = tile->rows + (ptrdiff_t)i * lines * positions;
    const float *sums = tile->sums + c / CM_GEMM_K * tile->group_stride + c % CM_GEMM_K;
    const cm_requantize *e = tile->requantize;
    const winograd_recover recover = winograd_recover_of(down, across);
    uint32_t columns[CM_WINOGRAD_MOST_POSITIONS][CM_WINOGRAD_MOST_OUTPUTS];
    for (int j = 0; j < positions; j++) {
        uint32_t s[CM_WINOGRAD_MOST_POSITIONS];
        for (int k = 0; k < lines; k++)
            memcpy(&s[k], sums + rows[k * positions + j], sizeof s[k]);
        winograd_backward(down, s, columns[j]);
    }
    for (int row = 0; row < place->rows; row++) {
        uint32_t line[CM_WINOGRAD_MOST_POSITIONS], out[CM_WINOGRAD_MOST_OUTPUTS];
        for (int j = 0; j < positions; j++)
            line[j] = columns[j][row];
        winograd_backward(across, line, out);
        for (int j = 0; j < place->columns; j++) {
            ptrdiff_t pixel = place->offset + row * tile->line_stride + j;
            uint32_t exact = (uint32_t)shift_down(out[j] * recover.inverse, recover.shift) + (uint32_t)e->offset[channel];
            requantize_one(e, (int32_t)exact, pixel, channel, tile->c, pixel * tile->pixel_stride + channel);
        }
    }
}

void cameo_k_winograd_output_s32_1x1__ref(const cm_winograd_output_tile *tile)
{
    for (int i = 0; i < tile->tiles; i++)
        for (int c = 0; c < tile->channels; c++)
            transform(tile, i, c);
}

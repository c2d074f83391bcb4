/* Winograd's output transform, reference: one channel of one tile at a time. */
#include "kern/vector/scalar_math.h"
#include "kern/winograd/winograd_scalar.h"

/* Channel c of tile i. */
static void transform(winograd_side down, winograd_side across, const cm_winograd_output_tile *tile, int i, int c)
{
    int positions = winograd_positions(across), channel = tile->column + c;
    const cm_winograd_place *place = &tile->places[i];
    const cm_epilogue *epilogue = tile->epilogue;
    const uint32_t *rows = tile->rows + (ptrdiff_t)i * winograd_positions(down) * positions;
    const float *sums = tile->sums + c / CM_GEMM_K * tile->group_stride + c % CM_GEMM_K;
    float columns[CM_WINOGRAD_MOST_POSITIONS][CM_WINOGRAD_MOST_OUTPUTS];
    for (int j = 0; j < positions; j++) {
        float s[CM_WINOGRAD_MOST_POSITIONS];
        for (int k = 0; k < winograd_positions(down); k++)
            s[k] = sums[rows[k * positions + j]];
        winograd_backward(down, s, columns[j]);
    }
    for (int row = 0; row < place->rows; row++) {
        float line[CM_WINOGRAD_MOST_POSITIONS], out[CM_WINOGRAD_MOST_OUTPUTS];
        for (int j = 0; j < positions; j++)
            line[j] = columns[j][row];
        winograd_backward(across, line, out);
        for (int j = 0; j < place->columns; j++) {
            ptrdiff_t at = place->offset + row * tile->line_stride + j * tile->pixel_stride;
            tile->c[at + channel] = scalar_finish(epilogue, out[j], epilogue->add != NULL ? epilogue->add + at : NULL, channel);
        }
    }
}

void cameo_k_winograd_output_f32_1x1__ref(const cm_winograd_output_tile *tile)
{
    winograd_side down = (winograd_side)(2 * (int)tile->scheme + tile->half_down), across = (winograd_side)(2 * (int)tile->scheme + tile->half_across);
    for (int i = 0; i < tile->tiles; i++) {
        for (int c = 0; c < tile->channels; c++)
            transform(down, across, tile, i, c);
    }
}

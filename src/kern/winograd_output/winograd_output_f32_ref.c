/* Winograd's output transform, reference. */
#include "kern/vector/scalar_math.h"
#include "kern/winograd/winograd_scalar.h"

/* One channel of one tile. */
static void transform(int m, const cm_winograd_output_tile *tile, int i, int c)
{
    int edge = m + 2, channel = tile->column + c;
    const cm_winograd_place *place = &tile->places[i];
    const cm_epilogue *epilogue = tile->epilogue;
    const float *sums = tile->sums + i * tile->row_stride + c;
    float columns[CM_WINOGRAD_MOST_EDGE][CM_WINOGRAD_MOST_EDGE];
    for (int j = 0; j < edge; j++) {
        float s[CM_WINOGRAD_MOST_EDGE];
        for (int k = 0; k < edge; k++)
            s[k] = sums[(k * edge + j) * tile->position_stride];
        winograd_backward(m, s, columns[j]);
    }
    for (int row = 0; row < place->rows; row++) {
        float line[CM_WINOGRAD_MOST_EDGE], out[CM_WINOGRAD_MOST_EDGE];
        for (int j = 0; j < edge; j++)
            line[j] = columns[j][row];
        winograd_backward(m, line, out);
        for (int j = 0; j < place->columns; j++) {
            ptrdiff_t at = place->offset + row * tile->line_stride + j * tile->pixel_stride;
            tile->c[at + channel] = scalar_finish(epilogue, out[j], epilogue->add != NULL ? epilogue->add + at : NULL, channel);
        }
    }
}

static void transform_all(const cm_winograd_output_tile *tile, int m)
{
    for (int i = 0; i < tile->tiles; i++) {
        for (int c = 0; c < tile->channels; c++)
            transform(m, tile, i, c);
    }
}

void cameo_k_winograd_output_f32_2x3__ref(const cm_winograd_output_tile *tile)
{
    transform_all(tile, 2);
}

void cameo_k_winograd_output_f32_4x3__ref(const cm_winograd_output_tile *tile)
{
    transform_all(tile, 4);
}

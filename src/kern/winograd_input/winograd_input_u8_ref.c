/* Winograd's transform of bytes into 16 bits, reference: one channel of one tile at a time. */
#include "kern/winograd/winograd_uint.h"

enum { GROUP_CHANNELS = 2 * CM_GEMM_K };

/* A channel that is not there counts as `zero`. */
static uint32_t input(const cm_winograd_input_tile *tile, const float *pixel, int channel)
{
    return channel < tile->channels ? (uint32_t)(((const uint8_t *)(const void *)pixel)[channel] - tile->zero) : 0;
}

static void transform(const cm_winograd_input_tile *tile, int i, int channel)
{
    const winograd_side down = winograd_side_of(tile->scheme, tile->half_down), across = winograd_side_of(tile->scheme, tile->half_across);
    int inputs = winograd_inputs(across), lines = winograd_inputs(down);
    const float *const *pixels = tile->pixels + (ptrdiff_t)i * lines * inputs;
    const uint32_t *rows = tile->rows + (ptrdiff_t)i * lines * inputs;
    float *group = tile->v + channel / GROUP_CHANNELS * tile->group_stride;
    uint32_t columns[CM_WINOGRAD_MOST_POSITIONS][CM_WINOGRAD_MOST_POSITIONS];
    for (int j = 0; j < inputs; j++) {
        uint32_t d[CM_WINOGRAD_MOST_POSITIONS];
        for (int line = 0; line < lines; line++)
            d[line] = input(tile, pixels[line * inputs + j], channel);
        winograd_forward(down, d, columns[j]);
    }
    for (int line = 0; line < lines; line++) {
        uint32_t row[CM_WINOGRAD_MOST_POSITIONS], out[CM_WINOGRAD_MOST_POSITIONS];
        for (int j = 0; j < inputs; j++)
            row[j] = columns[j][line];
        winograd_forward(across, row, out);
        for (int j = 0; j < inputs; j++)
            ((int16_t *)(void *)(group + rows[line * inputs + j]))[channel % GROUP_CHANNELS] = (int16_t)(int32_t)out[j];
    }
}

void cameo_k_winograd_input_u8_1x1__ref(const cm_winograd_input_tile *tile)
{
    int padded = (tile->channels + GROUP_CHANNELS - 1) / GROUP_CHANNELS * GROUP_CHANNELS;
    for (int i = 0; i < tile->tiles; i++)
        for (int c = 0; c < padded; c++)
            transform(tile, i, c);
}

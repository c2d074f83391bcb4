/* Winograd's input transform, reference: one channel of one tile at a time. */
#include "kern/winograd/winograd_scalar.h"

/* pixels: [inputs * inputs]; rows: [positions * positions]; v: the group, from the channel on */
static void transform(winograd_side down, winograd_side across, const float *const *pixels, int channel, const uint32_t *rows, float *v)
{
    int inputs = winograd_inputs(across), positions = winograd_positions(across);
    float columns[CM_WINOGRAD_MOST_INPUTS][CM_WINOGRAD_MOST_POSITIONS];
    for (int j = 0; j < inputs; j++) {
        float d[CM_WINOGRAD_MOST_INPUTS];
        for (int i = 0; i < winograd_inputs(down); i++)
            d[i] = pixels[i * inputs + j][channel];
        winograd_forward(down, d, columns[j]);
    }
    for (int i = 0; i < winograd_positions(down); i++) {
        float line[CM_WINOGRAD_MOST_INPUTS], out[CM_WINOGRAD_MOST_POSITIONS];
        for (int j = 0; j < inputs; j++)
            line[j] = columns[j][i];
        winograd_forward(across, line, out);
        for (int j = 0; j < positions; j++)
            v[rows[i * positions + j]] = out[j];
    }
}

void cameo_k_winograd_input_f32_1x1__ref(const cm_winograd_input_tile *tile)
{
    winograd_side down = (winograd_side)(2 * (int)tile->scheme + tile->half_down), across = (winograd_side)(2 * (int)tile->scheme + tile->half_across);
    ptrdiff_t pixels = (ptrdiff_t)winograd_inputs(down) * winograd_inputs(across);
    ptrdiff_t positions = (ptrdiff_t)winograd_positions(down) * winograd_positions(across);
    int padded = cm_gemm_padded(tile->channels);
    for (int i = 0; i < tile->tiles; i++) {
        const uint32_t *rows = tile->rows + i * positions;
        for (int c = 0; c < padded; c++) {
            float *v = tile->v + c / CM_GEMM_K * tile->group_stride + c % CM_GEMM_K;
            if (c < tile->channels)
                transform(down, across, tile->pixels + i * pixels, c, rows, v);
            for (ptrdiff_t p = 0; c >= tile->channels && p < positions; p++)
                v[rows[p]] = 0.0f;
        }
    }
}

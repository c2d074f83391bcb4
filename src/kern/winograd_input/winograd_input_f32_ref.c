/* Winograd's input transform, reference. */
#include "kern/winograd/winograd_scalar.h"

/* One channel of one tile. */
static void transform(int m, const float *const *rows, int channel, float *v, ptrdiff_t position_stride)
{
    int edge = m + 2;
    float columns[CM_WINOGRAD_MOST_EDGE][CM_WINOGRAD_MOST_EDGE];
    for (int j = 0; j < edge; j++) {
        float d[CM_WINOGRAD_MOST_EDGE];
        for (int i = 0; i < edge; i++)
            d[i] = rows[i * edge + j][channel];
        winograd_forward(m, d, columns[j]);
    }
    for (int i = 0; i < edge; i++) {
        float line[CM_WINOGRAD_MOST_EDGE], out[CM_WINOGRAD_MOST_EDGE];
        for (int j = 0; j < edge; j++)
            line[j] = columns[j][i];
        winograd_forward(m, line, out);
        for (int j = 0; j < edge; j++)
            v[(i * edge + j) * position_stride] = out[j];
    }
}

static void transform_all(const cm_winograd_input_tile *tile, int m)
{
    int positions = (m + 2) * (m + 2), padded = (tile->channels + CM_GEMM_K - 1) / CM_GEMM_K * CM_GEMM_K;
    for (int i = 0; i < tile->tiles; i++) {
        for (int c = 0; c < padded; c++) {
            float *v = tile->v + ((ptrdiff_t)(c / CM_GEMM_K) * tile->v_rows + i) * CM_GEMM_K + c % CM_GEMM_K;
            if (c < tile->channels)
                transform(m, tile->rows + (ptrdiff_t)i * positions, c, v, tile->position_stride);
            for (int p = 0; c >= tile->channels && p < positions; p++)
                v[p * tile->position_stride] = 0.0f;
        }
    }
}

void cameo_k_winograd_input_f32_2x3__ref(const cm_winograd_input_tile *tile)
{
    transform_all(tile, 2);
}

void cameo_k_winograd_input_f32_4x3__ref(const cm_winograd_input_tile *tile)
{
    transform_all(tile, 4);
}

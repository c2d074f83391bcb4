/* Pooling, plain C. */
#include "kern/kernel_list.h"
#include "kern/vector/scalar_math.h"

static float pool_element(const cm_pool_tile *tile, const float *const *rows, int channel)
{
    float value = tile->average ? 0.0f : -INFINITY;
    for (int tap = 0; tap < tile->taps; tap++) {
        if (rows[tap] == NULL)
            continue;
        float x = rows[tap][channel];
        value = tile->average ? value + x : scalar_max(value, x);
    }
    return value;
}

void cameo_k_pool_f32_1x1__ref(const cm_pool_tile *tile)
{
    for (int pixel = 0; pixel < tile->pixels; pixel++) {
        const float *const *rows = tile->rows + (ptrdiff_t)pixel * tile->taps;
        float *c = tile->c + pixel * tile->c_stride;
        for (int channel = 0; channel < tile->channels; channel++) {
            float value = pool_element(tile, rows, channel);
            c[channel] = tile->average ? value * tile->scale[pixel] : value;
        }
    }
}

/* Depthwise convolution, plain C. */
#include "kern/kernel_list.h"
#include "kern/vector/scalar_math.h"

static const float *tap_row(const cm_dwconv_tile *tile, int pixel, int tap)
{
    if (tile->step == 0)
        return tile->rows[(ptrdiff_t)pixel * tile->taps + tap];
    return tile->rows[tap / 3] + ((ptrdiff_t)pixel * tile->step + tap % 3) * tile->channels;
}

static float sum_single(const cm_dwconv_tile *tile, int pixel, int channel)
{
    const float *weights = tile->weights + channel;
    float sum = 0.0f;
    for (int tap = 0; tap < tile->taps; tap++, weights += tile->channels)
        sum += tap_row(tile, pixel, tap)[channel] * *weights;
    return sum;
}

static float sum_paired(const cm_dwconv_tile *tile, int pixel, int channel)
{
    const float *weights = tile->weights + channel;
    float sum = 0.0f;
    for (int tap = 0; tap < tile->taps; tap++, weights += 2 * (ptrdiff_t)tile->channels) {
        const float *row = tap_row(tile, pixel, tap);
        sum += row[channel] * *weights;
        sum += row[channel ^ 1] * weights[tile->channels];
    }
    return sum;
}

void cameo_k_dwconv_f32_1x1__ref(const cm_dwconv_tile *tile)
{
    const cm_epilogue *epilogue = tile->epilogue;
    for (int pixel = 0; pixel < tile->pixels; pixel++) {
        float *c = tile->c + pixel * tile->c_stride;
        const float *add = epilogue->add != NULL ? epilogue->add + pixel * epilogue->add_stride : NULL;
        for (int channel = 0; channel < tile->channels; channel++) {
            float sum = tile->paired ? sum_paired(tile, pixel, channel) : sum_single(tile, pixel, channel);
            c[channel] = scalar_finish(epilogue, sum, add, channel);
        }
    }
}

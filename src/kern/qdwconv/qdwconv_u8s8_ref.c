/* Depthwise convolution of bytes, reference: in integers. */
#include "kern/kernel_list.h"
#include "kern/vector/requantize_scalar.h"

static const uint8_t *tap_row(const cm_qdwconv_tile *tile, int pixel, int tap)
{
    if (tile->step == 0)
        return tile->rows[(ptrdiff_t)pixel * tile->taps + tap];
    return (const uint8_t *)tile->rows[tap / 3] + ((ptrdiff_t)pixel * tile->step + tap % 3) * tile->pixel_bytes;
}

static int32_t sum_of(const cm_qdwconv_tile *tile, int pixel, int channel)
{
    const float *weights = tile->weights;
    int32_t sum = 0;
    for (int tap = 0; tap < tile->taps; tap++, weights += tile->channels) {
        const uint8_t *row = tap_row(tile, pixel, tap);
        sum += (row[channel] - tile->zero) * (int32_t)weights[channel];
        if (!tile->paired)
            continue;
        weights += tile->channels;
        sum += (row[channel ^ 1] - tile->zero) * (int32_t)weights[channel];
    }
    return sum;
}

void cameo_k_qdwconv_u8s8_1x1__ref(const cm_qdwconv_tile *tile)
{
    const cm_requantize *e = tile->epilogue;
    for (int pixel = 0; pixel < tile->pixels; pixel++)
        for (int channel = 0; channel < tile->channels; channel++) {
            uint32_t sum = (uint32_t)sum_of(tile, pixel, channel) + (uint32_t)e->offset[channel];
            requantize_one(e, (int32_t)sum, pixel, channel, tile->c, pixel * tile->c_stride + channel);
        }
}

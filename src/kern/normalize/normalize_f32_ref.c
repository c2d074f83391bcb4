#include "kern/kernel_list.h"

void cameo_k_normalize_f32_1x1__ref(const cm_normalization *how, const uint8_t *pixels, int64_t count, float *c, ptrdiff_t plane)
{
    for (int channel = 0; channel < 3; channel++) {
        const uint8_t *from = pixels + (how->swap ? 2 - channel : channel);
        float *to = c + channel * plane, mean = how->mean[channel], std = how->std[channel];
        for (int64_t i = 0; i < count; i++)
            to[i] = ((float)from[3 * i] - mean) / std;
    }
}

/* Floats to bytes, reference. */
#include "kern/kernel_list.h"
#include "kern/vector/requantize_scalar.h"

void cameo_k_quantize_f32_1x1__ref(const cm_quantize_tile *tile)
{
    cm_rounding range = {.on = true, .low = (float)-tile->zero, .high = (float)(255 - tile->zero)};
    for (int64_t i = 0; i < tile->rows; i++) {
        const float *a = (const float *)tile->a + i * tile->a_stride;
        uint8_t *c = (uint8_t *)tile->c + i * tile->c_stride;
        for (int j = 0; j < tile->channels; j++)
            c[j] = (uint8_t)((int)requantize_round(&range, a[j] / tile->scale) + tile->zero);
    }
}

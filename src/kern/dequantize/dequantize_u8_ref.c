/* Bytes to floats, reference. */
#include "kern/kernel_list.h"

void cameo_k_dequantize_u8_1x1__ref(const cm_quantize_tile *tile)
{
    for (int64_t i = 0; i < tile->rows; i++) {
        const uint8_t *a = (const uint8_t *)tile->a + i * tile->a_stride;
        float *c = (float *)tile->c + i * tile->c_stride;
        for (int j = 0; j < tile->channels; j++)
            c[j] = (float)(a[j] - tile->zero) * tile->scale;
    }
}

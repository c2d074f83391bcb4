/* Floats to bytes, on the vectors of an instruction set. */
#include "kern/vector/requantize.inc.h"

static inline void quantize_all(const cm_quantize_tile *tile)
{
    const cm_rounding range = { .low = (float)-tile->zero, .high = (float)(255 - tile->zero) };
    vec scale = vec_all(tile->scale);
    for (int64_t i = 0; i < tile->rows; i++) {
        const float *a = (const float *)tile->a + i * tile->a_stride;
        uint8_t *c = (uint8_t *)tile->c + i * tile->c_stride;
        for (int j = 0; j < tile->channels; j += VEC) {
            int count = tile->channels - j < VEC ? tile->channels - j : VEC;
            vec v = requantize_clip(vec_div(vec_load_part(a + j, vec_first(count)), scale), &range);
            if (count == VEC)
                vec_to_bytes(c + j, v, tile->zero);
            else
                vec_to_bytes_part(c + j, v, tile->zero, count);
        }
    }
}

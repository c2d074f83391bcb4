/* Bytes to floats, on the vectors of an instruction set. */
#include "kern/vector/requantize.inc.h"

static inline void dequantize_all(const cm_quantize_tile *tile)
{
    vec scale = vec_all(tile->scale);
    for (int64_t i = 0; i < tile->rows; i++) {
        const uint8_t *a = (const uint8_t *)tile->a + i * tile->a_stride;
        float *c = (float *)tile->c + i * tile->c_stride;
        for (int j = 0; j < tile->channels; j += VEC) {
            int count = tile->channels - j < VEC ? tile->channels - j : VEC;
            if (count == VEC)
                vec_store(c + j, vec_mul(vec_of_bytes(a + j, tile->zero), scale));
            else
                vec_store_part(c + j, vec_mul(vec_of_bytes_part(a + j, tile->zero, count), scale), vec_first(count));
        }
    }
}

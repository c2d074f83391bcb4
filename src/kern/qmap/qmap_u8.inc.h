/* Bytes element by element, on the vectors of an instruction set. */
#include "kern/vector/requantize.inc.h"

static inline void qmap_all(const cm_qmap_tile *tile)
{
    const cm_requantize e = *tile->epilogue;
    for (int j = 0; j < tile->channels; j += VEC) {
        requantize_channels c = requantize_at(&e, j, tile->channels - j);
        for (int64_t i = 0; i < tile->rows; i++) {
            const uint8_t *a = tile->a + i * tile->a_stride + j;
            vec v = c.count == VEC ? vec_of_bytes(a, tile->zero) : vec_of_bytes_part(a, tile->zero, c.count);
            requantize_vector(&e, &c, v, i, tile->c, i * tile->c_stride + j);
        }
    }
}

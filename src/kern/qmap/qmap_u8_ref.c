/* Bytes element by element, reference. */
#include "kern/kernel_list.h"
#include "kern/vector/requantize_scalar.h"

void cameo_k_qmap_u8_1x1__ref(const cm_qmap_tile *tile)
{
    for (int64_t i = 0; i < tile->rows; i++)
        for (int j = 0; j < tile->channels; j++)
            requantize_one(tile->epilogue, tile->a[i * tile->a_stride + j] - tile->zero, i, j, tile->c, i * tile->c_stride + j);
}

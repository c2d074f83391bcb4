/* Indirect product of bytes, reference. */
#include "kern/kernel_list.h"
#include "kern/vector/requantize_scalar.h"

enum { MR = 4, NR = 8 };

static const uint8_t *row_of(const cm_qgemm_tile *tile, int tap, int i)
{
    const void *row = tile->step == 0 ? tile->rows[tap * MR + i] : tile->rows[tap];
    return (const uint8_t *)row + i * tile->step * 4;
}

/* Two's complement, so that an overflow on the way wraps as vectors do. */
static void multiply(const cm_qgemm_tile *tile, int row, uint32_t sums[NR])
{
    const int8_t *panel = tile->panel;
    for (int j = 0; j < NR; j++)
        sums[j] = 0;
    for (int tap = 0; tap < tile->taps; tap++) {
        const uint8_t *bytes = row_of(tile, tap, row);
        for (int k = 0; k < tile->k; k++, bytes += 4, panel += (ptrdiff_t)NR * 4)
            for (int j = 0; j < NR; j++)
                for (int b = 0; b < 4; b++)
                    sums[j] += (uint32_t)(bytes[b] * panel[j * 4 + b]);
    }
}

void cameo_k_qgemm_u8s8_4x8__ref(const cm_qgemm_tile *tile)
{
    const cm_requantize *e = tile->epilogue;
    for (int i = 0; i < tile->m; i++) {
        uint32_t sums[NR];
        multiply(tile, i, sums);
        for (int j = 0; j < tile->n; j++) {
            int channel = tile->column + j;
            requantize_one(e, (int32_t)(sums[j] + (uint32_t)e->offset[channel]), i, channel, tile->c, i * tile->c_stride + j);
        }
    }
}

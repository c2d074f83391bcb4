#include "kern/kernel_list.h"

void cameo_k_warp_u8_1x1__ref(const cm_warp_row *row)
{
    int red = row->swap ? 2 : 0;
    uint8_t *c = row->c;
    for (int i = 0; i < row->count; i++, c += 3) {
        int fx = row->x[i] & 31, fy = row->y[i] & 31;
        const uint8_t *upper = row->pixels + (row->y[i] >> 5) * row->stride + (ptrdiff_t)(row->x[i] >> 5) * 3, *lower = upper + row->stride;
        for (int channel = 0; channel < 3; channel++) {
            int from = channel == 1 ? 1 : channel == 0 ? red : 2 - red;
            int above = upper[from] * (32 - fx) + upper[from + 3] * fx, below = lower[from] * (32 - fx) + lower[from + 3] * fx;
            c[channel] = (uint8_t)((above * (32 - fy) + below * fy + 512) >> 10);
        }
    }
}

#include "kern/kernel_list.h"

void cameo_k_vresize_u8_1x1__ref(const int16_t *upper, const int16_t *lower, const int16_t weights[2], int count, uint8_t *c)
{
    int weight_upper = weights[0], weight_lower = weights[1];
    for (int i = 0; i < count; i++) {
        int sum = ((upper[i] * weight_upper) >> 16) + ((lower[i] * weight_lower) >> 16);
        c[i] = (uint8_t)((sum + 2) >> 2);
    }
}

/* Matrix product of a packed left side of 16-bit integers, two in each word, reference. */
#include "kern/kernel_list.h"

#include <string.h>

enum { NR = 8 };

void cameo_k_gemm_s16_4x8__ref(const cm_gemm_tile *tile)
{
    for (int i = 0; i < tile->m; i++) {
        const int16_t *panel = tile->panel;
        uint32_t sums[NR] = { 0 }; /* which wrap */
        if (tile->accumulate)
            memcpy(sums, tile->c + i * CM_GEMM_K, sizeof sums);
        for (int k = 0; k < tile->k; k++, panel += (ptrdiff_t)NR * 2) {
            int16_t pair[2];
            memcpy(pair, tile->a + k / CM_GEMM_K * tile->group_stride + (ptrdiff_t)i * CM_GEMM_K + k % CM_GEMM_K, sizeof pair);
            for (int j = 0; j < NR; j++)
                sums[j] += (uint32_t)(pair[0] * panel[2 * j]) + (uint32_t)(pair[1] * panel[2 * j + 1]);
        }
        memcpy(tile->c + i * CM_GEMM_K, sums, sizeof sums);
    }
}

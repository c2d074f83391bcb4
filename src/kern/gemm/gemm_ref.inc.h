/* Matrix product of a packed left side in C alone; the including file says how an element of the panel is stored (gemm_panel_element, gemm_load). */
#ifndef CM_KERN_GEMM_REF_INC_H
#define CM_KERN_GEMM_REF_INC_H

#include "kern/kernel_list.h"

enum { GEMM_NR = 8 };

/* One row: [k] x [k, GEMM_NR] -> c: [GEMM_NR] */
static void gemm_row(const cm_gemm_tile *tile, int row, float *c)
{
    const gemm_panel_element *panel = tile->panel;
    for (int j = 0; j < GEMM_NR && !tile->accumulate; j++)
        c[j] = 0.0f;
    for (int k = 0; k < tile->k; k++, panel += GEMM_NR) {
        float x = tile->a[k / CM_GEMM_K * tile->group_stride + (ptrdiff_t)row * CM_GEMM_K + k % CM_GEMM_K];
        for (int j = 0; j < GEMM_NR; j++)
            c[j] += x * gemm_load(panel[j]);
    }
}

static void gemm_all(const cm_gemm_tile *tile)
{
    for (int i = 0; i < tile->m; i++)
        gemm_row(tile, i, tile->c + i * CM_GEMM_K);
}

#endif

/* Matrix product of a packed left side, 6 rows by 2 vectors of 8. */
#include "kern/vector/vector_neon.h"

#define GEMM_MR 6
#define GEMM_COLUMNS 2
typedef float gemm_panel_element;
#define gemm_load vec_load
#define GEMM_PANEL_FROM_MEMORY 0
#include "kern/gemm/gemm.inc.h"

void cameo_k_gemm_f32_6x16__neon(const cm_gemm_tile *tile)
{
    switch (tile->m) {
    case 1: gemm_rows(tile, 1); break;
    case 2: gemm_rows(tile, 2); break;
    case 3: gemm_rows(tile, 3); break;
    case 4: gemm_rows(tile, 4); break;
    case 5: gemm_rows(tile, 5); break;
    default: gemm_rows(tile, 6); break;
    }
}

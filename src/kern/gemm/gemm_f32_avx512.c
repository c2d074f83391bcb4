/* Matrix product of a packed left side, 7 rows by 4 vectors of 16: 28 sums, 4 of the panel; 7 divides the tiles of a 112x112 face. */
#include "kern/vector/vector_avx512.h"

#define GEMM_MR 7
#define GEMM_COLUMNS 4
typedef float gemm_panel_element;
#define gemm_load vec_load
#define GEMM_PANEL_FROM_MEMORY 0
#include "kern/gemm/gemm.inc.h"

void cameo_k_gemm_f32_7x64__avx512(const cm_gemm_tile *tile)
{
    switch (tile->m) {
    case 1: gemm_rows(tile, 1); break;
    case 2: gemm_rows(tile, 2); break;
    case 3: gemm_rows(tile, 3); break;
    case 4: gemm_rows(tile, 4); break;
    case 5: gemm_rows(tile, 5); break;
    case 6: gemm_rows(tile, 6); break;
    default: gemm_rows(tile, 7); break;
    }
}

/* Matrix product with half-float weights, 16 rows by one vector of 16: widening costs as much as two multiply-adds, 16 share it. */
#include "kern/vector/vector_avx512.h"

#define GEMM_MR 16
#define GEMM_COLUMNS 1
typedef uint16_t gemm_panel_element;
#define gemm_load vec_load_half
#define GEMM_PANEL_FROM_MEMORY 1
#include "kern/gemm/gemm.inc.h"

void cameo_k_gemm_f16_16x16__avx512(const cm_gemm_tile *tile)
{
    switch (tile->m) {
    case 1: gemm_rows(tile, 1); break;
    case 2: gemm_rows(tile, 2); break;
    case 3: gemm_rows(tile, 3); break;
    case 4: gemm_rows(tile, 4); break;
    case 5: gemm_rows(tile, 5); break;
    case 6: gemm_rows(tile, 6); break;
    case 7: gemm_rows(tile, 7); break;
    case 8: gemm_rows(tile, 8); break;
    case 9: gemm_rows(tile, 9); break;
    case 10: gemm_rows(tile, 10); break;
    case 11: gemm_rows(tile, 11); break;
    case 12: gemm_rows(tile, 12); break;
    case 13: gemm_rows(tile, 13); break;
    case 14: gemm_rows(tile, 14); break;
    case 15: gemm_rows(tile, 15); break;
    default: gemm_rows(tile, 16); break;
    }
}

/* Indirect matrix product, 6 rows by 2 vectors of 8: 12 sums, 2 of the panel and a row's element fill the 16 registers. */
#include "kern/vector/vector_avx2.h"

#define IGEMM_MR 6
#define IGEMM_COLUMNS 2
typedef float igemm_panel_element;
#define igemm_load vec_load
#include "kern/igemm/igemm.inc.h"

void cameo_k_igemm_f32_6x16__avx2(const cm_igemm_tile *tile)
{
    switch (tile->m) {
    case 1: igemm_rows(tile, 1); break;
    case 2: igemm_rows(tile, 2); break;
    case 3: igemm_rows(tile, 3); break;
    case 4: igemm_rows(tile, 4); break;
    case 5: igemm_rows(tile, 5); break;
    default: igemm_rows(tile, 6); break;
    }
}

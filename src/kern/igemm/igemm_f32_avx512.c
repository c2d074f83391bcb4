/* Indirect matrix product, 7 rows by 4 vectors of 16: 28 sums, 4 of the panel; a row's element comes from memory. */
#include "kern/vector/vector_avx512.h"

#define IGEMM_MR 7
#define IGEMM_COLUMNS 4
typedef float igemm_panel_element;
#define igemm_load vec_load
#include "kern/igemm/igemm.inc.h"

void cameo_k_igemm_f32_7x64__avx512(const cm_igemm_tile *tile)
{
    switch (tile->m) {
    case 1: igemm_rows(tile, 1); break;
    case 2: igemm_rows(tile, 2); break;
    case 3: igemm_rows(tile, 3); break;
    case 4: igemm_rows(tile, 4); break;
    case 5: igemm_rows(tile, 5); break;
    case 6: igemm_rows(tile, 6); break;
    default: igemm_rows(tile, 7); break;
    }
}

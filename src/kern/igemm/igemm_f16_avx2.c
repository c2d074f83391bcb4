/* Indirect matrix product with half-float weights, as large as that of floats: for fully connected layers, which read each weight once. */
#include "kern/vector/vector_avx2.h"

#define IGEMM_MR 6
#define IGEMM_COLUMNS 2
typedef uint16_t igemm_panel_element;
#define igemm_load vec_load_half
#include "kern/igemm/igemm.inc.h"

void cameo_k_igemm_f16_6x16__avx2(const cm_igemm_tile *tile)
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

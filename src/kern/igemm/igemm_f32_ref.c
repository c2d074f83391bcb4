/* Indirect matrix product, reference. */
typedef float igemm_panel_element;
#define igemm_load(x) (x)
#include "kern/igemm/igemm_ref.inc.h"

void cameo_k_igemm_f32_4x8__ref(const cm_igemm_tile *tile)
{
    igemm_all(tile);
}

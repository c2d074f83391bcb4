/* Indirect matrix product with half-float weights, reference. */
#include "base/half.h"

typedef uint16_t igemm_panel_element;
#define igemm_load(x) cm_half_to_float(x)
#include "kern/igemm/igemm_ref.inc.h"

void cameo_k_igemm_f16_4x8__ref(const cm_igemm_tile *tile)
{
    igemm_all(tile);
}

/* Matrix product of a packed left side, reference. */
typedef float gemm_panel_element;
#define gemm_load(x) (x)
#include "kern/gemm/gemm_ref.inc.h"

void cameo_k_gemm_f32_4x8__ref(const cm_gemm_tile *tile)
{
    gemm_all(tile);
}

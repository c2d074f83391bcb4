/* Matrix product with half-float weights, reference. */
#include "base/half.h"

typedef uint16_t gemm_panel_element;
#define gemm_load(x) cm_half_to_float(x)
#include "kern/gemm/gemm_ref.inc.h"

void cameo_k_gemm_f16_4x8__ref(const cm_gemm_tile *tile)
{
    gemm_all(tile);
}

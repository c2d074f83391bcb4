/* Winograd's output transform, AVX2. */
#include "kern/vector/vector_avx2.h"
#include "kern/winograd_output/winograd_output_f32.inc.h"

void cameo_k_winograd_output_f32_1x8__avx2(const cm_winograd_output_tile *tile)
{
    winograd_output_all(tile);
}

/* Winograd's input transform, AVX2. */
#include "kern/vector/vector_avx2.h"
#include "kern/winograd_input/winograd_input_f32.inc.h"

void cameo_k_winograd_input_f32_1x8__avx2(const cm_winograd_input_tile *tile)
{
    winograd_input_all(tile);
}

/* Winograd's input transform, AVX-512. */
#include "kern/vector/vector_avx512.h"
#include "kern/winograd_input/winograd_input_f32.inc.h"

void cameo_k_winograd_input_f32_1x16__avx512(const cm_winograd_input_tile *tile)
{
    winograd_input_all(tile);
}

/* Winograd's output transform, AVX-512. */
#include "kern/vector/vector_avx512.h"
#include "kern/winograd_output/winograd_output_f32.inc.h"

void cameo_k_winograd_output_f32_1x16__avx512(const cm_winograd_output_tile *tile)
{
    winograd_output_all(tile);
}

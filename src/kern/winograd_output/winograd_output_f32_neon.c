/* Winograd's output transform, NEON. */
#include "kern/vector/vector_neon.h"
#include "kern/winograd_output/winograd_output_f32.inc.h"

void cameo_k_winograd_output_f32_1x8__neon(const cm_winograd_output_tile *tile)
{
    winograd_output_all(tile);
}

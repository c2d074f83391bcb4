/* Winograd's input transform, NEON. */
#include "kern/vector/vector_neon.h"
#include "kern/winograd_input/winograd_input_f32.inc.h"

void cameo_k_winograd_input_f32_2x3__neon(const cm_winograd_input_tile *tile)
{
    winograd_input_all(tile, 2);
}

void cameo_k_winograd_input_f32_4x3__neon(const cm_winograd_input_tile *tile)
{
    winograd_input_all(tile, 4);
}

/* Winograd's input transform, NEON. */
#include "kern/vector/vector_neon.h"
#include "kern/winograd_input/winograd_input_f32.inc.h"

void cameo_k_winograd_input_f32_1x8__neon(const cm_winograd_input_tile *tile)
{
    winograd_input_all(tile);
}

/* Floats to bytes, NEON. */
#include "kern/vector/bytes_neon.h"

#include "kern/quantize/quantize_f32.inc.h"

void cameo_k_quantize_f32_1x8__neon(const cm_quantize_tile *tile)
{
    quantize_all(tile);
}

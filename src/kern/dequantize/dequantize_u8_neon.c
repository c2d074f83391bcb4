/* Bytes to floats, NEON. */
#include "kern/vector/bytes_neon.h"

#include "kern/dequantize/dequantize_u8.inc.h"

void cameo_k_dequantize_u8_1x8__neon(const cm_quantize_tile *tile)
{
    dequantize_all(tile);
}

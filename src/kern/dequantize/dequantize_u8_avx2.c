/* Bytes to floats, AVX2. */
#include "kern/vector/bytes_avx2.h"

#include "kern/dequantize/dequantize_u8.inc.h"

void cameo_k_dequantize_u8_1x8__avx2(const cm_quantize_tile *tile)
{
    dequantize_all(tile);
}

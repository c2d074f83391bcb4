/* Bytes to floats, AVX-512. */
#include "kern/vector/bytes_avx512.h"

#include "kern/dequantize/dequantize_u8.inc.h"

void cameo_k_dequantize_u8_1x16__avx512(const cm_quantize_tile *tile)
{
    dequantize_all(tile);
}

/* Floats to bytes, AVX-512. */
#include "kern/vector/bytes_avx512.h"

#include "kern/quantize/quantize_f32.inc.h"

void cameo_k_quantize_f32_1x16__avx512(const cm_quantize_tile *tile)
{
    quantize_all(tile);
}

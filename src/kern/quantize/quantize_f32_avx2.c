/* Floats to bytes, AVX2. */
#include "kern/vector/bytes_avx2.h"

#include "kern/quantize/quantize_f32.inc.h"

void cameo_k_quantize_f32_1x8__avx2(const cm_quantize_tile *tile)
{
    quantize_all(tile);
}

/* Depthwise convolution, AVX-512. */
#include "kern/vector/vector_avx512.h"

#define DWCONV_PIXELS 7
#define DWCONV_VECTORS 2
#define DWCONV_STRIP 8
#include "kern/dwconv/dwconv_f32.inc.h"

void cameo_k_dwconv_f32_1x16__avx512(const cm_dwconv_tile *tile)
{
    dwconv_all(tile);
}

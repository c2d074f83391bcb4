/* Depthwise convolution, NEON. */
#include "kern/vector/vector_neon.h"

#define DWCONV_PIXELS 5
#define DWCONV_VECTORS 2
#define DWCONV_STRIP 8
#include "kern/dwconv/dwconv_f32.inc.h"

void cameo_k_dwconv_f32_1x8__neon(const cm_dwconv_tile *tile)
{
    dwconv_all(tile);
}

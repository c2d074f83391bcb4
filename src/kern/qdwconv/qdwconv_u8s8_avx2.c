/* Depthwise convolution of bytes, AVX2. */
#include "kern/vector/bytes_avx2.h"

#define QDWCONV_PIXELS 4
#define QDWCONV_STRIP 6
#include "kern/qdwconv/qdwconv_u8s8.inc.h"

void cameo_k_qdwconv_u8s8_1x8__avx2(const cm_qdwconv_tile *tile)
{
    qdwconv_any(tile);
}

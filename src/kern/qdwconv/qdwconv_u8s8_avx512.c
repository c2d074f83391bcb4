/* Depthwise convolution of bytes, AVX-512. */
#include "kern/vector/bytes_avx512.h"

#define QDWCONV_PIXELS 4
#define QDWCONV_STRIP 8
#include "kern/qdwconv/qdwconv_u8s8.inc.h"

void cameo_k_qdwconv_u8s8_1x16__avx512(const cm_qdwconv_tile *tile)
{
    qdwconv_any(tile);
}

/* Bytes element by element, AVX-512. */
#include "kern/vector/bytes_avx512.h"

#include "kern/qmap/qmap_u8.inc.h"

void cameo_k_qmap_u8_1x16__avx512(const cm_qmap_tile *tile)
{
    qmap_all(tile);
}

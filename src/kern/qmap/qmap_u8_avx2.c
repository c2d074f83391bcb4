/* Bytes element by element, AVX2. */
#include "kern/vector/bytes_avx2.h"

#include "kern/qmap/qmap_u8.inc.h"

void cameo_k_qmap_u8_1x8__avx2(const cm_qmap_tile *tile)
{
    qmap_all(tile);
}

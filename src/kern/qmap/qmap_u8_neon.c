/* Bytes element by element, NEON. */
#include "kern/vector/bytes_neon.h"

#include "kern/qmap/qmap_u8.inc.h"

void cameo_k_qmap_u8_1x8__neon(const cm_qmap_tile *tile)
{
    qmap_all(tile);
}

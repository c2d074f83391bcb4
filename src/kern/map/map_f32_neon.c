/* Element-by-element operators, NEON. */
#include "kern/vector/vector_neon.h"

#include "kern/map/map_f32.inc.h"

void cameo_k_map_f32_1x8__neon(const cm_map_tile *tile)
{
    map_all(tile);
}

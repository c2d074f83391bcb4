/* Element-by-element operators, AVX2. */
#include "kern/vector/vector_avx2.h"

#include "kern/map/map_f32.inc.h"

void cameo_k_map_f32_1x8__avx2(const cm_map_tile *tile)
{
    map_all(tile);
}

/* Element-by-element operators, AVX-512. */
#include "kern/vector/vector_avx512.h"

#include "kern/map/map_f32.inc.h"

void cameo_k_map_f32_1x16__avx512(const cm_map_tile *tile)
{
    map_all(tile);
}

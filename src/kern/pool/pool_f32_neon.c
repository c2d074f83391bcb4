/* Pooling, NEON. */
#include "kern/vector/vector_neon.h"

#include "kern/pool/pool_f32.inc.h"

void cameo_k_pool_f32_1x8__neon(const cm_pool_tile *tile)
{
    pool_all(tile);
}

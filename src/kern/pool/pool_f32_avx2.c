/* Pooling, AVX2. */
#include "kern/vector/vector_avx2.h"

#include "kern/pool/pool_f32.inc.h"

void cameo_k_pool_f32_1x8__avx2(const cm_pool_tile *tile)
{
    pool_all(tile);
}

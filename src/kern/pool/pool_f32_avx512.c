/* Pooling, AVX-512. */
#include "kern/vector/vector_avx512.h"

#include "kern/pool/pool_f32.inc.h"

void cameo_k_pool_f32_1x16__avx512(const cm_pool_tile *tile)
{
    pool_all(tile);
}

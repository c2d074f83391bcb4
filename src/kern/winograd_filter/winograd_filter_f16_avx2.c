/* Winograd's transform of half-precision filters, AVX2. */
#include "kern/vector/vector_avx2.h"

typedef uint16_t filter_element;
#define filter_load vec_load_half
#include "kern/winograd_filter/winograd_filter.inc.h"

void cameo_k_winograd_filter_f16_1x8__avx2(const cm_winograd_filter_tile *tile)
{
    winograd_filter_all(tile);
}

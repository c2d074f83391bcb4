/* Winograd's transform of single-precision filters, AVX-512. */
#include "kern/vector/vector_avx512.h"

typedef float filter_element;
#define filter_load vec_load
#include "kern/winograd_filter/winograd_filter.inc.h"

void cameo_k_winograd_filter_f32_1x16__avx512(const cm_winograd_filter_tile *tile)
{
    winograd_filter_all(tile);
}

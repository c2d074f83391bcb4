/* Winograd's transform of single-precision filters, NEON. */
#include "kern/vector/vector_neon.h"

typedef float filter_element;
#define filter_load vec_load
#include "kern/winograd_filter/winograd_filter.inc.h"

void cameo_k_winograd_filter_f32_1x8__neon(const cm_winograd_filter_tile *tile)
{
    winograd_filter_all(tile);
}

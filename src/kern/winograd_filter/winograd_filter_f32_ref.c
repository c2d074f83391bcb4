/* Winograd's transform of single-precision filters, reference. */
typedef float filter_element;
#define filter_load(x) (x)
#include "kern/winograd_filter/winograd_filter_ref.inc.h"

void cameo_k_winograd_filter_f32_1x1__ref(const cm_winograd_filter_tile *tile)
{
    winograd_filter_all(tile);
}

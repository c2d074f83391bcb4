/* Winograd's transform of half-precision filters, reference. */
#include "base/half.h"

typedef uint16_t filter_element;
#define filter_load(x) cm_half_to_float(x)
#include "kern/winograd_filter/winograd_filter_ref.inc.h"

void cameo_k_winograd_filter_f16_1x1__ref(const cm_winograd_filter_tile *tile)
{
    winograd_filter_all(tile);
}

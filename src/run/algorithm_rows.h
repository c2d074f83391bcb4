/* The fastest way for each shape of a 3x3 convolution, as `./run tune` measured and printed it; for algorithm.c alone.
 *
 *   {input channels, output channels, {fast, for each of MEASURED_SIZES}, {compact, likewise}}
 *
 * D direct, F2 and F4 Winograd with tiles of 2x2 and 4x4 output pixels; H: weights as half floats. */
#ifndef CM_RUN_ALGORITHM_ROWS_H
#define CM_RUN_ALGORITHM_ROWS_H

#include "run/algorithm.h"

#define MEASURED_SIZES 7, 10, 14, 20, 28, 40, 56, 80, 112, 160, 320

#define D {0, false}
#define DH {0, true}
#define F2 {2, false}
#define F2H {2, true}
#define F4 {4, false}
#define F4H {4, true}

static const cm_algorithm_row avx512_rows[] = {
    {8, 8, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
};

static const cm_algorithm_row avx2_rows[] = {
    {8, 8, {D, D, D, D, D, D, D, D, D, D, D}, {D, D, D, D, D, D, D, D, D, D, D}},
};

#undef D
#undef DH
#undef F2
#undef F2H
#undef F4
#undef F4H

#endif

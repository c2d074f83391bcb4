/* Winograd's matrices along one side of a tile, built from the points as Toom and Cook do: independent of the kernels' formulas. */
#ifndef CM_TEST_KERN_WINOGRAD_MATRICES_H
#define CM_TEST_KERN_WINOGRAD_MATRICES_H

#include "kern/kern.h"

/* y = A' ((G g) * (B' d)) */
typedef struct winograd_matrices {
    int stride, outputs, inputs, positions;
    double g[CM_WINOGRAD_MOST_EDGE][3];                             /* [weight][tap]; of whole sides, that is as many weights as they have */
    double b[CM_WINOGRAD_MOST_POSITIONS][CM_WINOGRAD_MOST_INPUTS];  /* [position][input] */
    double a[CM_WINOGRAD_MOST_OUTPUTS][CM_WINOGRAD_MOST_POSITIONS]; /* [output][position] */
} winograd_matrices;

winograd_matrices winograd_matrices_of(cm_winograd_scheme scheme, bool half);

#endif

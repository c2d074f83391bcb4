/* The points at which F(4,3) evaluates its polynomials, besides 0 and infinity: WINOGRAD_A, -WINOGRAD_A, WINOGRAD_B, -WINOGRAD_B. */
#ifndef CM_KERN_WINOGRAD_POINTS_H
#define CM_KERN_WINOGRAD_POINTS_H

#define WINOGRAD_A 0.75f
#define WINOGRAD_B 1.5f

#endif

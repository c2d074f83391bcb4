/* The points at which Winograd's polynomials are evaluated, besides 0 and infinity: each number and its negative. */
#ifndef CM_KERN_WINOGRAD_POINTS_H
#define CM_KERN_WINOGRAD_POINTS_H

/* F(4,3) */
#define WINOGRAD_A 0.75f
#define WINOGRAD_B 1.5f
/* F(4,2), the even pixels of stride 2; without 0 */
#define WINOGRAD_EVEN_A 0.5f
#define WINOGRAD_EVEN_B 1.25f

#endif

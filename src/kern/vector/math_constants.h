/* Constants of exp and tanh: Cephes expf.c and tanhf.c. */
#ifndef CM_KERN_MATH_CONSTANTS_H
#define CM_KERN_MATH_CONSTANTS_H

/* Beyond these exp is infinite or zero in single precision. */
#define EXP_HIGHEST 89.0f
#define EXP_LOWEST (-104.0f)
#define EXP_LOG2_E 1.44269504088896341f
/* Adding and taking away 1.5 * 2^23 rounds to the nearest whole number. */
#define EXP_ROUND 12582912.0f
/* ln 2 = high + low; high has 9 bits, so that n * high is exact. */
#define EXP_LN2_HIGH 0.693359375f
#define EXP_LN2_LOW (-2.12194440e-4f)
#define EXP_P0 1.9875691500e-4f
#define EXP_P1 1.3981999507e-3f
#define EXP_P2 8.3334519073e-3f
#define EXP_P3 4.1665795894e-2f
#define EXP_P4 1.6666665459e-1f
#define EXP_P5 5.0000001201e-1f

/* Below this tanh is a polynomial in x^2, above it comes from exp. */
#define TANH_SMALL 0.625f
#define TANH_P0 (-5.70498872745e-3f)
#define TANH_P1 2.06390887954e-2f
#define TANH_P2 (-5.37397155531e-2f)
#define TANH_P3 1.33314422036e-1f
#define TANH_P4 (-3.33332819422e-1f)

#endif

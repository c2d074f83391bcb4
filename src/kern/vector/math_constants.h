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

/* The error function: x + x * p(x^2) below ERF_SMALL, 1 - exp(q(|x|)) from there on, 1 from ERF_HIGHEST on (to within half a unit). p and q are
 * minimax polynomials of degree 6, fitted to relative errors of 1e-9 of the result by Lawson's iteration. */
#define ERF_SMALL 1.0f
#define ERF_HIGHEST 4.0f
#define ERF_P0 7.853858e-05f
#define ERF_P1 -8.0101925e-04f
#define ERF_P2 5.1883277e-03f
#define ERF_P3 -2.6853811e-02f
#define ERF_P4 1.12835854e-01f
#define ERF_P5 -3.7612626e-01f
#define ERF_P6 1.2837917e-01f
#define ERF_Q0 1.8638009e-04f
#define ERF_Q1 -2.9476667e-03f
#define ERF_Q2 2.1838097e-02f
#define ERF_Q3 -1.0310682e-01f
#define ERF_Q4 -6.3814473e-01f
#define ERF_Q5 -1.1270893f
#define ERF_Q6 -3.4151258e-04f

#endif

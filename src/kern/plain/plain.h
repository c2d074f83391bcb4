/* Operators that are seldom run and cost little: C only, no row in the kernel list. The same result on every instruction set. */
#ifndef CM_KERN_PLAIN_PLAIN_H
#define CM_KERN_PLAIN_PLAIN_H

#include <stdint.h>

typedef enum cm_plain_reduction {
    CM_PLAIN_SUM, CM_PLAIN_MEAN, CM_PLAIN_MAX, CM_PLAIN_MIN, CM_PLAIN_L2, CM_PLAIN_L1, CM_PLAIN_SUM_SQUARE, CM_PLAIN_PRODUCT,
    CM_PLAIN_LOG_SUM, CM_PLAIN_LOG_SUM_EXP
} cm_plain_reduction;

/* a: [rows, columns] -> c: [rows]. Sums in double, in an order that depends on the number of columns alone. MAX and MIN: NaN if there is one; of no
 * columns minus and plus infinity. */
void cm_plain_reduce(cm_plain_reduction kind, const float *a, int64_t rows, int64_t columns, float *c);

/* Layer normalisation (Ba et al. 2016, arXiv:1607.06450): a: [rows, columns], scale, shift: [columns] or NULL (1, 0)
 * -> c: [rows, columns]. */
void cm_plain_layer_norm(const float *a, int64_t rows, int64_t columns, const float *scale, const float *shift, float epsilon, float *c);

/* a: [m, k], b: [k, n] -> c: [m, n], all dense. Sums over k in order. */
void cm_plain_matmul(const float *a, const float *b, float *c, int64_t m, int64_t k, int64_t n);

/* One output row of a resize from the rows[row_taps] of a picture, each [in_width, channels], weighted by row_weight[row_taps]; index, weight:
 * [out_width, taps] -> c: [out_width, channels]. One tap: a copy; two and two: bilinear; sums run over row taps, then over taps, in order. */
void cm_plain_resize_row(const float *const *rows, const float *row_weight, int row_taps, const int *index, const float *weight, int taps,
                         int64_t out_width, int64_t channels, float *c);

#endif

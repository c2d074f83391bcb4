/* The layers that face networks are made of. Each writes its node and weights, and says what is to be expected of its output. A
 * NULL value gives NULL. */
#ifndef CM_MAKE_MAKE_LAYERS_H
#define CM_MAKE_MAKE_LAYERS_H

#include "make_net.h"

typedef struct cm_make_conv {
    int outputs, side, stride, padding;
    int groups;           /* 0: 1 */
    const char *name;     /* parameters "name.weight", "name.bias"; NULL: a BatchNormalization follows and is folded in */
    double gain;          /* deviation of the outputs; 0: 1 */
    double offset;        /* mean of the outputs */
    double along, across; /* see cm_make_filters */
} cm_make_conv;

/* A picture with pixels in -1..1. dims: [4], 0 for `symbol`. */
cm_make_value *cm_make_picture(cm_make_net *net, const char *name, const int64_t *dims, const char *symbol);
cm_make_value *cm_make_convolve(cm_make_net *net, const cm_make_value *x, const cm_make_conv *conv);
/* A BatchNormalization that is left as it is; gain as in a convolution; one_scale: its scale is 1 in every channel. */
cm_make_value *cm_make_batchnorm(cm_make_net *net, const cm_make_value *x, const char *name, double gain, int one_scale);
cm_make_value *cm_make_prelu(cm_make_net *net, const cm_make_value *x);
cm_make_value *cm_make_relu(cm_make_net *net, const cm_make_value *x);
cm_make_value *cm_make_add(cm_make_net *net, const cm_make_value *a, const cm_make_value *b);
/* Maximum (or average, rounding sizes up) over squares of 2 x 2. */
cm_make_value *cm_make_pool(cm_make_net *net, const cm_make_value *x, int average);
/* [N, C, side, side] -> [N, C * side * side]; statistics stay a channel's. */
cm_make_value *cm_make_flatten(cm_make_net *net, const cm_make_value *x);
/* Fully connected over C channels of `area` pixels each, with bias (Gemm) ... */
cm_make_value *cm_make_gemm(cm_make_net *net, const cm_make_value *x, const char *name, int outputs, int side);
/* ... and without (MatMul with the transposed weights), over single pixels. */
cm_make_value *cm_make_matmul(cm_make_net *net, const cm_make_value *x, int outputs);

#endif

/* The layers that face networks are made of. Each writes its node and weights, and says what is to be expected of its output. A
 * NULL value gives NULL. */
#ifndef CM_MAKE_MAKE_LAYERS_H
#define CM_MAKE_MAKE_LAYERS_H

#include "make_net.h"

typedef struct cm_make_conv {
    int outputs, side, stride, padding;
    int groups;           /* 0: 1 */
    int across_side, across_padding; /* of the other axis, where across_side is not 0 */
    const char *name;     /* parameters "name.weight", "name.bias"; NULL: a BatchNormalization follows and is folded in */
    int bare;             /* without bias; a BatchNormalization that is left as it is may follow. `name` is given */
    int same;             /* auto_pad SAME_UPPER in place of the padding */
    double gain;          /* deviation of the outputs; 0: 1 */
    double offset;        /* mean of the outputs */
    double along, across; /* see cm_make_filters */
} cm_make_conv;

/* A picture with pixels in -1..1. dims: [4], 0 for `symbol`. */
cm_make_value *cm_make_picture(cm_make_net *net, const char *name, const int64_t *dims, const char *symbol);
cm_make_value *cm_make_convolve(cm_make_net *net, const cm_make_value *x, const cm_make_conv *conv);
/* A BatchNormalization that is left as it is; gain as in a convolution; one_scale: its scale is 1 in every channel; a gain of 0: its bias is 0 too. */
cm_make_value *cm_make_batchnorm(cm_make_net *net, const cm_make_value *x, const char *name, double gain, int one_scale);
cm_make_value *cm_make_prelu(cm_make_net *net, const cm_make_value *x);
cm_make_value *cm_make_relu(cm_make_net *net, const cm_make_value *x);
cm_make_value *cm_make_add(cm_make_net *net, const cm_make_value *a, const cm_make_value *b);
/* Maximum (or average, rounding sizes up) over squares of 2 x 2. */
cm_make_value *cm_make_pool(cm_make_net *net, const cm_make_value *x, int average);
/* Maximum over squares, without padding; a side of 1 picks pixels. */
cm_make_value *cm_make_max_pool(cm_make_net *net, const cm_make_value *x, int side, int stride);
/* The same with as much padding on each side. */
cm_make_value *cm_make_max_pool_padded(cm_make_net *net, const cm_make_value *x, int side, int stride, int padding);
cm_make_value *cm_make_global_pool(cm_make_net *net, const cm_make_value *x);
/* Channels one behind the other. values: [count] */
cm_make_value *cm_make_concat(cm_make_net *net, cm_make_value *const *values, int count);
/* x times one number, which stands in the file as an initializer of its own. number: lives as long as the net. */
cm_make_value *cm_make_scale(cm_make_net *net, const cm_make_value *x, const float *number);
/* [N, C, side, side] -> [N, C * side * side]; statistics stay a channel's. */
cm_make_value *cm_make_flatten(cm_make_net *net, const cm_make_value *x);
/* Fully connected over C channels of `area` pixels each, with bias (Gemm) ... */
cm_make_value *cm_make_gemm(cm_make_net *net, const cm_make_value *x, const char *name, int outputs, int side);
/* ... the same with outputs, side, gain and offset of `about` ... */
cm_make_value *cm_make_gemm_about(cm_make_net *net, const cm_make_value *x, const char *name, const cm_make_conv *about);
/* ... and without (MatMul with the transposed weights), over single pixels. */
cm_make_value *cm_make_matmul(cm_make_net *net, const cm_make_value *x, int outputs);


/* ---- Nodes whose numbers need no statistics ---- */

/* A node without attributes, or with one list of integers (count 0: a single integer). Its output gets the operation's number. */
typedef struct cm_make_plain {
    const char *op, *inputs[4];
    int input_count;
    const char *attribute;
    int64_t values[5];
    int count;
} cm_make_plain;
/* output: [24] */
void cm_make_plain_node(cm_make_net *net, const cm_make_plain *about, char *output);
/* The same as a value that has x's statistics, or (x NULL) none yet. */
cm_make_value *cm_make_plain_value(cm_make_net *net, const cm_make_plain *about, const cm_make_value *x, int channels);

#endif

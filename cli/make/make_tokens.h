/* Layers of transformers: a value is [N, tokens, width], its channels are the last axis. A NULL value gives NULL. */
#ifndef CM_MAKE_MAKE_TOKENS_H
#define CM_MAKE_MAKE_TOKENS_H

#include "make_layers.h"

/* LayerNormalization over the last axis, in single operations as PyTorch exports it before opset 17. name: of its weight and bias. */
cm_make_value *cm_make_layernorm(cm_make_net *net, const cm_make_value *x, const char *name);
/* Fully connected over the last axis: MatMul with [inputs, outputs], and Add of a bias; name: of the bias, NULL: there is none. The gain is the
 * deviation of the outputs. */
cm_make_value *cm_make_linear(cm_make_net *net, const cm_make_value *x, const char *name, int outputs, double gain);
/* min(max(x, 0), 6) */
cm_make_value *cm_make_relu6(cm_make_net *net, const cm_make_value *x);
/* Self-attention (Vaswani et al. 2017, arXiv:1706.03762) of `tokens` tokens in `heads` heads, with its projection; batch: the name of a value that holds
 * the batch as a list of one integer. */
cm_make_value *cm_make_attention(cm_make_net *net, const cm_make_value *x, const char *batch, int tokens, int heads, const char *name);
/* Reshape to [batch, dims...]; x NULL: no statistics. dims: [count], count 4 at most. */
cm_make_value *cm_make_reshape(cm_make_net *net, const char *from, const char *batch, const int64_t *dims, int count, const cm_make_value *x,
                               int channels);

/* Nodes of one kind. Names are [24]. */

/* An initializer of one number, under a name of the exporter's counting; number: lives as long as the net. */
void cm_make_put_number(cm_make_net *net, const float *number, char *text);
/* A node of two inputs. */
void cm_make_put_two(cm_make_net *net, const char *op, const char *a, const char *b, char *output);
/* [3, ...] -> its part number `index`, 0 to 2: Gather along the first axis. */
void cm_make_put_part(cm_make_net *net, const char *from, int index, char *output);
/* perm: [rank] */
void cm_make_put_transposed(cm_make_net *net, const char *from, int rank, const int64_t *perm, char *output);
/* The batch of x as a list of one integer: x.shape[0]. */
void cm_make_put_batch(cm_make_net *net, const cm_make_value *x, char *batch);

#endif

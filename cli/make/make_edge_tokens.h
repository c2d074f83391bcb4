/* What EdgeFace's attention is made of: low-rank layers, GELU, Fourier positions, attention between channels. */
#ifndef CM_MAKE_MAKE_EDGE_TOKENS_H
#define CM_MAKE_MAKE_EDGE_TOKENS_H

#include "make_tokens.h"

/* Two linear layers with few numbers between them: the smaller width times `ratio`, two at least; a bias on the second only (LoRaLin of EdgeFace, George
 * et al. 2023, arXiv:2307.01838). name: "name.linear2.bias". */
cm_make_value *cm_make_low_rank(cm_make_net *net, const cm_make_value *x, const char *name, int outputs, double ratio, double gain);
/* x (1 + erf(x / sqrt 2)) / 2 in single operations, as PyTorch exports it before opset 20. */
cm_make_value *cm_make_gelu(cm_make_net *net, const cm_make_value *x);
/* x times a number for each channel; the channels are the last axis. */
cm_make_value *cm_make_layer_scale(cm_make_net *net, const cm_make_value *x, const char *name);

/* The shape of pictures that become tokens. */
typedef struct cm_make_grid {
    const char *batch; /* name of its value, a list of one integer */
    int side;          /* of the square */
} cm_make_grid;

/* Sines and cosines of the place, computed in the graph from the shape, and a 1x1 convolution of them: [N, width, side, side]
 * (PositionalEncodingFourier of timm's edgenext.py). */
cm_make_value *cm_make_fourier_positions(cm_make_net *net, const cm_make_grid *grid, int width, const char *name);
/* Cross-covariance attention (El-Nouby et al. 2021, arXiv:2106.09681): [N, tokens, width] -> the same; low-rank layers of `ratio`. */
cm_make_value *cm_make_cross_covariance(cm_make_net *net, const cm_make_value *x, const cm_make_grid *grid, int heads, double ratio, const char *name);

#endif

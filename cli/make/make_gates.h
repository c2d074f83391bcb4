/* Layers around what networks for attributes and hybrids have besides convolutions: pictures of bytes, channels that are weighed. */
#ifndef CM_MAKE_MAKE_GATES_H
#define CM_MAKE_MAKE_GATES_H

#include "make_layers.h"

/* A picture with pixels in 0..255. dims: [4], 0 for `symbol`. */
cm_make_value *cm_make_byte_picture(cm_make_net *net, const char *name, const int64_t *dims, const char *symbol);
/* (x - 127.5) / 128 in two nodes, as MXNet's symbols begin. */
cm_make_value *cm_make_minus_times(cm_make_net *net, const cm_make_value *x);
/* The BatchNormalization of such a picture's bytes, in a node called bn_data: scale 1. */
cm_make_value *cm_make_data_norm(cm_make_net *net, const cm_make_value *x);

/* x times Sigmoid(gate), or (hard) HardSigmoid with alpha 0.2 and beta 0.5; gate: [N, channels, 1, 1] */
cm_make_value *cm_make_gate(cm_make_net *net, const cm_make_value *x, const cm_make_value *gate, int hard);

#endif

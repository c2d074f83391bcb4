/* Nodes in an order in which every input is there before it is used. */
#ifndef CM_ONNX_ONNX_ORDER_H
#define CM_ONNX_ONNX_ORDER_H

#include "onnx/onnx.h"

/* Order of nodes: [node_count] positions -> node indexes; the file's own order where that is right already (which ONNX demands,
 * and not every tool keeps). producers: [values] node that makes a value, or -1. Depth-first, with a stack of its own: state:
 * [node_count], stack: [node_count], both scratch. Returns -1, or the index of a node that lies on a cycle. */
int cm_onnx_order_nodes(const cm_onnx_node *nodes, int node_count, const int *producers, int *order, int *state, int *stack);

#endif

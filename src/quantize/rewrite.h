/* What the parts of the rewriter share (rewrite.c: nodes and graph; rewrite_constants.c: all that is added around them). */
#ifndef CM_QUANTIZE_REWRITE_H
#define CM_QUANTIZE_REWRITE_H

#include "quantize/quantizer.h"
#include "quantize/short_names.h"

/* AttributeProto. */
enum { CM_ATTRIBUTE_NAME = 1, CM_ATTRIBUTE_INT = 3, CM_ATTRIBUTE_TYPE = 20 };

typedef struct cm_rewriting {
    const cameo_quantizer *q;
    cm_rewrite_mode mode;
    cm_arena arena;
    cm_proto *graph;
    cm_short_names names;
    bool compact;         /* what a layer has for each channel is kept in fewer bytes */
    bool *wanted;         /* [values] is read in eight bits */
    const char **rounded; /* [values] name of what is read in its place, once that is written; NULL before */
    const char **beside;  /* [layers] name of the quantised layer's output in CM_REWRITE_BESIDE */
    const char *zeros[256]; /* the uint8 zero points that are written already */
    int *uses, *removed;  /* [values] how many read it, and how many of them do not any more */
    int *layer_of;        /* [nodes] layer that the node, or the norm of which it, is; -1 */
    bool no_memory;
    cameo_error *error;
} cm_rewriting;

/* Whether numbers that a layer has for each of its channels take much of the file in full: then they are written in fewer bytes. */
bool cm_rewrite_is_compact(const cameo_quantizer *quantizer);

/* A name that is not in use; "" and rw->no_memory without memory, or where there are no more. */
const char *cm_rewrite_name(cm_rewriting *rw);

void cm_rewrite_tensor(cm_proto *out, const char *name, cm_onnx_type type, int rank, const int64_t *dims, const void *data, size_t bytes);

/* QuantizeLinear and DequantizeLinear of a value, once. Returns the name of what they give. */
const char *cm_rewrite_activation(cm_rewriting *rw, int value);

/* The slopes of a PReLU, quantised, once. Returns the name of what gives them; NULL where they stay as they are. */
const char *cm_rewrite_slopes(cm_rewriting *rw, int value);
/* Whether cm_rewrite_slopes quantises them. */
bool cm_rewrite_takes_slopes(const cm_rewriting *rw, const cm_onnx_node *node);

/* The layer's weights and bias, quantised; weight, bias: names of what gives them, *bias is NULL where there is none. False: out of memory. */
bool cm_rewrite_parameters(cm_rewriting *rw, const cm_layer *layer, const char **weight, const char **bias);

#endif

/* Nodes of older operator sets as opset 13 wants them: the first one in which DequantizeLinear knows a scale for each channel. */
#ifndef CM_QUANTIZE_UPGRADE_OPSET_H
#define CM_QUANTIZE_UPGRADE_OPSET_H

#include "onnx/onnx.h"

enum { CM_QUANTIZED_OPSET = 13, CM_QUANTIZED_IR = 7 };

typedef enum cm_upgrade_action {
    CM_UPGRADE_NOTHING, /* it stays as it is */
    CM_UPGRADE_DROP,    /* the attributes mean nothing any more */
    CM_UPGRADE_INPUTS   /* the attributes become inputs behind its first one */
} cm_upgrade_action;

enum { CM_UPGRADE_ATTRIBUTES = 2 };

typedef struct cm_upgrade {
    cm_upgrade_action action;
    const char *attributes[CM_UPGRADE_ATTRIBUTES]; /* NULL: no more */
} cm_upgrade;

/* Whether it takes the rank of the node's output to tell what becomes of it. */
bool cm_upgrade_needs_rank(const cm_onnx_model *model, const cm_onnx_node *node);

/* What becomes of a node of a model whose opset is below CM_QUANTIZED_OPSET. rank: of its first output, 0 where it is not known.
 * Errors: UNSUPPORTED (a form that opset 13 does not have). */
cameo_status cm_upgrade_find(const cm_onnx_model *model, const cm_onnx_node *node, int rank, cm_upgrade *upgrade, cameo_error *error);

#endif

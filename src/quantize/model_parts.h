/* The messages of a model's file as they lie there, and which of the checked model's nodes and values they are. */
#ifndef CM_QUANTIZE_MODEL_PARTS_H
#define CM_QUANTIZE_MODEL_PARTS_H

#include "base/memory.h"
#include "onnx/onnx.h"
#include "onnx/onnx_names.h"

/* Field numbers (onnx.proto). */
enum { CM_MODEL_IR_VERSION = 1, CM_MODEL_GRAPH = 7, CM_MODEL_OPSET = 8, CM_MODEL_METADATA = 14, CM_MODEL_FUNCTIONS = 25 };
enum { CM_GRAPH_NODE = 1, CM_GRAPH_INITIALIZER = 5, CM_GRAPH_INPUT = 11, CM_GRAPH_OUTPUT = 12, CM_GRAPH_VALUE_INFO = 13 };
enum { CM_NODE_INPUT = 1, CM_NODE_OUTPUT = 2, CM_NODE_NAME = 3, CM_NODE_OP = 4, CM_NODE_ATTRIBUTE = 5 };
enum { CM_TENSOR_DIMS = 1, CM_TENSOR_TYPE = 2, CM_TENSOR_NAME = 8, CM_TENSOR_RAW = 9, CM_TENSOR_LOCATION = 14 };

typedef struct cm_part {
    cm_text message;
    int index; /* of the model's nodes; of its values, for an initializer; -1: none of them */
} cm_part;

typedef struct cm_model_parts {
    cm_text file, graph;
    cm_part *nodes; /* of the graph itself, in the order of the file */
    int node_count;
    cm_onnx_definition *names; /* [model->value_count], sorted */
    int name_count;
    bool functions; /* it has functions of its own */
} cm_model_parts;

/* The model must outlive the parts; memory from the arena. Errors: MEMORY, FORMAT. */
cameo_status cm_parts_read(cm_model_parts *parts, const cm_onnx_model *model, cm_arena *arena, cameo_error *error);

/* The value of a name, or -1. */
int cm_parts_value(const cm_model_parts *parts, cm_text name);

/* The first field of this number and of wire type BYTES; empty if there is none. */
cm_text cm_parts_field(const cm_model_parts *parts, cm_text message, uint32_t number);

#endif

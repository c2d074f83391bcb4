/* What the graph needs to know of nodes. */
#ifndef CM_ONNX_ONNX_GRAPH_H
#define CM_ONNX_ONNX_GRAPH_H

#include "onnx/onnx_expand.h"

/* Field number of NodeProto.output. */
enum { CM_ONNX_NODE_OUTPUT = 2 };

/* Finds the value of a name: its index, or -1. */
typedef struct cm_onnx_binding {
    const void *context;
    int (*find)(const void *context, cm_text name);
} cm_onnx_binding;

/* Adds the number of a NodeProto's outputs to *count. Errors: FORMAT. */
cameo_status cm_onnx_count_outputs(cm_onnx_reader *reader, cm_text message, int64_t *count);

/* An entry's NodeProto, number `index` -> node, its inputs and outputs bound to values. Errors: FORMAT (an input that nothing defines), and
 * those of attributes. */
cameo_status cm_onnx_read_node(cm_onnx_reader *reader, const cm_onnx_entry *entry, int index, const cm_onnx_binding *binding,
                               cm_onnx_node *node);

#endif

/* The model of one conformance test: what it holds, and how it is written anew so that cameo can be fed with it. */
#ifndef NODE_MODEL_H
#define NODE_MODEL_H

#include "onnx_writer.h"

#include "onnx/onnx_wire.h"

enum { NODE_MODEL_MOST = 256 };

/* A graph input or output. */
typedef struct node_value {
    cm_text name, message; /* message: its ValueInfoProto */
    int64_t type;          /* TensorProto.DataType; 0: none stated */
    int rank;              /* -1: none stated */
    const char *other;     /* "sequence", "optional", "map": it is no tensor */
} node_value;

/* Slices of the file's bytes, which must stay. */
typedef struct node_model {
    cm_text bytes, graph;
    int64_t opset; /* of the default domain */
    bool too_large;
    int node_count, input_count, output_count, initializer_count;
    cm_text nodes[NODE_MODEL_MOST]; /* NodeProto */
    node_value inputs[NODE_MODEL_MOST]; /* that are no initializers */
    node_value outputs[NODE_MODEL_MOST];
    cm_text initializers[NODE_MODEL_MOST]; /* names */
} node_model;

/* Reads what is there; false: no ONNX model, or larger than a test's. */
bool node_model_read(node_model *model, const unsigned char *bytes, size_t size);

/* The last occurrence of a field of a message; .at is NULL where there is none. */
cm_text node_field(cm_text message, uint32_t number);
/* A number's field, or `otherwise`. */
int64_t node_number(cm_text message, uint32_t number, int64_t otherwise);
/* The index-th occurrence of a repeated field. */
cm_text node_repeated(cm_text message, uint32_t number, int index);
/* The operator's name; "domain.Name" outside of the default domain. name: [64]. */
void node_operator(cm_text node, char *name);
/* AttributeProto of a node by its name, or .at NULL. */
cm_text node_attribute(cm_text node, const char *name);
bool node_text_is(cm_text text, const char *string);
bool node_text_same(cm_text a, cm_text b);

/* The model with some inputs turned into initializers (constants[i]: the TensorProto of input i, .at NULL: stays an input), integer outputs
 * read through a Cast to float (as cameo's outputs are), and its opset raised to `opset`. Free with pb_free. */
pb node_model_rewrite(const node_model *model, const cm_text *constants, int64_t opset);

/* True for the types whose outputs are read through a Cast. */
bool node_type_is_integer(int64_t type);

#endif

/* An ONNX file, read and checked: everything here is proven, no length or index needs a second look.
 * Format: github.com/onnx/onnx, onnx/onnx.proto (protobuf wire format, proto3 semantics). */
#ifndef CM_ONNX_ONNX_H
#define CM_ONNX_ONNX_H

#include "base/status.h"

#include <stdbool.h>

/* TensorProto.DataType */
typedef enum cm_onnx_type {
    CM_ONNX_UNDEFINED = 0, CM_ONNX_FLOAT = 1, CM_ONNX_UINT8 = 2, CM_ONNX_INT8 = 3, CM_ONNX_UINT16 = 4, CM_ONNX_INT16 = 5,
    CM_ONNX_INT32 = 6, CM_ONNX_INT64 = 7, CM_ONNX_STRING = 8, CM_ONNX_BOOL = 9, CM_ONNX_FLOAT16 = 10, CM_ONNX_DOUBLE = 11,
    CM_ONNX_UINT32 = 12, CM_ONNX_UINT64 = 13, CM_ONNX_BFLOAT16 = 16
} cm_onnx_type;

/* A constant. data: [elements] in little-endian order, as raw_data holds them, whatever field they came from; not aligned.
 * STRING: only the shape is kept, data is empty. */
typedef struct cm_onnx_tensor {
    const char *name;
    cm_onnx_type type;
    int rank; /* 0: a scalar */
    int64_t dims[CAMEO_MAX_RANK];
    uint64_t elements; /* product of dims, proven to fit the data */
    const unsigned char *data;
    size_t bytes;
} cm_onnx_tensor;

typedef enum cm_onnx_attribute_kind {
    CM_ONNX_ATTR_FLOAT = 1, CM_ONNX_ATTR_INT = 2, CM_ONNX_ATTR_STRING = 3, CM_ONNX_ATTR_TENSOR = 4, CM_ONNX_ATTR_GRAPH = 5,
    CM_ONNX_ATTR_FLOATS = 6, CM_ONNX_ATTR_INTS = 7, CM_ONNX_ATTR_STRINGS = 8, CM_ONNX_ATTR_OTHER = 9
} cm_onnx_attribute_kind;

typedef struct cm_onnx_attribute {
    const char *name;
    cm_onnx_attribute_kind kind; /* GRAPH and OTHER carry no value: no operator that we run has them */
    float f;
    int64_t i;
    const char *s; /* NUL-terminated */
    const float *floats;
    const int64_t *ints;
    const char *const *strings;
    size_t count; /* of floats, ints or strings */
    cm_onnx_tensor tensor;
} cm_onnx_attribute;

/* Calls of the model's own functions are replaced by the functions' nodes. An If has, behind its condition, the outputs of its then_branch and those
 * of its else_branch as inputs. */
typedef struct cm_onnx_node {
    const char *name; /* "" if it has none */
    const char *op_type, *domain; /* domain: "" for the default one ("ai.onnx" is turned into it) */
    int input_count, output_count, attribute_count;
    const int *inputs;  /* [input_count] value indexes; -1: an optional input that is left out */
    const int *outputs; /* [output_count] value indexes; -1: not wanted */
    const cm_onnx_attribute *attributes;
    int guard;        /* value index of the condition of the If in whose branch the node stands; -1: it stands in none */
    bool guard_value; /* what the condition must be for the node to be computed */
} cm_onnx_node;

/* A named edge: graph input, initializer or a node's output. */
typedef struct cm_onnx_value {
    const char *name;
    int producer;  /* node index, or -1 */
    const cm_onnx_tensor *initializer; /* or NULL */
    cm_onnx_type type; /* UNDEFINED where the file does not say */
    int rank;      /* -1 where the file does not say */
    int64_t dims[CAMEO_MAX_RANK]; /* -1: open (a symbol, "None", absent, zero or negative) */
} cm_onnx_value;

typedef struct cm_onnx_model {
    int64_t ir_version, opset; /* opset of the default domain */
    const char *producer, *graph_name;
    int node_count, value_count, input_count, output_count;
    const cm_onnx_node *nodes;   /* in an order in which every input is there before it is used */
    const cm_onnx_value *values;
    const int *inputs;  /* [input_count] values that must be fed (initializers listed as inputs, IR < 4, are left out) */
    const int *outputs; /* [output_count] */
    uint64_t file_bytes; /* external data included */
    uint64_t parameters; /* elements of initializers that hold weights: floats (float, double, float16, bfloat16) and bytes (int8, uint8) */
    struct cm_onnx_storage *storage;
} cm_onnx_model;

typedef struct cm_onnx_limits {
    uint64_t max_file_bytes; /* model and external data together */
    int max_nodes;
} cm_onnx_limits;

/* Reads a file; external data is looked for in the model's folder (never outside it: no absolute paths, no "..", no links that
 * lead out). The files stay mapped until cm_onnx_free, so nobody may shorten them meanwhile. Errors: see cameo_network_open. */
cameo_status cm_onnx_open(cm_onnx_model **model, const char *path, const cm_onnx_limits *limits, cameo_error *error);
/* From bytes that must stay until cm_onnx_free. External data is refused. */
cameo_status cm_onnx_read(cm_onnx_model **model, const void *bytes, size_t size, const char *name, const cm_onnx_limits *limits,
                          cameo_error *error);
void cm_onnx_free(cm_onnx_model *model);

/* Which state of which files the model was read from: *identity is another number for every other file, and for the same one after a change; *changed
 * is when they were last changed, in seconds since 1970. False: it was read from memory. Thread-safe. */
bool cm_onnx_identity(const cm_onnx_model *model, uint64_t *identity, int64_t *changed);
/* The file's bytes (a ModelProto), valid until cm_onnx_free. */
void cm_onnx_message(const cm_onnx_model *model, const unsigned char **bytes, size_t *size);
/* Says that the tensor's data is not needed for now: what is mapped from a file leaves memory until it is touched again. Thread-safe. */
void cm_onnx_rest(const cm_onnx_model *model, const cm_onnx_tensor *tensor);

/* Attribute look-ups; NULL / the default where it is missing or of another kind. */
const cm_onnx_attribute *cm_onnx_attribute_find(const cm_onnx_node *node, const char *name);
int64_t cm_onnx_attribute_int(const cm_onnx_node *node, const char *name, int64_t otherwise);
float cm_onnx_attribute_float(const cm_onnx_node *node, const char *name, float otherwise);
const char *cm_onnx_attribute_string(const cm_onnx_node *node, const char *name, const char *otherwise);

/* Elements as floats (FLOAT, DOUBLE, FLOAT16, BFLOAT16 and integers up to 32 bits) or as int64 (integers, BOOL); out: [elements].
 * False: the type, or a UINT64 value, does not fit. */
bool cm_onnx_tensor_floats(const cm_onnx_tensor *tensor, float *out);
bool cm_onnx_tensor_ints(const cm_onnx_tensor *tensor, int64_t *out);
/* "float32", "int64", ... as NumPy says; "undefined" for other numbers. */
const char *cm_onnx_type_name(cm_onnx_type type);

#endif

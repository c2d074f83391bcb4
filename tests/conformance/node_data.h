/* The tensors of a conformance test: test_data_set_N/input_M.pb and output_M.pb. */
#ifndef NODE_DATA_H
#define NODE_DATA_H

#include "onnx/onnx_reader.h"

typedef struct node_file {
    unsigned char *bytes; /* never NULL; empty if the file is not there */
    size_t size;
    bool found;
} node_file;

node_file node_file_read(const char *path);
void node_file_free(node_file *file);

typedef struct node_data {
    cm_onnx_tensor tensor; /* as the library's own reader reads it */
    cm_text message;       /* the TensorProto */
    float *floats;         /* [elements], also of integers */
    node_file file;
    struct cm_onnx_storage storage;
} node_data;

/* folder/test_data_set_<set>/<kind>_<0..count-1>.pb -> [count], or NULL where one is missing or cannot be read. */
node_data *node_data_read(const char *folder, int set, const char *kind, int count);
void node_data_free(node_data *data, int count);

#endif

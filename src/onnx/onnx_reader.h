/* What the parts of the ONNX reader share. */
#ifndef CM_ONNX_ONNX_READER_H
#define CM_ONNX_ONNX_READER_H

#include "base/file.h"
#include "base/memory.h"
#include "onnx/onnx.h"
#include "onnx/onnx_wire.h"

/* A file of external data, mapped once however many tensors lie in it. */
typedef struct cm_onnx_external {
    const char *location;
    cm_file_map map;
} cm_onnx_external;

/* Everything a model owns. */
struct cm_onnx_storage {
    cm_arena arena;
    cm_file_map file;
    cm_onnx_external *externals; /* [external_count], grown by doubling */
    size_t external_count, external_capacity;
};

/* The state of reading one file. */
typedef struct cm_onnx_reader {
    struct cm_onnx_storage *storage;
    const unsigned char *file; /* byte 0 */
    const char *path;          /* NULL: read from memory, so that there is no folder for external data */
    cm_onnx_limits limits;
    const struct cm_onnx_function *functions; /* [function_count], sorted; those of the model itself */
    int function_count;
    uint64_t bytes_left; /* of limits.max_file_bytes */
    cameo_error *error;
} cm_onnx_reader;

/* Zeroed objects that live as long as the model; NULL after storing MEMORY in *reader->error. */
void *cm_onnx_alloc(cm_onnx_reader *reader, size_t count, size_t size);
/* The status of a cm_onnx_alloc that gave NULL. */
cameo_status cm_onnx_alloc_status(const cm_onnx_reader *reader);

/* A NUL-terminated copy of a name. Errors: FORMAT (a NUL inside; `what` names it), MEMORY. */
cameo_status cm_onnx_copy_name(cm_onnx_reader *reader, cm_text text, const char *what, const char **copy);

/* TensorProto -> checked tensor. Errors: FORMAT, UNSUPPORTED, LIMIT, MEMORY, and those of external files. */
cameo_status cm_onnx_read_tensor(cm_onnx_reader *reader, cm_text message, cm_onnx_tensor *tensor);

/* The map of the external file `location` (relative to the model's folder). Errors: NOT_FOUND, IO, FORMAT (a path that leads
 * out), LIMIT, UNSUPPORTED (the model was read from memory). */
cameo_status cm_onnx_external_open(cm_onnx_reader *reader, cm_text location, const cm_file_map **map);

/* AttributeProto -> attribute; `named`: the one whose name it has (another message where a function's attribute stands for the call's).
 * Errors: as cm_onnx_read_tensor. */
cameo_status cm_onnx_read_attribute(cm_onnx_reader *reader, cm_text message, cm_text named, cm_onnx_attribute *attribute);

/* ValueInfoProto -> its name, and into *value type, rank and dims. *is_tensor: false for sequences, maps and optionals. */
cameo_status cm_onnx_read_value_info(cm_onnx_reader *reader, cm_text message, cm_text *name, cm_onnx_value *value,
                                     bool *is_tensor);

/* GraphProto -> nodes, values, inputs, outputs of *model, sorted and checked. */
cameo_status cm_onnx_read_graph(cm_onnx_reader *reader, cm_text message, cm_onnx_model *model);

/* Bytes of one element; 0 for STRING and for numbers that are no type of ours. */
size_t cm_onnx_type_bytes(int64_t type);
/* The name that ONNX gives to a number we do not read ("complex64", "float8e4m3fn", ...), or "unknown". */
const char *cm_onnx_foreign_type_name(int64_t type);

/* "", or "ai.onnx", which is its other name. */
bool cm_onnx_is_default_domain(cm_text domain);

/* What a file is that is no ONNX model, and what to do about it, as the end of a sentence ("is a web page ..."); NULL if it may
 * well be one. */
const char *cm_onnx_describe_wrong(const unsigned char *bytes, size_t size);

#endif

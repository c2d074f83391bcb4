/* Protobuf's wire format, written into a growing buffer (protobuf.dev/programming-guides/encoding). A writer that could not grow stays as it is and says
 * so at the end: `failed`. */
#ifndef CM_QUANTIZE_PROTO_WRITER_H
#define CM_QUANTIZE_PROTO_WRITER_H

#include "base/buffer.h"
#include "onnx/onnx_wire.h"

/* Zeroed: empty. No message may be larger than 2 GiB. */
typedef struct cm_proto {
    cm_buffer buffer;
    bool failed;
} cm_proto;

void cm_proto_free(cm_proto *out);
void cm_proto_raw(cm_proto *out, const void *bytes, size_t size);
/* Fields of wire type 0, 2 and 5. */
void cm_proto_int(cm_proto *out, uint32_t field, int64_t value);
void cm_proto_bytes(cm_proto *out, uint32_t field, cm_text bytes);
void cm_proto_string(cm_proto *out, uint32_t field, const char *text);
void cm_proto_float(cm_proto *out, uint32_t field, float value);
/* The beginning of a field of `size` bytes that follow. */
void cm_proto_head(cm_proto *out, uint32_t field, uint64_t size);
/* A message, which is freed. */
void cm_proto_message(cm_proto *out, uint32_t field, cm_proto *message);
/* A field as it was read. */
void cm_proto_copy(cm_proto *out, const cm_wire_field *field);

#endif

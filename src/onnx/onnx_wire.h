/* Protobuf's wire format, read where it lies.
 *
 * Why a reader of our own and no protobuf library: an ONNX file needs six message types and four wire types, which is less code
 * than the glue to a generated parser, and a parser that builds objects would copy every weight and allocate what the file
 * declares. Here
 *  - every read is bounded by the message it is in: a length is compared with what is left before it is used, never added to a
 * pointer first;
 *  - nothing is allocated: a field's payload is a slice of the input, so weights (raw_data) stay in the mapped file;
 *  - callers count what is really there, then allocate exactly that;
 *  - there is no recursion: messages are descended into by name (model, graph, node, attribute, tensor, ...), sub-graphs are
 * skipped, so nesting depth is bounded by the code and not by the file;
 *  - varints end after ten bytes, groups (wire types 3 and 4, dead since proto2) and field number 0 are refused, and a known
 * field of another wire type than its definition is an error instead of an unknown field;
 *  - errors say at which byte of the file.
 * Format: protobuf.dev/programming-guides/encoding. */
#ifndef CM_ONNX_ONNX_WIRE_H
#define CM_ONNX_ONNX_WIRE_H

#include "base/status.h"

#include <stdbool.h>

/* Bytes of the input; not NUL-terminated. */
typedef struct cm_text {
    const unsigned char *at;
    size_t size;
} cm_text;

/* For "%.*s": a slice of the input in a message, cut to what a reader can bear. */
#define CM_TEXT_SHOWN(text) (int)((text).size < 120 ? (text).size : 120), (const char *)(text).at

typedef struct cm_wire {
    const unsigned char *at, *end;
    const unsigned char *file; /* byte 0 of the file, for messages */
} cm_wire;

typedef enum cm_wire_type { CM_WIRE_VARINT = 0, CM_WIRE_FIXED64 = 1, CM_WIRE_BYTES = 2, CM_WIRE_FIXED32 = 5 } cm_wire_type;

typedef struct cm_wire_field {
    uint32_t number; /* 0: the message is at its end */
    cm_wire_type type;
    uint64_t value; /* VARINT, FIXED64, FIXED32 */
    cm_text bytes;  /* BYTES */
    const unsigned char *file;
} cm_wire_field;

/* A message that is a slice of the file beginning at `file`. */
cm_wire cm_wire_open(cm_text message, const unsigned char *file);

/* The next field; field->number is 0 at the end. Errors: FORMAT. */
cameo_status cm_wire_next(cm_wire *wire, cm_wire_field *field, cameo_error *error);

/* FORMAT unless the field has this wire type; `what` names it: "GraphProto.node". */
cameo_status cm_wire_expect(const cm_wire_field *field, cm_wire_type type, const char *what, cameo_error *error);

/* The elements of one occurrence of a repeated number: one (unpacked) or many (packed). */
typedef struct cm_wire_list {
    cm_wire packed;
    cm_wire_type element;
    uint64_t single;
    size_t count; /* of all elements */
    size_t left;
} cm_wire_list;

/* Errors: FORMAT (wrong wire type, packed length that is no multiple of the element). */
cameo_status cm_wire_list_open(cm_wire_list *list, const cm_wire_field *field, cm_wire_type element, const char *what,
                               cameo_error *error);
/* The next of list->left elements. Errors: FORMAT (bad varint). */
cameo_status cm_wire_list_next(cm_wire_list *list, uint64_t *value, cameo_error *error);

#endif

/* A growing buffer, and protobuf's wire format written into it (protobuf.dev/programming-guides/encoding).
 * A buffer that has run out of memory stays as it is and says so at the end: `failed`. */
#ifndef CM_MAKE_MAKE_BYTES_H
#define CM_MAKE_MAKE_BYTES_H

#include <stddef.h>
#include <stdint.h>

typedef struct cm_make_bytes {
    unsigned char *bytes;
    size_t size, capacity;
    int failed;
} cm_make_bytes;

void cm_make_bytes_free(cm_make_bytes *out);
void cm_make_put_raw(cm_make_bytes *out, const void *bytes, size_t size);
void cm_make_put_varint(cm_make_bytes *out, uint64_t value);
/* A field of wire type 0, 2 and 5. */
void cm_make_put_int(cm_make_bytes *out, int field, int64_t value);
void cm_make_put_bytes(cm_make_bytes *out, int field, const void *bytes, size_t size);
void cm_make_put_text(cm_make_bytes *out, int field, const char *text);
void cm_make_put_float(cm_make_bytes *out, int field, float value);
/* The beginning of a field of `size` bytes that follow later. */
void cm_make_put_head(cm_make_bytes *out, int field, uint64_t size);
/* A message, which is freed. */
void cm_make_put_message(cm_make_bytes *out, int field, cm_make_bytes *message);

#endif

#include "quantize/proto_writer.h"

#include <string.h>

#define MOST_BYTES ((size_t)1 << 31) /* protobuf's own limit */

void cm_proto_free(cm_proto *out)
{
    cm_buffer_free(&out->buffer);
    *out = (cm_proto){0};
}

void cm_proto_raw(cm_proto *out, const void *bytes, size_t size)
{
    if (!out->buffer.cap)
        cm_buffer_init(&out->buffer, MOST_BYTES);
    if (!out->failed && size > 0)
        out->failed = !cm_buffer_append(&out->buffer, bytes, size);
}

static void put_varint(cm_proto *out, uint64_t value)
{
    unsigned char bytes[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (unsigned char)(value | 0x80);
    bytes[size++] = (unsigned char)value;
    cm_proto_raw(out, bytes, size);
}

static void put_key(cm_proto *out, uint32_t field, cm_wire_type type)
{
    put_varint(out, (uint64_t)field << 3 | (uint64_t)type);
}

void cm_proto_int(cm_proto *out, uint32_t field, int64_t value)
{
    put_key(out, field, CM_WIRE_VARINT);
    put_varint(out, (uint64_t)value);
}

void cm_proto_head(cm_proto *out, uint32_t field, uint64_t size)
{
    put_key(out, field, CM_WIRE_BYTES);
    put_varint(out, size);
}

void cm_proto_bytes(cm_proto *out, uint32_t field, cm_text bytes)
{
    cm_proto_head(out, field, bytes.size);
    cm_proto_raw(out, bytes.at, bytes.size);
}

void cm_proto_string(cm_proto *out, uint32_t field, const char *text)
{
    cm_proto_bytes(out, field, (cm_text){(const unsigned char *)text, strlen(text)});
}

static void put_fixed(cm_proto *out, uint32_t field, cm_wire_type type, uint64_t bits, int size)
{
    unsigned char bytes[8];
    for (int i = 0; i < size; i++)
        bytes[i] = (unsigned char)(bits >> (8 * i));
    put_key(out, field, type);
    cm_proto_raw(out, bytes, (size_t)size);
}

void cm_proto_float(cm_proto *out, uint32_t field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_fixed(out, field, CM_WIRE_FIXED32, bits, 4);
}

void cm_proto_message(cm_proto *out, uint32_t field, cm_proto *message)
{
    out->failed = out->failed || message->failed;
    cm_proto_bytes(out, field, (cm_text){message->buffer.bytes, message->buffer.size});
    cm_proto_free(message);
}

void cm_proto_copy(cm_proto *out, const cm_wire_field *field)
{
    switch (field->type) {
    case CM_WIRE_VARINT:
        cm_proto_int(out, field->number, (int64_t)field->value);
        break;
    case CM_WIRE_BYTES:
        cm_proto_bytes(out, field->number, field->bytes);
        break;
    case CM_WIRE_FIXED64:
        put_fixed(out, field->number, field->type, field->value, 8);
        break;
    case CM_WIRE_FIXED32:
        put_fixed(out, field->number, field->type, field->value, 4);
        break;
    }
}

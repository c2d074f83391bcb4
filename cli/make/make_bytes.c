#include "make_bytes.h"

#include <stdlib.h>
#include <string.h>

void cm_make_bytes_free(cm_make_bytes *out)
{
    free(out->bytes);
    *out = (cm_make_bytes){0};
}

void cm_make_put_raw(cm_make_bytes *out, const void *bytes, size_t size)
{
    if (out->failed || size == 0)
        return;
    if (size > out->capacity - out->size) {
        size_t capacity = 2 * out->capacity + size + 64;
        unsigned char *grown = realloc(out->bytes, capacity);
        if (!grown) {
            out->failed = 1;
            return;
        }
        out->bytes = grown;
        out->capacity = capacity;
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

void cm_make_put_varint(cm_make_bytes *out, uint64_t value)
{
    unsigned char bytes[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (unsigned char)(value | 0x80);
    bytes[size++] = (unsigned char)value;
    cm_make_put_raw(out, bytes, size);
}

static void put_key(cm_make_bytes *out, int field, int wire_type)
{
    cm_make_put_varint(out, (uint64_t)field << 3 | (uint64_t)wire_type);
}

void cm_make_put_int(cm_make_bytes *out, int field, int64_t value)
{
    put_key(out, field, 0);
    cm_make_put_varint(out, (uint64_t)value);
}

void cm_make_put_head(cm_make_bytes *out, int field, uint64_t size)
{
    put_key(out, field, 2);
    cm_make_put_varint(out, size);
}

void cm_make_put_bytes(cm_make_bytes *out, int field, const void *bytes, size_t size)
{
    cm_make_put_head(out, field, size);
    cm_make_put_raw(out, bytes, size);
}

void cm_make_put_text(cm_make_bytes *out, int field, const char *text)
{
    cm_make_put_bytes(out, field, text, strlen(text));
}

void cm_make_put_float(cm_make_bytes *out, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const unsigned char bytes[] = {(unsigned char)bits, (unsigned char)(bits >> 8), (unsigned char)(bits >> 16),
                                   (unsigned char)(bits >> 24)};
    put_key(out, field, 5);
    cm_make_put_raw(out, bytes, sizeof bytes);
}

void cm_make_put_message(cm_make_bytes *out, int field, cm_make_bytes *message)
{
    out->failed |= message->failed;
    cm_make_put_bytes(out, field, message->bytes, message->size);
    cm_make_bytes_free(message);
}

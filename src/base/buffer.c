#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

void cm_buffer_init(cm_buffer *buffer, size_t cap)
{
    *buffer = (cm_buffer){.cap = cap};
}

bool cm_buffer_append(cm_buffer *buffer, const void *bytes, size_t size)
{
    if (size > buffer->cap - buffer->size)
        return false;
    size_t needed = buffer->size + size;
    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : 4096;
        while (capacity < needed)
            capacity = capacity > buffer->cap / 2 ? buffer->cap : capacity * 2;
        unsigned char *grown = realloc(buffer->bytes, capacity);
        if (!grown)
            return false;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    if (size)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size = needed;
    return true;
}

void cm_buffer_free(cm_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (cm_buffer){.cap = buffer->cap};
}

/* A growable byte buffer with a hard cap, after curl's dynbuf: no input can make it grow without bound. */
#ifndef CM_BASE_BUFFER_H
#define CM_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cm_buffer {
    unsigned char *bytes;
    size_t size, capacity;
    size_t cap; /* never grows past this */
} cm_buffer;

void cm_buffer_init(cm_buffer *buffer, size_t cap);
/* False when the cap would be passed or memory is out; the buffer is then unchanged. */
bool cm_buffer_append(cm_buffer *buffer, const void *bytes, size_t size);
void cm_buffer_free(cm_buffer *buffer);

#endif

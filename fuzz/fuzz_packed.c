/* rooms: run */
#include "run/packed_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes every layer that the reader says is there, and reads it. */
static void touch(const cm_packed_file *file)
{
    for (uint32_t i = 0; i < file->count; i++) {
        const cm_packed_entry *entry = &file->entries[i];
        const cm_weight_key key = {.source = entry->source,
                                   .spatial = entry->spatial,
                                   .layout = {.form = CM_WEIGHTS_PANELS, .nr = entry->nr, .edge = entry->edge, .half = entry->half == 1},
                                   .content = entry->content};
        const cm_packed_entry *found = cm_packed_file_find(file, &key, (size_t)entry->bytes);
        if (found && found->bytes != entry->bytes)
            abort();
        const unsigned char *block = cm_packed_file_block(file, entry);
        if (block && (block < file->bytes || block + entry->bytes > file->bytes + file->size))
            abort();
    }
}

/* The file as it is, and with a checksum that is right, so that what it says is believed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const cm_packed_identity identity = {.model = 7, .packing = 1};
    cm_packed_file file;
    void *copy;
    /* Aligned as the reader wants it, and not a byte larger, so that the sanitizer sees what is read past the end. */
    if (posix_memalign(&copy, CM_ALIGNMENT, size ? size : 1) != 0)
        return 0;
    if (size)
        memcpy(copy, data, size);
    for (int sealed = 0; sealed < 2; sealed++) {
        if (cm_packed_file_read(&file, copy, size, &identity))
            touch(&file);
        if (!cm_packed_file_seal(copy, size))
            break;
    }
    free(copy);
    return 0;
}

/* Reads the pickles that face verification sets come in (lfw.bin and its like): a tuple or list of two, pictures as bytes and a list of booleans. It knows
 * just the opcodes such files have, of protocols 0 to 5, and of named things only the few that stand for bytes and NumPy arrays; nothing is ever
 * imported, called or executed, and anything else is refused by name. */
#ifndef CM_CLI_PICKLE_READER_H
#define CM_CLI_PICKLE_READER_H

#include <stddef.h>
#include <stdint.h>

typedef struct cm_pickle_bytes {
    const unsigned char *bytes;
    size_t size;
} cm_pickle_bytes;

typedef struct cm_pickle {
    cm_pickle_bytes *pictures;  /* [picture_count]: into the pickle itself, or into `converted` */
    size_t picture_count;
    unsigned char *same;        /* [same_count]: 0 or 1 */
    size_t same_count;
    unsigned char **converted;  /* [converted_count]: bytes that stand in the pickle as text */
    size_t converted_count;
} cm_pickle;

/* Reads; `bytes` is borrowed and must outlive the pickle. message: [size], receives one sentence on failure. Returns 0, or -1 (what is wrong is in the message;
 * the pickle is empty). */
int cm_pickle_read(cm_pickle *pickle, const unsigned char *bytes, size_t size, char *message, size_t message_size);
void cm_pickle_free(cm_pickle *pickle);

#endif

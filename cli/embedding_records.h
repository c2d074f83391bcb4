/* Embeddings of pictures as records of a file: how they lie there, and how damage is told. */
#ifndef CM_CLI_EMBEDDING_RECORDS_H
#define CM_CLI_EMBEDDING_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "cameo.h"

enum { CM_RECORDS_HEAD = 56 }; /* bytes before the first record */

typedef struct cm_records {
    const unsigned char **records; /* [count], in the order of their digests: into the bytes that they were read from; to be freed */
    size_t count;
    size_t damaged;                /* records that were not whole or not right, and are left out */
    int dimension;
} cm_records;

typedef enum cm_embedding_answer { CM_EMBEDDING_UNKNOWN, CM_EMBEDDING_FOUND, CM_EMBEDDING_NO_FACE } cm_embedding_answer;

/* Takes apart what a file holds; `bytes` is borrowed. key: [32] what the embeddings belong to. Returns 0, -1 where it is another file (or of another
 * key or dimension) than it should be, -2 without memory. */
int cm_records_parse(cm_records *records, const unsigned char *bytes, size_t size, const unsigned char *key, int dimension);

/* Looks a picture up by its digest [32]; face and embedding [dimension] are filled where it is FOUND. */
cm_embedding_answer cm_records_find(const cm_records *records, const unsigned char *digest, cameo_face *face, float *embedding);

/* Bytes of a record. */
size_t cm_records_bytes(int dimension);

/* Write the head [CM_RECORDS_HEAD], and a record; face NULL: none was found in the picture. */
void cm_records_write_head(unsigned char *head, const unsigned char *key, int dimension);
void cm_records_write(unsigned char *record, const unsigned char *digest, const cameo_face *face, const float *embedding, int dimension);

#endif

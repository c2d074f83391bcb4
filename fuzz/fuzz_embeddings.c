/* rooms: base program: embedding_records */
/* A file of kept embeddings: whatever it says, only whole records with a right check are believed. */
#include "embedding_records.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"

enum { DIMENSION = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sums instead of SHA-256, so that records can be right now and then. */
void cm_digest_bytes(const void *bytes, size_t size, unsigned char *digest)
{
    const unsigned char *from = bytes;
    unsigned char sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (unsigned char)(sum + from[i]);
    memset(digest, sum & 3, CM_DIGEST_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char key[CM_DIGEST_BYTES] = {0}, *file = malloc(size + CM_RECORDS_HEAD);
    cm_records records = {.records = NULL};
    cameo_face face;
    float embedding[DIMENSION];
    if (!file)
        return 0;
    /* As it is, and behind a head that is right. */
    cm_records_write_head(file, key, DIMENSION);
    memcpy(file + CM_RECORDS_HEAD, data, size);
    if (cm_records_parse(&records, data, size, key, DIMENSION) == 0)
        free(records.records);
    records = (cm_records){.records = NULL};
    if (cm_records_parse(&records, file, size + CM_RECORDS_HEAD, key, DIMENSION) != 0 ||
        (records.count + records.damaged) != (size + cm_records_bytes(DIMENSION) - 1) / cm_records_bytes(DIMENSION))
        abort();
    for (size_t i = 0; i < records.count; i++) {
        if (records.records[i] < file || records.records[i] + cm_records_bytes(DIMENSION) > file + CM_RECORDS_HEAD + size)
            abort();
        if (cm_records_find(&records, records.records[i], &face, embedding) == CM_EMBEDDING_UNKNOWN)
            abort();
    }
    free(records.records);
    free(file);
    return 0;
}

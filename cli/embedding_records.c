#include "embedding_records.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"

/* head:   magic[8] dimension[4] record bytes[4] key[32] check[8]
 * record: digest[32] state[4] landmark_count[4] box[4x4] score[4] landmarks[10x4] embedding[dimension x 4] check[8]
 * Numbers are the machine's own: the file is for it alone, and on another kind of machine no check is right. */
enum { MAGIC = 8, CHECK = 8, FACE = 4 + 4 + 16 + 4 + 40, STATE = CM_DIGEST_BYTES };

_Static_assert(CM_RECORDS_HEAD == MAGIC + 8 + CM_DIGEST_BYTES + CHECK, "the head has no other size");

static const char magic[MAGIC + 1] = "cameoemb";

size_t cm_records_bytes(int dimension)
{
    return CM_DIGEST_BYTES + FACE + (size_t)dimension * sizeof(float) + CHECK;
}

/* The check stands at the end of what it checks. */
static void seal(unsigned char *bytes, size_t size)
{
    unsigned char digest[CM_DIGEST_BYTES];
    cm_digest_bytes(bytes, size - CHECK, digest);
    memcpy(bytes + size - CHECK, digest, CHECK);
}

static int is_sealed(const unsigned char *bytes, size_t size)
{
    unsigned char digest[CM_DIGEST_BYTES];
    cm_digest_bytes(bytes, size - CHECK, digest);
    return memcmp(bytes + size - CHECK, digest, CHECK) == 0;
}

void cm_records_write_head(unsigned char *head, const unsigned char *key, int dimension)
{
    const uint32_t numbers[2] = {(uint32_t)dimension, (uint32_t)cm_records_bytes(dimension)};
    memcpy(head, magic, MAGIC);
    memcpy(head + MAGIC, numbers, sizeof numbers);
    memcpy(head + MAGIC + sizeof numbers, key, CM_DIGEST_BYTES);
    seal(head, CM_RECORDS_HEAD);
}

static int by_digest(const void *left, const void *right)
{
    const unsigned char *const *a = left, *const *b = right;
    return memcmp(*a, *b, CM_DIGEST_BYTES);
}

int cm_records_parse(cm_records *records, const unsigned char *bytes, size_t size, const unsigned char *key, int dimension)
{
    unsigned char head[CM_RECORDS_HEAD];
    size_t step = cm_records_bytes(dimension);
    cm_records_write_head(head, key, dimension);
    records->dimension = dimension;
    if (size < CM_RECORDS_HEAD || memcmp(bytes, head, CM_RECORDS_HEAD) != 0)
        return -1;
    records->records = malloc(((size - CM_RECORDS_HEAD) / step + 1) * sizeof *records->records);
    if (!records->records)
        return -2;
    size_t at = CM_RECORDS_HEAD;
    for (; size - at >= step; at += step) {
        uint32_t state;
        memcpy(&state, bytes + at + STATE, sizeof state);
        if (is_sealed(bytes + at, step) && (state == CM_EMBEDDING_FOUND || state == CM_EMBEDDING_NO_FACE))
            records->records[records->count++] = bytes + at;
        else
            records->damaged++;
    }
    records->damaged += at < size; /* a record that was broken off */
    qsort(records->records, records->count, sizeof *records->records, by_digest);
    return 0;
}

cm_embedding_answer cm_records_find(const cm_records *records, const unsigned char *digest, cameo_face *face, float *embedding)
{
    const unsigned char *const *found = records->count ? bsearch(&digest, records->records, records->count, sizeof *records->records, by_digest) : NULL;
    uint32_t numbers[2];
    if (!found)
        return CM_EMBEDDING_UNKNOWN;
    const unsigned char *record = *found + STATE;
    memcpy(numbers, record, sizeof numbers);
    if (numbers[0] != CM_EMBEDDING_FOUND)
        return CM_EMBEDDING_NO_FACE;
    *face = (cameo_face){.landmark_count = numbers[1] == 5 ? 5 : 0};
    record += sizeof numbers;
    memcpy(face->box, record, sizeof face->box);
    memcpy(&face->score, record + 16, sizeof face->score);
    memcpy(face->landmarks, record + 20, sizeof face->landmarks);
    memcpy(embedding, record + 60, (size_t)records->dimension * sizeof *embedding);
    return CM_EMBEDDING_FOUND;
}

void cm_records_write(unsigned char *record, const unsigned char *digest, const cameo_face *face, const float *embedding, int dimension)
{
    size_t size = cm_records_bytes(dimension);
    const uint32_t numbers[2] = {face ? CM_EMBEDDING_FOUND : CM_EMBEDDING_NO_FACE, face ? (uint32_t)face->landmark_count : 0};
    unsigned char *to = record + STATE + sizeof numbers;
    memset(record, 0, size);
    memcpy(record, digest, CM_DIGEST_BYTES);
    memcpy(record + STATE, numbers, sizeof numbers);
    if (face) {
        memcpy(to, face->box, sizeof face->box);
        memcpy(to + 16, &face->score, sizeof face->score);
        memcpy(to + 20, face->landmarks, sizeof face->landmarks);
        memcpy(to + 60, embedding, (size_t)dimension * sizeof *embedding);
    }
    seal(record, size);
}

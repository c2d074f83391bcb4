/* Embeddings that were computed before: a file for each model in each setting, $CAMEO_HOME/embeddings/KEY.emb, which only its owner may read. What is
 * added is on its way to the file before the next picture comes, so that work that was broken off goes on where it stopped. */
#ifndef CM_CLI_EMBEDDING_CACHE_H
#define CM_CLI_EMBEDDING_CACHE_H

#include <stddef.h>

#include "cameo.h"
#include "digest.h"
#include "model_identity.h"

typedef struct cm_embedding_cache {
    unsigned char *bytes;          /* of the file, as it was when it was opened */
    const unsigned char **records; /* [count], in the order of their digests: into `bytes` */
    size_t count;
    size_t damaged;                /* records that were not right, and are left out */
    int dimension;
    int file;                      /* open for appending and locked, or none: see `writes` */
    int writes;
    unsigned char *record;         /* room for one */
} cm_embedding_cache;

typedef enum cm_embedding_answer { CM_EMBEDDING_UNKNOWN, CM_EMBEDDING_FOUND, CM_EMBEDDING_NO_FACE } cm_embedding_answer;

/* Opens the file that belongs to the model and everything else that embeddings depend on, made where it is missing; cut: faces come cut out already, so
 * that the detector does not count. Damaged records are dropped from the file. Where another process adds to it, or it cannot be written, it is
 * only read. Returns an exit code (reported). */
int cm_embedding_cache_open(cm_embedding_cache *cache, const char *folder, const cm_identity *identity, const cm_settings *settings, int cut);

/* Looks a picture up by its digest; face and embedding [dimension] are filled where it is FOUND. */
cm_embedding_answer cm_embedding_cache_find(const cm_embedding_cache *cache, const unsigned char *digest, cameo_face *face, float *embedding);

/* Appends a picture; face NULL: none was found. What cannot be written is said once, and goes on without. Returns an exit code (reported). */
int cm_embedding_cache_add(cm_embedding_cache *cache, const unsigned char *digest, const cameo_face *face, const float *embedding);

void cm_embedding_cache_close(cm_embedding_cache *cache);

/* Bytes of the head of a file, and of a record with embeddings of a length. */
size_t cm_embedding_cache_head_bytes(void);
size_t cm_embedding_cache_record_bytes(int dimension);

/* Takes what a file holds apart: records (taken over by the cache, which borrows `bytes`) that are whole and right, `damaged` counts the others. key:
 * [CM_DIGEST_BYTES]. Returns 0, -1 where it is another file (or of another key) than it should be, -2 without memory. */
int cm_embedding_cache_parse(cm_embedding_cache *cache, const unsigned char *bytes, size_t size, const unsigned char *key, int dimension);

#endif

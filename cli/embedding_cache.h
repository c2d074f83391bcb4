/* Embeddings that were computed before: a file for each model in each setting, $CAMEO_HOME/embeddings/KEY.emb, which only its owner may read. What is
 * added is on its way to the file before the next picture comes, so that work that was broken off goes on where it stopped. */
#ifndef CM_CLI_EMBEDDING_CACHE_H
#define CM_CLI_EMBEDDING_CACHE_H

#include "embedding_records.h"
#include "model_identity.h"

typedef struct cm_embedding_cache {
    unsigned char *bytes;  /* of the file, as it was when it was opened */
    cm_records known;      /* in it */
    int file;              /* open for appending and locked, where `writes` */
    int writes;
    unsigned char *record; /* room for one */
} cm_embedding_cache;

/* Opens the file that belongs to the model and everything else that embeddings depend on, made where it is missing; cut: faces come cut out already, so
 * that the detector does not count. Damaged records are dropped from the file. Where another process adds to it, or it cannot be written, it is
 * only read. Returns an exit code (reported). */
int cm_embedding_cache_open(cm_embedding_cache *cache, const char *folder, const cm_identity *identity, const cm_settings *settings, int cut);

/* Appends a picture; face NULL: none was found. What cannot be written is said once, and goes on without. Returns an exit code (reported). */
int cm_embedding_cache_add(cm_embedding_cache *cache, const unsigned char *digest, const cameo_face *face, const float *embedding);

void cm_embedding_cache_close(cm_embedding_cache *cache);

#endif

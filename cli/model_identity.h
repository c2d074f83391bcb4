/* Which model in which setting made an embedding: what may not differ where embeddings, or thresholds for them, are used again. */
#ifndef CM_CLI_MODEL_IDENTITY_H
#define CM_CLI_MODEL_IDENTITY_H

#include "cameo.h"
#include "digest.h"
#include "settings.h"

typedef struct cm_identity {
    char *model, *detector;                /* paths; detector NULL: none */
    char model_digest[CM_DIGEST_TEXT];     /* SHA-256 of the file */
    char detector_digest[CM_DIGEST_TEXT];  /* empty: none */
    cameo_contract contract;
    cameo_precision precision;
    int mirror; /* the mirrored face's embedding is added */
} cm_identity;

/* Hashes the files of an engine with a recognizer. Returns an exit code (reported). */
int cm_identity_take(cm_identity *identity, const cameo_engine *engine, const cm_settings *settings);
void cm_identity_free(cm_identity *identity);

/* Opens an engine only to ask it. */
int cm_identity_find(cm_identity *identity, const cm_settings *settings, int with_detector);

#endif

/* From the pictures of a set to embeddings: read, found in the cache, or computed. */
#ifndef CM_CLI_EVAL_EMBED_H
#define CM_CLI_EVAL_EMBED_H

#include "eval_set.h"
#include "model_identity.h"

typedef struct cm_eval_work {
    const cm_settings *settings;
    char *cache_folder; /* owned, freed by cm_eval_free; NULL: embeddings are not kept */
    size_t computed, remembered; /* out: pictures that were worked on now, and that the cache knew */
    size_t damaged;              /* out: entries of the cache that were no longer right, and computed again */
} cm_eval_work;

/* Fills vectors, usable, and each picture's state. Returns an exit code (reported): CM_EXIT_INPUT also where some pictures could not be read; then, and for
 * CM_EXIT_OK, what could be is there. */
int cm_eval_embed(cm_eval_set *set, cm_eval_work *work, const cm_identity *identity);

#endif

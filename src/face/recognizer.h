/* A recognizer: network and contract together, crops in, embeddings out. */
#ifndef CM_FACE_RECOGNIZER_H
#define CM_FACE_RECOGNIZER_H

#include "base/threads.h"
#include "face/feed.h"

/* Immutable once made; borrows the network. */
typedef struct cm_recognizer {
    const cameo_network *network;
    cameo_contract contract; /* complete: width, height and dimension are known */
    cm_feed feed;
    int size;        /* side of the square input */
    int fixed_batch; /* the network's batch dimension, 0 where it is open */
    int mirror;      /* add the mirrored crop's embedding */
} cm_recognizer;

/* Reads the contract; what the model leaves open is settled here: an open picture size is 112, an open dimension is found by planning the network
 * once. Errors: as cameo_network_contract and cameo_runner_create; MISMATCH (no recognizer, an input that is not square). */
cameo_status cm_recognizer_init(cm_recognizer *recognizer, const cameo_network *network, const cameo_options *options,
                                cameo_error *error);

/* One thread's memory: a runner for one face, and one for eight once so many are asked for; the crop. */
typedef struct cm_recognizer_memory cm_recognizer_memory;

/* The pool must outlive the memory. */
cameo_status cm_recognizer_memory_create(cm_recognizer_memory **memory, const cm_recognizer *recognizer, cm_pool *pool,
                                         cameo_error *error);
void cm_recognizer_memory_free(cm_recognizer_memory *memory);

/* What is to be embedded: faces of one picture, or (picture NULL) crops that are aligned already. All checked by the caller. */
typedef struct cm_embed_job {
    const cameo_image_view *picture;
    const cameo_face *faces; /* [count], each with five landmarks */
    const cameo_image_view *crops; /* [count]; other sizes than the network's are resized */
    size_t count;
} cm_embed_job;

/* embeddings: [count, dimension]. The result of a face does not depend on the others of the job. Allocates at most once: the runner for eight.
 * The time that each stage takes is added to *times.
 * Errors: ARGUMENT (landmarks that span no face), FORMAT (the network gave something that is not a number). */
cameo_status cm_recognizer_embed(const cm_recognizer *recognizer, cm_recognizer_memory *memory, const cm_embed_job *job,
                                 cameo_stage_seconds *times, float *embeddings, cameo_error *error);

#endif

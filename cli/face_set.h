/* The best face of each of some pictures, kept together: what `cameo compare` compares. */
#ifndef CM_CLI_FACE_SET_H
#define CM_CLI_FACE_SET_H

#include "heatmap.h"
#include "pipeline.h"

typedef struct cm_face_set {
    size_t count, capacity;
    int dimension;
    double model_threshold; /* of the recognizer, if it is a built-in one; else 0 */
    int thumbnails_wanted;
    char **files;        /* [count] */
    cameo_face *faces;   /* [count] */
    float *embeddings;   /* [count, dimension] */
    uint8_t *thumbnails; /* [count, 112, 112, 3], if wanted */
    size_t without;      /* pictures without a face */
} cm_face_set;

/* A cm_result_taker: context is a cm_face_set. */
int cm_face_set_take(const cm_result *result, void *set);

/* similarity: [count, count] */
void cm_face_set_similarities(const cm_face_set *set, float *similarity);

void cm_face_set_free(cm_face_set *set);

#endif

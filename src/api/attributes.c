#include "api/engine.h"

#include "base/memory.h"
#include "face/picture_check.h"
#include "face/quality.h"

#include <stdlib.h>

cameo_status cameo_face_quality(const cameo_image_view *picture, const cameo_face *face, cameo_quality *quality, cameo_error *error)
{
    if (!face || !quality)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_face_quality needs a face and a place for its quality");
    cameo_status status = cm_check_picture(picture, "the picture", error);
    return status == CAMEO_OK ? cm_quality_measure(picture, face, cm_cpu_detect(NULL), quality, error) : status;
}

/* The length of a face's embedding: of the caller's, or of one that is computed into `room` ([dimension]). */
static cameo_status measure_norm(cameo_session *session, const cameo_image_view *picture, const cameo_face *face, const float *embedding, float *room,
                                 float *norm, cameo_error *error)
{
    int dimension = session->engine->recognizer.contract.dimension;
    if (!embedding && face->landmark_count == 5) {
        const cm_embed_job job = {.picture = picture, .faces = face, .count = 1};
        cameo_status status = cm_recognizer_embed(&session->engine->recognizer, session->recognizer, &job, &session->times, room, error);
        if (status != CAMEO_OK)
            return status;
        embedding = room;
    }
    if (embedding)
        *norm = cameo_embedding_norm(embedding, dimension);
    return CAMEO_OK;
}

cameo_status cameo_analyze(cameo_session *session, const cameo_image_view *picture, const cameo_face *faces, size_t count, const float *embeddings,
                           cameo_attributes *attributes, cameo_error *error)
{
    if (!session || (count > 0 && (!faces || !attributes)))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_analyze needs a session, faces and a place for their attributes");
    const cameo_engine *engine = session->engine;
    size_t dimension = (size_t)engine->recognizer.contract.dimension;
    cm_cpu_tier tier = cm_cpu_detect(NULL);
    cameo_status status = cm_check_picture(picture, "the picture", error);
    float *room = dimension && !embeddings ? cm_calloc(dimension, sizeof *room) : NULL;
    if (status == CAMEO_OK && dimension && !embeddings && !room)
        status = cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for an embedding of %zu numbers", dimension);
    for (size_t i = 0; i < count && status == CAMEO_OK; i++) {
        const float *embedding = dimension && embeddings ? embeddings + i * dimension : NULL;
        status = cm_analyzer_run(&engine->analyzer, session->analyzer, picture, &faces[i], tier, &attributes[i], error);
        if (status == CAMEO_OK && dimension)
            status = measure_norm(session, picture, &faces[i], embedding, room, &attributes[i].quality.norm, error);
        if (status != CAMEO_OK)
            status = cm_fail_prefix(error, status, "face %zu", i);
    }
    free(room);
    return status;
}

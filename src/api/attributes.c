#include "api/engine.h"

#include "base/clock.h"
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

/* A face on its way: room is for an embedding ([dimension]), where one is to be computed. */
typedef struct subject {
    const cameo_image_view *picture;
    const cameo_face *face;
    const float *embedding; /* the caller's, or NULL */
    float *room;            /* NULL: none is computed */
} subject;

/* The length of a face's embedding, left as it is where there is none. */
static cameo_status measure_norm(cameo_session *session, const subject *s, float *norm, cameo_error *error)
{
    const float *embedding = s->embedding;
    if (s->room && s->face->landmark_count == 5) {
        const cm_embed_job job = {.picture = s->picture, .faces = s->face, .count = 1};
        cameo_status status = cm_recognizer_embed(&session->engine->recognizer, session->recognizer, &job, &session->times, s->room, error);
        if (status != CAMEO_OK)
            return status;
        embedding = s->room;
    }
    if (embedding)
        *norm = cameo_embedding_norm(embedding, session->engine->recognizer.contract.dimension);
    return CAMEO_OK;
}

static cameo_status analyze_face(cameo_session *session, const subject *s, cm_cpu_tier tier, cameo_attributes *attributes, cameo_error *error)
{
    double lap = cm_clock_seconds();
    cameo_status status = cm_analyzer_run(&session->engine->analyzer, session->analyzer, s->picture, s->face, tier, attributes, error);
    cm_clock_lap(&lap, &session->times.attributes);
    return status == CAMEO_OK ? measure_norm(session, s, &attributes->quality.norm, error) : status;
}

cameo_status cameo_analyze(cameo_session *session, const cameo_image_view *picture, const cameo_face *faces, size_t count, const float *embeddings,
                           cameo_attributes *attributes, cameo_error *error)
{
    if (!session || (count > 0 && (!faces || !attributes)))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_analyze needs a session, faces and a place for their attributes");
    cameo_status status = cm_check_picture(picture, "the picture", error);
    if (status != CAMEO_OK)
        return status;
    size_t dimension = (size_t)session->engine->recognizer.contract.dimension; /* 0 without a recognizer */
    subject s = {.picture = picture};
    if (dimension > 0 && !embeddings && !(s.room = cm_calloc(dimension, sizeof *s.room)))
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for an embedding of %zu numbers", dimension);
    cm_cpu_tier tier = cm_cpu_detect(NULL);
    for (size_t i = 0; i < count && status == CAMEO_OK; i++) {
        s.face = &faces[i];
        s.embedding = dimension > 0 && embeddings ? embeddings + i * dimension : NULL;
        status = analyze_face(session, &s, tier, &attributes[i], error);
        if (status != CAMEO_OK)
            status = cm_fail_prefix(error, status, "face %zu", i);
    }
    free(s.room);
    return status;
}

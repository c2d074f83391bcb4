#include "api/engine.h"

#include "base/memory.h"

#include <stdlib.h>

cameo_status cameo_session_create(cameo_session **session, const cameo_engine *engine, cameo_error *error)
{
    if (session)
        *session = NULL;
    if (!session || !engine)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_session_create needs a place for the session, and an engine");
    cameo_session *s = cm_calloc(1, sizeof *s);
    if (!s)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for a session");
    s->engine = engine;
    cameo_status status = cm_pool_create(&s->pool, engine->threads, error);
    if (status == CAMEO_OK && engine->detector.network)
        status = cm_detector_memory_create(&s->detector, &engine->detector, s->pool, error);
    if (status == CAMEO_OK && engine->recognizer.network)
        status = cm_recognizer_memory_create(&s->recognizer, &engine->recognizer, s->pool, error);
    if (status == CAMEO_OK)
        status = cm_analyzer_memory_create(&s->analyzer, &engine->analyzer, s->pool, error);
    if (status != CAMEO_OK) {
        cameo_session_free(s);
        return status;
    }
    *session = s;
    return CAMEO_OK;
}

void cameo_session_free(cameo_session *session)
{
    if (!session)
        return;
    cm_detector_memory_free(session->detector);
    cm_recognizer_memory_free(session->recognizer);
    cm_analyzer_memory_free(session->analyzer);
    cm_pool_free(session->pool);
    free(session);
}

cameo_stage_seconds cameo_session_times(const cameo_session *session)
{
    return session ? session->times : (cameo_stage_seconds){0};
}

#include "people.h"

static cameo_status embed_all(const cm_people *people, cameo_session *session, int dimension, const cm_people_walk *walk, float *vectors, cameo_error *error)
{
    const size_t bytes = (size_t)people->size * (size_t)people->size * 3, length = (size_t)dimension;
    cameo_status status = CAMEO_OK;
    for (size_t i = 0; i < walk->count && status == CAMEO_OK; i += CM_PEOPLE_CHUNK) {
        cameo_image_view views[CM_PEOPLE_CHUNK];
        const size_t count = walk->count - i < CM_PEOPLE_CHUNK ? walk->count - i : CM_PEOPLE_CHUNK;
        for (size_t k = 0; k < count; k++)
            views[k] = cm_people_crop(people, walk->order ? walk->order[i + k] : i + k, walk->form, walk->room ? walk->room + k * bytes : NULL);
        status = cameo_embed_aligned(session, views, count, vectors + i * length, count * length, error);
        if (walk->look)
            walk->look(walk->before + i + count);
    }
    return status;
}

cameo_status cm_people_embed(const cm_people *people, const cameo_options *options, const cm_people_walk *walk, float *vectors, cameo_error *error)
{
    cameo_engine *engine;
    cameo_session *session = NULL;
    cameo_status status = cameo_engine_open(&engine, options, error);
    if (status == CAMEO_OK)
        status = cameo_session_create(&session, engine, error);
    if (status == CAMEO_OK)
        status = embed_all(people, session, cameo_engine_dimension(engine), walk, vectors, error);
    cameo_session_free(session);
    cameo_engine_free(engine);
    return status;
}

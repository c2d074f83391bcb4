#include "api/engine.h"

#include "base/memory.h"

#include <stdlib.h>

static cameo_status check_options(const cameo_options *options, cameo_error *error)
{
    if (!options->detector && !options->recognizer)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "neither a detector nor a recognizer is given; one of them is needed");
    if (options->threads < 0)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "thread count %d is negative; 0 means as many as this process may use",
                       options->threads);
    if (options->max_faces < 0)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "max_faces %d is negative; 0 means all", options->max_faces);
    if ((unsigned)options->rank > CAMEO_RANK_CENTER_ONLY)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "unknown face rank %d", (int)options->rank);
    return CAMEO_OK;
}

static cameo_status open_networks(cameo_engine *engine, const cameo_options *options, cameo_error *error)
{
    cameo_status status = CAMEO_OK;
    if (options->detector)
        status = cameo_network_open(&engine->detector_network, options->detector, &options->network, error);
    if (status == CAMEO_OK && options->detector)
        status = cm_detector_init(&engine->detector, engine->detector_network, options, error);
    if (status == CAMEO_OK && options->recognizer)
        status = cameo_network_open(&engine->recognizer_network, options->recognizer, &options->network, error);
    if (status == CAMEO_OK && options->recognizer)
        status = cm_recognizer_init(&engine->recognizer, engine->recognizer_network, options, error);
    return status;
}

cameo_status cameo_engine_open(cameo_engine **engine, const cameo_options *options, cameo_error *error)
{
    if (engine)
        *engine = NULL;
    if (!engine || !options)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_engine_open needs a place for the engine, and options");
    cameo_status status = check_options(options, error);
    if (status != CAMEO_OK)
        return status;
    cameo_engine *e = cm_calloc(1, sizeof *e);
    if (!e)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for an engine");
    e->max_faces = options->max_faces;
    e->rank = options->rank;
    e->threads = options->threads > 0 ? options->threads : cameo_cpu_count();
    status = open_networks(e, options, error);
    if (status != CAMEO_OK) {
        cameo_engine_free(e);
        return status;
    }
    *engine = e;
    return CAMEO_OK;
}

void cameo_engine_free(cameo_engine *engine)
{
    if (!engine)
        return;
    cameo_network_free(engine->detector_network);
    cameo_network_free(engine->recognizer_network);
    free(engine);
}

const cameo_network *cameo_engine_recognizer(const cameo_engine *engine)
{
    return engine ? engine->recognizer_network : NULL;
}

const cameo_network *cameo_engine_detector(const cameo_engine *engine)
{
    return engine ? engine->detector_network : NULL;
}

cameo_contract cameo_engine_recognizer_contract(const cameo_engine *engine)
{
    return engine ? engine->recognizer.contract : (cameo_contract){0};
}

cameo_contract cameo_engine_detector_contract(const cameo_engine *engine)
{
    return engine ? engine->detector.contract : (cameo_contract){0};
}

int cameo_engine_dimension(const cameo_engine *engine)
{
    return engine ? engine->recognizer.contract.dimension : 0;
}

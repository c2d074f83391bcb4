#include "api/engine.h"

#include "base/memory.h"

#include <stdlib.h>

static cameo_status check_options(const cameo_options *options, cameo_error *error)
{
    const cameo_network *detector = options->detector_network, *recognizer = options->recognizer_network;
    if ((options->detector && detector) || (options->recognizer && recognizer))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "a %s is given as a file and as an open network; one of them is wanted",
                       options->detector && detector ? "detector" : "recognizer");
    if (!options->detector && !options->recognizer && !detector && !recognizer)
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

/* The caller's open network, or one opened from `path`, which `own` then holds; *network stays NULL where neither is given. */
static cameo_status take_network(const cameo_network **network, cameo_network **own, const cameo_network *open, const char *path,
                                 const cameo_options *options, cameo_error *error)
{
    cameo_status status = path ? cameo_network_open(own, path, &options->network, error) : CAMEO_OK;
    *network = path ? *own : open;
    return status;
}

static cameo_status open_networks(cameo_engine *engine, const cameo_options *options, cameo_error *error)
{
    cameo_status status = take_network(&engine->detector_network, &engine->own_detector, options->detector_network, options->detector, options, error);
    if (status == CAMEO_OK && engine->detector_network)
        status = cm_detector_init(&engine->detector, engine->detector_network, options, error);
    if (status == CAMEO_OK)
        status = take_network(&engine->recognizer_network, &engine->own_recognizer, options->recognizer_network, options->recognizer, options, error);
    if (status == CAMEO_OK && engine->recognizer_network)
        status = cm_recognizer_init(&engine->recognizer, engine->recognizer_network, options, error);
    return status;
}

cameo_status cameo_engine_open(cameo_engine **engine, const cameo_options *options, cameo_error *error)
{
    if (!engine || !options)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_engine_open needs a place for the engine, and options");
    *engine = NULL;
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
    cameo_network_free(engine->own_detector);
    cameo_network_free(engine->own_recognizer);
    free(engine);
}

const cameo_network *cameo_engine_recognizer(const cameo_engine *engine)
{
    return engine->recognizer_network;
}

const cameo_network *cameo_engine_detector(const cameo_engine *engine)
{
    return engine->detector_network;
}

cameo_contract cameo_engine_recognizer_contract(const cameo_engine *engine)
{
    return engine->recognizer.contract;
}

cameo_contract cameo_engine_detector_contract(const cameo_engine *engine)
{
    return engine->detector.contract;
}

int cameo_engine_dimension(const cameo_engine *engine)
{
    return engine->recognizer.contract.dimension;
}

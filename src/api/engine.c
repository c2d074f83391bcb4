#include "api/engine.h"

#include "base/memory.h"

#include <stdlib.h>

static int asks_for_a_network(const cameo_options *options)
{
    return options->detector || options->recognizer || options->detector_network || options->recognizer_network || options->landmarks_106 ||
           options->landmarks_68 || options->gender_age || options->antispoof_count != 0;
}

static cameo_status check_options(const cameo_options *options, cameo_error *error)
{
    if (!asks_for_a_network(options))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "neither a detector nor a recognizer nor a network for attributes is given; one of them is needed");
    if (options->antispoof_count < 0 || options->antispoof_count > CAMEO_MAX_ANTISPOOF)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%d anti-spoofing networks are given, where 0 to %d are possible", options->antispoof_count,
                       CAMEO_MAX_ANTISPOOF);
    for (int i = 0; i < options->antispoof_count; i++)
        if (!options->antispoof[i].path)
            return cm_fail(error, CAMEO_ERROR_ARGUMENT, "anti-spoofing network %d of %d has no path", i, options->antispoof_count);
    if (options->threads < 0)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "thread count %d is negative; 0 means as many as this process may use",
                       options->threads);
    if (options->max_faces < 0)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "max_faces %d is negative; 0 means all", options->max_faces);
    if ((unsigned)options->rank > CAMEO_RANK_CENTER_ONLY)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "unknown face rank %d", (int)options->rank);
    return CAMEO_OK;
}

/* What is given twice, once as a file and once as an open network. */
static cameo_status check_open_networks(const cameo_options *options, cameo_error *error)
{
    int twice = options->recognizer && options->recognizer_network;
    if (!twice && !(options->detector && options->detector_network))
        return CAMEO_OK;
    return cm_fail(error, CAMEO_ERROR_ARGUMENT, "a %s is given as a file and as an open network; one of them is wanted", twice ? "recognizer" : "detector");
}

static cameo_status open_networks(cameo_engine *engine, const cameo_options *options, cameo_error *error)
{
    cameo_status status = check_open_networks(options, error);
    if (status == CAMEO_OK && options->detector)
        status = cameo_network_open(&engine->detector_network, options->detector, &options->network, error);
    const cameo_network *detector = options->detector ? engine->detector_network : options->detector_network;
    if (status == CAMEO_OK && detector)
        status = cm_detector_init(&engine->detector, detector, options, error);
    if (status == CAMEO_OK && options->recognizer)
        status = cameo_network_open(&engine->recognizer_network, options->recognizer, &options->network, error);
    const cameo_network *recognizer = options->recognizer ? engine->recognizer_network : options->recognizer_network;
    if (status == CAMEO_OK && recognizer)
        status = cm_recognizer_init(&engine->recognizer, recognizer, options, error);
    return status;
}

typedef cameo_status attribute_setter(cm_analyzer *analyzer, const cameo_network *network, cameo_error *error);

/* One network for attributes, if its path is given. */
static cameo_status open_attribute(cameo_network **network, const char *path, attribute_setter *set, cm_analyzer *analyzer,
                                   const cameo_options *options, cameo_error *error)
{
    if (!path)
        return CAMEO_OK;
    cameo_status status = cameo_network_open(network, path, &options->network, error);
    return status == CAMEO_OK ? set(analyzer, *network, error) : status;
}

static cameo_status open_attributes(cameo_engine *engine, const cameo_options *options, cameo_error *error)
{
    cm_analyzer *analyzer = &engine->analyzer;
    cameo_status status = cm_analyzer_init(analyzer, options->mean_shape, error);
    if (status == CAMEO_OK)
        status = open_attribute(&engine->landmarks_106_network, options->landmarks_106, cm_analyzer_set_landmarks_106, analyzer, options, error);
    if (status == CAMEO_OK)
        status = open_attribute(&engine->landmarks_68_network, options->landmarks_68, cm_analyzer_set_landmarks_68, analyzer, options, error);
    if (status == CAMEO_OK)
        status = open_attribute(&engine->gender_age_network, options->gender_age, cm_analyzer_set_gender_age, analyzer, options, error);
    for (int i = 0; i < options->antispoof_count && status == CAMEO_OK; i++) {
        status = cameo_network_open(&engine->antispoof_networks[i], options->antispoof[i].path, &options->network, error);
        if (status == CAMEO_OK)
            status = cm_antispoof_add(&analyzer->antispoof, engine->antispoof_networks[i], options->antispoof[i].scale, error);
    }
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
    if (status == CAMEO_OK)
        status = open_attributes(e, options, error);
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
    cameo_network_free(engine->landmarks_106_network);
    cameo_network_free(engine->landmarks_68_network);
    cameo_network_free(engine->gender_age_network);
    for (int i = 0; i < CAMEO_MAX_ANTISPOOF; i++)
        cameo_network_free(engine->antispoof_networks[i]);
    free(engine);
}

const cameo_network *cameo_engine_recognizer(const cameo_engine *engine)
{
    return engine ? engine->recognizer.network : NULL;
}

const cameo_network *cameo_engine_detector(const cameo_engine *engine)
{
    return engine ? engine->detector.network : NULL;
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

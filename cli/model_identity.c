#include "model_identity.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

static int take_file(const cameo_network *network, char **path, char *digest)
{
    *path = strdup(cameo_network_info(network).path);
    return *path ? cm_digest_file(*path, digest, NULL) : cm_report(CM_EXIT_OTHER, "out of memory");
}

int cm_identity_take(cm_identity *identity, const cameo_engine *engine, const cm_settings *settings)
{
    const cameo_network *model = cameo_engine_recognizer(engine), *detector = cameo_engine_detector(engine);
    *identity = (cm_identity){.contract = cameo_engine_recognizer_contract(engine), .precision = cameo_network_precision(model),
                              .mirror = settings->options.mirror};
    int code = take_file(model, &identity->model, identity->model_digest);
    if (code == CM_EXIT_OK && detector)
        code = take_file(detector, &identity->detector, identity->detector_digest);
    return code;
}

void cm_identity_free(cm_identity *identity)
{
    free(identity->model);
    free(identity->detector);
    *identity = (cm_identity){0};
}

int cm_identity_find(cm_identity *identity, const cm_settings *settings, int with_detector)
{
    cameo_engine *engine;
    *identity = (cm_identity){0};
    int code = cm_settings_open_engine(settings, CM_SETTINGS_MODEL | (with_detector ? CM_SETTINGS_DETECTOR : 0u), 1, &engine);
    if (code == CM_EXIT_OK)
        code = cm_identity_take(identity, engine, settings);
    cameo_engine_free(engine);
    return code;
}

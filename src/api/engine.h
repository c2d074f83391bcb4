/* The two handles of the face interface. */
#ifndef CM_API_ENGINE_H
#define CM_API_ENGINE_H

#include "face/analyzer.h"
#include "face/detector.h"
#include "face/recognizer.h"

/* Immutable once open. The networks here are those the engine has opened itself; detector and recognizer name theirs, which may be the caller's, or NULL. */
struct cameo_engine {
    cameo_network *detector_network, *recognizer_network, *landmarks_106_network, *landmarks_68_network, *gender_age_network;
    cameo_network *antispoof_networks[CAMEO_MAX_ANTISPOOF];
    cm_detector detector;
    cm_recognizer recognizer;
    cm_analyzer analyzer;
    int max_faces, threads;
    cameo_face_rank rank;
};

/* Belongs to one thread at a time. All memories share the pool. */
struct cameo_session {
    const cameo_engine *engine;
    cm_pool *pool;
    cm_detector_memory *detector;     /* NULL: the engine has none */
    cm_recognizer_memory *recognizer; /* NULL: the engine has none */
    cm_analyzer_memory *analyzer;
    cameo_stage_seconds times;
};

#endif

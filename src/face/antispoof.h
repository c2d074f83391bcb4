/* Anti-spoofing by networks of the MiniFASNet family: each sees the face in a crop of its own width, and their opinions are averaged
 * [Silent-Face-Anti-Spoofing: test.py, anti_spoof_predict.py]. */
#ifndef CM_FACE_ANTISPOOF_H
#define CM_FACE_ANTISPOOF_H

#include "face/attribute_net.h"

/* Immutable once made; borrows the networks. */
typedef struct cm_antispoof {
    cm_attribute_net nets[CAMEO_MAX_ANTISPOOF];
    double scales[CAMEO_MAX_ANTISPOOF];
    int count;
} cm_antispoof;

/* The scale that a file's name begins with, as in "2.7_80x80_MiniFASNetV2.onnx" and "4_0_0_80x80_MiniFASNetV1SE.onnx"; 2.7 where it begins with no
 * number from 1 to 16 and '_'. Thread-safe. */
double cm_antispoof_scale_of(const char *path);

/* Adds a network. scale 0: by its file's name. Errors: as cm_attribute_net_init; ARGUMENT (a scale that is not 0 and not from 1 to 16). */
cameo_status cm_antispoof_add(cm_antispoof *antispoof, const cameo_network *network, double scale, cameo_error *error);

/* values: [CAMEO_SPOOF_CLASSES], added to `scores`: as they are where the network ends with a softmax, else softmax(values). Thread-safe. */
void cm_antispoof_add_scores(const float *values, int softmax, float *scores);

#endif

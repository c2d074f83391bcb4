/* The networks for attributes of faces: named by options, or taken from where the detector lies. */
#ifndef CM_CLI_ATTRIBUTE_MODELS_H
#define CM_CLI_ATTRIBUTE_MODELS_H

#include "cameo.h"
#include "flags.h"
#include "npy.h"

/* As typed; NULL: not given. */
typedef struct cm_attribute_models {
    int wanted; /* --attributes */
    const char *landmarks_106, *landmarks_68, *gender_age, *antispoof, *mean_shape;
    const char *recognizer; /* for the length of the embedding */
} cm_attribute_models;

/* Appends --attributes --landmarks-106 --landmarks-68 --gender-age --antispoof --mean-shape --model. */
void cm_attribute_models_add_flags(cm_attribute_models *models, cm_flags *flags);

/* Are attributes wanted: by --attributes, or because one of the others is given? */
int cm_attribute_models_wanted(const cm_attribute_models *models);

/* What has been found; the options of an engine point into it. */
typedef struct cm_attribute_paths {
    char *landmarks_106, *landmarks_68, *gender_age, *antispoof[CAMEO_MAX_ANTISPOOF];
    double scales[CAMEO_MAX_ANTISPOOF]; /* 0: the library tells it from the name */
    int antispoof_count;
    cm_npy mean_shape;
} cm_attribute_paths;

/* Resolves what was typed, and takes what was not from the folder of the detector (NULL: none): the files that a pack calls 2d106det.onnx, 1k3d68.onnx and
 * genderage.onnx, or others whose contract is of that family, and all MiniFASNets. Returns an exit code (reported). */
int cm_attribute_models_find(const cm_attribute_models *models, const char *detector, cm_attribute_paths *paths);
/* Enters them into the options, which borrow. */
void cm_attribute_paths_enter(const cm_attribute_paths *paths, cameo_options *options);
void cm_attribute_paths_free(cm_attribute_paths *paths);

#endif

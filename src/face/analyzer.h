/* All networks for attributes together: faces in, attributes out. */
#ifndef CM_FACE_ANALYZER_H
#define CM_FACE_ANALYZER_H

#include "face/antispoof.h"
#include "face/head_shape_68.h"

/* Immutable once made; borrows the networks. Those that are not there have no `network`. */
typedef struct cm_analyzer {
    cm_attribute_net landmarks_106, landmarks_68, gender_age;
    cm_antispoof antispoof;
    double mean_shape[CM_HEAD_POINTS][3];
} cm_analyzer;

/* An analyzer without networks. shape: [CM_HEAD_POINTS, 3], NULL: cm_head_shape_tilted. Errors: ARGUMENT (a shape in a plane or not finite). */
cameo_status cm_analyzer_init(cm_analyzer *analyzer, const float (*shape)[3], cameo_error *error);

/* Adds a network. Errors: as cm_attribute_net_init. */
cameo_status cm_analyzer_set_landmarks_106(cm_analyzer *analyzer, const cameo_network *network, cameo_error *error);
cameo_status cm_analyzer_set_landmarks_68(cm_analyzer *analyzer, const cameo_network *network, cameo_error *error);
cameo_status cm_analyzer_set_gender_age(cm_analyzer *analyzer, const cameo_network *network, cameo_error *error);

/* One thread's memory: a runner for each network, the crop. */
typedef struct cm_analyzer_memory cm_analyzer_memory;

/* The pool must outlive the memory. */
cameo_status cm_analyzer_memory_create(cm_analyzer_memory **memory, const cm_analyzer *analyzer, cm_pool *pool, cameo_error *error);
void cm_analyzer_memory_free(cm_analyzer_memory *memory);

/* Everything but quality.norm. Picture and count have been checked. Allocates nothing. Errors: ARGUMENT (a box or landmarks that are no face),
 * FORMAT (a network gave something that is not a number). */
cameo_status cm_analyzer_run(const cm_analyzer *analyzer, cm_analyzer_memory *memory, const cameo_image_view *picture, const cameo_face *face,
                             cm_cpu_tier tier, cameo_attributes *attributes, cameo_error *error);

#endif

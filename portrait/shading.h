/* The light a visible point sends to the camera. */
#ifndef CM_PORTRAIT_SHADING_H
#define CM_PORTRAIT_SHADING_H

#include "lighting.h"

typedef struct cm_shading {
    const cm_person *person;
    cm_shadow shadow;
    cm_vec3 eye; /* the camera's place */
} cm_shading;

/* False when memory is out; cm_shading_end in any case. */
bool cm_shading_begin(cm_shading *shading, const cm_person *person, float camera_distance);
void cm_shading_end(cm_shading *shading);

/* Linear-light colour of a surface point. */
cm_vec3 cm_shade(const cm_shading *shading, const cm_vertex *point, cm_material material);

#endif

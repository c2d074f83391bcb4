/* Light on a person: what reaches each vertex from all around, and the shadow the main light casts. */
#ifndef CM_PORTRAIT_LIGHTING_H
#define CM_PORTRAIT_LIGHTING_H

#include "person.h"
#include "raster.h"

/* Depths seen from a direction, over a square window of the scene. */
typedef struct cm_shadow {
    cm_raster map;
    cm_vec3 right, up, towards; /* towards: to the light */
    cm_vec3 center;
    float cells; /* map cells a centimetre */
} cm_shadow;

/* Fills the ambient light of the person's vertices: light from the sphere of directions, each dimmed where hair, brow, nose or chin
 * stand in its way. False when memory is out. */
bool cm_light_ambient(cm_person *person);

/* The main light's shadow map of a posed person. False when memory is out; free with cm_shadow_free in any case. */
bool cm_shadow_build(cm_shadow *shadow, const cm_person *person);
void cm_shadow_free(cm_shadow *shadow);
/* How much of the main light reaches a point, 0..1; the edge's width is `softness` centimetres. */
float cm_shadow_reach(const cm_shadow *shadow, cm_vec3 point, cm_vec3 normal, float softness);

/* Light that comes from `direction` in this moment, without the main light. */
cm_vec3 cm_light_from(const cm_moment *moment, cm_vec3 direction);

#endif

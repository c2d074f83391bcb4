/* What is behind people, out of focus. */
#ifndef CM_PORTRAIT_BACKDROP_H
#define CM_PORTRAIT_BACKDROP_H

#include "traits.h"

/* Fills light: [height, width] linear-light colours. */
void cm_backdrop_draw(const cm_moment *moment, cm_vec3 *light, int width, int height);

#endif

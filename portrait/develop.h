/* From light to a photograph: exposure, lens blur, tone curve, sRGB, grain. */
#ifndef CM_PORTRAIT_DEVELOP_H
#define CM_PORTRAIT_DEVELOP_H

#include <stdbool.h>
#include <stdint.h>

#include "traits.h"

/* light: [height, width], overwritten. rgb: [height, width, 3]. False when memory is out. */
bool cm_develop(const cm_moment *moment, cm_vec3 *light, uint8_t *rgb, int width, int height);

#endif

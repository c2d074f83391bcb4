/* Turning a picture upright. */
#ifndef CM_IMAGE_ORIENT_H
#define CM_IMAGE_ORIENT_H

#include "image/image.h"

/* Replaces *image, stored with this EXIF orientation (1..8), by the upright picture. On failure *image is unchanged. Errors: MEMORY. */
cameo_status cm_image_orient(cameo_image **image, int orientation, const char *name, cameo_error *error);

#endif

/* A face cut out by its box alone, as programs do that do not align. */
#ifndef CM_FACE_STRETCH_CROP_H
#define CM_FACE_STRETCH_CROP_H

#include "base/cpu.h"
#include "base/status.h"

/* The pixels of the picture that the box (x0, y0, x1, y1) touches, resized (bilinear) to rgb: [size, size, 3], whatever shape the box has. The picture
 * has been checked, size is >= 1. Errors: ARGUMENT (a box that is empty, not finite or outside of the picture), MEMORY. Thread-safe. */
cameo_status cm_stretch_crop(const cameo_image_view *picture, const float box[4], int size, cm_cpu_tier tier, uint8_t *rgb, cameo_error *error);

#endif

/* The part of a picture around a face's box that a network for attributes looks at. */
#ifndef CM_FACE_BOX_CROP_H
#define CM_FACE_BOX_CROP_H

#include "base/status.h"

/* Is this a box that something can be cut around: finite, wider and higher than nothing, and nowhere beyond ten million pixels? Errors: ARGUMENT.
 * Thread-safe. */
cameo_status cm_box_check(const float box[4], cameo_error *error);

/* The square around the box's centre that is 1.5 times its longer side, brought to size x size pixels without rotation [InsightFace, attribute.py,
 * landmark.py, face_align.transform], or `widening` times. matrix: picture -> crop, for cm_image_warp_affine. Thread-safe. */
void cm_box_square(const float box[4], int size, float widening, double matrix[6]);

/* The rectangle of whole pixels, inside the picture, that is `scale` times as wide and high as the box; a smaller scale where the picture has
 * not room, and moved inwards where it is near an edge [Silent-Face-Anti-Spoofing, generate_patches.py]. rectangle: x, y, width, height. Thread-safe. */
void cm_box_patch(const float box[4], double scale, int picture_width, int picture_height, int rectangle[4]);

#endif

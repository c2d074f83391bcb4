/* Alignment: five landmarks to the template that ArcFace-like networks were trained on [insightface, utils/face_align.py]. */
#ifndef CM_FACE_ALIGN_H
#define CM_FACE_ALIGN_H

#include "base/cpu.h"
#include "base/status.h"

/* Where the landmarks of a crop of size x size pixels belong. A multiple of 112: the 112 template scaled; a multiple of 128 (not of 112): scaled by
 * size / 128 and moved right by 8 * size / 128, both as InsightFace; any other size (FaceNet's 160): the 112 template scaled by size / 112. */
void cm_align_template(int size, double points[5][2]);

/* The similarity (rotation, uniform scale, translation, no reflection) that brings `from` nearest to `to` in the sense of least
 * squares: Umeyama 1991, in closed form for two dimensions. matrix: x' = m0 x + m1 y + m2, y' = m3 x + m4 y + m5.
 * Errors: ARGUMENT (a value that is not finite or beyond ten million pixels; all points equal). Thread-safe. */
cameo_status cm_align_similarity(const float from[5][2], const double to[5][2], double matrix[6], cameo_error *error);

/* The crop: rgb: [size, size, 3], dense. Any size >= 1. tier: the highest to use. Errors: as above. Thread-safe. */
cameo_status cm_align_crop(const cameo_image_view *picture, const float landmarks[5][2], int size, cm_cpu_tier tier, uint8_t *rgb,
                           cameo_error *error);

#endif

/* The quality of a picture of a face, from its pixels and landmarks alone; docs/attributes.md has the formulae. */
#ifndef CM_FACE_QUALITY_H
#define CM_FACE_QUALITY_H

#include "base/cpu.h"
#include "base/status.h"

/* Cuts the face out (aligned by its five landmarks, or the square around its box) at 112 x 112 pixels, and judges the part of it between brows and mouth.
 * norm is left NAN. tier: the highest to use. Errors: ARGUMENT (a box or landmarks that are no face). Thread-safe. */
cameo_status cm_quality_measure(const cameo_image_view *picture, const cameo_face *face, cm_cpu_tier tier, cameo_quality *quality, cameo_error *error);

/* Puts another pose in the place of the one that the five landmarks gave. Thread-safe. */
void cm_quality_set_pose(cameo_quality *quality, const cameo_pose *pose);

#endif

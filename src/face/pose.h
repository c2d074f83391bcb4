/* How a head is turned, from landmarks in the picture and the same points on a mean head. */
#ifndef CM_FACE_POSE_H
#define CM_FACE_POSE_H

#include "base/status.h"

/* The affine camera that brings shape [count, 3] nearest to the first two of `step` numbers of each point [count, step], in the sense of least squares;
 * its two rows, scaled to length one, and their cross product are taken for a rotation, whose Euler angles (about x, y, z) are the pose
 * [InsightFace, transform.py: estimate_affine_matrix_3d23d, P2sRt, matrix2angle; depths of the points have no say there either].
 * shape: x right, y down, z towards the viewer, any unit. count >= 4. Errors: ARGUMENT (a shape or points that are not finite, lie in a plane or on a
 * line). Thread-safe. */
cameo_status cm_pose_fit(const double (*shape)[3], const float *points, int step, int count, cameo_pose *pose, cameo_error *error);

/* Nothing known: all NAN. */
cameo_pose cm_pose_unknown(void);

#endif

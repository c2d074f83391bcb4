/* The order of faces, and which stay where fewer are wanted than were found. */
#ifndef CM_FACE_RANK_H
#define CM_FACE_RANK_H

#include "cameo.h"

/* Sorts faces [count], best by `rank` first, equal ones in the order they came in (by score, from cm_candidates_suppress). The centre of a picture of
 * width x height is (width / 2, height / 2), whole pixels, as in InsightFace [scrfd.py]. Thread-safe. */
void cm_rank_faces(cameo_face *faces, int count, cameo_face_rank rank, int width, int height);

#endif

/* Candidates: what a detector's decoder writes, before and after non-maximum suppression. */
#ifndef CM_FACE_CANDIDATES_H
#define CM_FACE_CANDIDATES_H

#include "cameo.h"

typedef struct cm_candidates {
    cameo_face *faces; /* [capacity], in the order in which they were found */
    int *order;        /* [capacity], scratch of cm_candidates_suppress */
    int count, capacity;
} cm_candidates;

/* Takes room for `capacity` candidates. False: out of memory. */
int cm_candidates_create(cm_candidates *candidates, int capacity);
void cm_candidates_free(cm_candidates *candidates);

/* Appends a face unless the room is used up or a coordinate or the score is not a finite number: such numbers are no face. */
void cm_candidates_add(cm_candidates *candidates, const cameo_face *face);

/* Greedy non-maximum suppression: highest score first (equal scores: the one found first), and what overlaps a kept one by more than
 * `threshold` goes. The overlap is the intersection over union with the old "+1" areas, (x1 - x0 + 1) * (y1 - y0 + 1), as InsightFace computes it
 * [scrfd.py, nms]. Leaves the kept ones in faces[0..count), best first. Returns their number. */
int cm_candidates_suppress(cm_candidates *candidates, float threshold);

#endif

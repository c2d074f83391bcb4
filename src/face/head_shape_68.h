/* The mean head that landmarks are compared with to tell how a head is turned. */
#ifndef CM_FACE_HEAD_SHAPE_68_H
#define CM_FACE_HEAD_SHAPE_68_H

enum { CM_HEAD_POINTS = 68, CM_HEAD_FIVE = 5 };

/* 68 points in the order of 300-W (Sagonas et al. 2013), x to the picture's right, y down, z towards the viewer, millimetres from between the eyes.
 * Chosen by hand for cameo, from nobody's data set: distances between the points of an adult head as anthropometry gives them (Farkas 1994,
 * Anthropometry of the Head and Face; a few, rounded), mirror symmetric. Static storage. */
extern const double cm_head_shape_68[CM_HEAD_POINTS][3];

/* The same head, tilted to where the mean head of InsightFace's package has its zero of pitch, so that angles mean the same: it looks up by 6.7 degrees
 * against this one (docs/attributes.md). */
void cm_head_shape_tilted(double shape[CM_HEAD_POINTS][3]);

/* The five landmarks of detectors on the same head: the centres of the eyes, the tip of the nose, the corners of the mouth. */
void cm_head_shape_five(double five[CM_HEAD_FIVE][3]);

#endif

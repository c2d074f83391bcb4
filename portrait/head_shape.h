/* The shape of a head: a loft of rounded sections along the height, with the face's relief on its front. */
#ifndef CM_PORTRAIT_HEAD_SHAPE_H
#define CM_PORTRAIT_HEAD_SHAPE_H

#include "traits.h"

/* A horizontal section: half width, foremost and hindmost depth, depth of the widest place, roundness (2: ellipse). */
typedef struct cm_section {
    float y, width, front, back, middle, power;
} cm_section;

/* The head's section at u in 0..1, crown to chin. */
cm_section cm_head_section(const cm_traits *traits, float u);
/* The u of height y. */
float cm_head_row(const cm_traits *traits, float y);
/* The point of a section at `angle` from the front (radians, positive: the picture's right), scaled sideways by nothing. */
cm_vec3 cm_section_point(const cm_section *section, float angle);
/* A section of a table of `count` ones by Catmull-Rom, u in 0..1 along the table. */
cm_section cm_section_between(const cm_section *table, int count, float u);

/* Skin before expression at (x, y) on the front: the depth z. */
float cm_head_depth(const cm_traits *traits, float x, float y);

/* Height of the strip below the mouth's line that an open mouth stretches, centimetres at rest. */
#define CM_MOUTH_SEAM 0.24f

/* What traits and expression add to the depth at (x, y) of the front. */
float cm_face_relief(const cm_traits *traits, const cm_moment *moment, float x, float y);
/* Where expression moves a point of the front: smile, lowered jaw. */
cm_vec3 cm_face_expression(const cm_traits *traits, const cm_moment *moment, cm_vec3 rest);

/* The mouth as this moment has it: height of its line at x, half width. */
float cm_mouth_line(const cm_traits *traits, const cm_moment *moment, float x);
float cm_mouth_half_width(const cm_traits *traits, const cm_moment *moment);

/* The skin's point on the front at (x, y) with relief and expression: for landmarks and things that lie on the face. */
cm_vec3 cm_face_point(const cm_traits *traits, const cm_moment *moment, float x, float y);

#endif

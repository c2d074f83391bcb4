/* What surfaces look like under white light, by their place at rest. Colours are linear-light reflectances. */
#ifndef CM_PORTRAIT_PAINT_H
#define CM_PORTRAIT_PAINT_H

#include "traits.h"

typedef struct cm_paint {
    cm_vec3 albedo;
    float shine, gloss;  /* strength and sharpness of the highlight */
    float translucent;   /* 0..1: light wraps round and bleeds red, as in skin */
    float covered;       /* 0..1: light kept off by what no mesh models (lids over eyes, lips over teeth) */
    float rounded;       /* 0..1: how much `normal` (head's frame, at rest) replaces the mesh's */
    cm_vec3 normal;
} cm_paint;

cm_paint cm_paint_skin(const cm_traits *traits, const cm_moment *moment, cm_vec3 rest);
cm_paint cm_paint_ear(const cm_traits *traits, cm_vec3 rest);
cm_paint cm_paint_hair(const cm_traits *traits, cm_vec3 rest);
cm_paint cm_paint_body(const cm_traits *traits, const cm_moment *moment, cm_vec3 rest);
cm_paint cm_paint_rim(const cm_traits *traits);

/* Parts of the skin's paint, each on top of what `paint` holds; y is the height above the eyes. */
void cm_paint_eye(const cm_traits *traits, const cm_moment *moment, float x, float y, cm_paint *paint);
void cm_paint_brow(const cm_traits *traits, const cm_moment *moment, float x, float y, cm_paint *paint);
void cm_paint_mouth(const cm_traits *traits, const cm_moment *moment, float x, float y, cm_paint *paint);
void cm_paint_beard(const cm_traits *traits, const cm_moment *moment, cm_vec3 rest, cm_paint *paint);

#endif

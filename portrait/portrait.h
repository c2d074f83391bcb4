/* Portraits of people who do not exist: a head modelled from two seeds, lit, photographed, with the truth about where its face is.
 *
 *   identity seed  -> traits: the shape of head and features, skin, hair, beard, glasses
 *   variation seed -> moment: pose, expression, light, camera, background
 *   traits + moment -> meshes -> rasterised and shaded in linear light -> 8-bit sRGB
 *
 * Pure C with libm; no global state; the same options give the same bytes on the same kind of machine. */
#ifndef CM_PORTRAIT_H
#define CM_PORTRAIT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cm_portrait_options {
    uint64_t identity, variation; /* seeds */
    float pose;                   /* how far the head turns: 0 frontal, 1 up to 25/15/15 degrees of yaw/pitch/roll */
    float expression;             /* 0 neutral, 1 the full range of smiles, open mouths, narrowed eyes */
    float light;                  /* 0 one even studio light, 1 the full range of directions, colours and exposures */
} cm_portrait_options;

/* What is to be found in the picture; pixels, (0,0) is the centre of the top left pixel. */
typedef struct cm_portrait_truth {
    float box[4];           /* the face as detectors box it: hairline to chin, cheek to cheek; x0, y0, x1, y1 */
    float landmarks[5][2];  /* left eye, right eye, nose tip, left and right mouth corner; left is the picture's left */
    float yaw, pitch, roll; /* degrees; positive: towards the picture's right, up, clockwise */
} cm_portrait_truth;

enum { CM_PORTRAIT_MIN_SIZE = 64, CM_PORTRAIT_MAX_SIZE = 4096, CM_PORTRAIT_MAX_GROUP = 12 };

/* Seeds 1 and 1, everything at its full range. */
void cm_portrait_options_default(cm_portrait_options *options);

/* Draws one person. rgb: [size, size, 3]; `size` from CM_PORTRAIT_MIN_SIZE to CM_PORTRAIT_MAX_SIZE. `truth` may be NULL.
 * False when the size or an option is out of range (NaN included) or memory is out. Thread-safe. */
bool cm_portrait_draw(const cm_portrait_options *options, uint8_t *rgb, int size, cm_portrait_truth *truth);

/* Draws `count` people (1 to CM_PORTRAIT_MAX_GROUP) side by side, in two rows from four on. rgb: [height, width, 3], each side within
 * the bounds above. truth: [count], in the order of `people`, may be NULL. Light and background follow people[0]. False as above. */
bool cm_portrait_draw_group(const cm_portrait_options *people, int count, uint8_t *rgb, int width, int height,
                            cm_portrait_truth *truth);

#endif

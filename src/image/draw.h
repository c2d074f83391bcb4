/* Drawing with smooth edges into RGB8 pixels. Everything is clipped to the picture; positions may be any number, one that is not finite draws
 * nothing. Coordinates: (0,0) is the centre of the top left pixel. */
#ifndef CM_IMAGE_DRAW_H
#define CM_IMAGE_DRAW_H

#include <stddef.h>
#include <stdint.h>

/* Borrowed pixels, written to. */
typedef struct cm_canvas {
    uint8_t *rgb; /* [height, stride] */
    int width, height;
    ptrdiff_t stride;
} cm_canvas;

typedef struct cm_ink {
    uint8_t rgb[3];
    float opacity; /* 0..1 */
} cm_ink;

/* A line with round ends; a disc where both ends are one point. radius: half the thickness, in pixels. */
void cm_draw_line(const cm_canvas *canvas, const float from[2], const float to[2], float radius, cm_ink ink);
/* The outline of box [x0, y0, x1, y1]. */
void cm_draw_box(const cm_canvas *canvas, const float box[4], float radius, cm_ink ink);
/* A filled box. */
void cm_draw_panel(const cm_canvas *canvas, const float box[4], cm_ink ink);

/* One line of text; (x, y) is the top left corner of its capitals, `dot` the size of a dot of the typeface in pixels. */
void cm_draw_text(const cm_canvas *canvas, float x, float y, float dot, const char *text, cm_ink ink);
/* Its width in pixels, without space after the last letter. */
float cm_draw_text_width(const char *text, float dot);

#endif

/* A small typeface of our own: printable ASCII on a grid of 5 by 9 dots. */
#ifndef CM_IMAGE_FONT_H
#define CM_IMAGE_FONT_H

#include <stdint.h>

enum {
    CM_FONT_COLUMNS = 5,
    CM_FONT_ROWS = 9,     /* 7 above the base line, 2 below it */
    CM_FONT_CAP_ROWS = 7, /* height of a capital letter */
    CM_FONT_ADVANCE = 6   /* columns from one letter to the next */
};

/* [CM_FONT_ROWS] rows from the top, the leftmost dot in bit 4. Other than printable ASCII gives '?'. Static storage. */
const uint8_t *cm_font_glyph(char letter);

#endif

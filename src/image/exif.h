/* The one thing wanted of EXIF: which way up a picture is. */
#ifndef CM_IMAGE_EXIF_H
#define CM_IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* Orientation (1..8) from a TIFF structure [size], that is an EXIF block without or with its leading "Exif\0\0".
 * 1 where there is none, or where the block is damaged: a picture without a readable orientation is shown as stored. */
int cm_exif_orientation(const uint8_t *bytes, size_t size);

#endif

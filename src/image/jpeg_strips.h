/* A JPEG cut into strips that can be decoded by themselves, each a JPEG file of its own.
 *
 * An encoder may put restart markers into the data (ITU-T T.81, E.1.4; cameras and Photoshop do, once a row of blocks): what follows one depends on
 * nothing before it. Where rows of blocks begin behind a marker, the rows in between are a picture. */
#ifndef CM_IMAGE_JPEG_STRIPS_H
#define CM_IMAGE_JPEG_STRIPS_H

#include <stddef.h>
#include <stdint.h>

enum { CM_JPEG_STRIPS_MOST = 32 };

typedef struct cm_jpeg_strip {
    uint8_t *bytes;  /* [size] */
    size_t size;
    int height;      /* rows it has */
    int skip;        /* of these, rows at its top that belong to the strip above: smooth upsampling looks at neighbours */
    int first, rows; /* which rows of the picture follow them; the rest belongs to the strip below */
} cm_jpeg_strip;

/* Cuts a file into at most `most` strips (up to CM_JPEG_STRIPS_MOST). Returns how many there are: 0 where the file is not of the simple kind that can be
 * cut (baseline, three components in one scan, restart markers all there and in order), or memory is short. bytes: [size], anything.
 * The picture's pixels have been found to be within the limits. Free with cm_jpeg_strips_free. */
int cm_jpeg_strips_cut(cm_jpeg_strip *strips, int most, const uint8_t *bytes, size_t size);
void cm_jpeg_strips_free(cm_jpeg_strip *strips, int count);

#endif

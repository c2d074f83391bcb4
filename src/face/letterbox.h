/* How a picture is put into a detector's input: the aspect ratio is kept, the picture lies at the top left, the rest is black.
 * Arithmetic as in InsightFace [scrfd.py, detect]: sizes are truncated to whole pixels, one scale for both directions. */
#ifndef CM_FACE_LETTERBOX_H
#define CM_FACE_LETTERBOX_H

typedef struct cm_letterbox {
    int width, height; /* of the resized picture, at least 1 and at most the input's */
    double scale;      /* input pixels a picture pixel: coordinates in the input / scale = coordinates in the picture */
} cm_letterbox;

/* All sizes in pixels, >= 1. */
cm_letterbox cm_letterbox_fit(int picture_width, int picture_height, int input_width, int input_height);

#endif

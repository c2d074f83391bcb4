/* From a picture to what a detector is fed: resized, letterboxed and normalised row by row, by all threads of a pool. */
#ifndef CM_FACE_DETECTOR_INPUT_H
#define CM_FACE_DETECTOR_INPUT_H

#include "base/threads.h"
#include "face/feed.h"
#include "face/letterbox.h"

/* The memory of it; belongs to one user at a time. */
typedef struct cm_detector_input {
    cm_pool *pool;
    void *columns;        /* where the columns of the resize come from */
    uint8_t *rows;        /* [threads][bytes_a_thread]: rows half and wholly resized */
    size_t row_bytes, bytes_a_thread;
} cm_detector_input;

/* Takes memory for inputs up to `widest` pixels. The pool must outlive it. 0: out of memory. */
int cm_detector_input_create(cm_detector_input *input, int widest, cm_pool *pool);
void cm_detector_input_free(cm_detector_input *input);

/* What is put where. */
typedef struct cm_detector_view {
    const cameo_image_view *picture;
    cm_letterbox box;  /* where the picture lies in the input, from its top left on; the rest is black */
    int width, height; /* of the input, pixels */
    int framed;        /* what lies outside of the box is black already */
} cm_detector_view;

/* planes: [3, height, width] float32. tier: the highest instruction set to use; the result is the same at every one, and for every number of
 * threads. Allocates nothing. */
void cm_detector_input_fill(cm_detector_input *input, const cm_feed *feed, const cm_detector_view *view, cm_cpu_tier tier, float *planes);

#endif

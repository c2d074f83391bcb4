/* Resize, warp and mirror of 8-bit pictures in integer arithmetic: the same bits on every instruction set, and OpenCV's results.
 *
 * All functions take any cameo_pixel_format (BGR is swapped, grey repeated) and write RGB8 into the caller's buffer: rows of
 * width * 3 bytes, `stride` bytes apart (what lies between rows is not touched). They allocate nothing, keep nothing and cannot fail;
 * the caller has checked sizes (all >= 1). Source and destination must not overlap. Thread-safe. */
#ifndef CM_IMAGE_RESAMPLE_H
#define CM_IMAGE_RESAMPLE_H

#include "cameo.h"

/* Bytes of scratch memory that cm_image_resize_bilinear needs for a destination of this width; grows with the width. 0 on overflow or
 * a width < 1. */
size_t cm_image_resize_scratch_bytes(int width);

/* Bilinear resize as OpenCV's INTER_LINEAR on 8-bit pictures: pixel centres aligned ((i + 0.5) * scale - 0.5), weights of 11 bits, edge pixels
 * repeated. source: [h, w] -> rgb: [height, width, 3]. scratch: cm_image_resize_scratch_bytes(width) bytes, aligned as malloc aligns. */
void cm_image_resize_bilinear(const cameo_image_view *source, uint8_t *rgb, int width, int height, ptrdiff_t stride, void *scratch);

/* Affine warp as OpenCV's warpAffine on 8-bit pictures (bilinear, constant black border): matrix is the map source -> destination
 * (x' = m0 x + m1 y + m2, y' = m3 x + m4 y + m5) and is inverted here; source coordinates are rounded to 1/32 pixel.
 * source: [h, w] -> rgb: [height, width, 3]. A matrix without inverse or with values that are not finite gives one flat colour, nothing worse. */
void cm_image_warp_affine(const cameo_image_view *source, const double matrix[6], uint8_t *rgb, int width, int height,
                          ptrdiff_t stride);

/* Mirrors left and right in place. rgb: [height, width, 3]. */
void cm_image_mirror(uint8_t *rgb, int width, int height, ptrdiff_t stride);

#endif

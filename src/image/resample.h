/* Resize, warp and mirror of 8-bit pictures in integer arithmetic: the same bits on every instruction set, and OpenCV's results.
 *
 * All functions take any cameo_pixel_format (BGR is swapped, grey repeated) and write RGB8 into the caller's buffer: rows of
 * width * 3 bytes, `stride` bytes apart (what lies between rows is not touched). They allocate nothing, keep nothing and cannot fail;
 * the caller has checked sizes (all >= 1). Source and destination must not overlap. Thread-safe. */
#ifndef CM_IMAGE_RESAMPLE_H
#define CM_IMAGE_RESAMPLE_H

#include "cameo.h"
#include "kern/kern.h"

/* A bilinear resize, prepared: where every column comes from. Immutable; its rows may be made by several threads. */
typedef struct cm_image_resize {
    const cameo_image_view *source;
    int width, height; /* of the destination */
    const int32_t *offsets;
    const int16_t *weights;
    cm_hresize_fn *hresize;
    cm_vresize_fn *vresize;
} cm_image_resize;

/* Two source rows, resized horizontally: neighbouring rows of the destination share them. */
typedef struct cm_image_rows {
    int16_t *sums[2]; /* [width * 3]; one for even and one for odd source rows */
    int held[2];      /* which source row each holds, -1: none */
} cm_image_rows;

/* Bytes of memory for the columns, and for the rows of one thread, of a destination of this width; grow with the width, multiples of CM_ALIGNMENT.
 * 0 on overflow or a width < 1. */
size_t cm_image_resize_column_bytes(int width);
size_t cm_image_resize_row_bytes(int width);

/* Bilinear resize as OpenCV's INTER_LINEAR on 8-bit pictures: pixel centres aligned ((i + 0.5) * scale - 0.5), weights of 11 bits, edge pixels
 * repeated. source: [h, w], borrowed like `columns` (cm_image_resize_column_bytes(width) bytes, aligned as malloc aligns). tier: the highest to use. */
cm_image_resize cm_image_resize_begin(const cameo_image_view *source, int width, int height, cm_cpu_tier tier, void *columns);
/* Empty rows in cm_image_resize_row_bytes(width) bytes, aligned as malloc aligns. */
cm_image_rows cm_image_resize_rows_in(const cm_image_resize *resize, void *memory);
/* Makes row y of the destination. rgb: [width, 3]. Rows in rising order are cheapest. */
void cm_image_resize_row(const cm_image_resize *resize, int y, cm_image_rows *rows, uint8_t *rgb);

/* All rows of it. -> rgb: [height, width, 3]. scratch: cm_image_resize_column_bytes(width) + cm_image_resize_row_bytes(width) bytes, aligned as
 * malloc aligns. */
void cm_image_resize_bilinear(const cameo_image_view *source, uint8_t *rgb, int width, int height, ptrdiff_t stride, cm_cpu_tier tier,
                              void *scratch);

/* Affine warp as OpenCV's warpAffine on 8-bit pictures (bilinear, constant black border): matrix is the map source -> destination
 * (x' = m0 x + m1 y + m2, y' = m3 x + m4 y + m5) and is inverted here; source coordinates are rounded to 1/32 pixel.
 * source: [h, w] -> rgb: [height, width, 3]. A matrix without inverse or with values that are not finite gives one flat colour, nothing worse.
 * tier: the highest to use. */
void cm_image_warp_affine(const cameo_image_view *source, const double matrix[6], uint8_t *rgb, int width, int height, ptrdiff_t stride,
                          cm_cpu_tier tier);

/* Mirrors left and right in place. rgb: [height, width, 3]. */
void cm_image_mirror(uint8_t *rgb, int width, int height, ptrdiff_t stride);

#endif

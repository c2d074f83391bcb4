/* The decoded picture, and what every codec here needs: room for pixels within the limits, rows as RGB. */
#ifndef CM_IMAGE_IMAGE_H
#define CM_IMAGE_IMAGE_H

#include "base/status.h"

/* Immutable once it has been handed out. pixels: [height, width, 3], dense. */
struct cameo_image {
    uint8_t *pixels;
    int width, height;
};

/* Room for width * height pixels (not zeroed). `name` is for messages. Errors: FORMAT (a size of zero), LIMIT (more than max_pixels, or than this
 * machine can address), MEMORY. Free with cameo_image_free. */
cameo_status cm_image_create(cameo_image **image, uint64_t width, uint64_t height, const char *name, uint64_t max_pixels,
                             cameo_error *error);

/* Is this a picture at all? Errors: ARGUMENT (no pixels, size below 1, stride too short, unknown format). `what` begins the sentence. */
cameo_status cm_image_check_view(const cameo_image_view *view, const char *what, cameo_error *error);

/* Bytes a pixel: 3, or 1 for grey. */
int cm_image_pixel_bytes(cameo_pixel_format format);

/* Row y as RGB8: a pointer into the view where it is RGB already, else `row` ([width * 3]), which has been filled. */
const uint8_t *cm_image_rgb_row(const cameo_image_view *view, int y, uint8_t *row);

#endif

#include "image/image.h"

#include "base/limits.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { RGB_BYTES = 3 };

void cameo_image_limits_default(cameo_image_limits *limits)
{
    if (!limits)
        return;
    *limits = (cameo_image_limits){.max_bytes = UINT64_C(256) << 20, .max_pixels = 100 * 1000 * 1000, .threads = 1};
}

cameo_status cm_image_create(cameo_image **image, uint64_t width, uint64_t height, const char *name, uint64_t max_pixels,
                             cameo_error *error)
{
    *image = NULL;
    if (width == 0 || height == 0)
        return cm_fail(error, CAMEO_ERROR_FORMAT, "%s: its header says %llux%llu pixels, at least 1x1 is needed", name,
                       (unsigned long long)width, (unsigned long long)height);
    /* An image's sizes are int, and its row length in bytes is used as int by the codecs. */
    if (width > INT32_MAX / RGB_BYTES || height > INT32_MAX || width * height > max_pixels)
        return cm_fail(error, CAMEO_ERROR_LIMIT, "%s: its header says %llux%llu pixels, that is more than the limit of %llu pixels%s",
                       name, (unsigned long long)width, (unsigned long long)height, (unsigned long long)max_pixels,
                       width * height > max_pixels ? CM_RAISE_PIXELS : "");
    size_t bytes = 0;
    bool fits = width * height <= SIZE_MAX && cm_size_mul((size_t)(width * height), RGB_BYTES, &bytes);
    cameo_image *made = fits ? calloc(1, sizeof *made) : NULL;
    if (made)
        made->pixels = cm_aligned_alloc_brief(bytes);
    if (!made || !made->pixels) {
        free(made);
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: no memory for %llux%llu pixels", name, (unsigned long long)width,
                       (unsigned long long)height);
    }
    made->width = (int)width;
    made->height = (int)height;
    *image = made;
    return CAMEO_OK;
}

void cameo_image_free(cameo_image *image)
{
    if (!image)
        return;
    cm_aligned_free(image->pixels);
    free(image);
}

cameo_image_view cameo_image_pixels(const cameo_image *image)
{
    if (!image)
        return (cameo_image_view){0};
    return (cameo_image_view){.pixels = image->pixels,
                              .width = image->width,
                              .height = image->height,
                              .stride = (ptrdiff_t)image->width * RGB_BYTES,
                              .format = CAMEO_PIXEL_RGB8};
}

int cm_image_pixel_bytes(cameo_pixel_format format)
{
    return format == CAMEO_PIXEL_GRAY8 ? 1 : RGB_BYTES;
}

cameo_status cm_image_check_view(const cameo_image_view *view, const char *what, cameo_error *error)
{
    if (!view || !view->pixels)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s: no pixels were given", what);
    if (view->width < 1 || view->height < 1 || view->width > INT32_MAX / RGB_BYTES)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s: a picture of %dx%d pixels, both must be at least 1, the width at most %d", what,
                       view->width, view->height, INT32_MAX / RGB_BYTES);
    if ((int)view->format < CAMEO_PIXEL_RGB8 || view->format > CAMEO_PIXEL_GRAY8)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s: pixel format %d, it must be RGB8, BGR8 or GRAY8", what, (int)view->format);
    if (view->stride < (ptrdiff_t)view->width * cm_image_pixel_bytes(view->format))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s: a stride of %lld bytes, %d pixels need at least %lld", what,
                       (long long)view->stride, view->width, (long long)view->width * cm_image_pixel_bytes(view->format));
    return CAMEO_OK;
}

const uint8_t *cm_image_rgb_row(const cameo_image_view *view, int y, uint8_t *row)
{
    const uint8_t *from = view->pixels + (ptrdiff_t)y * view->stride;
    if (view->format == CAMEO_PIXEL_RGB8)
        return from;
    if (view->format == CAMEO_PIXEL_GRAY8) {
        for (int x = 0; x < view->width; x++)
            memset(row + (ptrdiff_t)x * RGB_BYTES, from[x], RGB_BYTES);
        return row;
    }
    for (ptrdiff_t x = 0; x < (ptrdiff_t)view->width * RGB_BYTES; x += RGB_BYTES) {
        row[x] = from[x + 2];
        row[x + 1] = from[x + 1];
        row[x + 2] = from[x];
    }
    return row;
}

cameo_status cameo_image_copy(cameo_image **image, const cameo_image_view *view, cameo_error *error)
{
    if (!image)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_image_copy: no place for the picture was given");
    *image = NULL;
    cameo_status status = cm_image_check_view(view, "cameo_image_copy", error);
    if (!status)
        status = cm_image_create(image, (uint64_t)view->width, (uint64_t)view->height, "cameo_image_copy", UINT64_MAX, error);
    if (status)
        return status;
    size_t row_bytes = (size_t)view->width * RGB_BYTES;
    for (int y = 0; y < view->height; y++) {
        uint8_t *row = (*image)->pixels + (size_t)y * row_bytes;
        const uint8_t *from = cm_image_rgb_row(view, y, row);
        if (from != row)
            memcpy(row, from, row_bytes);
    }
    return CAMEO_OK;
}

#include "face/stretch_crop.h"

#include "base/memory.h"
#include "image/resample.h"

#include <math.h>

/* first..last: the pixels of 0..count - 1 that low..high touches; 0 if there are none. */
static int clip(float low, float high, int count, int *first, int *last)
{
    if (!isfinite(low) || !isfinite(high) || !(low < high) || high <= 0 || low >= (float)count)
        return 0;
    *first = low > 0 ? (int)low : 0;
    *last = high < (float)count ? (int)ceilf(high) - 1 : count - 1;
    return 1;
}

cameo_status cm_stretch_crop(const cameo_image_view *picture, const float box[4], int size, cm_cpu_tier tier, uint8_t *rgb, cameo_error *error)
{
    int left, top, right, bottom;
    if (!clip(box[0], box[2], picture->width, &left, &right) || !clip(box[1], box[3], picture->height, &top, &bottom))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "the box (%g, %g) to (%g, %g) holds no pixel of a picture of %d x %d", (double)box[0],
                       (double)box[1], (double)box[2], (double)box[3], picture->width, picture->height);
    void *scratch = cm_aligned_alloc(cm_image_resize_column_bytes(size) + cm_image_resize_row_bytes(size));
    if (!scratch)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "out of memory for a crop of %d pixels", size);
    const ptrdiff_t pixel = picture->format == CAMEO_PIXEL_GRAY8 ? 1 : 3;
    cameo_image_view part = *picture;
    part.pixels += top * picture->stride + left * pixel;
    part.width = right - left + 1;
    part.height = bottom - top + 1;
    cm_image_resize_bilinear(&part, rgb, size, size, (ptrdiff_t)size * 3, tier, scratch);
    cm_aligned_free(scratch);
    return CAMEO_OK;
}

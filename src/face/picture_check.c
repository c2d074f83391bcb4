#include "face/picture_check.h"

cameo_status cm_check_picture(const cameo_image_view *picture, const char *name, cameo_error *error)
{
    if (!picture || !picture->pixels)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s has no pixels", name);
    if (picture->width < 1 || picture->height < 1)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s is %d x %d pixels, where both must be at least 1", name, picture->width,
                       picture->height);
    if ((unsigned)picture->format > CAMEO_PIXEL_GRAY8)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s has the unknown pixel format %d", name, (int)picture->format);
    int64_t row = (int64_t)picture->width * (picture->format == CAMEO_PIXEL_GRAY8 ? 1 : 3);
    if (picture->stride < row)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s has rows of %lld bytes, but only %lld from one row to the next", name,
                       (long long)row, (long long)picture->stride);
    return CAMEO_OK;
}

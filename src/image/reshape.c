#include "image/image.h"
#include "image/resample.h"

#include "base/cpu.h"
#include "base/memory.h"

#include <math.h>

/* Checks what both functions are given, and makes the picture that is filled. */
static cameo_status begin(cameo_image **image, const cameo_image_view *view, int width, int height, const char *what, cameo_error *error)
{
    if (!image)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s: no place for the picture was given", what);
    *image = NULL;
    if (width < 1 || height < 1)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "%s: a picture of %dx%d pixels is wanted, both must be at least 1", what, width, height);
    cameo_status status = cm_image_check_view(view, what, error);
    return status ? status : cm_image_create(image, (uint64_t)width, (uint64_t)height, what, UINT64_MAX, error);
}

cameo_status cameo_image_resize(cameo_image **resized, const cameo_image_view *view, int width, int height, cameo_error *error)
{
    cameo_status status = begin(resized, view, width, height, "cameo_image_resize", error);
    if (status)
        return status;
    size_t bytes = cm_image_resize_column_bytes(width), rows = cm_image_resize_row_bytes(width);
    void *scratch = bytes && rows && cm_size_add(bytes, rows, &bytes) ? cm_aligned_alloc(bytes) : NULL;
    if (!scratch) {
        cameo_image_free(*resized);
        *resized = NULL;
        return cm_fail(error, CAMEO_ERROR_MEMORY, "cameo_image_resize: no memory for rows of %d pixels", width);
    }
    cm_image_resize_bilinear(view, (*resized)->pixels, width, height, (ptrdiff_t)width * 3, cm_cpu_detect(NULL), scratch);
    cm_aligned_free(scratch);
    return CAMEO_OK;
}

cameo_status cameo_image_warp(cameo_image **warped, const cameo_image_view *view, const double matrix[6], int width, int height,
                              cameo_error *error)
{
    double determinant = matrix ? matrix[0] * matrix[4] - matrix[1] * matrix[3] : 0.0;
    bool fine = isfinite(determinant) && determinant != 0.0;
    if (!fine || !isfinite(matrix[2]) || !isfinite(matrix[5])) {
        if (warped)
            *warped = NULL;
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "cameo_image_warp: the matrix has no inverse, or values that are not finite");
    }
    cameo_status status = begin(warped, view, width, height, "cameo_image_warp", error);
    if (status == CAMEO_OK)
        cm_image_warp_affine(view, matrix, (*warped)->pixels, width, height, (ptrdiff_t)width * 3, cm_cpu_detect(NULL));
    return status;
}

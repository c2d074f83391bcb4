#include "face/box_crop.h"

#include <math.h>

static const float farthest_coordinate = 1e7f; /* pixels; no picture is larger */

cameo_status cm_box_check(const float box[4], cameo_error *error)
{
    int right = 1;
    for (int i = 0; i < 4; i++)
        right = right && fabsf(box[i]) <= farthest_coordinate;
    if (right && box[2] > box[0] && box[3] > box[1])
        return CAMEO_OK;
    return cm_fail(error, CAMEO_ERROR_ARGUMENT,
                   "the box (%g, %g) to (%g, %g) is no face: it must be finite, and its second corner right of and below its first",
                   (double)box[0], (double)box[1], (double)box[2], (double)box[3]);
}

void cm_box_square(const float box[4], int size, float widening, double matrix[6])
{
    /* In float32 where NumPy computes so: a place in the picture is rounded to 1/32 pixel later, and this decides to which side. */
    float width = box[2] - box[0], height = box[3] - box[1];
    float scale = (float)size / ((width > height ? width : height) * widening);
    float x = (box[2] + box[0]) / 2 * scale, y = (box[3] + box[1]) / 2 * scale;
    matrix[0] = matrix[4] = (double)scale;
    matrix[1] = matrix[3] = 0;
    matrix[2] = (double)size / 2 - (double)x;
    matrix[5] = (double)size / 2 - (double)y;
}

/* First and last pixel of one axis. */
static void patch_axis(double first, double length, double scale, int size, int *start, int *count)
{
    double wanted = length * scale, center = length / 2 + first;
    double low = center - wanted / 2, high = center + wanted / 2;
    if (low < 0) {
        high -= low;
        low = 0;
    }
    if (high > size - 1) {
        low -= high - size + 1;
        high = size - 1;
    }
    /* Rounding may leave a shifted end outside by less than a pixel. */
    *start = low > 0 ? (int)low : 0;
    *count = (int)high + 1 - *start;
}

void cm_box_patch(const float box[4], double scale, int picture_width, int picture_height, int rectangle[4])
{
    /* The box as whole pixels, its ends included. */
    double x = trunc((double)box[0]), y = trunc((double)box[1]);
    double width = trunc((double)(box[2] - box[0]) + 1), height = trunc((double)(box[3] - box[1]) + 1);
    double fitting = fmin(scale, fmin((picture_height - 1) / height, (picture_width - 1) / width));
    patch_axis(x, width, fitting, picture_width, &rectangle[0], &rectangle[2]);
    patch_axis(y, height, fitting, picture_height, &rectangle[1], &rectangle[3]);
}

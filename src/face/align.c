#include "face/align.h"

#include "image/resample.h"

#include <math.h>

static const double template_112[5][2] = {
    {38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}};

static const float farthest_coordinate = 1e7f; /* pixels; no picture is larger */
static const double smallest_spread = 1e-6;    /* square pixels: landmarks in one point */

void cm_align_template(int size, double points[5][2])
{
    int is_128 = size % 112 != 0 && size % 128 == 0;
    double scale = (double)size / (is_128 ? 128.0 : 112.0), shift = is_128 ? 8.0 * scale : 0.0;
    for (int i = 0; i < 5; i++) {
        points[i][0] = template_112[i][0] * scale + shift;
        points[i][1] = template_112[i][1] * scale;
    }
}

cameo_status cm_align_similarity(const float from[5][2], const double to[5][2], double matrix[6], cameo_error *error)
{
    double from_mean[2] = {0, 0}, to_mean[2] = {0, 0};
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 2; k++) {
            if (!(fabsf(from[i][k]) <= farthest_coordinate))
                return cm_fail(error, CAMEO_ERROR_ARGUMENT, "landmark %d has %c = %g, which is no place in a picture", i, "xy"[k],
                               (double)from[i][k]);
            from_mean[k] += (double)from[i][k] / 5;
            to_mean[k] += to[i][k] / 5;
        }
    }
    /* With centred points p and q, the best a + ib in q = (a + ib) p, as complex numbers, is sum(conj(p) q) / sum(|p|^2). */
    double along = 0, across = 0, spread = 0;
    for (int i = 0; i < 5; i++) {
        double px = (double)from[i][0] - from_mean[0], py = (double)from[i][1] - from_mean[1];
        double qx = to[i][0] - to_mean[0], qy = to[i][1] - to_mean[1];
        along += px * qx + py * qy;
        across += px * qy - py * qx;
        spread += px * px + py * py;
    }
    if (spread < smallest_spread || hypot(along, across) < smallest_spread)
        return cm_fail(error, CAMEO_ERROR_ARGUMENT,
                       "the five landmarks around (%g, %g) span no face: they lie in one point or have no shape like one", from_mean[0],
                       from_mean[1]);
    double a = along / spread, b = across / spread;
    matrix[0] = a;
    matrix[1] = -b;
    matrix[2] = to_mean[0] - (a * from_mean[0] - b * from_mean[1]);
    matrix[3] = b;
    matrix[4] = a;
    matrix[5] = to_mean[1] - (b * from_mean[0] + a * from_mean[1]);
    return CAMEO_OK;
}

cameo_status cm_align_crop(const cameo_image_view *picture, const float landmarks[5][2], int size, cm_cpu_tier tier, uint8_t *rgb,
                           cameo_error *error)
{
    double points[5][2], matrix[6];
    cm_align_template(size, points);
    cameo_status status = cm_align_similarity(landmarks, (const double(*)[2])points, matrix, error);
    if (status == CAMEO_OK)
        cm_image_warp_affine(picture, matrix, rgb, size, size, (ptrdiff_t)size * 3, tier);
    return status;
}

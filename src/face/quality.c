#include "face/quality.h"

#include "face/align.h"
#include "face/box_crop.h"
#include "face/head_shape_68.h"
#include "face/pose.h"
#include "image/resample.h"

#include <math.h>

/* The part that is judged, in pixels of the aligned face: as wide as the outer corners of the eyes, from the brows to the upper lip, mirror
 * symmetric. What lies around it may be hair or background. */
enum { SIDE = 112, LEFT = 28, TOP = 38, WIDTH = 56, HEIGHT = 56, LEVELS = 256 };
enum { DARKEST = 26, BRIGHTEST = 246 }; /* of the luminance that is well exposed [OFIQ: 0..25 is under-, 247..255 is over-exposed] */

static const double middling_laplacian = 100; /* variance that gives a sharpness of one half: that of usual press photographs */
static const double uniformity_power = 0.3;   /* [OFIQ, IlluminationUniformity.cpp] */

/* Luminance of ITU-R BT.601 in OpenCV's integers. */
static int luminance(const uint8_t *rgb)
{
    return (rgb[0] * 4899 + rgb[1] * 9617 + rgb[2] * 1868 + (1 << 13)) >> 14;
}

static const uint8_t *pixel_at(const uint8_t *rgb, int x, int y)
{
    return rgb + ((ptrdiff_t)(TOP + y) * SIDE + LEFT + x) * 3;
}

/* Variance of the four-neighbour Laplacian (Pech-Pacheco et al. 2000; LAP4 of Pertuz et al. 2013). */
static double laplacian_variance(const uint8_t *rgb)
{
    double sum = 0, squares = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int middle = luminance(pixel_at(rgb, x, y));
            int around = luminance(pixel_at(rgb, x - 1, y)) + luminance(pixel_at(rgb, x + 1, y)) + luminance(pixel_at(rgb, x, y - 1)) +
                         luminance(pixel_at(rgb, x, y + 1));
            double value = around - 4 * middle;
            sum += value;
            squares += value * value;
        }
    double mean = sum / (WIDTH * HEIGHT);
    return squares / (WIDTH * HEIGHT) - mean * mean;
}

/* brightness, contrast, uniformity, exposure, from the histograms of the two halves. */
static void judge_light(const uint8_t *rgb, cameo_quality *quality)
{
    int halves[2][LEVELS] = {{0}}, common = 0, well = 0;
    double sum = 0, squares = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            halves[x >= WIDTH / 2][luminance(pixel_at(rgb, x, y))]++;
    for (int i = 0; i < LEVELS; i++) {
        int both = halves[0][i] + halves[1][i];
        common += halves[0][i] < halves[1][i] ? halves[0][i] : halves[1][i];
        well += i >= DARKEST && i <= BRIGHTEST ? both : 0;
        sum += (double)both * i;
        squares += (double)both * i * i;
    }
    const double count = WIDTH * HEIGHT, mean = sum / count;
    quality->brightness = (float)(mean / 255);
    quality->contrast = (float)(sqrt(fmax(squares / count - mean * mean, 0)) / 255);
    quality->uniformity = (float)(common / (count / 2));
    quality->exposure = (float)(well / count);
}

static float least_known(const cameo_quality *quality)
{
    float least = fminf(fminf(quality->size, quality->sharpness), quality->illumination);
    return fminf(least, quality->pose); /* which takes the other number for NAN */
}

void cm_quality_set_pose(cameo_quality *quality, const cameo_pose *pose)
{
    const double radians = 0.017453292519943295; /* pi / 180 */
    double pitch = cos(radians * (double)pose->pitch), yaw = cos(radians * (double)pose->yaw);
    quality->angles = *pose;
    quality->pose = pitch < 0 || yaw < 0 ? 0.0f : (float)(pitch * pitch * yaw * yaw);
    quality->overall = least_known(quality);
}

/* The face's crop; *side: of the square it was cut from, in pixels of the picture. */
static cameo_status cut_out(const cameo_image_view *picture, const cameo_face *face, cm_cpu_tier tier, uint8_t *rgb, float *side, cameo_error *error)
{
    double points[CM_HEAD_FIVE][2], matrix[6];
    cameo_status status = CAMEO_OK;
    if (face->landmark_count == CM_HEAD_FIVE) {
        cm_align_template(SIDE, points);
        status = cm_align_similarity((const float(*)[2])face->landmarks, (const double(*)[2])points, matrix, error);
    } else {
        status = cm_box_check(face->box, error);
        if (status == CAMEO_OK)
            cm_box_square(face->box, SIDE, 1, matrix);
    }
    if (status != CAMEO_OK)
        return status;
    *side = (float)(SIDE / hypot(matrix[0], matrix[3]));
    cm_image_warp_affine(picture, matrix, rgb, SIDE, SIDE, (ptrdiff_t)SIDE * 3, tier);
    return CAMEO_OK;
}

cameo_status cm_quality_measure(const cameo_image_view *picture, const cameo_face *face, cm_cpu_tier tier, cameo_quality *quality, cameo_error *error)
{
    uint8_t rgb[SIDE * SIDE * 3];
    double five[CM_HEAD_FIVE][3];
    cameo_pose pose = cm_pose_unknown();
    *quality = (cameo_quality){.norm = NAN};
    cameo_status status = cut_out(picture, face, tier, rgb, &quality->side, error);
    if (status != CAMEO_OK)
        return status;
    if (face->landmark_count == CM_HEAD_FIVE) {
        cm_head_shape_five(five);
        (void)cm_pose_fit((const double(*)[3])five, face->landmarks[0], 2, CM_HEAD_FIVE, &pose, NULL); /* points on a line leave it unknown */
    }
    double variance = laplacian_variance(rgb);
    judge_light(rgb, quality);
    quality->laplacian = (float)variance;
    quality->size = fminf(quality->side / SIDE, 1.0f);
    quality->sharpness = (float)(variance / (variance + middling_laplacian));
    quality->illumination = (float)(pow((double)quality->uniformity, uniformity_power) * (double)quality->exposure);
    cm_quality_set_pose(quality, &pose);
    return CAMEO_OK;
}

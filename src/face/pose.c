#include "face/pose.h"

#include <math.h>

static const double degrees = 57.29577951308232; /* 180 / pi */
static const double flat = 1e-12;                /* determinant of a plane, those of solids being one */
static const double narrow = 1e-6;               /* a length, or the sine of an angle, of points on a line */

cameo_pose cm_pose_unknown(void)
{
    return (cameo_pose){.pitch = NAN, .yaw = NAN, .roll = NAN};
}

/* Sums over all points, taken from their means. */
typedef struct moments {
    double shape[3][3]; /* of the shape's axes with each other */
    double cross[2][3]; /* of x and y in the picture with the shape's axes */
} moments;

static void add_moments(const double (*shape)[3], const float *points, int step, int count, moments *sums)
{
    double shape_mean[3] = {0}, point_mean[2] = {0};
    *sums = (moments){{{0}}, {{0}}};
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < 3; k++)
            shape_mean[k] += shape[i][k] / count;
        for (int k = 0; k < 2; k++)
            point_mean[k] += (double)points[i * step + k] / count;
    }
    for (int i = 0; i < count; i++)
        for (int k = 0; k < 3; k++) {
            double away = shape[i][k] - shape_mean[k];
            for (int j = 0; j < 3; j++)
                sums->shape[j][k] += away * (shape[i][j] - shape_mean[j]);
            for (int j = 0; j < 2; j++)
                sums->cross[j][k] += away * ((double)points[i * step + j] - point_mean[j]);
        }
}

static void cross_product(const double a[3], const double b[3], double c[3])
{
    for (int i = 0; i < 3; i++)
        c[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

static double dot_product(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* row = cross * shape^-1 by Cramer's rule: the matrix is symmetric. 0: the shape is flat. */
static int solve_row(const double shape[3][3], const double cross[3], double row[3])
{
    double columns[3][3];
    for (int i = 0; i < 3; i++)
        cross_product(shape[(i + 1) % 3], shape[(i + 2) % 3], columns[i]);
    double determinant = dot_product(shape[0], columns[0]), size = (shape[0][0] + shape[1][1] + shape[2][2]) / 3;
    if (!(determinant > flat * size * size * size))
        return 0;
    for (int i = 0; i < 3; i++)
        row[i] = dot_product(cross, columns[i]) / determinant;
    return 1;
}

/* Both rows to length one, and their cross product. 0: one is nothing against the other, or they point the same way: that is a line, not a head. */
static int make_rotation(double rows[3][3])
{
    double lengths[2];
    for (int k = 0; k < 2; k++)
        lengths[k] = sqrt(dot_product(rows[k], rows[k]));
    if (!(fmin(lengths[0], lengths[1]) > narrow * fmax(lengths[0], lengths[1])) || !isfinite(lengths[0] + lengths[1]))
        return 0;
    for (int i = 0; i < 3; i++) {
        rows[0][i] /= lengths[0];
        rows[1][i] /= lengths[1];
    }
    cross_product(rows[0], rows[1], rows[2]);
    return sqrt(dot_product(rows[2], rows[2])) > narrow;
}

static void angles_of(const double rows[3][3], cameo_pose *pose)
{
    double upright = hypot(rows[0][0], rows[1][0]);
    int locked = upright < 1e-6; /* looking along the x axis: pitch and roll are one */
    pose->pitch = (float)(degrees * (locked ? atan2(-rows[1][2], rows[1][1]) : atan2(rows[2][1], rows[2][2])));
    pose->yaw = (float)(degrees * atan2(-rows[2][0], upright));
    pose->roll = locked ? 0.0f : (float)(degrees * atan2(rows[1][0], rows[0][0]));
}

cameo_status cm_pose_fit(const double (*shape)[3], const float *points, int step, int count, cameo_pose *pose, cameo_error *error)
{
    moments sums;
    double rows[3][3];
    *pose = cm_pose_unknown();
    add_moments(shape, points, step, count, &sums);
    if (!solve_row((const double(*)[3])sums.shape, sums.cross[0], rows[0]) || !solve_row((const double(*)[3])sums.shape, sums.cross[1], rows[1]))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "the mean shape of %d points lies in a plane or is not finite, so that no head's pose can be told by it",
                       count);
    if (!make_rotation(rows))
        return cm_fail(error, CAMEO_ERROR_ARGUMENT, "the %d landmarks lie on a line or are not finite, which is no head", count);
    angles_of((const double(*)[3])rows, pose);
    return CAMEO_OK;
}

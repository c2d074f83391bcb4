#include "winograd_matrices.h"

#include <math.h>
#include <string.h>

/* Finite points of whole sides; half a side has the first few of them. */
static const struct {
    int outputs, stride, points;
    double at[5];
} schemes[CM_WINOGRAD_SCHEMES] = {
    [CM_WINOGRAD_2] = { 2, 1, 3, { 0, 1, -1 } },
    [CM_WINOGRAD_4] = { 4, 1, 5, { 0, 0.75, -0.75, 1.5, -1.5 } },
    [CM_WINOGRAD_2_STRIDE2] = { 2, 2, 2, { 1, -1 } },
    [CM_WINOGRAD_4_STRIDE2] = { 4, 2, 4, { 0.5, -0.5, 1.25, -1.25 } },
};

/* Coefficients of the product of (x - p) over all points but number `left_out`: -> c: rising powers. */
static void product_of_points(const double *points, int count, int left_out, double *c)
{
    int degree = 0;
    c[0] = 1.0;
    for (int i = 0; i < count; i++) {
        if (i == left_out)
            continue;
        degree++;
        c[degree] = 0.0;
        for (int d = degree; d > 0; d--)
            c[d] = c[d - 1] - points[i] * c[d];
        c[0] *= -points[i];
    }
}

/* F(outputs, taps) on every stride-th input and tap. */
static void add_points(winograd_matrices *w, const double *points, int count)
{
    for (int i = 0; i <= count; i++) {
        double c[8] = { 0 }, distances = 1.0;
        product_of_points(points, count, i, c);
        for (int j = 0; j < count && i < count; j++)
            distances *= j == i ? 1.0 : points[i] - points[j];
        for (int j = 0; j <= count; j++)
            w->b[i][j * w->stride] = c[j] / distances;
        for (int j = 0; j < w->outputs; j++)
            w->a[j][i] = i < count ? pow(points[i], j) : j == w->outputs - 1;
        for (int tap = 0; tap < 3; tap += w->stride)
            w->g[i][tap] = i < count ? pow(points[i], tap / w->stride) : tap == 2;
    }
    w->positions = count + 1;
}

winograd_matrices winograd_matrices_of(cm_winograd_scheme scheme, bool half)
{
    winograd_matrices w = { .stride = schemes[scheme].stride, .outputs = half ? schemes[scheme].outputs / 2 : schemes[scheme].outputs };
    int less = half ? schemes[scheme].outputs / 2 : 0;
    w.inputs = (w.outputs - 1) * w.stride + 3;
    add_points(&w, schemes[scheme].at, schemes[scheme].points - less);
    if (w.stride == 2) {
        w.g[w.positions][1] = 1.0;
        for (int i = 0; i < w.outputs; i++) {
            w.b[w.positions][2 * i + 1] = 1.0;
            w.a[i][w.positions++] = 1.0;
        }
    }
    return w;
}

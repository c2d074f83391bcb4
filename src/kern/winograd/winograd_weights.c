/* Winograd's transform of the weights, U = G g G', in double precision: it is done once and then everything else is single. */
#include "kern/kern.h"
#include "kern/winograd/winograd_points.h"

/* Row i of G: the powers 1, p, p^2 of the point p, divided by the product of its distances from the other points. */
static void g_row(int m, int i, double g[3])
{
    const double a = (double)WINOGRAD_A, b = (double)WINOGRAD_B;
    const double points2[] = { 0, 1, -1 }, points4[] = { 0, a, -a, b, -b };
    const double *points = m == 2 ? points2 : points4;
    double distances = 1.0;
    g[0] = g[1] = 0.0, g[2] = 1.0; /* infinity */
    if (i == m + 1)
        return;
    for (int j = 0; j <= m; j++)
        distances *= j == i ? 1.0 : points[i] - points[j];
    for (int j = 0; j < 3; j++)
        g[j] = (j == 0 ? 1.0 : j == 1 ? points[i] : points[i] * points[i]) / distances;
}

/* What one position makes of the nine taps: the products of G's entries. */
static void position_factors(int m, int position, double factors[9])
{
    double down[3], across[3];
    g_row(m, position / (m + 2), down);
    g_row(m, position % (m + 2), across);
    for (int tap = 0; tap < 9; tap++)
        factors[tap] = down[tap / 3] * across[tap % 3];
}

void cm_winograd_weights(int m, const float *filters, ptrdiff_t count, float *u, ptrdiff_t u_stride)
{
    for (int position = 0; position < (m + 2) * (m + 2); position++, u += u_stride) {
        double f[9];
        position_factors(m, position, f);
        for (ptrdiff_t i = 0; i < count; i++) {
            double sum = 0.0;
            for (int tap = 0; tap < 9; tap++)
                sum += f[tap] * (double)filters[tap * count + i];
            u[i] = (float)sum;
        }
    }
}

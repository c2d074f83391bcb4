#include "kern/plain/plain.h"

#include <math.h>
#include <string.h>

/* The largest or smallest; NaN if there is one. */
static float extreme_of(const float *a, int64_t columns, float sign)
{
    float extreme = -INFINITY;
    for (int64_t i = 0; i < columns && !isnan(extreme); i++)
        extreme = sign * a[i] <= extreme ? extreme : sign * a[i];
    return sign * extreme;
}

static double log_sum_exp(const float *a, int64_t columns)
{
    double highest = (double)extreme_of(a, columns, 1.0f), sum = 0.0;
    if (!isfinite(highest))
        return highest;
    for (int64_t i = 0; i < columns; i++)
        sum += exp((double)a[i] - highest);
    return highest + log(sum);
}

/* In lanes, folded in halves at the end: the order depends on the number of columns alone. */
enum { LANES = 8 };

static double fold_lanes(double *lanes)
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

static double sum_of(const float *a, int64_t columns)
{
    double lanes[LANES] = {0.0};
    int64_t whole = columns / LANES * LANES;
    for (int64_t i = 0; i < whole; i += LANES)
        for (int j = 0; j < LANES; j++)
            lanes[j] += (double)a[i + j];
    for (int64_t i = whole; i < columns; i++)
        lanes[i - whole] += (double)a[i];
    return fold_lanes(lanes);
}

/* Sum of (a - mean)^2. */
static double spread_of(const float *a, int64_t columns, double mean)
{
    double lanes[LANES] = {0.0};
    int64_t whole = columns / LANES * LANES;
    for (int64_t i = 0; i < whole; i += LANES)
        for (int j = 0; j < LANES; j++)
            lanes[j] += ((double)a[i + j] - mean) * ((double)a[i + j] - mean);
    for (int64_t i = whole; i < columns; i++)
        lanes[i - whole] += ((double)a[i] - mean) * ((double)a[i] - mean);
    return fold_lanes(lanes);
}

/* The sums that are seldom wanted. */
static double sum_row(cm_plain_reduction kind, const float *a, int64_t columns)
{
    double sum = kind == CM_PLAIN_PRODUCT ? 1.0 : 0.0;
    for (int64_t i = 0; i < columns; i++) {
        double x = (double)a[i];
        switch (kind) {
        case CM_PLAIN_L1:
            sum += fabs(x);
            break;
        case CM_PLAIN_PRODUCT:
            sum *= x;
            break;
        default:
            sum += x;
        }
    }
    return sum;
}

static float reduce_row(cm_plain_reduction kind, const float *a, int64_t columns)
{
    switch (kind) {
    case CM_PLAIN_MAX:
        return extreme_of(a, columns, 1.0f);
    case CM_PLAIN_MIN:
        return extreme_of(a, columns, -1.0f);
    case CM_PLAIN_SUM:
        return (float)sum_of(a, columns);
    case CM_PLAIN_MEAN:
        return (float)(sum_of(a, columns) / (double)columns);
    case CM_PLAIN_L2:
        return (float)sqrt(spread_of(a, columns, 0.0));
    case CM_PLAIN_SUM_SQUARE:
        return (float)spread_of(a, columns, 0.0);
    case CM_PLAIN_LOG_SUM:
        return (float)log(sum_row(kind, a, columns));
    case CM_PLAIN_LOG_SUM_EXP:
        return (float)log_sum_exp(a, columns);
    default:
        return (float)sum_row(kind, a, columns);
    }
}

void cm_plain_reduce(cm_plain_reduction kind, const float *a, int64_t rows, int64_t columns, float *c)
{
    for (int64_t i = 0; i < rows; i++)
        c[i] = reduce_row(kind, a + i * columns, columns);
}

void cm_plain_layer_norm(const float *a, int64_t rows, int64_t columns, const float *scale, const float *shift, float epsilon, float *c)
{
    for (int64_t i = 0; i < rows; i++, a += columns, c += columns) {
        double mean = sum_of(a, columns) / (double)columns;
        float factor = (float)(1.0 / sqrt(spread_of(a, columns, mean) / (double)columns + (double)epsilon));
        for (int64_t j = 0; j < columns; j++)
            c[j] = (a[j] - (float)mean) * factor * (scale ? scale[j] : 1.0f) + (shift ? shift[j] : 0.0f);
    }
}

void cm_plain_matmul(const float *a, const float *b, float *c, int64_t m, int64_t k, int64_t n)
{
    for (int64_t i = 0; i < m; i++) {
        float *row = c + i * n;
        memset(row, 0, (size_t)n * sizeof *row);
        for (int64_t l = 0; l < k; l++) {
            float x = a[i * k + l];
            const float *from = b + l * n;
            for (int64_t j = 0; j < n; j++)
                row[j] += x * from[j];
        }
    }
}

static void resize_linear_row(const float *top, const float *bottom, const float *row_weight, const int *index, const float *weight,
                              int64_t out_width, int64_t channels, float *c)
{
    for (int64_t x = 0; x < out_width; x++, c += channels) {
        const float *tl = top + index[2 * x] * channels, *tr = top + index[2 * x + 1] * channels;
        const float *bl = bottom + index[2 * x] * channels, *br = bottom + index[2 * x + 1] * channels;
        float left = weight[2 * x], right = weight[2 * x + 1];
        for (int64_t i = 0; i < channels; i++)
            c[i] = row_weight[0] * (left * tl[i] + right * tr[i]) + row_weight[1] * (left * bl[i] + right * br[i]);
    }
}

/* c += what one source row gives. */
static void add_resized_row(const float *row, float row_weight, const int *index, const float *weight, int taps, int64_t out_width,
                            int64_t channels, float *c)
{
    for (int64_t x = 0; x < out_width; x++, c += channels)
        for (int t = 0; t < taps; t++) {
            const float *from = row + index[x * taps + t] * channels;
            float factor = row_weight * weight[x * taps + t];
            for (int64_t i = 0; i < channels; i++)
                c[i] += factor * from[i];
        }
}

void cm_plain_resize_row(const float *const *rows, const float *row_weight, int row_taps, const int *index, const float *weight, int taps,
                         int64_t out_width, int64_t channels, float *c)
{
    if (row_taps == 1 && taps == 1) {
        for (int64_t x = 0; x < out_width; x++)
            memcpy(c + x * channels, rows[0] + index[x] * channels, (size_t)channels * sizeof *c);
    } else if (row_taps == 2 && taps == 2) {
        resize_linear_row(rows[0], rows[1], row_weight, index, weight, out_width, channels, c);
    } else {
        memset(c, 0, (size_t)(out_width * channels) * sizeof *c);
        for (int t = 0; t < row_taps; t++)
            add_resized_row(rows[t], row_weight[t], index, weight, taps, out_width, channels, c);
    }
}

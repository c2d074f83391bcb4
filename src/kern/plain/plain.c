#include "kern/plain/plain.h"

#include <math.h>
#include <string.h>

static float reduce_row(cm_plain_reduction kind, const float *a, int64_t columns)
{
    double sum = 0.0;
    float extreme = columns ? a[0] : 0.0f;
    for (int64_t i = 0; i < columns; i++) {
        double x = (double)a[i];
        switch (kind) {
        case CM_PLAIN_SUM:
        case CM_PLAIN_MEAN:
            sum += x;
            break;
        case CM_PLAIN_L1:
            sum += fabs(x);
            break;
        case CM_PLAIN_MAX:
            extreme = fmaxf(extreme, a[i]);
            break;
        case CM_PLAIN_MIN:
            extreme = fminf(extreme, a[i]);
            break;
        default:
            sum += x * x;
        }
    }
    if (kind == CM_PLAIN_MAX || kind == CM_PLAIN_MIN)
        return extreme;
    if (kind == CM_PLAIN_MEAN)
        return (float)(sum / (double)columns);
    return (float)(kind == CM_PLAIN_L2 ? sqrt(sum) : sum);
}

void cm_plain_reduce(cm_plain_reduction kind, const float *a, int64_t rows, int64_t columns, float *c)
{
    for (int64_t i = 0; i < rows; i++)
        c[i] = reduce_row(kind, a + i * columns, columns);
}

void cm_plain_layer_norm(const float *a, int64_t rows, int64_t columns, const float *scale, const float *shift, float epsilon, float *c)
{
    for (int64_t i = 0; i < rows; i++, a += columns, c += columns) {
        double mean = 0.0, variance = 0.0;
        for (int64_t j = 0; j < columns; j++)
            mean += (double)a[j];
        mean /= (double)columns;
        for (int64_t j = 0; j < columns; j++)
            variance += ((double)a[j] - mean) * ((double)a[j] - mean);
        float factor = (float)(1.0 / sqrt(variance / (double)columns + (double)epsilon));
        for (int64_t j = 0; j < columns; j++)
            c[j] = (a[j] - (float)mean) * factor * scale[j] + (shift ? shift[j] : 0.0f);
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

void cm_plain_resize_linear_row(const float *top, const float *bottom, float bottom_weight, const int *lower, const int *upper,
                                const float *weight, int64_t out_width, int64_t channels, float *c)
{
    float top_weight = 1.0f - bottom_weight;
    for (int64_t x = 0; x < out_width; x++, c += channels) {
        const float *tl = top + lower[x] * channels, *tr = top + upper[x] * channels;
        const float *bl = bottom + lower[x] * channels, *br = bottom + upper[x] * channels;
        float right = weight[x], left = 1.0f - right;
        for (int64_t i = 0; i < channels; i++)
            c[i] = top_weight * (left * tl[i] + right * tr[i]) + bottom_weight * (left * bl[i] + right * br[i]);
    }
}

/* Softmax over the last axis, plain C: exp(x - max) / sum. */
#include "kern/kernel_list.h"
#include "kern/vector/scalar_math.h"

void cameo_k_softmax_f32_1x1__ref(const float *a, float *c, int64_t rows, int channels)
{
    for (int64_t row = 0; row < rows; row++, a += channels, c += channels) {
        float highest = -INFINITY, sum = 0.0f;
        for (int i = 0; i < channels; i++)
            highest = scalar_max(highest, a[i]);
        for (int i = 0; i < channels; i++) {
            c[i] = scalar_exp(a[i] - highest);
            sum += c[i];
        }
        for (int i = 0; i < channels; i++)
            c[i] /= sum;
    }
}

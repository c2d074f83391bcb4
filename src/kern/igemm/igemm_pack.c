/* Weights of a matrix product in the order in which the kernels read them. */
#include "kern/kern.h"

size_t cm_igemm_packed_floats(int n, int taps, int k, int nr)
{
    size_t panels = ((size_t)n + (size_t)nr - 1) / (size_t)nr;
    return panels * (size_t)taps * (size_t)k * (size_t)nr;
}

void cm_igemm_pack(const float *weights, ptrdiff_t weight_stride, int n, int taps, int k, int nr, float *panels)
{
    size_t depth = (size_t)taps * (size_t)k;
    for (int column = 0; column < n; column += nr) {
        for (size_t i = 0; i < depth; i++) {
            for (int j = 0; j < nr; j++)
                *panels++ = column + j < n ? weights[(column + j) * weight_stride + (ptrdiff_t)i] : 0.0f;
        }
    }
}

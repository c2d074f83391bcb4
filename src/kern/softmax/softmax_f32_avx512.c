/* Softmax, AVX-512. */
#include "kern/vector/vector_avx512.h"

#include "kern/softmax/softmax_f32.inc.h"

void cameo_k_softmax_f32_1x16__avx512(const float *a, float *c, int64_t rows, int channels)
{
    softmax_all(a, c, rows, channels);
}

/* Softmax, NEON. */
#include "kern/vector/vector_neon.h"

#include "kern/softmax/softmax_f32.inc.h"

void cameo_k_softmax_f32_1x8__neon(const float *a, float *c, int64_t rows, int channels)
{
    softmax_all(a, c, rows, channels);
}

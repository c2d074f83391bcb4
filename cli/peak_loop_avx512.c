#include <math.h>

#define CM_PEAK_LOOP cm_peak_loop_avx512
#define MULTIPLY_ADD(a, b, c) fmaf(a, b, c)
#include "peak_loop.inc.h"

#define CM_PEAK_LOOP cm_peak_loop_ref
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#include "peak_loop.inc.h"

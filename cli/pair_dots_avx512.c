#include <math.h>

#define CM_DOTS cm_dots_avx512
#define MULTIPLY_ADD(a, b, c) fmaf(a, b, c)
#define HELD_ROWS 8
#include "pair_dots.inc.h"

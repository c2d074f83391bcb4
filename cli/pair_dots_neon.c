#include <math.h>

#define CM_DOTS cm_dots_neon
#define MULTIPLY_ADD(a, b, c) fmaf(a, b, c)
#define HELD_ROWS 4
#include "pair_dots.inc.h"

#define CM_DOTS cm_dots_ref
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#define HELD_ROWS 2
#include "pair_dots.inc.h"

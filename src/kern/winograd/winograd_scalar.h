/* Winograd's steps on single floats, for the reference kernels. */
#ifndef CM_KERN_WINOGRAD_SCALAR_H
#define CM_KERN_WINOGRAD_SCALAR_H

#include "kern/kernel_list.h"

#define WINOGRAD_NUMBER float
#define WINOGRAD_INLINE static inline
#define winograd_add(a, b) ((a) + (b))
#define winograd_sub(a, b) ((a) - (b))
#define winograd_mul(a, factor) ((a) * (factor))
#define winograd_fma(a, factor, b) ((a) * (factor) + (b))
#include "kern/winograd/winograd_steps.h"

#endif

/* Winograd's steps on the vectors of the including file (vector_*.h comes first). */
#ifndef CM_KERN_WINOGRAD_VECTOR_H
#define CM_KERN_WINOGRAD_VECTOR_H

#include "kern/kernel_list.h"
#include "kern/vector/unroll.h"
#include "kern/vector/vector_math.h"

#define WINOGRAD_NUMBER vec
#define WINOGRAD_INLINE VEC_INLINE
#define winograd_add vec_add
#define winograd_sub vec_sub
#define winograd_mul(a, factor) vec_mul(a, vec_all(factor))
#define winograd_fma(a, factor, b) vec_fma(a, vec_all(factor), b)
#include "kern/winograd/winograd_steps.h"

#endif

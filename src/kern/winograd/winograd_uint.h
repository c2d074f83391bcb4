/* Winograd's transforms on single integers, for the reference kernels. */
#ifndef CM_KERN_WINOGRAD_UINT_H
#define CM_KERN_WINOGRAD_UINT_H

#include <stdint.h>

#define WINOGRAD_NUMBER uint32_t
#define WINOGRAD_INLINE static inline
#define winograd_add(a, b) ((a) + (b))
#define winograd_sub(a, b) ((a) - (b))
#define winograd_shift(a, bits) ((a) << (bits))
#include "kern/winograd/winograd_integers.h"

#endif

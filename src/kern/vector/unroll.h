/* Loops whose bodies must be laid out one after the other, so that small arrays of vectors live in registers. */
#ifndef CM_KERN_UNROLL_H
#define CM_KERN_UNROLL_H

/* Sanitizers look at every access of every copy of a body: compilers take minutes over that, and nothing is gained. */
#if defined(CM_SANITIZED)
#define UNROLL
#elif defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#endif

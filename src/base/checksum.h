/* A checksum that keeps up with memory. */
#ifndef CM_BASE_CHECKSUM_H
#define CM_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* 64 bits over [size] bytes. Finds damage (a changed word always, other damage but for one case in 2^64); it is no protection against somebody
 * who wants two contents to agree. Eight chains of rotate, exclusive or and multiply, one for each word of a cache line, as the rounds of
 * xxHash (github.com/Cyan4973/xxHash) but with one multiplication: a single core checks weights as fast as it can read them. Differs between
 * byte orders. Thread-safe. */
uint64_t cm_checksum(const void *bytes, size_t size);

#endif

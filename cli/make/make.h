/* `cameo model make`: ONNX files with the architecture of well-known face networks and invented weights. For benchmarks and
 * tests: they know no faces. This folder writes ONNX by itself and knows nothing of the library. */
#ifndef CM_MAKE_MAKE_H
#define CM_MAKE_MAKE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct cm_make_architecture {
    const char *name;        /* "r50" */
    const char *task;        /* "recognition", "detection", "landmarks", "gender/age" or "anti-spoofing" */
    const char *description; /* one line */
} cm_make_architecture;

/* Names of all architectures, in the order in which they are to be shown; *count entries. Static storage. */
const char *const *cm_make_architectures(size_t *count);
/* What is known about one of them, or NULL. Static storage. */
const cm_make_architecture *cm_make_architecture_find(const char *name);

/* Writes the architecture as an ONNX file to a stream; the same seed gives the same bytes on every machine. What becomes of the
 * stream is the caller's affair: nothing is closed, flushed or removed. 0: done; -1: unknown architecture, 1: could not be
 * written, 2: out of memory; `message` [message_size] receives one sentence (empty on success). Thread-safe. */
int cm_make_write(const char *arch, uint64_t seed, FILE *stream, char *message, size_t message_size);

/* The same to a file that is complete or absent: it is written beside its place and renamed. */
int cm_make_model(const char *arch, uint64_t seed, const char *path, char *message, size_t message_size);

#endif

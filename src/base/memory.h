/* Allocation with checked sizes, and the arena: many small objects with one life. */
#ifndef CM_BASE_MEMORY_H
#define CM_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Alignment of every numeric buffer: a cache line, and the widest vector. */
#define CM_ALIGNMENT 64

/* a * b -> *product; false on overflow. */
bool cm_size_mul(size_t a, size_t b, size_t *product);
bool cm_size_add(size_t a, size_t b, size_t *sum);

/* Zeroed array of count objects of `size` bytes, or NULL (also on overflow). Free with free(). */
void *cm_calloc(size_t count, size_t size);

/* CM_ALIGNMENT-aligned bytes, not zeroed, or NULL. Large memory (weights, activations) lies in huge pages where the system has them: a run walks
 * through all of it, and the processor knows the places of few pages at a time. Free with cm_aligned_free. */
void *cm_aligned_alloc(size_t bytes);
/* The same for memory that comes and goes with every picture: from the heap, which keeps it for the next one, so that the system need not clear
 * pages again and again. (glibc's heap keeps nothing above 32 MiB: that lies in huge pages, few of which are cleared faster than many small ones.) */
void *cm_aligned_alloc_brief(size_t bytes);
void cm_aligned_free(void *pointer);

/* An arena hands out zeroed memory that lives until the arena ends.
 *
 *   chunk -> chunk -> chunk          each: | header | object | redzone | object | redzone | ... free ... |
 *
 * Under AddressSanitizer the redzones are poisoned, so that running over an object's end is seen. */
typedef struct cm_arena {
    struct cm_arena_chunk *chunks;
    size_t used_bytes;  /* handed out, all chunks */
    size_t limit_bytes; /* more is refused (NULL); 0: no limit */
    bool limited;       /* something was refused because of that */
} cm_arena;

void cm_arena_init(cm_arena *arena, size_t limit_bytes);
void *cm_arena_alloc(cm_arena *arena, size_t count, size_t size);
/* A NUL-terminated copy of [length] bytes. */
char *cm_arena_string(cm_arena *arena, const char *text, size_t length);
void cm_arena_free(cm_arena *arena);

#endif

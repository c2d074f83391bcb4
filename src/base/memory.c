#define _DEFAULT_SOURCE /* madvise */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define CM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CM_ASAN 1
#endif
#endif

#ifdef CM_ASAN
#include <sanitizer/asan_interface.h>
enum { REDZONE = 32 };
#define POISON(address, size) ASAN_POISON_MEMORY_REGION(address, size)
#define UNPOISON(address, size) ASAN_UNPOISON_MEMORY_REGION(address, size)
#else
enum { REDZONE = 0 };
#define POISON(address, size) ((void)(address), (void)(size))
#define UNPOISON(address, size) ((void)(address), (void)(size))
#endif

enum { CHUNK_BYTES = 64 * 1024, OBJECT_ALIGNMENT = 16, HUGE_PAGE = 2 * 1024 * 1024, LARGEST_KEPT = 32 * 1024 * 1024 };

struct cm_arena_chunk {
    struct cm_arena_chunk *next;
    size_t size, used; /* of data */
    _Alignas(OBJECT_ALIGNMENT) unsigned char data[];
};

bool cm_size_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

bool cm_size_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

void *cm_calloc(size_t count, size_t size)
{
    if (count == 0 || size == 0)
        return calloc(1, 1);
    return calloc(count, size);
}

void *cm_aligned_alloc(size_t bytes)
{
    void *memory = NULL;
    if (bytes < HUGE_PAGE)
        return cm_aligned_alloc_brief(bytes);
    if (posix_memalign(&memory, HUGE_PAGE, bytes) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    /* Asked for, not needed: where the system has none the memory is as good. */
    (void)madvise(memory, bytes & ~(size_t)(HUGE_PAGE - 1), MADV_HUGEPAGE);
#endif
    return memory;
}

void *cm_aligned_alloc_brief(size_t bytes)
{
    size_t rounded;
    if (bytes > LARGEST_KEPT)
        return cm_aligned_alloc(bytes);
    if (!cm_size_add(bytes ? bytes : 1, CM_ALIGNMENT - 1, &rounded))
        return NULL;
    return aligned_alloc(CM_ALIGNMENT, rounded & ~(size_t)(CM_ALIGNMENT - 1));
}

void cm_aligned_free(void *pointer)
{
    free(pointer);
}

void cm_arena_init(cm_arena *arena, size_t limit_bytes)
{
    *arena = (cm_arena){.limit_bytes = limit_bytes};
}

static struct cm_arena_chunk *add_chunk(cm_arena *arena, size_t needed)
{
    size_t size = needed > CHUNK_BYTES ? needed : CHUNK_BYTES, total;
    if (!cm_size_add(size, sizeof(struct cm_arena_chunk), &total))
        return NULL;
    struct cm_arena_chunk *chunk = malloc(total);
    if (!chunk)
        return NULL;
    chunk->size = size;
    chunk->used = 0;
    /* A large object gets a chunk of its own behind the open one, whose free space stays in use. */
    if (needed > CHUNK_BYTES && arena->chunks) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    } else {
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    POISON(chunk->data, chunk->size);
    return chunk;
}

void *cm_arena_alloc(cm_arena *arena, size_t count, size_t size)
{
    size_t bytes, rounded, used;
    if (!cm_size_mul(count, size, &bytes) || !cm_size_add(bytes, REDZONE + OBJECT_ALIGNMENT, &rounded)) {
        arena->limited = true;
        return NULL;
    }
    rounded = (rounded - 1) & ~(size_t)(OBJECT_ALIGNMENT - 1);
    if (!cm_size_add(arena->used_bytes, rounded, &used) || (arena->limit_bytes && used > arena->limit_bytes)) {
        arena->limited = true;
        return NULL;
    }
    struct cm_arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->size - chunk->used < rounded)
        chunk = add_chunk(arena, rounded);
    if (!chunk)
        return NULL;
    void *object = chunk->data + chunk->used;
    chunk->used += rounded;
    arena->used_bytes = used;
    UNPOISON(object, bytes);
    memset(object, 0, bytes);
    return object;
}

char *cm_arena_string(cm_arena *arena, const char *text, size_t length)
{
    size_t bytes;
    if (!cm_size_add(length, 1, &bytes))
        return NULL;
    char *copy = cm_arena_alloc(arena, bytes, 1);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

void cm_arena_free(cm_arena *arena)
{
    struct cm_arena_chunk *chunk = arena->chunks;
    while (chunk) {
        struct cm_arena_chunk *next = chunk->next;
        UNPOISON(chunk->data, chunk->size);
        free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
    arena->used_bytes = 0;
}

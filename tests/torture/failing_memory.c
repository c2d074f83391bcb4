/* Two ways into the allocator. Without a sanitizer this file defines malloc and its kin for the whole process, shared libraries included, above those of
 * glibc (which names its own __libc_*). With one, whose allocator cannot be replaced, the linker leads the calls of this program's objects here
 * (--wrap, see CMakeLists.txt). Threads and maps are wrapped in both. */
#define _XOPEN_SOURCE 700
#include "failing_memory.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_long counted, failing_from = LONG_MAX, failing_until = LONG_MAX, live;
static atomic_bool libraries_spared;

void failing_memory_arm(long nth, failing_mode mode)
{
    atomic_store(&counted, 0);
    atomic_store(&failing_until, mode == FAIL_ONE ? nth : LONG_MAX);
    atomic_store(&failing_from, nth);
}

long failing_memory_disarm(void)
{
    atomic_store(&failing_from, LONG_MAX);
    return atomic_load(&counted);
}

long failing_memory_live(void)
{
#ifdef CM_SANITIZED
    return 0; /* not every block comes from here or goes back through here */
#else
    return atomic_load(&live);
#endif
}

void failing_memory_spare_libraries(bool spared)
{
    atomic_store(&libraries_spared, spared);
}

#ifdef FAILING_PRELOADED
static const char __executable_start, etext; /* another program's are not known here: nothing is spared */
#else
/* The program's code, as the linker lays it out. */
extern const char __executable_start, etext;
#endif

static bool refused_at(const void *caller)
{
    if (atomic_load(&libraries_spared) && ((uintptr_t)caller < (uintptr_t)&__executable_start || (uintptr_t)caller >= (uintptr_t)&etext))
        return false;
    long number = atomic_fetch_add(&counted, 1) + 1;
    if (number < atomic_load(&failing_from) || number > atomic_load(&failing_until))
        return false;
    errno = ENOMEM;
    return true;
}

#ifdef CM_SANITIZED
#define ENTRY(name) __wrap_##name
#define REAL(name) __real_##name
void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);
void *REAL(aligned_alloc)(size_t alignment, size_t size);
char *REAL(strdup)(const char *text);
void *ENTRY(malloc)(size_t size);
void *ENTRY(calloc)(size_t count, size_t size);
void *ENTRY(realloc)(void *old, size_t size);
void *ENTRY(aligned_alloc)(size_t alignment, size_t size);
int ENTRY(posix_memalign)(void **memory, size_t alignment, size_t size);
char *ENTRY(strdup)(const char *text);
#define ALIGNED(alignment, size) REAL(aligned_alloc)(alignment, ((size) + (alignment)-1) / (alignment) * (alignment))

char *ENTRY(strdup)(const char *text)
{
    return refused_at(__builtin_return_address(0)) ? NULL : REAL(strdup)(text);
}
#else
#pragma GCC visibility push(default) /* shared libraries must see these */
#define ENTRY(name) name
#define REAL(name) __libc_##name
void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);
void *REAL(memalign)(size_t alignment, size_t size);
void REAL(free)(void *memory);
#define ALIGNED(alignment, size) REAL(memalign)(alignment, size)

void free(void *memory)
{
    atomic_fetch_sub(&live, memory != NULL);
    REAL(free)(memory);
}
#endif

static void *counted_in(void *memory)
{
    atomic_fetch_add(&live, memory != NULL);
    return memory;
}

void *ENTRY(malloc)(size_t size)
{
    return refused_at(__builtin_return_address(0)) ? NULL : counted_in(REAL(malloc)(size));
}

void *ENTRY(calloc)(size_t count, size_t size)
{
    return refused_at(__builtin_return_address(0)) ? NULL : counted_in(REAL(calloc)(count, size));
}

void *ENTRY(realloc)(void *old, size_t size)
{
    if (refused_at(__builtin_return_address(0)))
        return NULL;
    void *memory = REAL(realloc)(old, size);
    atomic_fetch_add(&live, (memory != NULL) - (old != NULL && (memory != NULL || size == 0)));
    return memory;
}

void *ENTRY(aligned_alloc)(size_t alignment, size_t size)
{
    return refused_at(__builtin_return_address(0)) ? NULL : counted_in(ALIGNED(alignment, size));
}

int ENTRY(posix_memalign)(void **memory, size_t alignment, size_t size)
{
    void *made = refused_at(__builtin_return_address(0)) ? NULL : counted_in(ALIGNED(alignment, size));
    if (!made)
        return ENOMEM;
    *memory = made;
    return 0;
}

#ifndef CM_SANITIZED
#pragma GCC visibility pop
#endif

#ifndef FAILING_PRELOADED
void *__real_mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset)
{
    return refused_at(__builtin_return_address(0)) ? MAP_FAILED : __real_mmap(address, size, protection, flags, descriptor, offset);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    return refused_at(__builtin_return_address(0)) ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}
#else
/* Preloaded into a program: FAIL_NTH says which allocation is to fail, FAIL_MODE=rest that those after it do too; FAIL_COUNT names a file that is told
 * how many there were. */
#include <stdio.h>

__attribute__((constructor)) static void arm_from_environment(void)
{
    const char *nth = getenv("FAIL_NTH"), *mode = getenv("FAIL_MODE");
    failing_memory_arm(nth ? atol(nth) : LONG_MAX, mode && strcmp(mode, "rest") == 0 ? FAIL_REST : FAIL_ONE);
}

__attribute__((destructor)) static void tell_count(void)
{
    long count = failing_memory_disarm();
    const char *path = getenv("FAIL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", count);
        fclose(file);
    }
}
#endif

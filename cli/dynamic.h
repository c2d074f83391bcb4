/* Libraries that only `cameo model pull` and zipped models need are opened when they are: linked in, libcurl alone would bring some thirty libraries
 * into the start of every command. */
#ifndef CM_CLI_DYNAMIC_H
#define CM_CLI_DYNAMIC_H

#include <stddef.h>

typedef struct cm_dynamic_symbol {
    const char *name;
    void *target; /* address of the function pointer to fill */
} cm_dynamic_symbol;

/* Opens the first of the NULL-terminated sonames that is there and fills all pointers. Returns 0, or -1 if there is none. The library
 * stays open until the process ends. */
int cm_dynamic_open(const char *const *sonames, const cm_dynamic_symbol *symbols, size_t count);

#endif

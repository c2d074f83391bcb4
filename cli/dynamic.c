#include "dynamic.h"

#include <dlfcn.h>
#include <string.h>

int cm_dynamic_open(const char *const *sonames, const cm_dynamic_symbol *symbols, size_t count)
{
    void *library = NULL;
    for (; !library && *sonames; sonames++)
        library = dlopen(*sonames, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return -1;
    for (size_t i = 0; i < count; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol)
            return -1;
        memcpy(symbols[i].target, &symbol, sizeof symbol); /* ISO C has no conversion between the two kinds of pointers */
    }
    return 0;
}

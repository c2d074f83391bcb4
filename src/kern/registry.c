/* The table of kernels, and the choice from it. */
#include "kern/kernel_list.h"

#include <stdbool.h>
#include <string.h>

#define TEXT(x) #x
#define NAME_TEXT(name) TEXT(name)
#define ROW(op_, types_, mr_, nr_, tier_, isa)                                  \
    { .name = NAME_TEXT(CM_KERNEL_NAME(op_, types_, mr_, nr_, isa)),            \
      .op = CM_KERNEL_##op_,                                                    \
      .types = #types_,                                                         \
      .tier = CM_CPU_##tier_,                                                   \
      .mr = (mr_),                                                              \
      .nr = (nr_),                                                              \
      .run.op_ = CM_KERNEL_NAME(op_, types_, mr_, nr_, isa) },

static const cm_kernel kernels[] = { CM_KERNEL_LIST(ROW) };

const cm_kernel *cm_kernel_rows(int *count)
{
    *count = (int)(sizeof kernels / sizeof kernels[0]);
    return kernels;
}

const cm_kernel *cm_kernel_choose(cm_kernel_op op, const char *types, cm_cpu_tier tier)
{
    const cm_kernel *best = NULL;
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        const cm_kernel *kernel = &kernels[i];
        bool fits = kernel->op == op && (types == NULL || strcmp(kernel->types, types) == 0);
        if (fits && cm_cpu_tier_holds(tier, kernel->tier) && (best == NULL || kernel->tier > best->tier))
            best = kernel;
    }
    return best;
}

#include "pair_dots.h"

#include <string.h>

#include "cameo.h"

cm_dots_fn *cm_dots_choose(void)
{
    const char *tier = cameo_cpu_tier();
#if defined(__x86_64__)
    if (strcmp(tier, "avx512") == 0)
        return cm_dots_avx512;
    if (strcmp(tier, "avx2") == 0)
        return cm_dots_avx2;
#elif defined(__aarch64__)
    if (strcmp(tier, "neon") == 0)
        return cm_dots_neon;
#endif
    (void)tier;
    return cm_dots_ref;
}

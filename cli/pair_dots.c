#include "pair_dots.h"

#include <string.h>

#include "cameo.h"

/* Tiers of this architecture. */
static const struct {
    const char *name;
    cm_dots_fn *dots;
} tiers[] = {{"ref", cm_dots_ref},
#if defined(__x86_64__)
             {"avx2", cm_dots_avx2},
             {"avxvnni", cm_dots_avx2},
             {"avx512", cm_dots_avx512},
             {"avx512vnni", cm_dots_avx512},
#elif defined(__aarch64__)
             {"neon", cm_dots_neon},
             {"neondot", cm_dots_neon},
#endif
};

cm_dots_fn *cm_dots_choose(void)
{
    const char *tier = cameo_cpu_tier();
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (strcmp(tiers[i].name, tier) == 0)
            return tiers[i].dots;
    return cm_dots_ref;
}

/* checkkern: every kernel of the list that this machine can run, against the mathematics in double precision; or, with --time, how fast it is.
 *
 *   checkkern [FILTER]          names that contain FILTER
 *   checkkern --time [FILTER] */
#include "check.h"

#include <stdio.h>
#include <string.h>

typedef void part(const cm_kernel *kernel);

static part *const checks[CM_KERNEL_OP_COUNT] = {
    [CM_KERNEL_igemm] = check_igemm,         [CM_KERNEL_dwconv] = check_dwconv,   [CM_KERNEL_pool] = check_pool,
    [CM_KERNEL_map] = check_map,             [CM_KERNEL_softmax] = check_softmax, [CM_KERNEL_transpose] = check_transpose,
    [CM_KERNEL_normalize] = check_normalize, [CM_KERNEL_hresize] = check_hresize, [CM_KERNEL_vresize] = check_vresize,
    [CM_KERNEL_warp] = check_warp,
};

static part *const times[CM_KERNEL_OP_COUNT] = {
    [CM_KERNEL_igemm] = time_igemm,         [CM_KERNEL_dwconv] = time_dwconv,   [CM_KERNEL_pool] = time_pool,
    [CM_KERNEL_map] = time_map,             [CM_KERNEL_softmax] = time_softmax, [CM_KERNEL_transpose] = time_transpose,
    [CM_KERNEL_normalize] = time_normalize, [CM_KERNEL_hresize] = time_hresize, [CM_KERNEL_vresize] = time_vresize,
    [CM_KERNEL_warp] = time_warp,
};

int main(int argc, char **argv)
{
    int timing = argc > 1 && strcmp(argv[1], "--time") == 0;
    const char *filter = argc > 1 + timing ? argv[1 + timing] : "";
    cm_cpu_tier here = cm_cpu_detect(NULL);
    int count, taken = 0;
    const cm_kernel *rows = cm_kernel_rows(&count);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < count; i++) {
        const cm_kernel *kernel = &rows[i];
        if (strstr(kernel->name, filter) == NULL)
            continue;
        if (kernel->tier > here) {
            printf("SKIP %s: this machine offers %s only\n", kernel->name, cm_cpu_tier_name(here));
            continue;
        }
        taken++;
        long before = check_cases();
        (timing ? times : checks)[kernel->op](kernel);
        if (!timing)
            printf("%-36s %ld cases\n", kernel->name, check_cases() - before);
    }
    if (taken == 0) {
        printf("no kernel here has \"%s\" in its name\n", filter);
        return 2;
    }
    return check_failures() ? 1 : 0;
}

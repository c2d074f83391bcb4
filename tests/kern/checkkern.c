/* checkkern: every kernel of the list that this machine can run, against the mathematics in double precision; or, with --time, how fast it is.
 *
 *   checkkern [FILTER]          names that contain FILTER
 *   checkkern --time [FILTER] */
#include "check.h"

#include <stdio.h>
#include <string.h>

typedef void part(const cm_kernel *kernel);

static part *const checks[CM_KERNEL_OP_COUNT] = {
    [CM_KERNEL_igemm] = check_igemm, [CM_KERNEL_gemm] = check_gemm,
    [CM_KERNEL_winograd_filter] = check_winograd_filter, [CM_KERNEL_winograd_input] = check_winograd_input,
    [CM_KERNEL_winograd_output] = check_winograd_output,
    [CM_KERNEL_dwconv] = check_dwconv,   [CM_KERNEL_pool] = check_pool,
    [CM_KERNEL_map] = check_map,             [CM_KERNEL_softmax] = check_softmax, [CM_KERNEL_transpose] = check_transpose,
    [CM_KERNEL_normalize] = check_normalize, [CM_KERNEL_hresize] = check_hresize, [CM_KERNEL_vresize] = check_vresize,
    [CM_KERNEL_warp] = check_warp, [CM_KERNEL_qgemm] = check_qgemm, [CM_KERNEL_qdwconv] = check_qdwconv, [CM_KERNEL_qmap] = check_qmap,
    [CM_KERNEL_quantize] = check_quantize, [CM_KERNEL_dequantize] = check_dequantize,
};

static part *const times[CM_KERNEL_OP_COUNT] = {
    [CM_KERNEL_igemm] = time_igemm, [CM_KERNEL_gemm] = time_gemm,
    [CM_KERNEL_winograd_filter] = time_winograd, [CM_KERNEL_winograd_input] = time_winograd, [CM_KERNEL_winograd_output] = time_winograd,
    [CM_KERNEL_dwconv] = time_dwconv,   [CM_KERNEL_pool] = time_pool,
    [CM_KERNEL_map] = time_map,             [CM_KERNEL_softmax] = time_softmax, [CM_KERNEL_transpose] = time_transpose,
    [CM_KERNEL_normalize] = time_normalize, [CM_KERNEL_hresize] = time_hresize, [CM_KERNEL_vresize] = time_vresize,
    [CM_KERNEL_warp] = time_warp, [CM_KERNEL_qgemm] = time_qgemm, [CM_KERNEL_qdwconv] = time_qdwconv, [CM_KERNEL_qmap] = time_qmap,
    [CM_KERNEL_quantize] = time_quantize, [CM_KERNEL_dequantize] = time_dequantize,
};

static part *check_of(const cm_kernel *kernel)
{
    return is_of_bytes(kernel) ? check_winograd_bytes : checks[kernel->op];
}

static part *time_of(const cm_kernel *kernel)
{
    return is_of_bytes(kernel) && kernel->op != CM_KERNEL_gemm ? time_winograd_bytes : times[kernel->op];
}

/* What the vector kernels are written in, of every instruction set of this architecture. */
static const struct vocabulary {
    cm_kernel vectors; /* name and tier alone */
    part *check;
} vocabularies[] = {
#if defined(__x86_64__)
    { { .name = "vector_f32__avx2", .tier = CM_CPU_AVX2 }, check_vector_avx2 },
    { { .name = "vector_f32__avx512", .tier = CM_CPU_AVX512 }, check_vector_avx512 },
#elif defined(__aarch64__)
    { { .name = "vector_f32__neon", .tier = CM_CPU_NEON }, check_vector_neon },
#endif
    { { .name = NULL }, NULL },
};

/* Whether a part with this name and tier is to be run. */
static bool is_wanted(const cm_kernel *kernel, const char *filter, cm_cpu_tier here)
{
    if (strstr(kernel->name, filter) == NULL)
        return false;
    bool runs = kernel->tier <= here && cm_cpu_detect(cm_cpu_tier_name(kernel->tier)) == kernel->tier;
    if (!runs)
        printf("SKIP %s: this machine does not offer %s\n", kernel->name, cm_cpu_tier_name(kernel->tier));
    return runs;
}

static void check(part *function, const cm_kernel *kernel)
{
    long before = check_cases();
    function(kernel);
    printf("%-36s %ld cases\n", kernel->name, check_cases() - before);
}

int main(int argc, char **argv)
{
    int timing = argc > 1 && strcmp(argv[1], "--time") == 0;
    const char *filter = argc > 1 + timing ? argv[1 + timing] : "";
    cm_cpu_tier here = cm_cpu_detect(NULL);
    int count, taken = 0;
    const cm_kernel *rows = cm_kernel_rows(&count);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < count; i++) {
        if (!is_wanted(&rows[i], filter, here))
            continue;
        taken++;
        if (timing)
            time_of(&rows[i])(&rows[i]);
        else
            check(check_of(&rows[i]), &rows[i]);
    }
    for (const struct vocabulary *v = vocabularies; !timing && v->check != NULL; v++) {
        if (!is_wanted(&v->vectors, filter, here))
            continue;
        taken++;
        check(v->check, &v->vectors);
    }
    if (taken == 0) {
        printf("no kernel here has \"%s\" in its name\n", filter);
        return 2;
    }
    return check_failures() ? 1 : 0;
}

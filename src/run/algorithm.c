#include "run/algorithm.h"
#include <stdlib.h>

static bool winograd_fits(const cm_op *op)
{
    const cm_conv *conv = &op->u.conv;
    return conv->groups == 1 && conv->kernel[0] == 3 && conv->kernel[1] == 3 && conv->stride[0] == 1 && conv->stride[1] == 1 &&
           conv->dilation[0] == 1 && conv->dilation[1] == 1;
}

cm_algorithm cm_algorithm_choose(const cm_op *op, cm_cpu_tier tier)
{
    cm_algorithm direct = {0};
    (void)tier;
    int64_t inputs = op->inputs[0]->dims[1], outputs = op->output->dims[1], size = op->output->dims[2];
    if (!winograd_fits(op) || inputs < 16 || outputs < 16)
        return direct;
    const char *e = getenv("WINO");
    if (e && *e == '0') return direct;
    if (e && *e == (char)50) return (cm_algorithm){.winograd = size <= 7 ? 2 : 4};
    if (e && *e == (char)51) return (cm_algorithm){.winograd = 2, .half=true};
    if (size <= 7)
        return (cm_algorithm){.winograd = 2, .half = true};
    return (cm_algorithm){.winograd = 4, .half = inputs * outputs >= 32768};
}

bool cm_algorithm_halves(const cm_op *dense)
{
    return (int64_t)dense->u.dense.k * dense->u.dense.n > (1 << 20);
}

#include "run/algorithm.h"

#include "run/algorithm_rows.h"

#include <math.h>

const short cm_algorithm_sizes[CM_ALGORITHM_SIZES] = {MEASURED_SIZES};

/* Direct products of half floats are slower, but for large weights that are read for only a few output pixels: then half as many bytes are what counts
 * (at 7x7 pixels of 512 channels both are equally fast). Compact: weights from so many bytes on are halved anyway. */
/* Bytes: convolutions with fewer channels are direct, by stride. Inputs are multiplied by 32, so that 8 take as long as 32 do. From 14x14 output pixels on
 * Winograd's way was faster for all others that were measured, on 7x7 as fast or faster but for some that do not fill their last 32. */
static const short fewest_winograd_bytes[3][2] = {[1] = {16, 8}, [2] = {32, 32}};

enum { HALF_BYTES = 4 << 20, HALF_PIXELS = 32, COMPACT_HALF_BYTES = 1 << 20 };

const cm_algorithm_row *cm_algorithm_rows(cm_cpu_tier tier, int *count)
{
    if (cm_cpu_tier_holds(tier, CM_CPU_AVX512)) {
        *count = (int)(sizeof avx512_rows / sizeof avx512_rows[0]);
        return avx512_rows;
    }
    /* The reference and NEON were not measured (an emulator's times say nothing): NEON's kernels have AVX2's tiles. */
    *count = (int)(sizeof avx2_rows / sizeof avx2_rows[0]);
    return avx2_rows;
}

int cm_algorithm_depthwise(const cm_op *op)
{
    const cm_conv *conv = &op->u.conv;
    if (op->kind != CM_OP_CONV || conv->groups < 2 || conv->weights.value->dims[0] != op->inputs[0]->dims[1])
        return 0;
    int64_t channels = op->inputs[0]->dims[1] / conv->groups;
    return channels <= 2 ? (int)channels : 0;
}

static bool winograd_fits(const cm_op *op)
{
    const cm_conv *conv = &op->u.conv;
    return op->kind == CM_OP_CONV && conv->groups == 1 && conv->kernel[0] == 3 && conv->kernel[1] == 3 && conv->stride[0] <= 2 &&
           conv->stride[1] == conv->stride[0] && conv->dilation[0] == 1 && conv->dilation[1] == 1;
}

/* How many times one is the other, as a power of two, up or down. */
static double distance(double a, double b)
{
    return fabs(log2(a / b));
}

static const cm_algorithm_row *nearest_row(cm_cpu_tier tier, int stride, double inputs, double outputs)
{
    int count;
    const cm_algorithm_row *rows = cm_algorithm_rows(tier, &count), *best = rows;
    double least = INFINITY;
    for (int i = 0; i < count; i++) {
        double d = distance(inputs, rows[i].inputs) + distance(outputs, rows[i].outputs);
        if (rows[i].stride == stride && d < least) {
            least = d;
            best = &rows[i];
        }
    }
    return best;
}

static int nearest_size(double size)
{
    int best = 0;
    for (int i = 1; i < CM_ALGORITHM_SIZES; i++)
        if (distance(size, cm_algorithm_sizes[i]) < distance(size, cm_algorithm_sizes[best]))
            best = i;
    return best;
}

static cm_algorithm choose_direct(const cm_op *op, bool compact)
{
    uint64_t bytes = cm_op_parameters(op) * sizeof(float);
    int64_t pixels = op->kind == CM_OP_CONV ? op->output->dims[2] * op->output->dims[3] : 1;
    return (cm_algorithm){.half = compact ? bytes >= COMPACT_HALF_BYTES : bytes >= HALF_BYTES && pixels <= HALF_PIXELS};
}

cm_algorithm cm_algorithm_choose(const cm_op *op, const cm_policy *policy)
{
    if (cm_algorithm_depthwise(op))
        return (cm_algorithm){0};
    bool fits = winograd_fits(op);
    if (policy->forced)
        return fits ? *policy->forced : (cm_algorithm){.half = policy->forced->half};
    if (!fits || op->inputs[0]->dims[1] < CM_FEWEST_WINOGRAD_INPUTS)
        return choose_direct(op, policy->compact);
    const int64_t *output = op->output->dims;
    const cm_algorithm_row *row = nearest_row(policy->tier, op->u.conv.stride[0], (double)op->inputs[0]->dims[1], (double)output[1]);
    int column = nearest_size(sqrt((double)output[2] * (double)output[3]));
    return policy->compact ? row->compact[column] : row->fast[column];
}

cm_algorithm cm_algorithm_choose_bytes(const cm_op *op, const cm_policy *policy)
{
    cm_algorithm direct = {0}, winograd = {.winograd = 4};
    if (!winograd_fits(op) || cm_algorithm_depthwise(op))
        return direct;
    if (policy->forced)
        return policy->forced->winograd ? winograd : direct;
    bool widens = cm_kernel_choose(CM_KERNEL_qgemm, "u8s8", policy->tier)->tier == CM_CPU_AVX2;
    const short *fewest = fewest_winograd_bytes[op->u.conv.stride[0]];
    bool many = op->inputs[0]->dims[1] >= fewest[0] && op->output->dims[1] >= fewest[1];
    return widens && many ? winograd : direct;
}

const char *cm_algorithm_text(cm_algorithm algorithm)
{
    static const char *const texts[3][3] = {{"direct", "direct, half", "direct, half"},
                                            {"winograd 2x2", "winograd 2x2, half filters", "winograd 2x2, half"},
                                            {"winograd 4x4", "winograd 4x4, half filters", "winograd 4x4, half"}};
    return texts[algorithm.winograd / 2][algorithm.half + algorithm.kept];
}

double cm_algorithm_bytes(cm_algorithm algorithm, int64_t inputs, int64_t outputs)
{
    int edge = algorithm.kept ? algorithm.winograd + 2 : 3;
    return edge * edge * (double)inputs * (double)outputs * (algorithm.half ? 2.0 : 4.0);
}

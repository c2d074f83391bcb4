/* Epilogues for checkkern: every combination, and what it should give, in double precision. */
#include "check.h"

#include <math.h>

void epilogue_make(cm_epilogue *epilogue, int variant, int rows, int channels)
{
    *epilogue = (cm_epilogue){ .activation = (cm_activation)(variant % CM_ACT_COUNT), .low = 0.1f, .high = 0.5f };
    variant /= CM_ACT_COUNT;
    if (epilogue->activation == CM_ACT_PRELU)
        epilogue->slope = guard_random(SLOT_SLOPE, (size_t)channels);
    if (variant % 2 == 1)
        epilogue->bias = guard_random(SLOT_BIAS, (size_t)channels);
    if (variant / 2 != 0) {
        epilogue->add_stride = channels + random_int(0, 5);
        epilogue->add = guard_random(SLOT_ADD, (size_t)((rows - 1) * epilogue->add_stride + channels));
        epilogue->add_after = variant / 2 == 2;
    }
}

static double clip(double x, double low, double high)
{
    if (x < low)
        return low;
    return x > high ? high : x;
}

double activation_wanted(const cm_epilogue *epilogue, double x, int channel)
{
    double low = (double)epilogue->low, high = (double)epilogue->high;
    switch (epilogue->activation) {
    case CM_ACT_RELU: return x < 0.0 ? 0.0 : x;
    case CM_ACT_PRELU: return x > 0.0 ? x : (double)epilogue->slope[channel] * x;
    case CM_ACT_CLIP: return clip(x, low, high);
    case CM_ACT_SIGMOID: return 1.0 / (1.0 + exp(-x));
    case CM_ACT_LEAKY_RELU: return x > 0.0 ? x : low * x;
    case CM_ACT_HARD_SIGMOID: return clip(low * x + high, 0.0, 1.0);
    case CM_ACT_HARD_SWISH: return x * clip(x / 6.0 + 0.5, 0.0, 1.0);
    case CM_ACT_TANH: return tanh(x);
    default: return x;
    }
}

double epilogue_wanted(const cm_epilogue *epilogue, double sum, double size, int row, int channel, double *bound)
{
    double add = epilogue->add != NULL ? (double)epilogue->add[row * epilogue->add_stride + channel] : 0.0;
    double before = epilogue->add_after ? 0.0 : add, after = add - before;
    double bias = epilogue->bias != NULL ? (double)epilogue->bias[channel] : 0.0;
    double wanted = activation_wanted(epilogue, sum + bias + before, channel) + after;
    size += fabs(bias) + fabs(before);
    /* No activation is steeper than 1.5 (hard swish); each rounds a few times. */
    *bound = 1.5 * (*bound + 2.0 * ROUNDING * size) + 8.0 * ROUNDING * (1.0 + size + fabs(after));
    return wanted;
}

/* Element-by-element operators, plain C. The vector kernels come here for what they leave to the C library. */
#include "kern/kernel_list.h"
#include "kern/vector/scalar_math.h"

static float binary(cm_map_op op, float a, float b)
{
    switch (op) {
    case CM_MAP_ADD: return a + b;
    case CM_MAP_SUB: return a - b;
    case CM_MAP_RSUB: return b - a;
    case CM_MAP_MUL: return a * b;
    case CM_MAP_DIV: return a / b;
    case CM_MAP_RDIV: return b / a;
    case CM_MAP_MAX: return scalar_max(a, b);
    case CM_MAP_MIN: return scalar_min(a, b);
    case CM_MAP_POW: return powf(a, b);
    default: return a;
    }
}

static float unary(const cm_map_tile *tile, float a, int channel)
{
    switch (tile->op) {
    case CM_MAP_AFFINE: return a * tile->b[channel] + tile->b2[channel];
    case CM_MAP_ACTIVATION: return scalar_activate(tile->epilogue, a, channel);
    case CM_MAP_EXP: return scalar_exp(a);
    case CM_MAP_SQRT: return sqrtf(a);
    case CM_MAP_ABS: return fabsf(a);
    case CM_MAP_NEG: return -a;
    case CM_MAP_ERF: return erff(a);
    case CM_MAP_LOG: return logf(a);
    case CM_MAP_FLOOR: return floorf(a);
    default: return a;
    }
}

static int is_binary(cm_map_op op)
{
    return op <= CM_MAP_MIN || op == CM_MAP_POW;
}

static float operand(const cm_map_tile *tile, int64_t row, int channel)
{
    switch (tile->b_kind) {
    case CM_MAP_PER_CHANNEL: return tile->b[channel];
    case CM_MAP_PER_ROW: return tile->b[row];
    case CM_MAP_SCALAR: return tile->b[0];
    case CM_MAP_FULL: break;
    }
    return tile->b[row * tile->b_stride + channel];
}

void cameo_k_map_f32_1x1__ref(const cm_map_tile *tile)
{
    int two = is_binary(tile->op);
    for (int64_t row = 0; row < tile->rows; row++) {
        const float *a = tile->a + row * tile->a_stride;
        float *c = tile->c + row * tile->c_stride;
        for (int channel = 0; channel < tile->channels; channel++)
            c[channel] = two ? binary(tile->op, a[channel], operand(tile, row, channel)) : unary(tile, a[channel], channel);
    }
}

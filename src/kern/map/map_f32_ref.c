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
    case CM_MAP_MOD: return fmodf(a, b);
    case CM_MAP_EQUAL: return a == b ? 1.0f : 0.0f;
    case CM_MAP_LESS: return a < b ? 1.0f : 0.0f;
    case CM_MAP_LESS_EQUAL: return a <= b ? 1.0f : 0.0f;
    case CM_MAP_GREATER: return a > b ? 1.0f : 0.0f;
    case CM_MAP_GREATER_EQUAL: return a >= b ? 1.0f : 0.0f;
    case CM_MAP_MASK: return b != 0.0f ? a : 0.0f;
    default: return b == 0.0f ? a : 0.0f;
    }
}

/* NaN stays NaN. */
static float sign(float a)
{
    return a > 0.0f ? 1.0f : a < 0.0f ? -1.0f : a * 0.0f;
}

static float error_function(float a)
{
    float size = fabsf(a) > ERF_HIGHEST ? ERF_HIGHEST : fabsf(a), z = size * size;
    float p = (((((ERF_P0 * z + ERF_P1) * z + ERF_P2) * z + ERF_P3) * z + ERF_P4) * z + ERF_P5) * z + ERF_P6;
    float q = (((((ERF_Q0 * size + ERF_Q1) * size + ERF_Q2) * size + ERF_Q3) * size + ERF_Q4) * size + ERF_Q5) * size + ERF_Q6;
    return size < ERF_SMALL ? p * a + a : copysignf(1.0f - scalar_exp(q), a);
}

/* Without overflow for large a. */
static float softplus(float a)
{
    return log1pf(expf(-fabsf(a))) + scalar_max(a, 0.0f);
}

static float unary(const cm_map_tile *tile, float a, int channel)
{
    switch (tile->op) {
    case CM_MAP_AFFINE: return a * tile->b[channel] + tile->b2[channel];
    case CM_MAP_ACTIVATION: return scalar_activate(tile->epilogue, a, channel);
    case CM_MAP_EXP: return scalar_exp(a);
    case CM_MAP_EXPM1: return expm1f(a);
    case CM_MAP_SQRT: return sqrtf(a);
    case CM_MAP_ABS: return fabsf(a);
    case CM_MAP_NEG: return -a;
    case CM_MAP_SIGN: return sign(a);
    case CM_MAP_ERF: return error_function(a);
    case CM_MAP_LOG: return logf(a);
    case CM_MAP_FLOOR: return floorf(a);
    case CM_MAP_CEIL: return ceilf(a);
    case CM_MAP_ROUND: return rintf(a);
    case CM_MAP_SIN: return sinf(a);
    case CM_MAP_COS: return cosf(a);
    case CM_MAP_SOFTPLUS: return softplus(a);
    default: return a;
    }
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
    int two = tile->op <= CM_MAP_LAST_BINARY;
    for (int64_t row = 0; row < tile->rows; row++) {
        const float *a = tile->a + row * tile->a_stride;
        float *c = tile->c + row * tile->c_stride;
        for (int channel = 0; channel < tile->channels; channel++)
            c[channel] = two ? binary(tile->op, a[channel], operand(tile, row, channel)) : unary(tile, a[channel], channel);
    }
}

/* Element-by-element operators on the vectors of the including file. The loops are made once for each operator; what needs the C library
 * (pow, log, sine, ...) goes to the reference kernel. */
#ifndef CM_KERN_MAP_F32_INC_H
#define CM_KERN_MAP_F32_INC_H

#include "kern/kernel_list.h"
#include "kern/vector/vector_math.h"

#include <stddef.h>

/* A tile's rows; rows that lie one behind the other and need no channel's or row's own operand count as one long row. */
typedef struct map_shape {
    int64_t rows, channels;
} map_shape;

VEC_INLINE map_shape map_shape_of(const cm_map_tile *tile, int operand_follows_a)
{
    map_shape shape = { tile->rows, tile->channels };
    if (operand_follows_a && tile->a_stride == tile->channels && tile->c_stride == tile->channels) {
        shape.channels *= shape.rows;
        shape.rows = 1;
    }
    return shape;
}

VEC_INLINE vec map_binary(const cm_map_op op, vec a, vec b)
{
    switch (op) {
    case CM_MAP_ADD: return vec_add(a, b);
    case CM_MAP_SUB: return vec_sub(a, b);
    case CM_MAP_RSUB: return vec_sub(b, a);
    case CM_MAP_MUL: return vec_mul(a, b);
    case CM_MAP_DIV: return vec_div(a, b);
    case CM_MAP_RDIV: return vec_div(b, a);
    case CM_MAP_MAX: return vec_max_nan(a, b);
    default: return vec_min_nan(a, b);
    }
}

/* c = a op b, b a row or (all) one number for the row */
VEC_INLINE void map_binary_row(const cm_map_op op, const float *a, const float *b, const int all, float *c, int64_t count)
{
    vec same = all ? vec_all(b[0]) : vec_zero();
    int64_t i = 0;
    for (; i + VEC <= count; i += VEC)
        vec_store(c + i, map_binary(op, vec_load(a + i), all ? same : vec_load(b + i)));
    if (i < count) {
        vec_mask rest = vec_first(count - i);
        vec_store_part(c + i, map_binary(op, vec_load_part(a + i, rest), all ? same : vec_load_part(b + i, rest)), rest);
    }
}

VEC_INLINE void map_binary_rows(const cm_map_tile *tile, const cm_map_op op)
{
    int full = tile->b_kind == CM_MAP_FULL && tile->b_stride == tile->channels;
    map_shape shape = map_shape_of(tile, full || tile->b_kind == CM_MAP_SCALAR);
    ptrdiff_t step = tile->b_kind == CM_MAP_FULL ? tile->b_stride : tile->b_kind == CM_MAP_PER_ROW ? 1 : 0;
    for (int64_t row = 0; row < shape.rows; row++) {
        const float *a = tile->a + row * tile->a_stride, *b = tile->b + row * step;
        float *c = tile->c + row * tile->c_stride;
        if (tile->b_kind == CM_MAP_PER_ROW || tile->b_kind == CM_MAP_SCALAR)
            map_binary_row(op, a, b, 1, c, shape.channels);
        else
            map_binary_row(op, a, b, 0, c, shape.channels);
    }
}

VEC_INLINE vec map_erf(vec x)
{
    vec size = vec_min(vec_all(ERF_HIGHEST), vec_abs(x)), z = vec_mul(size, size);
    vec p = vec_fma(vec_all(ERF_P0), z, vec_all(ERF_P1));
    p = vec_fma(p, z, vec_all(ERF_P2));
    p = vec_fma(p, z, vec_all(ERF_P3));
    p = vec_fma(p, z, vec_all(ERF_P4));
    p = vec_fma(p, z, vec_all(ERF_P5));
    p = vec_fma(p, z, vec_all(ERF_P6));
    vec q = vec_fma(vec_all(ERF_Q0), size, vec_all(ERF_Q1));
    q = vec_fma(q, size, vec_all(ERF_Q2));
    q = vec_fma(q, size, vec_all(ERF_Q3));
    q = vec_fma(q, size, vec_all(ERF_Q4));
    q = vec_fma(q, size, vec_all(ERF_Q5));
    q = vec_fma(q, size, vec_all(ERF_Q6));
    vec large = vec_sign(vec_sub(vec_all(1.0f), vec_exp(q)), x);
    return vec_if_less(size, vec_all(ERF_SMALL), vec_fma(p, x, x), large);
}

VEC_INLINE vec map_unary(const cm_map_tile *tile, const cm_map_op op, vec a)
{
    switch (op) {
    case CM_MAP_ACTIVATION: return vec_activate(tile->epilogue, a, vec_zero());
    case CM_MAP_EXP: return vec_exp(a);
    case CM_MAP_SQRT: return vec_sqrt(a);
    case CM_MAP_ABS: return vec_abs(a);
    case CM_MAP_NEG: return vec_negate(a);
    case CM_MAP_FLOOR: return vec_floor(a);
    case CM_MAP_ERF: return map_erf(a);
    default: return a;
    }
}

VEC_INLINE void map_unary_rows(const cm_map_tile *tile, const cm_map_op op)
{
    map_shape shape = map_shape_of(tile, 1);
    for (int64_t row = 0; row < shape.rows; row++) {
        const float *a = tile->a + row * tile->a_stride;
        float *c = tile->c + row * tile->c_stride;
        int64_t i = 0;
        for (; i + VEC <= shape.channels; i += VEC)
            vec_store(c + i, map_unary(tile, op, vec_load(a + i)));
        if (i < shape.channels) {
            vec_mask rest = vec_first(shape.channels - i);
            vec_store_part(c + i, map_unary(tile, op, vec_load_part(a + i, rest)), rest);
        }
    }
}

/* With numbers of each channel: x * first + second, or PRELU with the slope `first`. */
VEC_INLINE vec map_channel(const int affine, vec x, vec first, vec second)
{
    return affine ? vec_fma(x, first, second) : vec_prelu(x, first);
}

VEC_INLINE void map_channel_rows(const cm_map_tile *tile, const int affine, const float *first, const float *second)
{
    int64_t count = tile->channels;
    for (int64_t row = 0; row < tile->rows; row++) {
        const float *a = tile->a + row * tile->a_stride;
        float *c = tile->c + row * tile->c_stride;
        int64_t i = 0;
        for (; i + VEC <= count; i += VEC)
            vec_store(c + i, map_channel(affine, vec_load(a + i), vec_load(first + i), vec_load(second + i)));
        if (i < count) {
            vec_mask rest = vec_first(count - i);
            vec x = vec_load_part(a + i, rest);
            vec_store_part(c + i, map_channel(affine, x, vec_load_part(first + i, rest), vec_load_part(second + i, rest)), rest);
        }
    }
}

/* False: not an operator of one operand that is done here. */
static int map_one_operand(const cm_map_tile *tile)
{
    switch (tile->op) {
    case CM_MAP_AFFINE: map_channel_rows(tile, 1, tile->b, tile->b2); return 1;
    case CM_MAP_ACTIVATION:
        if (tile->epilogue->activation == CM_ACT_PRELU)
            map_channel_rows(tile, 0, tile->epilogue->slope, tile->epilogue->slope);
        else
            map_unary_rows(tile, CM_MAP_ACTIVATION);
        return 1;
    case CM_MAP_EXP: map_unary_rows(tile, CM_MAP_EXP); return 1;
    case CM_MAP_SQRT: map_unary_rows(tile, CM_MAP_SQRT); return 1;
    case CM_MAP_ABS: map_unary_rows(tile, CM_MAP_ABS); return 1;
    case CM_MAP_NEG: map_unary_rows(tile, CM_MAP_NEG); return 1;
    case CM_MAP_FLOOR: map_unary_rows(tile, CM_MAP_FLOOR); return 1;
    case CM_MAP_ERF: map_unary_rows(tile, CM_MAP_ERF); return 1;
    case CM_MAP_COPY: map_unary_rows(tile, CM_MAP_COPY); return 1;
    default: return 0;
    }
}

static int map_two_operands(const cm_map_tile *tile)
{
    switch (tile->op) {
    case CM_MAP_ADD: map_binary_rows(tile, CM_MAP_ADD); return 1;
    case CM_MAP_SUB: map_binary_rows(tile, CM_MAP_SUB); return 1;
    case CM_MAP_RSUB: map_binary_rows(tile, CM_MAP_RSUB); return 1;
    case CM_MAP_MUL: map_binary_rows(tile, CM_MAP_MUL); return 1;
    case CM_MAP_DIV: map_binary_rows(tile, CM_MAP_DIV); return 1;
    case CM_MAP_RDIV: map_binary_rows(tile, CM_MAP_RDIV); return 1;
    case CM_MAP_MAX: map_binary_rows(tile, CM_MAP_MAX); return 1;
    case CM_MAP_MIN: map_binary_rows(tile, CM_MAP_MIN); return 1;
    default: return 0;
    }
}

VEC_INLINE void map_all(const cm_map_tile *tile)
{
    if (!map_one_operand(tile) && !map_two_operands(tile))
        cameo_k_map_f32_1x1__ref(tile);
}

#endif

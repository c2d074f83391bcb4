/* Gemm and MatMul. With constant weights both become DENSE: rows times weights; the others are MATMUL. */
#include "graph/builder.h"

#include <string.h>

static cameo_status need_float(cm_builder *b, const cm_value *value, const char *what)
{
    if (!value || value->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its %s must be a float tensor", what);
    return CAMEO_OK;
}

/* x [.., K] times constant weights: [N, K], or [K, N] where `transposed`; dims: [rank], the result's. */
static cm_op *dense_op(cm_builder *b, cm_value *x, cm_value *weights, bool transposed, const int64_t *dims)
{
    int64_t k = x->dims[x->rank - 1], n = dims[x->rank - 1];
    if (k < 1 || n < 1 || k > 1 << 24 || n > 1 << 24) {
        b->refused = cm_build_fail(b, CAMEO_ERROR_LIMIT, "its weights [%lld,%lld] are empty or absurdly large", (long long)k, (long long)n);
        return NULL;
    }
    cm_op *op = cm_piece_op(b, CM_OP_DENSE, x, x->rank, dims);
    if (!op)
        return NULL;
    op->u.dense.k = (int)k;
    op->u.dense.n = (int)n;
    op->u.dense.weights = (cm_weights){.value = weights, .transposed = transposed};
    return op;
}

/* Both operands computed, of one rank and with the same axes in front. */
static cm_value *product(cm_builder *b, cm_value *x, cm_value *y)
{
    cm_value *operands[2] = {x, y};
    int64_t dims[CAMEO_MAX_RANK];
    if (!x || !y)
        return NULL;
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank - 1] = y->dims[x->rank - 1];
    cm_op *op = cm_build_op(b, CM_OP_MATMUL, operands, 2, CM_NO_OUTPUT, x->rank, dims);
    if (!op)
        b->refused = cm_build_no_memory(b);
    return op ? op->output : NULL;
}

/* ---- Gemm ---- */

typedef struct gemm {
    cm_value *x, *weights, *c; /* c NULL: none */
    bool trans_b;
    float alpha, beta;
    int64_t n;
} gemm;

/* C is one constant number a column of the result: it is the bias of a dense layer. */
static bool has_column_bias(const gemm *g)
{
    const cm_value shape = {.rank = 2, .dims = {g->x->dims[0], g->n}};
    return g->c && g->c->is_constant && cm_build_spans(g->c, &shape, 1, 1);
}

/* `number` times what `from` holds for each of n columns (from NULL: times 1); NULL: out of memory. */
static const float *scaled_columns(cm_builder *b, cm_value *from, int64_t n, float number)
{
    const float *floats = from ? cm_value_floats(b->graph, from) : NULL;
    float *to = from && !floats ? NULL : cm_arena_alloc(&b->graph->arena, (size_t)n, sizeof *to);
    for (int64_t i = 0; to && i < n; i++)
        to[i] = number * (floats ? floats[from->elements == 1 ? 0 : i] : 1.0f);
    return to;
}

static cm_value *gemm_dense(cm_builder *b, gemm *g)
{
    cm_op *op = dense_op(b, g->x, g->weights, !g->trans_b, (int64_t[2]){g->x->dims[0], g->n});
    if (!op)
        return NULL;
    cm_weights *weights = &op->u.dense.weights;
    if (g->alpha != 1.0f && !(weights->out_scale = scaled_columns(b, NULL, g->n, g->alpha)))
        return NULL;
    if (has_column_bias(g)) {
        if (!(weights->bias = scaled_columns(b, g->c, g->n, g->beta)))
            return NULL;
        g->c = NULL;
    }
    return op->output;
}

static cm_value *gemm_computed(cm_builder *b, const gemm *g)
{
    cm_value *y = g->trans_b ? cm_piece_transpose(b, g->weights, (int[2]){1, 0}) : g->weights;
    cm_value *result = product(b, g->x, y);
    return g->alpha == 1.0f ? result : cm_piece_map_number(b, CM_MAP_MUL, result, g->alpha);
}

static cameo_status read_gemm(cm_builder *b, gemm *g)
{
    *g = (gemm){.x = cm_build_input(b, 0),
                .weights = cm_build_input(b, 1),
                .c = cm_build_input(b, 2),
                .trans_b = cm_onnx_attribute_int(b->node, "transB", 0) != 0,
                .alpha = cm_onnx_attribute_float(b->node, "alpha", 1.0f),
                .beta = cm_onnx_attribute_float(b->node, "beta", 1.0f)};
    cameo_status status = need_float(b, g->x, "first input");
    if (status == CAMEO_OK)
        status = need_float(b, g->weights, "second input");
    if (status == CAMEO_OK && g->c)
        status = need_float(b, g->c, "third input");
    if (status == CAMEO_OK && (g->x->rank != 2 || g->weights->rank != 2))
        status = cm_build_fail(b, CAMEO_ERROR_MISMATCH, "operands of rank %d and %d; both must be matrices", g->x->rank, g->weights->rank);
    return status;
}

cameo_status cm_build_gemm(cm_builder *b)
{
    gemm g;
    cameo_status status = read_gemm(b, &g);
    if (status != CAMEO_OK)
        return status;
    if (cm_onnx_attribute_int(b->node, "transA", 0) && !(g.x = cm_piece_transpose(b, g.x, (int[2]){1, 0})))
        return cm_build_no_memory(b);
    int64_t k = g.weights->dims[g.trans_b ? 1 : 0];
    g.n = g.weights->dims[g.trans_b ? 0 : 1];
    const cm_value shape = {.rank = 2, .dims = {g.x->dims[0], g.n}};
    if (g.x->dims[1] != k)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "rows of %lld do not fit weights for %lld", (long long)g.x->dims[1], (long long)k);
    if (g.c && !cm_build_spans(g.c, &shape, 0, 1))
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "its third input, %lld numbers, does not fit a result of [%lld,%lld]",
                             (long long)g.c->elements, (long long)g.x->dims[0], (long long)g.n);
    g.c = g.beta == 0.0f ? NULL : g.c;
    cm_value *result = g.weights->is_constant ? gemm_dense(b, &g) : gemm_computed(b, &g);
    if (g.c)
        result = cm_piece_map_two(b, CM_MAP_ADD, result, g.beta == 1.0f ? g.c : cm_piece_map_number(b, CM_MAP_MUL, g.c, g.beta));
    return cm_piece_output(b, result, 0);
}

/* ---- MatMul ---- */

/* Both expanded to the same axes in front of their matrices. */
static cm_value *multiply_computed(cm_builder *b, cm_value *x, cm_value *y)
{
    int rank = x->rank > y->rank ? x->rank : y->rank, lead;
    int64_t xd[CAMEO_MAX_RANK], yd[CAMEO_MAX_RANK];
    cm_value front_x = *x, front_y = *y;
    front_x.rank -= 2;
    front_y.rank -= 2;
    cameo_status status = cm_build_broadcast(b, &front_x, &front_y, &lead, xd);
    if (status != CAMEO_OK) {
        b->refused = status;
        return NULL;
    }
    memcpy(yd, xd, sizeof yd);
    memcpy(xd + lead, x->dims + x->rank - 2, 2 * sizeof *xd);
    memcpy(yd + lead, y->dims + y->rank - 2, 2 * sizeof *yd);
    return product(b, cm_piece_expand(b, x, rank, xd), cm_piece_expand(b, y, rank, yd));
}

/* Constant weights with axes of one in front are a matrix too. */
static cm_value *drop_leading_ones(cm_builder *b, const cm_value *x, cm_value *y)
{
    int lead = y->rank - 2;
    bool is_matrix = y->is_constant && lead > 0 && y->rank <= x->rank && cm_dims_elements(lead, y->dims) == 1;
    return is_matrix ? cm_piece_view(b, y, 2, y->dims + lead) : y;
}

static cm_value *multiply(cm_builder *b, cm_value *x, cm_value *y)
{
    if (x->dims[x->rank - 1] != y->dims[y->rank - 2]) {
        b->refused = cm_build_fail(b, CAMEO_ERROR_MISMATCH, "rows of %lld do not fit columns of %lld", (long long)x->dims[x->rank - 1],
                                   (long long)y->dims[y->rank - 2]);
        return NULL;
    }
    y = drop_leading_ones(b, x, y);
    if (!y)
        return NULL;
    if (!y->is_constant || y->rank != 2 || x->is_constant)
        return multiply_computed(b, x, y);
    int64_t dims[CAMEO_MAX_RANK];
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank - 1] = y->dims[1];
    cm_op *op = dense_op(b, x, y, true, dims);
    return op ? op->output : NULL;
}

/* The result without the axis of a row or a column that was a vector. */
static cameo_status drop_vector_axes(cm_builder *b, cm_value *result, bool row, bool column)
{
    int rank = 0;
    int64_t dims[CAMEO_MAX_RANK];
    for (int i = 0; result && i < result->rank; i++) {
        bool drops = (row && i == result->rank - 2) || (column && i == result->rank - 1);
        if (!drops)
            dims[rank++] = result->dims[i];
    }
    return cm_piece_shaped_output(b, result, 0, rank, dims);
}

/* A vector is a row on the left and a column on the right; its axis of one goes again afterwards, as in NumPy. */
cameo_status cm_build_matmul(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *y = cm_build_input(b, 1);
    cameo_status status = need_float(b, x, "first input");
    if (status == CAMEO_OK)
        status = need_float(b, y, "second input");
    if (status != CAMEO_OK)
        return status;
    if (x->rank < 1 || y->rank < 1)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "a single number is no operand");
    bool row = x->rank == 1, column = y->rank == 1;
    if (row)
        x = cm_piece_view(b, x, 2, (int64_t[2]){1, x->dims[0]});
    if (column)
        y = cm_piece_view(b, y, 2, (int64_t[2]){y->dims[0], 1});
    return drop_vector_axes(b, x && y ? multiply(b, x, y) : NULL, row, column);
}

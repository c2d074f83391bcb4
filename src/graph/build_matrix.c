/* Gemm and MatMul. With constant weights both become DENSE: rows times weights. */
#include "graph/builder.h"

#include <math.h>

static cameo_status need_float(cm_builder *b, const cm_value *value, const char *what)
{
    if (!value || value->is_int)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its %s must be a float tensor", what);
    return CAMEO_OK;
}

static cameo_status add_dense(cm_builder *b, cm_value *x, cm_value *weights, bool transposed, const int64_t *dims, cm_op **result)
{
    int64_t k = x->dims[x->rank - 1], n = dims[x->rank - 1];
    if (k < 1 || n < 1 || k > 1 << 24 || n > 1 << 24)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "its weights [%lld,%lld] are empty or absurdly large", (long long)k, (long long)n);
    cm_op *op = cm_build_op(b, CM_OP_DENSE, &x, 1, 0, x->rank, dims);
    if (!op)
        return cm_build_no_memory(b);
    op->u.dense.k = (int)k;
    op->u.dense.n = (int)n;
    op->u.dense.weights = (cm_weights){.value = weights, .transposed = transposed};
    *result = op;
    return CAMEO_OK;
}

/* beta * C as one float an output of `y` [M,N]; C may be a scalar or [N] or [1,N]. */
static cameo_status gemm_bias(cm_builder *b, cm_value *c, const cm_value *y, float beta, const float **bias)
{
    int64_t n = y->dims[1];
    if (!c || beta == 0.0f)
        return CAMEO_OK;
    if (!c->is_constant || c->is_int || !cm_build_spans(c, y, 1, 1))
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its bias must be %lld constant floats, one a column", (long long)n);
    const float *from = cm_value_floats(b->graph, c);
    float *to = cm_arena_alloc(&b->graph->arena, (size_t)n, sizeof *to);
    if (!from || !to)
        return cm_build_no_memory(b);
    for (int64_t i = 0; i < n; i++)
        to[i] = beta * from[c->elements == 1 ? 0 : i];
    *bias = to;
    return CAMEO_OK;
}

cameo_status cm_build_gemm(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *weights = cm_build_input(b, 1), *c = cm_build_input(b, 2);
    cameo_status status = need_float(b, x, "first input");
    if (status == CAMEO_OK)
        status = need_float(b, weights, "second input");
    if (status != CAMEO_OK)
        return status;
    if (x->rank != 2 || weights->rank != 2 || !weights->is_constant)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it needs a matrix and a constant matrix of weights");
    if (cm_onnx_attribute_int(b->node, "transA", 0)) {
        status = cm_build_transposed(b, x, (int[2]){1, 0}, &x);
        if (status != CAMEO_OK)
            return status;
    }
    bool trans_b = cm_onnx_attribute_int(b->node, "transB", 0) != 0;
    int64_t k = weights->dims[trans_b ? 1 : 0], n = weights->dims[trans_b ? 0 : 1];
    if (x->dims[1] != k)
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "rows of %lld do not fit weights for %lld", (long long)x->dims[1], (long long)k);
    cm_op *op;
    status = add_dense(b, x, weights, !trans_b, (int64_t[2]){x->dims[0], n}, &op);
    if (status != CAMEO_OK)
        return status;
    float alpha = cm_onnx_attribute_float(b->node, "alpha", 1.0f);
    if (alpha != 1.0f) {
        float *scale = cm_arena_alloc(&b->graph->arena, (size_t)n, sizeof *scale);
        if (!scale)
            return cm_build_no_memory(b);
        for (int64_t i = 0; i < n; i++)
            scale[i] = alpha;
        op->u.dense.weights.out_scale = scale;
    }
    return gemm_bias(b, c, op->output, cm_onnx_attribute_float(b->node, "beta", 1.0f), &op->u.dense.weights.bias);
}

/* Both operands computed: broadcast over the leading axes. */
static cameo_status matmul_computed(cm_builder *b, cm_value *x, cm_value *y)
{
    int rank = x->rank > y->rank ? x->rank : y->rank;
    int64_t dims[CAMEO_MAX_RANK], xd[CAMEO_MAX_RANK], yd[CAMEO_MAX_RANK];
    for (int i = 0; i < rank - 2; i++) {
        int xi = i - (rank - x->rank), yi = i - (rank - y->rank);
        int64_t xe = xi < 0 ? 1 : x->dims[xi], ye = yi < 0 ? 1 : y->dims[yi];
        if (xe != ye && xe != 1 && ye != 1)
            return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "batch dimensions %lld and %lld do not fit", (long long)xe, (long long)ye);
        dims[i] = xd[i] = yd[i] = xe == 1 ? ye : xe;
    }
    for (int i = 0; i < 2; i++) {
        xd[rank - 2 + i] = x->dims[x->rank - 2 + i];
        yd[rank - 2 + i] = y->dims[y->rank - 2 + i];
    }
    dims[rank - 2] = xd[rank - 2];
    dims[rank - 1] = yd[rank - 1];
    cm_value *inputs[2];
    cameo_status status = cm_build_expanded(b, x, rank, xd, &inputs[0]);
    if (status == CAMEO_OK)
        status = cm_build_expanded(b, y, rank, yd, &inputs[1]);
    if (status != CAMEO_OK)
        return status;
    return cm_build_op(b, CM_OP_MATMUL, inputs, 2, 0, rank, dims) ? CAMEO_OK : cm_build_no_memory(b);
}

cameo_status cm_build_matmul(cm_builder *b)
{
    cm_value *x = cm_build_input(b, 0), *y = cm_build_input(b, 1);
    cameo_status status = need_float(b, x, "first input");
    if (status == CAMEO_OK)
        status = need_float(b, y, "second input");
    if (status != CAMEO_OK)
        return status;
    if (x->rank < 2 || y->rank < 2)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "operands of rank %d and %d; both must be matrices", x->rank, y->rank);
    if (x->dims[x->rank - 1] != y->dims[y->rank - 2])
        return cm_build_fail(b, CAMEO_ERROR_MISMATCH, "rows of %lld do not fit columns of %lld", (long long)x->dims[x->rank - 1],
                             (long long)y->dims[y->rank - 2]);
    if (!y->is_constant || y->rank != 2 || x->is_constant)
        return matmul_computed(b, x, y);
    int64_t dims[CAMEO_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        dims[i] = x->dims[i];
    dims[x->rank - 1] = y->dims[1];
    cm_op *op;
    return add_dense(b, x, y, true, dims, &op);
}

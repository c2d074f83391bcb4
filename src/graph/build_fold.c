/* Constant folding: an op that reads constants only is computed while the graph is built, with the reference kernels. What is left to the run
 * (convolution, pooling, resizing of constants) reads them like anything else. */
#include "graph/builder.h"

#include "base/limits.h"
#include "kern/kernel_list.h"
#include "kern/plain/plain.h"

#include <string.h>

static bool reads_constants_only(const cm_op *op)
{
    for (int i = 0; i < op->input_count; i++)
        if (!op->inputs[i]->is_constant)
            return false;
    return true;
}

/* Rows and columns of the op's input, the last axis being the columns. */
typedef struct matrix {
    const float *a;
    int64_t rows, columns;
} matrix;

static bool open_matrix(cm_builder *b, const cm_op *op, matrix *m)
{
    cm_value *x = op->inputs[0];
    m->a = cm_value_floats(b->graph, x);
    m->columns = x->rank ? x->dims[x->rank - 1] : 1;
    m->rows = cm_dims_elements(x->rank ? x->rank - 1 : 0, x->dims);
    return m->a != NULL;
}

static cameo_status fold_map(cm_builder *b, const cm_op *op, float *c)
{
    cm_value *second = NULL;
    cm_epilogue epilogue = {.activation = op->u.map.fused.activation, .low = op->u.map.fused.low, .high = op->u.map.fused.high};
    cm_map_tile tile = {.c = c, .rows = 1, .channels = (int)op->output->elements, .op = op->u.map.op, .epilogue = &epilogue};
    tile.a_stride = tile.b_stride = tile.c_stride = tile.channels;
    if (op->input_count > 1) {
        cameo_status status = cm_build_expanded(b, op->inputs[1], op->output->rank, op->output->dims, &second);
        if (status != CAMEO_OK)
            return status;
    }
    tile.a = cm_value_floats(b->graph, op->inputs[0]);
    tile.b = second ? cm_value_floats(b->graph, second) : NULL;
    if (!tile.a || (second && !tile.b))
        return cm_build_no_memory(b);
    cameo_k_map_f32_1x1__ref(&tile);
    return CAMEO_OK;
}

static void fold_affine(const cm_op *op, const float *a, float *c)
{
    const cm_value *y = op->output;
    int64_t inner = cm_dims_elements(y->rank - 2, y->dims + 2);
    for (int64_t i = 0; i < y->elements; i++) {
        int64_t channel = i / inner % y->dims[1];
        c[i] = a[i] * op->u.affine.scale[channel] + op->u.affine.shift[channel];
    }
}

static cameo_status fold_matmul(cm_builder *b, const cm_op *op, float *c)
{
    const cm_value *x = op->inputs[0], *y = op->output;
    const float *left = cm_value_floats(b->graph, op->inputs[0]), *right = cm_value_floats(b->graph, op->inputs[1]);
    if (!left || !right)
        return cm_build_no_memory(b);
    int64_t m = y->dims[y->rank - 2], n = y->dims[y->rank - 1], k = x->dims[x->rank - 1];
    for (int64_t at = 0; at < y->elements; at += m * n, left += m * k, right += k * n, c += m * n)
        cm_plain_matmul(left, right, c, m, k, n);
    return CAMEO_OK;
}

static cameo_status fold_rows(cm_builder *b, const cm_op *op, float *c)
{
    matrix m;
    if (!open_matrix(b, op, &m))
        return cm_build_no_memory(b);
    switch (op->kind) {
    case CM_OP_REDUCE:
        cm_plain_reduce((cm_plain_reduction)op->u.reduce, m.a, m.rows, m.columns, c);
        break;
    case CM_OP_SOFTMAX:
        if (op->output->elements)
            cameo_k_softmax_f32_1x1__ref(m.a, c, m.rows, (int)m.columns);
        break;
    case CM_OP_NORMALIZE:
        cm_plain_layer_norm(m.a, m.rows, m.columns, op->u.normalize.scale, op->u.normalize.shift, op->u.normalize.epsilon, c);
        break;
    default:
        fold_affine(op, m.a, c);
    }
    return CAMEO_OK;
}

static bool can_fold(const cm_op *op)
{
    switch (op->kind) {
    case CM_OP_MAP:
        return !op->u.map.fused.slope;
    case CM_OP_MATMUL:
        return op->output->elements > 0;
    case CM_OP_REDUCE:
    case CM_OP_SOFTMAX:
    case CM_OP_NORMALIZE:
    case CM_OP_AFFINE:
    case CM_OP_MOVE:
    case CM_OP_VIEW:
        return true;
    default:
        return false;
    }
}

/* Constants are computed while the model is planned: what that takes is bounded like a run. */
static cameo_status allow_work(cm_builder *b, const cm_op *op)
{
    if (__builtin_add_overflow(b->work, cm_op_work(op), &b->work) || b->work > b->max_work)
        return cm_build_fail(b, CAMEO_ERROR_LIMIT, "computing constants takes %llu multiply-adds, the limit is %llu, %d times less than a run's" CM_RAISE_MACS,
                             (unsigned long long)b->work, (unsigned long long)b->max_work, CM_SLOWER_CONSTANTS);
    return CAMEO_OK;
}

/* The op's output becomes the constant that it computes. */
static cameo_status fold_op(cm_builder *b, cm_op *op)
{
    cm_value *out = op->output, *from = op->inputs[0];
    cm_value *result = NULL;
    cameo_status status = CAMEO_OK;
    if (op->kind == CM_OP_VIEW) {
        result = from;
        if (from->quantised && !cm_value_floats(b->graph, from))
            status = cm_build_no_memory(b);
    } else if (op->kind == CM_OP_MOVE) {
        status = cm_build_moved_constants(b, op->inputs, &op->u.move, out->rank, out->dims, &result);
    } else {
        result = cm_build_constant(b, false, out->rank, out->dims);
        float *c = result ? (float *)(uintptr_t)result->floats : NULL;
        status = !c                          ? cm_build_no_memory(b)
                 : op->kind == CM_OP_MAP     ? fold_map(b, op, c)
                 : op->kind == CM_OP_MATMUL  ? fold_matmul(b, op, c)
                                             : fold_rows(b, op, c);
    }
    if (status != CAMEO_OK)
        return status;
    out->is_constant = true;
    out->is_int = result->is_int;
    out->floats = result->floats;
    out->ints = result->ints;
    out->tensor = result->tensor;
    out->producer = NULL;
    op->removed = true;
    for (int i = 0; i < op->input_count; i++)
        op->inputs[i]->uses--;
    return CAMEO_OK;
}

/* Steps rely on it that nothing which is run is empty; only copies may read empty constants. */
static bool computes_with_nothing(const cm_op *op)
{
    bool empty = op->output->elements == 0;
    for (int i = 0; i < op->input_count && op->kind != CM_OP_MOVE; i++)
        empty = empty || op->inputs[i]->elements == 0;
    return empty;
}

cameo_status cm_build_fold(cm_builder *b, int first)
{
    cm_graph *graph = b->graph;
    int kept = first;
    for (int i = first; i < graph->op_count; i++) {
        cm_op *op = graph->ops[i];
        if (can_fold(op) && reads_constants_only(op)) {
            cameo_status status = allow_work(b, op);
            if (status == CAMEO_OK)
                status = fold_op(b, op);
            if (status != CAMEO_OK)
                return status;
        } else if (computes_with_nothing(op)) {
            return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "it computes with an empty tensor; only constants may be empty");
        }
        if (op->removed)
            continue;
        op->order = kept;
        graph->ops[kept++] = op;
    }
    graph->op_count = kept;
    return CAMEO_OK;
}

/* Pooling. What is run has two spatial axes: one becomes two by a view, three are done in two passes, which the maximum allows, and the average too,
 * since how many entries a window counts is a product over the axes. */
#include "graph/builder.h"

#include <string.h>

enum { MOST_KERNEL = 4096 };

/* One pass over axes `first` and `second` of the window (-1: an axis of one entry); x: [N, C, entries, entries]. */
static cm_value *pool_pass(cm_builder *b, cm_value *x, const cm_build_window *w, int first, int second, bool average)
{
    const int axes[2] = {first, second};
    cm_pool_op pool = {.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .average = average};
    int64_t dims[4];
    if (!x)
        return NULL;
    memcpy(dims, x->dims, sizeof dims);
    pool.count_include_pad = cm_onnx_attribute_int(b->node, "count_include_pad", 0) != 0;
    for (int i = 0; i < 2; i++) {
        int axis = axes[i];
        if (axis < 0)
            continue;
        dims[2 + i] = w->out[axis];
        pool.kernel[i] = w->kernel[axis];
        pool.stride[i] = w->stride[axis];
        pool.dilation[i] = w->dilation[axis];
        pool.pad[i] = w->before[axis];
        pool.pad[2 + i] = w->after[axis];
    }
    cm_op *op = cm_piece_op(b, CM_OP_POOL, x, 4, dims);
    if (op)
        op->u.pool = pool;
    return op ? op->output : NULL;
}

static cm_value *pool_window(cm_builder *b, cm_value *x, const cm_build_window *w, bool average)
{
    const int64_t *in = x->dims;
    if (w->axes == 2)
        return pool_pass(b, x, w, 0, 1, average);
    if (w->axes == 1)
        return pool_pass(b, cm_piece_view(b, x, 4, (int64_t[4]){in[0], in[1], in[2], 1}), w, 0, -1, average);
    int64_t planes[4] = {in[0], in[1] * in[2], in[3], in[4]}, columns[4] = {in[0], in[1], in[2], w->out[1] * w->out[2]};
    cm_value *flat = pool_pass(b, cm_piece_view(b, x, 4, planes), w, 1, 2, average);
    return pool_pass(b, cm_piece_view(b, flat, 4, columns), w, 0, -1, average);
}

static cameo_status build_pool(cm_builder *b, bool average)
{
    cm_value *x = cm_piece_floats(b, cm_build_input(b, 0));
    cameo_status status = cm_build_need_picture(b, x);
    if (status == CAMEO_OK && !cm_onnx_attribute_find(b->node, "kernel_shape"))
        status = cm_build_fail(b, CAMEO_ERROR_FORMAT, "it has no kernel_shape");
    if (status == CAMEO_OK && b->node->output_count > 1 && b->node->outputs[1] >= 0)
        status = cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its second output (indices) is not supported");
    if (status != CAMEO_OK)
        return status;
    cm_build_window w = {.axes = x->rank - 2};
    status = cm_build_int_list(b, "kernel_shape", w.axes, 1, 1, MOST_KERNEL, w.kernel);
    if (status == CAMEO_OK)
        status = cm_build_read_window(b, &x->dims[2], cm_onnx_attribute_int(b->node, "ceil_mode", 0) != 0, &w);
    if (status != CAMEO_OK)
        return status;
    return cm_piece_shaped_output(b, pool_window(b, x, &w, average), 0, x->rank,
                                  (int64_t[5]){x->dims[0], x->dims[1], w.out[0], w.out[1], w.out[2]});
}

cameo_status cm_build_max_pool(cm_builder *b)
{
    return build_pool(b, false);
}

cameo_status cm_build_average_pool(cm_builder *b)
{
    return build_pool(b, true);
}

/* Over all spatial axes. A picture's window is pooled where it lies; everything else is rows of a matrix. */
static cameo_status build_global_pool(cm_builder *b, bool average)
{
    cm_value *x = cm_build_input(b, 0), *result;
    if (!x || x->is_int || x->rank < 2)
        return cm_build_fail(b, CAMEO_ERROR_UNSUPPORTED, "its input must be float of rank 2 or more");
    int64_t dims[CAMEO_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        dims[i] = i < 2 ? x->dims[i] : 1;
    if (x->rank == 4 && x->dims[2] <= MOST_KERNEL && x->dims[3] <= MOST_KERNEL) {
        cm_build_window w = {.axes = 2, .kernel = {(int)x->dims[2], (int)x->dims[3]}, .stride = {1, 1}, .dilation = {1, 1}, .out = {1, 1}};
        result = pool_pass(b, x, &w, 0, 1, average);
    } else {
        int64_t flat[2] = {x->dims[0] * x->dims[1], cm_dims_elements(x->rank - 2, x->dims + 2)};
        result = cm_piece_reduce(b, average ? CM_REDUCE_MEAN : CM_REDUCE_MAX, cm_piece_view(b, x, 2, flat));
    }
    return cm_piece_shaped_output(b, result, 0, x->rank, dims);
}

cameo_status cm_build_global_average_pool(cm_builder *b)
{
    return build_global_pool(b, true);
}

cameo_status cm_build_global_max_pool(cm_builder *b)
{
    return build_global_pool(b, false);
}

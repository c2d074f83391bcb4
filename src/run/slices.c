#include "run/slices.h"

int64_t cm_slice_of(int64_t pictures)
{
    int64_t slices = (pictures - 1) / CM_SLICE_PICTURES + 1; /* rounded up, without overflow for any count that a file may name */
    return (pictures - 1) / slices + 1;
}

static bool counts_pictures(const cm_value *value, int64_t slice)
{
    return value->rank >= 2 && value->dims[0] == slice;
}

/* A constant operand is the same for every picture. */
static bool is_shared(const cm_value *value, const cm_value *output)
{
    return value->is_constant && (value->rank < output->rank || value->dims[0] == 1);
}

static bool is_by_picture(const cm_op *op, int64_t slice)
{
    switch (op->kind) {
    case CM_OP_CONV:
    case CM_OP_DENSE:
    case CM_OP_POOL:
    case CM_OP_AFFINE:
    case CM_OP_MAP:
    case CM_OP_RESIZE:
    case CM_OP_VIEW:
    case CM_OP_QUANTIZE:
    case CM_OP_DEQUANTIZE:
    case CM_OP_REQUANTIZE: break;
    case CM_OP_MOVE:
        if (!cm_op_changes_layout(op)) /* others may move elements from one picture to another */
            return false;
        break;
    default: return false;
    }
    for (int i = 0; i < op->input_count; i++)
        if (!counts_pictures(op->inputs[i], slice) && !is_shared(op->inputs[i], op->output))
            return false;
    return counts_pictures(op->output, slice);
}

bool cm_slices_fit(const cm_graph *graph, int64_t slice)
{
    for (int i = 0; i < graph->op_count; i++)
        if (!is_by_picture(graph->ops[i], slice))
            return false;
    for (int i = 0; i < graph->output_count; i++)
        if (graph->outputs[i]->is_constant || !counts_pictures(graph->outputs[i], slice))
            return false;
    return graph->input_count == 1 && counts_pictures(graph->inputs[0], slice);
}

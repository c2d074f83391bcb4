/* Which layers run together, and in what memory. */
#include "run/chain.h"

enum {
    MOST_HELD = 1 << 20,    /* bytes of lines that a thread may hold: they lie in its second-level cache, as do */
    MOST_WEIGHTS = 1 << 19, /* the weights, which it reads anew for each band */
    GOOD_HELD = 1 << 19,    /* bands become larger up to here */
    MOST_LINES = 16
};

static int64_t clip(int64_t line, int64_t height)
{
    return line < 0 ? 0 : line < height ? line : height;
}

cm_lines cm_chain_wanted(const cm_op *op, cm_lines lines)
{
    if (op->kind != CM_OP_CONV)
        return lines;
    const cm_conv *conv = &op->u.conv;
    int64_t height = op->inputs[0]->dims[2], top = lines.first * conv->stride[0] - conv->pad[0];
    int64_t bottom = (lines.end - 1) * conv->stride[0] - conv->pad[0] + (int64_t)(conv->kernel[0] - 1) * conv->dilation[0] + 1;
    return (cm_lines){clip(top, height), clip(bottom, height)};
}

/* ---- Finding ---- */

/* The layer computes lines of its output from lines of its input. */
static bool is_local(const cm_op *op, const cm_policy *policy)
{
    if (op->kind == CM_OP_CONV && !op->integer)
        return cm_algorithm_choose(op, policy).winograd == 0;
    return cm_op_changes_layout(op) && op->output->layout == CM_LAYOUT_CHANNELS_LAST;
}

static size_t picture_bytes(const cm_value *value)
{
    return (size_t)(value->elements / value->dims[0]) * sizeof(float);
}

/* Nobody but `next` reads what `op` writes, and it does so as its picture. */
static bool feeds(const cm_op *op, const cm_op *next)
{
    const cm_value *value = op->output;
    return value->uses == 1 && !value->is_output && next->kind == CM_OP_CONV && next->inputs[0] == value;
}

/* How many lines of each output are computed at a time, and held of each but the last, when so many of the last one are; returns the bytes that are
 * held. */
static size_t hold(cm_op *const *ops, int count, int lines, cm_chain *chain)
{
    size_t bytes = 0;
    chain->lines[count - 1] = lines;
    for (int i = count - 1; i > 0 && bytes <= MOST_HELD; i--) {
        const cm_value *value = ops[i - 1]->output;
        const cm_conv *conv = &ops[i]->u.conv;
        int64_t wanted = (chain->lines[i] - 1) * conv->stride[0] + (int64_t)(conv->kernel[0] - 1) * conv->dilation[0] + 1;
        wanted = clip(wanted, value->dims[2]);
        chain->lines[i - 1] = clip(chain->lines[i] * conv->stride[0], value->dims[2]);
        chain->held[i - 1] = (cm_held){.offset = bytes, .lines = wanted};
        bytes += ((size_t)(wanted * value->dims[3] * value->dims[1]) * sizeof(float) + CM_ALIGNMENT - 1) & ~(size_t)(CM_ALIGNMENT - 1);
    }
    return bytes;
}

/* How many ops from the first of `ops` on make a chain. */
static int chain_length(cm_op *const *ops, int count, const cm_policy *policy, size_t least_bytes)
{
    cm_chain chain;
    uint64_t weights = cm_op_parameters(ops[0]) * sizeof(float);
    int length = 1;
    if (!is_local(ops[0], policy) || ops[0]->output->rank != 4)
        return length;
    for (; length < count && length < CM_CHAIN_MOST; length++) {
        const cm_op *op = ops[length];
        weights += cm_op_parameters(op) * sizeof(float);
        if (!feeds(ops[length - 1], op) || !is_local(op, policy) || picture_bytes(op->inputs[0]) < least_bytes || weights > MOST_WEIGHTS ||
            hold(ops, length + 1, 1, &chain) > MOST_HELD)
            break;
    }
    return length;
}

/* Who reads a view reads what it is a view of. */
static void count_use(cm_value *value)
{
    if (value->view_of)
        cm_value_storage(value)->uses++;
}

static void count_uses(cm_graph *graph)
{
    cm_graph_count_uses(graph);
    for (int i = 0; i < graph->op_count; i++) {
        for (int j = 0; j < graph->ops[i]->input_count; j++)
            count_use(graph->ops[i]->inputs[j]);
    }
    for (int i = 0; i < graph->output_count; i++)
        count_use(graph->outputs[i]);
}

void cm_chain_find(cm_graph *graph, const cm_policy *policy, size_t least_bytes)
{
    count_uses(graph);
    for (int i = 0; i < graph->op_count;) {
        int length = chain_length(graph->ops + i, graph->op_count - i, policy, least_bytes);
        for (int j = 0; j < length; j++, i++) {
            graph->ops[i]->chain_before = j;
            graph->ops[i]->chain_after = length - 1 - j;
        }
    }
}

/* ---- Preparing ---- */

cameo_status cm_chain_prepare(cm_step *first, cm_graph *graph, int threads, cameo_error *error)
{
    const cm_op *op = first->op;
    if (op->chain_before || !op->chain_after)
        return CAMEO_OK;
    int count = op->chain_after + 1;
    cm_chain *chain = cm_arena_alloc(&graph->arena, 1, sizeof *chain);
    double *busy = chain ? cm_arena_alloc(&graph->arena, (size_t)threads * (size_t)count, sizeof *busy) : NULL;
    if (!busy)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory", graph->path);
    *chain = (cm_chain){.steps = first, .count = count, .busy = busy};
    cm_op *const *ops = graph->ops + op->order;
    int lines = 1;
    while (lines < MOST_LINES && hold(ops, count, 2 * lines, chain) <= GOOD_HELD)
        lines *= 2;
    size_t bytes = hold(ops, count, lines, chain), scratch = 0;
    for (int i = 0; i < count; i++)
        scratch = first[i].scratch_bytes > scratch ? first[i].scratch_bytes : scratch;
    scratch = (scratch + CM_ALIGNMENT - 1) & ~(size_t)(CM_ALIGNMENT - 1);
    for (int i = 0; i < count - 1; i++)
        chain->held[i].offset += scratch;
    first->chain = chain;
    first->scratch_bytes = scratch + bytes;
    return CAMEO_OK;
}

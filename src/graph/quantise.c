/* Integer arithmetic where the model asks for it (ONNX's QDQ form):
 *
 *   DequantizeLinear -> conv (8-bit weights) -> ...                 bytes times bytes, summed in 32 bits
 *   ... -> QuantizeLinear -> DequantizeLinear -> PRelu -> ...       what follows happens to the sums before they are stored: roundings,
 *   ... -> Add(DequantizeLinear) -> QuantizeLinear                  one activation, one addition
 *   DequantizeLinear -> BatchNormalization -> QuantizeLinear        the same from bytes, without sums
 *
 * All factors (scales of inputs, weights, outputs) become one for each step of cm_requantize, in the unit of the rounding that follows. */
#include "graph/graph.h"

#include <math.h>
#include <string.h>

enum {
    MOST_PRODUCTS = 1 << 15, /* of one sum: 2^15 * 255 * 128 is below 2^30, */
    MOST_TAKEN = 12,         /* ops that one step takes in */
    LARGEST_BIAS = 1 << 30   /* and with this below 2^31 */
};

/* What one step takes in, as it is found. */
typedef struct span {
    cm_op *first;
    cm_value *end;              /* what the step gives */
    cm_op *taken[MOST_TAKEN];
    int taken_count;
    const cm_byte_scale *rounding[2]; /* of the first and second rounding; NULL: none */
    const cm_byte_scale *last;  /* of the bytes that it gives; NULL: floats */
    bool acts, adds, add_first;
    cm_fused activation;
    cm_value *added;            /* the operand, NULL: it is a residual that the op has already */
    const cm_byte_scale *added_scale; /* of its bytes; NULL: floats */
} span;

static cm_op *dequantizer_of(const cm_value *value)
{
    cm_op *op = value->producer;
    return op && !op->removed && op->kind == CM_OP_DEQUANTIZE ? op : NULL;
}

static const cm_weights *weights_of(const cm_op *op)
{
    return op->kind == CM_OP_CONV ? &op->u.conv.weights : &op->u.dense.weights;
}

static const cm_fused *fused_of(const cm_op *op)
{
    return op->kind == CM_OP_CONV ? &op->u.conv.fused : &op->u.dense.fused;
}

static int64_t channels_of(const cm_op *op)
{
    return op->output->dims[1];
}

/* ---- Which ops compute in integers ---- */

static bool knows_activation(const cm_fused *fused)
{
    switch (fused->activation) {
    case CM_ACT_NONE:
    case CM_ACT_RELU:
    case CM_ACT_PRELU:
    case CM_ACT_CLIP:
    case CM_ACT_LEAKY_RELU: return true;
    default: return false;
    }
}

/* One scale, or one for each output. */
static bool scales_fit(const cm_op *op)
{
    const cm_quantised *q = weights_of(op)->value->quantised;
    int outputs_axis = op->kind == CM_OP_DENSE && weights_of(op)->transposed ? 1 : 0;
    return q && (q->scale_count == 1 || q->axis == outputs_axis);
}

static bool products_fit(const cm_op *op)
{
    if (op->kind == CM_OP_DENSE)
        return op->u.dense.k <= MOST_PRODUCTS && op->output->rank == 2;
    const cm_conv *conv = &op->u.conv;
    int64_t inputs = op->inputs[0]->dims[1], taps = (int64_t)conv->kernel[0] * conv->kernel[1];
    if (conv->pad_value)
        return false;
    if (conv->groups == 1)
        return taps * inputs <= MOST_PRODUCTS;
    int64_t in_group = inputs / conv->groups; /* one: depthwise, or two */
    return in_group <= 2 && op->output->dims[1] == inputs && taps * in_group <= CM_QDWCONV_PRODUCTS;
}

/* What is not takes the way of floats, where packing the weights tells of it. */
static bool is_finite(const cm_op *op)
{
    const cm_weights *weights = weights_of(op);
    const cm_quantised *q = weights->value->quantised;
    bool finite = true;
    for (int i = 0; i < q->scale_count; i++)
        finite = finite && isfinite(q->scales[i]);
    for (int64_t i = 0; i < channels_of(op); i++)
        finite = finite && (!weights->bias || isfinite(weights->bias[i])) && (!weights->out_scale || isfinite(weights->out_scale[i]));
    return finite;
}

static bool is_integer_product(const cm_op *op)
{
    if ((op->kind != CM_OP_CONV && op->kind != CM_OP_DENSE) || !dequantizer_of(op->inputs[0]))
        return false;
    const cm_weights *weights = weights_of(op);
    return scales_fit(op) && products_fit(op) && is_finite(op) && !weights->in_scale && !weights->in_shift && knows_activation(fused_of(op));
}

/* Element by element, from bytes. */
static bool is_elementwise(const cm_op *op)
{
    if (op->output->rank != 4 && op->output->rank != 2)
        return false;
    if (op->kind != CM_OP_AFFINE && op->kind != CM_OP_MAP)
        return false;
    return op->kind == CM_OP_AFFINE || op->u.map.op == CM_MAP_ADD || (op->u.map.op == CM_MAP_ACTIVATION && knows_activation(&op->u.map.fused));
}

/* ---- What follows ---- */

static bool same_scale(const cm_byte_scale *a, const cm_byte_scale *b)
{
    return a->scale == b->scale && a->zero == b->zero;
}

static bool take(span *s, cm_op *op)
{
    if (s->taken_count == MOST_TAKEN)
        return false;
    s->taken[s->taken_count++] = op;
    s->end = op->output;
    return true;
}

static bool can_activate(const span *s, const cm_op *op)
{
    return op->kind == CM_OP_MAP && op->u.map.op == CM_MAP_ACTIVATION && knows_activation(&op->u.map.fused) && !s->acts &&
           !(s->adds && s->rounding[1]);
}

/* The operand that would be added to what the span gives; NULL: the op is no such addition. */
static cm_value *addend(const span *s, const cm_op *op)
{
    if (op->kind != CM_OP_MAP || op->u.map.op != CM_MAP_ADD || s->adds || op->inputs[0] == op->inputs[1])
        return NULL;
    cm_value *other = op->inputs[0] == s->end ? op->inputs[1] : op->inputs[0];
    if (other->is_constant || !cm_value_same_shape(other, op->output) || !cm_value_same_shape(s->end, op->output))
        return NULL;
    const cm_op *from = dequantizer_of(other);
    const cm_value *source = from ? from->inputs[0] : other;
    bool ready = source->producer ? source->producer->order < s->first->order : source->input_index >= 0;
    return ready ? other : NULL;
}

static void activate(span *s, const cm_fused *fused)
{
    s->acts = true;
    s->add_first = s->adds;
    s->activation = *fused;
}

static void add_operand(span *s, cm_value *other)
{
    const cm_op *from = dequantizer_of(other);
    s->adds = true;
    s->added = from ? from->inputs[0] : other;
    s->added_scale = from ? &from->u.quantize : NULL;
}

/* Takes in an op that the step can do before it stores. */
static bool take_arithmetic(span *s, cm_op *op)
{
    cm_value *other = addend(s, op);
    if (!other && !can_activate(s, op))
        return false;
    if (!take(s, op))
        return false;
    if (other)
        add_operand(s, other);
    else
        activate(s, &op->u.map.fused);
    return true;
}

/* A rounding in the middle: quantised, dequantised at once with the same scale by one reader, and on. */
static bool take_rounding(span *s, cm_op *quantize)
{
    cm_op *back = cm_value_only_user(quantize->output);
    if (!back || back->kind != CM_OP_DEQUANTIZE || !same_scale(&quantize->u.quantize, &back->u.quantize) || s->adds)
        return false;
    cm_op *next = cm_value_only_user(back->output);
    int place = s->acts ? 1 : 0;
    if (!next || s->rounding[place] || s->taken_count + 3 > MOST_TAKEN)
        return false;
    span before = *s;
    s->rounding[place] = &quantize->u.quantize;
    take(s, quantize);
    take(s, back);
    if (take_arithmetic(s, next))
        return true;
    *s = before;
    return false;
}

/* Follows what the op gives as far as one step can do it. */
static void follow(span *s)
{
    for (;;) {
        cm_op *next = cm_value_only_user(s->end);
        if (!next)
            return;
        if (next->kind == CM_OP_QUANTIZE) {
            if (take_rounding(s, next))
                continue;
            if (take(s, next))
                s->last = &next->u.quantize;
            return;
        }
        if (!take_arithmetic(s, next))
            return;
    }
}

/* ---- The numbers ---- */

/* [CM_REQUANTIZE_PADDED(channels)] in the arena, zero behind them. */
static void *channel_array(cm_graph *graph, int64_t channels)
{
    return cm_arena_alloc(&graph->arena, (size_t)CM_REQUANTIZE_PADDED(channels), sizeof(float));
}

static cm_rounding rounding_of(const cm_byte_scale *scale)
{
    return scale ? (cm_rounding){.on = true, .low = (float)-scale->zero, .high = (float)(255 - scale->zero)} : (cm_rounding){0};
}

/* The size of one at each stage: after the sums, after the first and after the second rounding. */
typedef struct units {
    double sums, middle, end;
} units;

static units units_of(const span *s)
{
    double end = s->last ? (double)s->last->scale : 1.0;
    double middle = s->rounding[1] ? (double)s->rounding[1]->scale : end;
    return (units){.end = end, .middle = middle, .sums = s->rounding[0] ? (double)s->rounding[0]->scale : middle};
}

static bool set_activation(cm_graph *graph, const span *s, const units *unit, int64_t channels, cm_requantize *r)
{
    const cm_fused *fused = &s->activation;
    double factor = s->add_first ? 1.0 : unit->sums / unit->middle;
    r->above = (float)factor;
    if (fused->activation == CM_ACT_CLIP) {
        r->activation = CM_ACT_CLIP;
        r->clip_low = (float)((double)fused->low / (s->add_first ? unit->end : unit->middle));
        r->clip_high = (float)((double)fused->high / (s->add_first ? unit->end : unit->middle));
        return true;
    }
    if (fused->activation == CM_ACT_NONE)
        return true;
    float *slope = channel_array(graph, channels);
    for (int64_t i = 0; slope && i < channels; i++) {
        double below = fused->activation == CM_ACT_PRELU        ? (double)fused->slope[i]
                       : fused->activation == CM_ACT_LEAKY_RELU ? (double)fused->low
                                                                : 0.0;
        slope[i] = (float)(below * factor);
    }
    r->activation = CM_ACT_PRELU;
    r->slope = slope;
    return slope != NULL;
}

static bool set_steps(cm_graph *graph, const span *s, cm_integer *integer)
{
    units unit = units_of(s);
    cm_requantize *r = &integer->requantize;
    r->first = rounding_of(s->rounding[0]);
    r->second = rounding_of(s->rounding[1]);
    r->last = rounding_of(s->last);
    r->zero = s->last ? s->last->zero : 0;
    r->add_first = s->add_first;
    integer->has_add = s->adds;
    r->add_bytes = s->added_scale != NULL;
    r->add_zero = s->added_scale ? s->added_scale->zero : 0;
    r->add_factor = (float)((s->add_first ? unit.sums : unit.middle) / unit.end);
    r->add_scale = (float)((s->added_scale ? (double)s->added_scale->scale : 1.0) / unit.end);
    return set_activation(graph, s, &unit, s->end->dims[1], r);
}

/* Sums of a product: its bias in whole numbers where they can be, and what one is in the unit of the first rounding. */
static bool set_product(cm_graph *graph, const cm_op *op, const cm_byte_scale *x, const span *s, cm_integer *integer)
{
    const cm_weights *weights = weights_of(op);
    const cm_quantised *q = weights->value->quantised;
    int64_t outputs = channels_of(op);
    double unit = units_of(s).sums;
    int32_t *whole = channel_array(graph, outputs);
    float *scale = channel_array(graph, outputs), *bias = channel_array(graph, outputs);
    if (!whole || !scale || !bias)
        return false;
    bool fits = true;
    for (int64_t i = 0; i < outputs; i++) {
        double one = (double)x->scale * (double)q->scales[q->scale_count > 1 ? i : 0] * (weights->out_scale ? (double)weights->out_scale[i] : 1.0);
        double b = weights->bias ? (double)weights->bias[i] : 0.0;
        scale[i] = (float)(one / unit);
        bias[i] = (float)(b / unit);
        bool small = b == 0.0 || fabs(b / one) < LARGEST_BIAS;
        whole[i] = small && b != 0.0 ? (int32_t)rint(b / one) : 0;
        fits = fits && small;
    }
    integer->zero = x->zero;
    integer->requantize.scale = scale;
    integer->bias = fits && weights->bias ? whole : NULL;
    integer->requantize.bias = fits ? NULL : bias;
    return true;
}

/* The same without a product: a byte itself is the sum. */
static bool set_elements(cm_graph *graph, const cm_op *op, const cm_byte_scale *x, const span *s, cm_integer *integer)
{
    int64_t channels = channels_of(op);
    double unit = units_of(s).sums;
    bool affine = op->kind == CM_OP_AFFINE;
    float *scale = channel_array(graph, channels), *bias = affine ? channel_array(graph, channels) : NULL;
    if (!scale || (affine && !bias))
        return false;
    for (int64_t i = 0; i < channels; i++) {
        scale[i] = (float)((double)x->scale * (affine ? (double)op->u.affine.scale[i] : 1.0) / unit);
        if (bias)
            bias[i] = (float)((double)op->u.affine.shift[i] / unit);
    }
    integer->zero = x->zero;
    integer->requantize.scale = scale;
    integer->requantize.bias = bias;
    return true;
}

/* ---- Putting it together ---- */

/* The op does what the span holds, and those that it takes in disappear. */
static void finish(cm_graph *graph, cm_op *op, const span *s, cm_integer *integer, cm_value *x)
{
    for (int i = 0; i < s->taken_count; i++) {
        s->taken[i]->removed = true;
        if (s->taken[i] != op && s->taken[i]->kind != CM_OP_QUANTIZE && s->taken[i]->kind != CM_OP_DEQUANTIZE)
            op->label = cm_graph_join_labels(graph, op->label, s->taken[i]->label);
    }
    op->integer = integer;
    op->inputs[0] = x;
    if (s->added) {
        op->inputs[1] = s->added;
        op->input_count = 2;
    }
    op->output = s->end;
    op->output->producer = op;
}

static bool quantise_product(cm_graph *graph, cm_op *op)
{
    const cm_op *from = dequantizer_of(op->inputs[0]);
    const cm_fused *fused = fused_of(op);
    span s = {.first = op, .end = op->output};
    if (fused->has_residual && (fused->activation == CM_ACT_NONE || !fused->add_after))
        add_operand(&s, op->inputs[1]);
    if (fused->activation != CM_ACT_NONE)
        activate(&s, fused);
    if (fused->has_residual && !s.adds)
        add_operand(&s, op->inputs[1]);
    follow(&s);
    cm_integer *integer = cm_arena_alloc(&graph->arena, 1, sizeof *integer);
    if (!integer || !set_product(graph, op, &from->u.quantize, &s, integer) || !set_steps(graph, &s, integer))
        return false;
    finish(graph, op, &s, integer, from->inputs[0]);
    return true;
}

/* Only where it ends in bytes again. */
static bool quantise_elements(cm_graph *graph, cm_op *op)
{
    int at = op->kind == CM_OP_MAP && op->u.map.op == CM_MAP_ADD && !dequantizer_of(op->inputs[0]) ? 1 : 0;
    const cm_op *from = dequantizer_of(op->inputs[at]);
    span s = {.first = op, .end = op->inputs[at]};
    if (!from)
        return true;
    if (op->kind == CM_OP_AFFINE)
        s.end = op->output;
    else if (!take_arithmetic(&s, op))
        return true;
    follow(&s);
    if (!s.last)
        return true;
    cm_integer *integer = cm_arena_alloc(&graph->arena, 1, sizeof *integer);
    if (!integer || !set_elements(graph, op, &from->u.quantize, &s, integer) || !set_steps(graph, &s, integer))
        return false;
    cm_value *x = from->inputs[0];
    finish(graph, op, &s, integer, x);
    op->removed = false;
    op->kind = CM_OP_REQUANTIZE;
    if (!s.added)
        op->input_count = 1;
    return true;
}

/* All that becomes of the bytes is a fully connected layer's input. */
static bool feeds_dense(const cm_op *quantize)
{
    const cm_op *back = cm_value_only_user(quantize->output);
    const cm_op *dense = back && back->kind == CM_OP_DEQUANTIZE ? cm_value_only_user(back->output) : NULL;
    return dense && dense->kind == CM_OP_DENSE && is_integer_product(dense);
}

/* ... -> flatten -> QuantizeLinear: quantised first, so that what is flattened are bytes, for a fully connected layer; where they were bytes of the same
 * scale before, those. False: out of memory. */
static bool move_view(cm_graph *graph, cm_op *quantize)
{
    cm_op *view = quantize->inputs[0]->producer;
    if (!view || view->removed || view->kind != CM_OP_VIEW || cm_value_only_user(view->output) != quantize || !feeds_dense(quantize))
        return true;
    const cm_value *picture = view->inputs[0], *flat = quantize->output;
    if (picture->rank != 4 || picture->dims[1] % 4 || flat->rank != 2 || flat->dims[0] != picture->dims[0] || picture->is_constant)
        return true;
    const cm_op *from = dequantizer_of(picture);
    if (from && same_scale(&from->u.quantize, &quantize->u.quantize)) {
        view->inputs[0] = from->inputs[0];
        view->output = quantize->output;
        view->output->producer = view;
        quantize->removed = true;
        return true;
    }
    cm_value *bytes = cm_graph_new_value(graph, flat->name, 4, picture->dims);
    if (!bytes)
        return false;
    bytes->is_bytes = true;
    bytes->is_signed = flat->is_signed;
    bytes->producer = view;
    view->kind = CM_OP_QUANTIZE;
    view->label = quantize->label;
    view->u.quantize = quantize->u.quantize;
    view->output = bytes;
    quantize->kind = CM_OP_VIEW;
    quantize->inputs[0] = bytes;
    return true;
}

cameo_status cm_graph_quantise(cm_graph *graph, cameo_error *error)
{
    bool ok = true;
    cm_graph_count_uses(graph);
    for (int i = 0; i < graph->op_count && ok; i++)
        if (graph->ops[i]->kind == CM_OP_QUANTIZE)
            ok = move_view(graph, graph->ops[i]);
    cm_graph_remove_unused(graph);
    for (int i = 0; i < graph->op_count && ok; i++) {
        cm_op *op = graph->ops[i];
        if (op->removed)
            continue;
        if (is_integer_product(op))
            ok = quantise_product(graph, op);
        else if (is_elementwise(op))
            ok = quantise_elements(graph, op);
    }
    cm_graph_compact(graph);
    cm_graph_remove_unused(graph);
    return ok ? CAMEO_OK : cm_graph_no_memory(graph, "quantising", error);
}

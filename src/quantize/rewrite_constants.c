/* What is added to a model: pairs of nodes that round its values, and constants of eight bits.
 *
 * Of a network of small layers much is not weights: a depthwise channel of nine weights has a scale and a bias as well. Where that is so,
 * scales and biases can be written as half floats (options.small_constants), which a Cast makes floats of: every runtime does so once, when it opens the
 * model. Weights are rounded by the
 * scale that the half float is, so that nothing is lost by it; and biases only where it moves them less than the rounding of weights does anyway. */
#include "quantize/rewrite.h"

#include "base/half.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHANNEL_BYTES = 12, /* of a channel in full: its scale, bias, and the bias' scale */
    MOST_SHARE = 16,    /* more than a sixteenth of the weights is much */
    LEAST_SLOPES = 64   /* fewer are not worth the nodes */
};
#define MOST_BIAS 0x1p30 /* of 2^31: leaves room for the sums it is added to */
#define LEAST_HALF 0x1p-14f /* smaller ones have fewer digits, */
#define LEAST_LARGEST 0x1p-13f /* which is of no account beside a scale as large as this */
#define LARGEST_HALF 65504.0f
/* Power of the error of biases, in units of a product and of the products of a sum. A weight is off by a quarter of its step, and multiplied by some tens:
 * that is fifty times as much. */
#define MOST_MOVED 4.0
#define MOST_SLOPES 4.0 /* from the least to the largest: steps of less than 1/63 */

bool cm_rewrite_is_compact(const cameo_quantizer *quantizer)
{
    uint64_t channels = 0, weights = 0;
    if (!quantizer->options.small_constants)
        return false;
    for (int i = 0; i < quantizer->layer_count; i++) {
        channels += (uint64_t)quantizer->layers[i].channels;
        weights += quantizer->layers[i].weight ? quantizer->layers[i].weight->elements : 0;
    }
    return channels > weights / (CHANNEL_BYTES * MOST_SHARE);
}

const char *cm_rewrite_name(cm_rewriting *rw)
{
    const char *name = cm_short_name(&rw->names, &rw->arena);
    rw->no_memory = rw->no_memory || !name;
    return name ? name : "";
}

/* TensorProto but for its data, `bytes` of which follow. */
static void put_tensor_head(cm_proto *out, const char *name, cm_onnx_type type, int rank, const int64_t *dims, size_t bytes)
{
    cm_proto head = {0}, data_head = {0};
    for (int i = 0; i < rank; i++)
        cm_proto_int(&head, CM_TENSOR_DIMS, dims[i]);
    cm_proto_int(&head, CM_TENSOR_TYPE, type);
    cm_proto_string(&head, CM_TENSOR_NAME, name);
    cm_proto_head(&data_head, CM_TENSOR_RAW, bytes);
    out->failed = out->failed || head.failed || data_head.failed;
    cm_proto_head(out, CM_GRAPH_INITIALIZER, head.buffer.size + data_head.buffer.size + bytes);
    cm_proto_raw(out, head.buffer.bytes, head.buffer.size);
    cm_proto_raw(out, data_head.buffer.bytes, data_head.buffer.size);
    cm_proto_free(&head);
    cm_proto_free(&data_head);
}

void cm_rewrite_tensor(cm_proto *out, const char *name, cm_onnx_type type, int rank, const int64_t *dims, const void *data, size_t bytes)
{
    put_tensor_head(out, name, type, rank, dims, bytes);
    cm_proto_raw(out, data, bytes);
}

/* A constant under a new name, which is returned. */
static const char *put_constant(cm_rewriting *rw, cm_onnx_type type, int rank, const int64_t *dims, const void *data, size_t bytes)
{
    const char *name = cm_rewrite_name(rw);
    cm_rewrite_tensor(rw->graph, name, type, rank, dims, data, bytes);
    return name;
}

static void put_int_attribute(cm_proto *node, const char *name, int64_t value)
{
    cm_proto attribute = {0};
    cm_proto_string(&attribute, CM_ATTRIBUTE_NAME, name);
    cm_proto_int(&attribute, CM_ATTRIBUTE_INT, value);
    cm_proto_int(&attribute, CM_ATTRIBUTE_TYPE, CM_ONNX_ATTR_INT);
    cm_proto_message(node, CM_NODE_ATTRIBUTE, &attribute);
}

/* zero: NULL for zero; axis -1: one scale for all. Returns the name of what the node gives. */
static const char *put_linear(cm_rewriting *rw, const char *op, const char *input, const char *scale, const char *zero, int axis)
{
    cm_proto node = {0};
    const char *output = cm_rewrite_name(rw);
    cm_proto_string(&node, CM_NODE_INPUT, input);
    cm_proto_string(&node, CM_NODE_INPUT, scale);
    if (zero)
        cm_proto_string(&node, CM_NODE_INPUT, zero);
    cm_proto_string(&node, CM_NODE_OUTPUT, output);
    cm_proto_string(&node, CM_NODE_OP, op);
    if (axis >= 0)
        put_int_attribute(&node, "axis", axis);
    cm_proto_message(rw->graph, CM_GRAPH_NODE, &node);
    return output;
}

/* Half floats that become floats. Returns the name of the floats. */
static const char *put_halves(cm_rewriting *rw, int64_t count, const uint16_t *halves)
{
    cm_proto node = {0};
    const char *output = cm_rewrite_name(rw);
    cm_proto_string(&node, CM_NODE_INPUT, put_constant(rw, CM_ONNX_FLOAT16, 1, &count, halves, (size_t)count * sizeof *halves));
    cm_proto_string(&node, CM_NODE_OUTPUT, output);
    cm_proto_string(&node, CM_NODE_OP, "Cast");
    put_int_attribute(&node, "to", CM_ONNX_FLOAT);
    cm_proto_message(rw->graph, CM_GRAPH_NODE, &node);
    return output;
}

static const char *put_floats(cm_rewriting *rw, int64_t count, const float *values)
{
    return put_constant(rw, CM_ONNX_FLOAT, 1, &count, values, (size_t)count * sizeof *values);
}

/* ---- activations ---- */

/* Many values have the same one. */
static const char *zero_point(cm_rewriting *rw, uint8_t zero)
{
    if (!rw->zeros[zero])
        rw->zeros[zero] = put_constant(rw, CM_ONNX_UINT8, 0, NULL, &zero, sizeof zero);
    return rw->zeros[zero];
}

const char *cm_rewrite_activation(cm_rewriting *rw, int value)
{
    if (rw->rounded[value])
        return rw->rounded[value];
    float scale;
    uint8_t zero;
    cm_range_scale(rw->q->activations[rw->q->activation_of[value]].range, &scale, &zero);
    const char *scale_name = put_constant(rw, CM_ONNX_FLOAT, 0, NULL, &scale, sizeof scale), *zero_name = zero_point(rw, zero);
    const char *bytes = put_linear(rw, "QuantizeLinear", rw->q->model->values[value].name, scale_name, zero_name, -1);
    return rw->rounded[value] = put_linear(rw, "DequantizeLinear", bytes, scale_name, zero_name, -1);
}

/* ---- slopes ---- */

static float number_at(const cm_onnx_tensor *tensor, int64_t i)
{
    float value;
    memcpy(&value, tensor->data + (size_t)i * sizeof value, sizeof value);
    return value;
}

static cm_range range_of(const cm_onnx_tensor *slopes)
{
    cm_range range = {0.0, 0.0};
    for (size_t i = 0; i < slopes->elements; i++) {
        const double slope = (double)number_at(slopes, (int64_t)i);
        if (!isfinite(slope))
            return (cm_range){-INFINITY, INFINITY};
        range = (cm_range){fmin(range.low, slope), fmax(range.high, slope)};
    }
    return range;
}

bool cm_rewrite_takes_slopes(const cm_rewriting *rw, const cm_onnx_node *node)
{
    if (!rw->compact || rw->mode != CM_REWRITE_MODEL || node->domain[0] || node->guard >= 0 || strcmp(node->op_type, "PRelu") != 0 ||
        node->input_count != 2)
        return false;
    const cm_onnx_tensor *slopes = cm_constant_of(rw->q->model, node->inputs[1]);
    if (!slopes || slopes->type != CM_ONNX_FLOAT || slopes->elements < LEAST_SLOPES)
        return false;
    const cm_range range = range_of(slopes);
    return range.high > range.low && range.high - range.low <= MOST_SLOPES;
}

const char *cm_rewrite_slopes(cm_rewriting *rw, int value)
{
    if (rw->rounded[value])
        return rw->rounded[value];
    const cm_onnx_tensor *slopes = cm_constant_of(rw->q->model, value);
    uint8_t zero, *bytes = cm_calloc(slopes->elements, 1);
    float scale;
    if (!bytes) {
        rw->no_memory = true;
        return "";
    }
    cm_range_scale(range_of(slopes), &scale, &zero);
    for (size_t i = 0; i < slopes->elements; i++)
        bytes[i] = (uint8_t)fmin(fmax(nearbyint((double)number_at(slopes, (int64_t)i) / (double)scale) + zero, 0.0), 255.0);
    const char *name = put_constant(rw, CM_ONNX_UINT8, slopes->rank, slopes->dims, bytes, slopes->elements);
    free(bytes);
    const char *scale_name = put_constant(rw, CM_ONNX_FLOAT, 0, NULL, &scale, sizeof scale);
    return rw->rounded[value] = put_linear(rw, "DequantizeLinear", name, scale_name, zero_point(rw, zero), -1);
}

/* ---- weights and biases ---- */

/* A layer's parameters on their way into the file; arrays of [channels], but for weights and row. */
typedef struct parameters {
    float *row, *scales, *biases, *sum_scales; /* row: [inner]; sum_scales: the size of one in a sum of products */
    uint16_t *halves;
    int8_t *weights, *zeros;
    int32_t *integers;
} parameters;

static double bias_of(const cameo_quantizer *q, const cm_layer *layer, int64_t channel)
{
    const double bias = cm_weights_bias(layer, channel);
    const double corrected = q->correct && layer->faces > 0 ? bias - layer->shift[channel] / layer->faces : bias;
    return isfinite((float)corrected) ? corrected : bias; /* outputs beyond all numbers have no mean that moved */
}

static bool has_bias(const cameo_quantizer *q, const cm_layer *layer)
{
    return layer->kind != CM_LAYER_MATMUL && (layer->bias || layer->offset || (q->correct && layer->faces > 0));
}

static void quantise_channel(const cm_layer *layer, int64_t channel, float scale, int most, parameters *p)
{
    cm_weights_channel(layer, channel, p->row);
    for (int64_t i = 0; i < layer->inner; i++) {
        const double q = fmin(fmax(nearbyint((double)p->row[i] / (double)scale), -most), most);
        p->weights[cm_weights_place(layer, channel, i)] = (int8_t)q;
    }
}

static bool take_parameters(parameters *p, const cm_layer *layer)
{
    const size_t channels = (size_t)layer->channels;
    *p = (parameters){.row = cm_calloc((size_t)layer->inner, sizeof *p->row),
                      .scales = cm_calloc(channels, sizeof *p->scales),
                      .biases = cm_calloc(channels, sizeof *p->biases),
                      .sum_scales = cm_calloc(channels, sizeof *p->sum_scales),
                      .halves = cm_calloc(channels, sizeof *p->halves),
                      .weights = cm_calloc(layer->weight->elements, 1),
                      .zeros = cm_calloc(channels, sizeof *p->zeros),
                      .integers = cm_calloc(channels, sizeof *p->integers)};
    return p->row && p->scales && p->biases && p->sum_scales && p->halves && p->weights && p->zeros && p->integers;
}

static void free_parameters(parameters *p)
{
    free(p->row);
    free(p->scales);
    free(p->biases);
    free(p->sum_scales);
    free(p->halves);
    free(p->weights);
    free(p->zeros);
    free(p->integers);
}

static bool are_halves(const float *scales, int64_t count)
{
    float largest = 0.0f;
    for (int64_t i = 0; i < count; i++)
        largest = fmaxf(largest, scales[i]);
    return largest >= LEAST_LARGEST && largest <= LARGEST_HALF;
}

/* The nearest, but where there are few digits the next above, so that no weight is cut off. */
static uint16_t half_scale(float scale)
{
    const uint16_t half = cm_half_from_float(scale);
    return scale < LEAST_HALF && cm_half_to_float(half) < scale ? (uint16_t)(half + 1) : half;
}

/* Scales, and the name of what gives them. Half floats take their place where they can. */
static const char *put_scales(cm_rewriting *rw, const cm_layer *layer, parameters *p)
{
    if (!rw->compact || !are_halves(p->scales, layer->channels))
        return put_floats(rw, layer->channels, p->scales);
    for (int64_t c = 0; c < layer->channels; c++) {
        p->halves[c] = half_scale(p->scales[c]);
        p->scales[c] = cm_half_to_float(p->halves[c]);
    }
    return put_halves(rw, layer->channels, p->halves);
}

/* ONNX Runtime has integer arithmetic for a fully connected layer only if its bias is of integers; a convolution's may be of floats. */
static const char *put_bias(cm_rewriting *rw, const cm_layer *layer, parameters *p)
{
    if (!rw->compact || layer->kind != CM_LAYER_CONV) {
        for (int64_t c = 0; c < layer->channels; c++)
            p->integers[c] = (int32_t)nearbyint((double)p->biases[c] / (double)p->sum_scales[c]);
        const char *integers = put_constant(rw, CM_ONNX_INT32, 1, &layer->channels, p->integers, (size_t)layer->channels * sizeof *p->integers);
        return put_linear(rw, "DequantizeLinear", integers, put_floats(rw, layer->channels, p->sum_scales), NULL, 0);
    }
    double moved = 0.0, unit = 0.0;
    for (int64_t c = 0; c < layer->channels; c++) {
        p->halves[c] = cm_half_from_float(p->biases[c]);
        const double error = (double)cm_half_to_float(p->halves[c]) - (double)p->biases[c], size = (double)p->sum_scales[c];
        moved += error * error; /* infinite where the half float is */
        unit += size * size;
    }
    return moved <= MOST_MOVED * unit * (double)layer->inner ? put_halves(rw, layer->channels, p->halves) : put_floats(rw, layer->channels, p->biases);
}

bool cm_rewrite_parameters(cm_rewriting *rw, const cm_layer *layer, const char **weight, const char **bias)
{
    const cameo_quantizer *q = rw->q;
    const bool biased = has_bias(q, layer);
    const int most = (1 << (q->options.weight_bits - 1)) - 1;
    float input_scale;
    uint8_t zero;
    parameters p;
    const bool room = take_parameters(&p, layer);
    cm_range_scale(q->activations[q->activation_of[layer->inputs[0]]].range, &input_scale, &zero);
    for (int64_t c = 0; room && c < layer->channels; c++) {
        p.biases[c] = biased ? (float)bias_of(q, layer, c) : 0.0f;
        /* A channel of tiny weights and a large bias: steps so coarse that the bias fits. */
        p.scales[c] = (float)fmax((double)layer->scale[c], fabs((double)p.biases[c]) / ((double)input_scale * MOST_BIAS));
    }
    if (room) {
        const char *scales = put_scales(rw, layer, &p), *zeros = NULL;
        for (int64_t c = 0; c < layer->channels; c++) {
            quantise_channel(layer, c, p.scales[c], most, &p);
            p.sum_scales[c] = input_scale * p.scales[c];
        }
        const char *weights = put_constant(rw, CM_ONNX_INT8, layer->weight->rank, layer->weight->dims, p.weights, layer->weight->elements);
        if (layer->kind != CM_LAYER_CONV) /* zeros may be left out by the standard, but not with ONNX Runtime's Gemm (1.22 refuses the model) */
            zeros = put_constant(rw, CM_ONNX_INT8, 1, &layer->channels, p.zeros, (size_t)layer->channels);
        *weight = put_linear(rw, "DequantizeLinear", weights, scales, zeros, layer->axis);
        *bias = biased ? put_bias(rw, layer, &p) : NULL;
    }
    free_parameters(&p);
    return room;
}

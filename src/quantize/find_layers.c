/* Which nodes can compute with integers. */
#include "quantize/quantizer.h"

#include <math.h>
#include <string.h>

/* What is known of each value. */
typedef struct traits {
    bool *floats; /* holds floats that change with the input */
    bool *pixels; /* the input, at most scaled and shifted */
    int *uses;    /* how many read it; a graph output counts */
    int *reader;  /* the node that reads it last */
} traits;

static bool is_op(const cm_onnx_node *node, const char *name)
{
    return node->domain[0] == '\0' && strcmp(node->op_type, name) == 0;
}

static bool is_one_of(const cm_onnx_node *node, const char *const *names)
{
    for (; *names; names++)
        if (is_op(node, *names))
            return true;
    return false;
}

const cm_onnx_tensor *cm_constant_of(const cm_onnx_model *model, int value)
{
    if (value < 0)
        return NULL;
    const cm_onnx_value *v = &model->values[value];
    if (v->initializer || v->producer < 0)
        return v->initializer;
    const cm_onnx_node *node = &model->nodes[v->producer];
    const cm_onnx_attribute *attribute = is_op(node, "Constant") ? cm_onnx_attribute_find(node, "value") : NULL;
    return attribute && attribute->kind == CM_ONNX_ATTR_TENSOR ? &attribute->tensor : NULL;
}

static int input_of(const cm_onnx_node *node, int index)
{
    return index < node->input_count ? node->inputs[index] : -1;
}

/* Whether a node's outputs are floats that change: its inputs say so, unless it makes integers or truth values of them. */
static bool gives_floats(const cm_onnx_node *node, const bool *floats)
{
    static const char *const others[] = {"Shape", "Size", "ArgMax", "ArgMin", "NonZero", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual",
                                         "Not", "And", "Or", "IsNaN", "IsInf", "Constant", "ConstantOfShape", NULL};
    if (is_one_of(node, others) || (is_op(node, "Cast") && cm_onnx_attribute_int(node, "to", 0) != CM_ONNX_FLOAT))
        return false;
    for (int i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0 && floats[node->inputs[i]])
            return true;
    return false;
}

/* Whether a node's output is the picture still. */
static bool gives_pixels(const cm_onnx_node *node, const traits *t)
{
    static const char *const scaling[] = {"Add", "Sub", "Mul", "Div", "Identity", "Cast", "Transpose", NULL};
    int changing = 0;
    bool pixels = is_one_of(node, scaling);
    for (int i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0 && t->floats[node->inputs[i]]) {
            pixels = pixels && t->pixels[node->inputs[i]];
            changing++;
        }
    return pixels && changing == 1;
}

static cameo_status find_traits(cameo_quantizer *q, traits *t, cameo_error *error)
{
    const cm_onnx_model *model = q->model;
    const size_t count = (size_t)model->value_count + 1;
    t->floats = cm_arena_alloc(&q->arena, count, sizeof *t->floats);
    t->pixels = cm_arena_alloc(&q->arena, count, sizeof *t->pixels);
    t->uses = cm_arena_alloc(&q->arena, count, sizeof *t->uses);
    t->reader = cm_arena_alloc(&q->arena, count, sizeof *t->reader);
    if (!t->floats || !t->pixels || !t->uses || !t->reader)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for %d values", q->path, model->value_count);
    for (int i = 0; i < model->input_count; i++)
        t->pixels[model->inputs[i]] = t->floats[model->inputs[i]] = model->values[model->inputs[i]].type == CM_ONNX_FLOAT;
    for (int i = 0; i < model->output_count; i++)
        t->uses[model->outputs[i]]++;
    for (int n = 0; n < model->node_count; n++) {
        const cm_onnx_node *node = &model->nodes[n];
        const bool floats = gives_floats(node, t->floats), pixels = floats && gives_pixels(node, t);
        for (int i = 0; i < node->input_count; i++)
            if (node->inputs[i] >= 0) {
                t->uses[node->inputs[i]]++;
                t->reader[node->inputs[i]] = n;
            }
        for (int i = 0; i < node->output_count; i++)
            if (node->outputs[i] >= 0) {
                t->floats[node->outputs[i]] = floats;
                t->pixels[node->outputs[i]] = pixels;
            }
    }
    return CAMEO_OK;
}

static bool is_float_tensor(const cm_onnx_tensor *tensor, int rank)
{
    return tensor && tensor->type == CM_ONNX_FLOAT && tensor->rank == rank && tensor->elements > 0;
}

/* Weight, axis and sizes of a layer with weights; false: none that is handled. */
static bool take_weights(const cm_onnx_model *model, const cm_onnx_node *node, cm_layer *layer)
{
    const cm_onnx_tensor *weight = cm_constant_of(model, input_of(node, 1));
    if (!is_float_tensor(weight, layer->kind == CM_LAYER_CONV ? 4 : 2))
        return false;
    layer->weight = weight;
    if (layer->kind == CM_LAYER_MATMUL)
        layer->axis = 1;
    if (layer->kind == CM_LAYER_GEMM) {
        if (cm_onnx_attribute_int(node, "transA", 0) || cm_onnx_attribute_float(node, "alpha", 1.0f) != 1.0f ||
            cm_onnx_attribute_float(node, "beta", 1.0f) != 1.0f)
            return false;
        layer->axis = cm_onnx_attribute_int(node, "transB", 0) ? 0 : 1;
    }
    layer->channels = weight->dims[layer->axis];
    layer->inner = (int64_t)weight->elements / layer->channels;
    if (layer->kind == CM_LAYER_MATMUL || input_of(node, 2) < 0)
        return true;
    layer->bias = cm_constant_of(model, input_of(node, 2));
    return layer->bias && layer->bias->type == CM_ONNX_FLOAT && layer->bias->rank <= 2 && (int64_t)layer->bias->elements == layer->channels;
}

static bool take_node(const cm_onnx_model *model, const traits *t, int index, cm_layer *layer)
{
    const cm_onnx_node *node = &model->nodes[index];
    *layer = (cm_layer){.node = index, .norm = -1, .inputs = {input_of(node, 0), -1}};
    if (node->guard >= 0 || node->output_count < 1 || node->outputs[0] < 0 || layer->inputs[0] < 0 || !t->floats[layer->inputs[0]])
        return false;
    layer->output = node->outputs[0];
    if (is_op(node, "Add")) {
        layer->kind = CM_LAYER_ADD;
        layer->inputs[1] = input_of(node, 1);
        return layer->inputs[1] >= 0 && t->floats[layer->inputs[1]];
    }
    if (is_op(node, "Conv"))
        layer->kind = CM_LAYER_CONV;
    else if (is_op(node, "Gemm"))
        layer->kind = CM_LAYER_GEMM;
    else if (is_op(node, "MatMul"))
        layer->kind = CM_LAYER_MATMUL;
    else
        return false;
    return take_weights(model, node, layer);
}

static float float_at(const cm_onnx_tensor *tensor, int64_t i)
{
    float value;
    memcpy(&value, tensor->data + (size_t)i * sizeof value, sizeof value);
    return value;
}

static bool can_fold(const cm_layer *layer, const cm_onnx_node *norm)
{
    return (layer->kind == CM_LAYER_CONV || layer->kind == CM_LAYER_GEMM) && is_op(norm, "BatchNormalization") && norm->guard < 0 &&
           norm->output_count > 0 && norm->outputs[0] >= 0 && norm->inputs[0] == layer->output && !cm_onnx_attribute_int(norm, "training_mode", 0);
}

/* A BatchNormalization that alone reads the layer's output becomes part of its weights. */
static cameo_status fold_norm(cameo_quantizer *q, const traits *t, cm_layer *layer, cameo_error *error)
{
    const cm_onnx_model *model = q->model;
    const cm_onnx_node *norm = &model->nodes[t->reader[layer->output]];
    if (t->uses[layer->output] != 1 || !can_fold(layer, norm))
        return CAMEO_OK;
    const cm_onnx_tensor *p[4];
    for (int i = 0; i < 4; i++) {
        p[i] = cm_constant_of(model, input_of(norm, i + 1));
        if (!is_float_tensor(p[i], 1) || (int64_t)p[i]->elements != layer->channels)
            return CAMEO_OK;
    }
    layer->factor = cm_arena_alloc(&q->arena, (size_t)layer->channels, sizeof *layer->factor);
    layer->offset = cm_arena_alloc(&q->arena, (size_t)layer->channels, sizeof *layer->offset);
    if (!layer->factor || !layer->offset)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for node '%s'", q->path, norm->name);
    const double epsilon = (double)cm_onnx_attribute_float(norm, "epsilon", 1e-5f);
    for (int64_t c = 0; c < layer->channels; c++) {
        const double factor = (double)float_at(p[0], c) / sqrt((double)float_at(p[3], c) + epsilon);
        layer->factor[c] = (float)factor;
        layer->offset[c] = (float)((double)float_at(p[1], c) - factor * (double)float_at(p[2], c));
    }
    layer->norm = t->reader[layer->output];
    layer->output = norm->outputs[0];
    return CAMEO_OK;
}

static cameo_status refuse_quantised(const cameo_quantizer *q, cameo_error *error)
{
    static const char *const names[] = {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger",
                                        "MatMulInteger", NULL};
    if (q->parts.functions)
        return cm_fail(error, CAMEO_ERROR_UNSUPPORTED,
                       "%s: the model is made of functions of its own, which cannot be quantised: export it with dynamo=False, or run onnx.inliner on it",
                       q->path);
    for (int n = 0; n < q->model->node_count; n++)
        if (is_one_of(&q->model->nodes[n], names))
            return cm_fail(error, CAMEO_ERROR_UNSUPPORTED, "%s: the model is quantised already (node '%s' is a %s); the float model it was made of is needed",
                           q->path, q->model->nodes[n].name, q->model->nodes[n].op_type);
    return CAMEO_OK;
}

static void add_activation(cameo_quantizer *q, const traits *t, int value)
{
    if (value < 0 || q->activation_of[value] >= 0)
        return;
    q->activation_of[value] = q->activation_count;
    q->activations[q->activation_count].picture = t->pixels[value];
    q->activations[q->activation_count++].value = value;
}

static cameo_status add_layer(cameo_quantizer *q, const traits *t, const cm_layer *found, cameo_error *error)
{
    cm_layer *layer = &q->layers[q->layer_count++];
    *layer = *found;
    add_activation(q, t, layer->inputs[0]);
    add_activation(q, t, layer->inputs[1]);
    cameo_status status = layer->weight ? fold_norm(q, t, layer, error) : CAMEO_OK;
    if (status == CAMEO_OK && q->options.every_output)
        add_activation(q, t, layer->output);
    if (status != CAMEO_OK || !layer->weight)
        return status;
    status = cm_weights_choose_scales(q, layer, error);
    if (status != CAMEO_OK)
        return status;
    layer->shift = cm_arena_alloc(&q->arena, (size_t)layer->channels, sizeof *layer->shift);
    return layer->shift ? CAMEO_OK : cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for %lld channels", q->path, (long long)layer->channels);
}

/* Whether node `i` of the file is a layer. */
static bool find_layer(const cameo_quantizer *q, const traits *t, int i, cm_layer *layer)
{
    return q->parts.nodes[i].index >= 0 && take_node(q->model, t, q->parts.nodes[i].index, layer);
}

cameo_status cm_find_layers(cameo_quantizer *q, cameo_error *error)
{
    traits t;
    cameo_status status = refuse_quantised(q, error);
    if (status == CAMEO_OK)
        status = find_traits(q, &t, error);
    if (status != CAMEO_OK)
        return status;
    const size_t nodes = (size_t)q->parts.node_count + 1, values = (size_t)q->model->value_count + 1;
    q->layers = cm_arena_alloc(&q->arena, nodes, sizeof *q->layers);
    q->activation_of = cm_arena_alloc(&q->arena, values, sizeof *q->activation_of);
    q->ranks = cm_arena_alloc(&q->arena, values, sizeof *q->ranks);
    if (!q->layers || !q->activation_of || !q->ranks)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for %d layers", q->path, q->parts.node_count);
    memset(q->activation_of, -1, values * sizeof *q->activation_of);
    cm_layer layer;
    size_t inputs = 0;
    for (int i = 0; i < q->parts.node_count; i++)
        if (find_layer(q, &t, i, &layer))
            inputs += 3; /* of them, two at most, and the output */
    q->activations = cm_arena_alloc(&q->arena, inputs + 1, sizeof *q->activations);
    if (!q->activations)
        return cm_fail(error, CAMEO_ERROR_MEMORY, "%s: out of memory for the histograms of %zu values", q->path, inputs);
    for (int i = 0; i < q->parts.node_count && status == CAMEO_OK; i++)
        if (find_layer(q, &t, i, &layer))
            status = add_layer(q, &t, &layer, error);
    if (status == CAMEO_OK && q->layer_count == 0)
        status = cm_fail(error, CAMEO_ERROR_MISMATCH, "%s: the model has no convolution or fully connected layer with constant float32 weights", q->path);
    return status;
}

/* A model on its way to eight bits: what of it can be quantised, and what was seen of its values. */
#ifndef CM_QUANTIZE_QUANTIZER_H
#define CM_QUANTIZE_QUANTIZER_H

#include "base/memory.h"
#include "onnx/onnx.h"
#include "quantize/model_parts.h"
#include "quantize/proto_writer.h"
#include "quantize/range_choice.h"

typedef enum cm_layer_kind { CM_LAYER_CONV, CM_LAYER_GEMM, CM_LAYER_MATMUL, CM_LAYER_ADD } cm_layer_kind;

/* A node that can compute with integers, and the BatchNormalization that is folded into its weights. */
typedef struct cm_layer {
    cm_layer_kind kind;
    int node, norm; /* of the model's nodes; norm -1: none */
    int inputs[2];  /* values that change; [1] is -1 but for an Add */
    int output;     /* value, behind the normalisation */
    bool keep;      /* stays in float */
    const cm_onnx_tensor *weight, *bias; /* NULL: none */
    int axis;       /* of the weight's output channels */
    int64_t channels, inner; /* inner: weights a channel */
    float *factor, *offset; /* [channels] y = factor * node + offset: the normalisation; NULL: none */
    float *scale;   /* [channels] of the integer weights */
    uint64_t outputs; /* elements of the output of one picture; 0: not seen yet */
    double *shift;  /* [channels] sum of how far the output's mean is off when this layer alone is quantised */
    double signal, noise; /* power of the output, and of what quantising this layer alone adds */
    int faces; /* over how many inputs shift, signal and noise were summed */
} cm_layer;

/* A value that is an input of a layer. */
typedef struct cm_activation {
    int value;
    cm_histogram histogram;
    cm_range range;
    cameo_range_method method;
    bool picture; /* the picture itself, at most scaled and shifted: 256 values that lie evenly apart */
    bool chosen; /* the range fits histogram and method */
} cm_activation;

typedef enum cm_rewrite_mode {
    CM_REWRITE_MODEL,   /* the quantised model */
    CM_REWRITE_OBSERVE, /* the model as it is, with the inputs of all layers as further outputs */
    CM_REWRITE_BESIDE   /* the model as it is; outputs: of each layer its output, and the same of the layer when it alone is quantised */
} cm_rewrite_mode;

/* A network made of a rewritten model. */
typedef struct cm_probe {
    cameo_network *network;
    cameo_runner *runner;
} cm_probe;

struct cameo_quantizer {
    cm_arena arena;
    char *path;
    void *bytes; /* own copy of a model opened from memory */
    cameo_quantize_options options;
    int64_t (*dims)[CAMEO_MAX_RANK]; /* NULL: the model's own */
    cm_onnx_model *model;
    cm_model_parts parts;
    cm_layer *layers; /* in the order of the file */
    int layer_count;
    cm_activation *activations;
    int activation_count;
    int *activation_of; /* [model->value_count] index, or -1 */
    int *ranks; /* [model->value_count] where cm_upgrade_needs_rank asks for them; 0: not known yet */
    cm_probe observe, beside;
    bool correct;
    cm_proto written; /* what cameo_quantizer_write gave last */
};

/* Finds the layers, their activations and their weights' scales. Errors: UNSUPPORTED (quantised already, the model's own functions), MISMATCH
 * (nothing to quantise), MEMORY. */
cameo_status cm_find_layers(cameo_quantizer *quantizer, cameo_error *error);

/* The constant of a value: an initializer, or what a Constant node holds; NULL: none. */
const cm_onnx_tensor *cm_constant_of(const cm_onnx_model *model, int value);

/* Scales for symmetric weights of options.weight_bits bits: those with the least squared error. Errors: MEMORY, FORMAT (weights or a bias that
 * are not numbers). */
cameo_status cm_weights_choose_scales(cameo_quantizer *quantizer, cm_layer *layer, cameo_error *error);

/* The layer's weights of one channel, normalisation folded in. row: [inner] in the order of the tensor. */
void cm_weights_channel(const cm_layer *layer, int64_t channel, float *row);

/* What the model itself adds to one output channel, with what a BatchNormalization behind the layer makes of it. */
double cm_weights_bias(const cm_layer *layer, int64_t channel);

/* Where element `i` of a channel lies in the tensor. */
int64_t cm_weights_place(const cm_layer *layer, int64_t channel, int64_t i);

/* Writes the model in one of its forms. Errors: MEMORY, LIMIT, UNSUPPORTED (an operator that opset 13 has in another form). */
cameo_status cm_rewrite(const cameo_quantizer *quantizer, cm_rewrite_mode mode, cm_proto *out, cameo_error *error);

#endif

#include "make_layers.h"

#include <math.h>
#include <stdio.h>

/* 1 / sqrt(2 pi): what is left of a normal number's deviation in the mean of its positive part. */
static const double positive_mean = 0.3989422804014327;
/* Mean of a channel's deviation, the mean of its square being 1: that of a normal number's magnitude, sqrt(2 / pi). */
static const double evenness = 0.7978845608028654;

cm_make_value *cm_make_picture(cm_make_net *net, const char *name, const int64_t *dims, const char *symbol)
{
    cm_make_value *value = cm_make_value_new(net, 3);
    if (!value)
        return NULL;
    snprintf(value->name, sizeof value->name, "%s", name);
    for (int i = 0; i < 3; i++)
        value->variance[i] = 0.25;
    cm_make_declare_input(net, name, 4, dims, symbol);
    return value;
}

/* The names of a layer's weight and bias. */
typedef struct parameter_names {
    char weight[64], bias[64];
} parameter_names;

static parameter_names name_parameters(cm_make_net *net, const char *name)
{
    parameter_names names;
    if (name) {
        snprintf(names.weight, sizeof names.weight, "%s.weight", name);
        snprintf(names.bias, sizeof names.bias, "%s.bias", name);
    } else {
        cm_make_name_folded(net, names.weight);
        cm_make_name_folded(net, names.bias);
    }
    return names;
}

/* Draws what the outputs are to look like: gains around conv->gain, means around conv->offset. NULL: out of memory. */
static cm_make_filters *plan_filters(cm_make_net *net, const cm_make_value *x, const cm_make_conv *conv)
{
    cm_make_filters *filters = cm_make_alloc(net, 1, sizeof *filters);
    double *gain = cm_make_alloc(net, (size_t)conv->outputs, sizeof *gain);
    float *bias = cm_make_alloc(net, (size_t)conv->outputs, sizeof *bias);
    if (!filters || !gain || !bias)
        return NULL;
    int groups = conv->groups ? conv->groups : 1;
    double wanted = conv->gain > 0 ? conv->gain : 1;
    for (int i = 0; i < conv->outputs; i++) {
        gain[i] = wanted * cm_make_random_between(&net->random, 0.7, 1.3);
        bias[i] = (float)(conv->offset + wanted * cm_make_random_between(&net->random, -0.1, 0.1));
    }
    *filters = (cm_make_filters){.filters = conv->outputs,
                                 .inputs = x->channels / groups,
                                 .side = conv->side,
                                 .across_side = conv->across_side ? conv->across_side : conv->side,
                                 .groups = groups,
                                 .gain = gain,
                                 .bias = bias,
                                 .mean = x->mean,
                                 .variance = x->variance,
                                 .along = conv->along,
                                 .across = conv->across};
    if (conv->bare) {
        filters->bias = NULL;
        filters->centred = 1;
    }
    return filters;
}

/* Adds weight [filters, inputs, side, side] (rank 4) or [filters, inputs * side * side] (rank 2), and bias. */
static void add_filters(cm_make_net *net, const cm_make_filters *filters, const parameter_names *names, int rank)
{
    int64_t dims[4] = {filters->filters, filters->inputs, filters->side, filters->across_side};
    if (rank == 2)
        dims[1] *= dims[2] * dims[3];
    cm_make_weight *weight = cm_make_weight_new(net, names->weight, rank, dims);
    if (weight)
        weight->filters = filters;
    if (filters->bias)
        cm_make_weight_floats(net, names->bias, filters->filters, filters->bias);
}

static cm_make_value *value_of_filters(cm_make_net *net, const cm_make_filters *filters)
{
    cm_make_value *y = cm_make_value_new(net, filters->filters);
    for (int i = 0; y && i < filters->filters; i++) {
        y->mean[i] = filters->bias ? (double)filters->bias[i] : 0;
        y->variance[i] = filters->gain[i] * filters->gain[i];
    }
    return y;
}

static void put_padding(cm_make_bytes *node, const cm_make_conv *conv)
{
    int across = conv->across_side ? conv->across_padding : conv->padding;
    const int64_t padding[] = {conv->padding, across, conv->padding, across};
    if (conv->same)
        cm_make_node_text(node, "auto_pad", "SAME_UPPER");
    else
        cm_make_node_ints(node, "pads", 4, padding);
}

cm_make_value *cm_make_convolve(cm_make_net *net, const cm_make_value *x, const cm_make_conv *conv)
{
    cm_make_filters *filters = x ? plan_filters(net, x, conv) : NULL;
    cm_make_value *y = filters ? value_of_filters(net, filters) : NULL;
    if (!y)
        return NULL;
    parameter_names names = name_parameters(net, conv->name);
    add_filters(net, filters, &names, 4);
    const char *const inputs[] = {x->name, names.weight, names.bias};
    const int64_t ones[] = {1, 1}, side[] = {filters->side, filters->across_side}, stride[] = {conv->stride, conv->stride};
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Conv", inputs, conv->bare ? 2 : 3, y->name);
    cm_make_node_ints(&node, "dilations", 2, ones);
    cm_make_node_int(&node, "group", filters->groups);
    cm_make_node_ints(&node, "kernel_shape", 2, side);
    put_padding(&node, conv);
    cm_make_node_ints(&node, "strides", 2, stride);
    cm_make_node_end(net, &node);
    if (conv->bare)
        y->unbiased = filters;
    /* A folded BatchNormalization has five parameters in place of the bias, and a number of its own. */
    net->entries += conv->bare ? 1 : conv->name ? 2 : 6;
    cm_make_skip(net, conv->name ? 0 : 1);
    return y;
}

cm_make_value *cm_make_batchnorm(cm_make_net *net, const cm_make_value *x, const char *name, double gain, int one_scale)
{
    static const char *const parts[] = {"weight", "bias", "running_mean", "running_var"};
    float *values[4];
    char names[4][64];
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    if (!y)
        return NULL;
    const char *inputs[5] = {x->name};
    for (int i = 0; i < 4; i++) {
        values[i] = cm_make_alloc(net, (size_t)x->channels, sizeof *values[i]);
        if (!values[i])
            return NULL;
        snprintf(names[i], sizeof names[i], "%s.%s", name, parts[i]);
        cm_make_weight_floats(net, names[i], x->channels, values[i]);
        inputs[i + 1] = names[i];
    }
    for (int c = 0; c < x->channels; c++) {
        double spread = gain * cm_make_random_between(&net->random, 0.7, 1.3);
        double shift = gain * cm_make_random_between(&net->random, -0.1, 0.1);
        double aside = 0.05 * sqrt(x->variance[c]) * cm_make_random_normal(&net->random);
        double variance = x->variance[c] * cm_make_random_between(&net->random, 0.9, 1.1);
        double scale = one_scale ? 1 : spread;
        values[0][c] = (float)scale;
        values[1][c] = (float)shift;
        values[2][c] = (float)(x->mean[c] + aside);
        values[3][c] = (float)variance;
        y->mean[c] = shift - scale * aside / sqrt(variance);
        y->variance[c] = scale * scale * x->variance[c] / variance;
    }
    if (x->unbiased)
        x->unbiased->running_mean = values[2];
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "BatchNormalization", inputs, 5, y->name);
    cm_make_node_float(&node, "epsilon", 1e-5f);
    cm_make_node_float(&node, "momentum", 0.9f);
    cm_make_node_end(net, &node);
    net->entries += 5;
    return y;
}

/* x > 0 ? x : slope * x of a normal number: mean and variance, the old mean being small against the deviation. */
static void expect_rectified(double mean, double variance, double slope, double *new_mean, double *new_variance)
{
    double deviation = sqrt(variance);
    double positive = positive_mean * deviation + mean / 2;
    double square = variance / 2 + 2 * positive_mean * mean * deviation + mean * mean / 2;
    double all = slope * slope * (variance + mean * mean) + (1 - slope * slope) * square;
    *new_mean = (1 - slope) * positive + slope * mean;
    /* Channels are uneven: some have a multiple of the deviation that is expected, others nearly none, so that their means miss
     * by as much. What the next layer sees is the square of the distance to the mean that was expected. */
    double left = all - (2 * evenness - 1) * *new_mean * *new_mean;
    *new_variance = left > 0.05 * variance ? left : 0.05 * variance;
}

cm_make_value *cm_make_prelu(cm_make_net *net, const cm_make_value *x)
{
    char name[24];
    cm_make_skip(net, 1); /* the slopes' Unsqueeze, folded */
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    float *slopes = y ? cm_make_alloc(net, (size_t)x->channels, sizeof *slopes) : NULL;
    if (!slopes)
        return NULL;
    for (int c = 0; c < x->channels; c++) {
        slopes[c] = (float)cm_make_random_between(&net->random, 0.05, 0.45);
        expect_rectified(x->mean[c], x->variance[c], slopes[c], &y->mean[c], &y->variance[c]);
    }
    cm_make_name_folded(net, name);
    const int64_t dims[] = {x->channels, 1, 1};
    cm_make_weight *weight = cm_make_weight_new(net, name, 3, dims);
    if (weight)
        weight->values = slopes;
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "PRelu", (const char *const[]){x->name, name}, 2, y->name);
    cm_make_node_end(net, &node);
    net->entries++;
    return y;
}

cm_make_value *cm_make_relu(cm_make_net *net, const cm_make_value *x)
{
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    if (!y)
        return NULL;
    for (int c = 0; c < x->channels; c++)
        expect_rectified(x->mean[c], x->variance[c], 0, &y->mean[c], &y->variance[c]);
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Relu", (const char *const[]){x->name}, 1, y->name);
    cm_make_node_end(net, &node);
    return y;
}

cm_make_value *cm_make_add(cm_make_net *net, const cm_make_value *a, const cm_make_value *b)
{
    cm_make_value *y = a && b ? cm_make_value_new(net, a->channels) : NULL;
    if (!y)
        return NULL;
    for (int c = 0; c < a->channels; c++) {
        y->mean[c] = a->mean[c] + b->mean[c];
        y->variance[c] = a->variance[c] + b->variance[c];
    }
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Add", (const char *const[]){a->name, b->name}, 2, y->name);
    cm_make_node_end(net, &node);
    return y;
}

cm_make_value *cm_make_pool(cm_make_net *net, const cm_make_value *x, int average)
{
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    if (!y)
        return NULL;
    for (int c = 0; c < x->channels; c++) {
        /* Of four neighbours, which are much alike. */
        y->mean[c] = x->mean[c] + (average ? 0 : 0.5 * sqrt(x->variance[c]));
        y->variance[c] = x->variance[c] * (average ? 0.8 : 1);
    }
    const int64_t two[] = {2, 2}, none[] = {0, 0, 0, 0};
    cm_make_bytes node;
    cm_make_node_begin(net, &node, average ? "AveragePool" : "MaxPool", (const char *const[]){x->name}, 1, y->name);
    cm_make_node_int(&node, "ceil_mode", average);
    cm_make_node_ints(&node, "kernel_shape", 2, two);
    cm_make_node_ints(&node, "pads", 4, none);
    cm_make_node_ints(&node, "strides", 2, two);
    cm_make_node_end(net, &node);
    return y;
}

cm_make_value *cm_make_max_pool(cm_make_net *net, const cm_make_value *x, int side, int stride)
{
    return cm_make_max_pool_padded(net, x, side, stride, 0);
}

cm_make_value *cm_make_max_pool_padded(cm_make_net *net, const cm_make_value *x, int side, int stride, int padding)
{
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    if (!y)
        return NULL;
    for (int c = 0; c < x->channels; c++) {
        y->mean[c] = x->mean[c] + (side > 1 ? 0.7 * sqrt(x->variance[c]) : 0);
        y->variance[c] = x->variance[c];
    }
    const int64_t sides[] = {side, side}, strides[] = {stride, stride}, around[] = {padding, padding, padding, padding};
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "MaxPool", (const char *const[]){x->name}, 1, y->name);
    cm_make_node_int(&node, "ceil_mode", 0);
    cm_make_node_ints(&node, "kernel_shape", 2, sides);
    cm_make_node_ints(&node, "pads", 4, around);
    cm_make_node_ints(&node, "strides", 2, strides);
    cm_make_node_end(net, &node);
    return y;
}

cm_make_value *cm_make_global_pool(cm_make_net *net, const cm_make_value *x)
{
    if (!x)
        return NULL;
    /* Of a few pixels, which are not independent. */
    cm_make_value *y = cm_make_plain_value(net, &(cm_make_plain){.op = "GlobalAveragePool", .inputs = {x->name}, .input_count = 1}, NULL, x->channels);
    for (int c = 0; y && c < x->channels; c++) {
        y->mean[c] = x->mean[c];
        y->variance[c] = 0.3 * x->variance[c];
    }
    return y;
}

cm_make_value *cm_make_concat(cm_make_net *net, cm_make_value *const *values, int count)
{
    const char *inputs[8];
    int channels = 0, at = 0;
    for (int i = 0; i < count; i++) {
        if (!values[i])
            return NULL;
        inputs[i] = values[i]->name;
        channels += values[i]->channels;
    }
    cm_make_value *y = cm_make_value_new(net, channels);
    for (int i = 0; y && i < count; i++)
        for (int c = 0; c < values[i]->channels; c++, at++) {
            y->mean[at] = values[i]->mean[c];
            y->variance[at] = values[i]->variance[c];
        }
    if (!y)
        return NULL;
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Concat", inputs, count, y->name);
    cm_make_node_int(&node, "axis", 1);
    cm_make_node_end(net, &node);
    return y;
}

cm_make_value *cm_make_scale(cm_make_net *net, const cm_make_value *x, const float *number)
{
    char name[24];
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    if (!y)
        return NULL;
    for (int c = 0; c < x->channels; c++) {
        y->mean[c] = (double)*number * x->mean[c];
        y->variance[c] = (double)*number * (double)*number * x->variance[c];
    }
    cm_make_name_folded(net, name);
    cm_make_weight *weight = cm_make_weight_new(net, name, 0, NULL);
    if (weight)
        weight->values = number;
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Mul", (const char *const[]){x->name, name}, 2, y->name);
    cm_make_node_end(net, &node);
    return y;
}

cm_make_value *cm_make_flatten(cm_make_net *net, const cm_make_value *x)
{
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    if (!y)
        return NULL;
    y->mean = x->mean;
    y->variance = x->variance;
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Flatten", (const char *const[]){x->name}, 1, y->name);
    cm_make_node_int(&node, "axis", 1);
    cm_make_node_end(net, &node);
    return y;
}

cm_make_value *cm_make_gemm(cm_make_net *net, const cm_make_value *x, const char *name, int outputs, int side)
{
    return cm_make_gemm_about(net, x, name, &(cm_make_conv){.outputs = outputs, .side = side});
}

cm_make_value *cm_make_gemm_about(cm_make_net *net, const cm_make_value *x, const char *name, const cm_make_conv *about)
{
    cm_make_filters *filters = x ? plan_filters(net, x, about) : NULL;
    cm_make_value *y = filters ? value_of_filters(net, filters) : NULL;
    if (!y)
        return NULL;
    parameter_names names = name_parameters(net, name);
    add_filters(net, filters, &names, 2);
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Gemm", (const char *const[]){x->name, names.weight, names.bias}, 3, y->name);
    cm_make_node_float(&node, "alpha", 1);
    cm_make_node_float(&node, "beta", 1);
    cm_make_node_int(&node, "transB", 1);
    cm_make_node_end(net, &node);
    net->entries += 2;
    return y;
}

cm_make_value *cm_make_matmul(cm_make_net *net, const cm_make_value *x, int outputs)
{
    char name[24];
    cm_make_skip(net, 1); /* the weights' Transpose, folded */
    cm_make_value *y = x ? cm_make_value_new(net, outputs) : NULL;
    if (!y)
        return NULL;
    double variance = 0;
    for (int c = 0; c < x->channels; c++)
        variance += x->variance[c];
    for (int c = 0; c < outputs; c++)
        y->variance[c] = 1;
    cm_make_name_folded(net, name);
    const int64_t dims[] = {x->channels, outputs};
    cm_make_weight *weight = cm_make_weight_new(net, name, 2, dims);
    if (weight)
        weight->deviation = 1 / sqrt(variance);
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "MatMul", (const char *const[]){x->name, name}, 2, y->name);
    cm_make_node_end(net, &node);
    net->entries++;
    return y;
}

/* ---- Nodes whose numbers need no statistics ---- */

static void put_plain(cm_make_net *net, const cm_make_plain *about, const char *output)
{
    cm_make_bytes node;
    cm_make_node_begin(net, &node, about->op, about->inputs, about->input_count, output);
    if (about->attribute && about->count)
        cm_make_node_ints(&node, about->attribute, about->count, about->values);
    else if (about->attribute)
        cm_make_node_int(&node, about->attribute, about->values[0]);
    cm_make_node_end(net, &node);
}

void cm_make_plain_node(cm_make_net *net, const cm_make_plain *about, char *output)
{
    snprintf(output, 24, "%d", net->first_traced + net->traced);
    put_plain(net, about, output);
}

cm_make_value *cm_make_plain_value(cm_make_net *net, const cm_make_plain *about, const cm_make_value *x, int channels)
{
    cm_make_value *y = cm_make_value_new(net, channels);
    if (!y)
        return NULL;
    if (x) {
        y->mean = x->mean;
        y->variance = x->variance;
    }
    put_plain(net, about, y->name);
    return y;
}

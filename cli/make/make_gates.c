#include "make_gates.h"

#include <math.h>
#include <stdio.h>

static const double middle = 127.5, half_range = 127.5;

cm_make_value *cm_make_byte_picture(cm_make_net *net, const char *name, const int64_t *dims, const char *symbol)
{
    cm_make_value *x = cm_make_picture(net, name, dims, symbol);
    for (int c = 0; x && c < x->channels; c++) {
        x->mean[c] = middle;
        x->variance[c] *= half_range * half_range;
    }
    return x;
}

/* An operation with an initializer of one number. */
static cm_make_value *with_number(cm_make_net *net, const cm_make_value *x, const char *op, const float *number)
{
    char name[24];
    if (!x)
        return NULL;
    cm_make_name_folded(net, name);
    cm_make_weight_floats(net, name, 1, number);
    return cm_make_plain_value(net, &(cm_make_plain){.op = op, .inputs = {x->name, name}, .input_count = 2}, NULL, x->channels);
}

cm_make_value *cm_make_minus_times(cm_make_net *net, const cm_make_value *x)
{
    static const float mean = 127.5f, factor = 1.0f / 128.0f;
    cm_make_value *away = with_number(net, x, "Sub", &mean);
    cm_make_value *y = with_number(net, away, "Mul", &factor);
    for (int c = 0; y && c < y->channels; c++) {
        y->mean[c] = 0;
        y->variance[c] = x->variance[c] * (double)factor * (double)factor;
    }
    return y;
}

cm_make_value *cm_make_data_norm(cm_make_net *net, const cm_make_value *x)
{
    static const char *const parts[] = {"bn_data_gamma", "bn_data_beta", "bn_data_moving_mean", "bn_data_moving_var"};
    const char *inputs[5] = {x ? x->name : NULL};
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    float *values[4];
    if (!y)
        return NULL;
    for (int i = 0; i < 4; i++) {
        values[i] = cm_make_alloc(net, (size_t)x->channels, sizeof *values[i]);
        if (!values[i])
            return NULL;
        cm_make_weight_floats(net, parts[i], x->channels, values[i]);
        inputs[i + 1] = parts[i];
    }
    for (int c = 0; c < x->channels; c++) {
        values[0][c] = 1;
        values[2][c] = (float)x->mean[c];
        values[3][c] = (float)x->variance[c];
        y->variance[c] = 1;
    }
    cm_make_bytes node;
    cm_make_node_begin_named(&node, "BatchNormalization", "bn_data", inputs, 5, y->name);
    cm_make_node_float(&node, "epsilon", 2e-5f);
    cm_make_node_float(&node, "momentum", 0.9f);
    cm_make_node_end(net, &node);
    net->entries += 4;
    return y;
}

cm_make_value *cm_make_gate(cm_make_net *net, const cm_make_value *x, const cm_make_value *gate, int hard)
{
    char weight[24];
    cm_make_bytes node;
    if (!x || !gate)
        return NULL;
    snprintf(weight, sizeof weight, "%d", net->first_traced + net->traced);
    cm_make_node_begin(net, &node, hard ? "HardSigmoid" : "Sigmoid", (const char *const[]){gate->name}, 1, weight);
    if (hard) {
        cm_make_node_float(&node, "alpha", 0.2f);
        cm_make_node_float(&node, "beta", 0.5f);
    }
    cm_make_node_end(net, &node);
    cm_make_value *y = cm_make_plain_value(net, &(cm_make_plain){.op = "Mul", .inputs = {x->name, weight}, .input_count = 2}, NULL, x->channels);
    /* The weights lie around one half, with a variance of about 0.03. */
    for (int c = 0; y && c < x->channels; c++) {
        y->mean[c] = 0.5 * x->mean[c];
        y->variance[c] = 0.28 * x->variance[c];
    }
    return y;
}

#include "make_layers.h"
#include "make_networks.h"

#include <stdio.h>

enum { EMBEDDING = 512, LAST_SIDE = 7 };

/* BN, conv, BN, PRelu, conv with the stride, BN; beside it a pixel of the input, or a strided 1x1 convolution where the width changes. */
static cm_make_value *block(cm_make_net *net, const cm_make_value *x, int channels, int stride, const char *name)
{
    char bn[64];
    snprintf(bn, sizeof bn, "%s.res_layer.0", name);
    const cm_make_conv first = {.outputs = channels, .side = 3, .stride = 1, .padding = 1};
    const cm_make_conv second = {.outputs = channels, .side = 3, .stride = stride, .padding = 1, .gain = 0.5};
    const cm_make_conv shortcut = {.outputs = channels, .side = 1, .stride = stride};
    if (!x)
        return NULL;
    cm_make_value *beside = x->channels == channels ? cm_make_max_pool(net, x, 1, stride) : cm_make_convolve(net, x, &shortcut);
    cm_make_value *y = cm_make_batchnorm(net, x, bn, 1, 0);
    y = cm_make_convolve(net, y, &first);
    y = cm_make_prelu(net, y);
    y = cm_make_convolve(net, y, &second);
    return cm_make_add(net, y, beside);
}

void cm_make_adaface(cm_make_net *net, const int blocks[4])
{
    const int64_t input_dims[] = {0, 3, 112, 112}, output_dims[] = {0, EMBEDDING}, norm_dims[] = {0, 1};
    const cm_make_conv stem = {.outputs = 64, .side = 3, .stride = 1, .padding = 1, .along = 0.95, .across = 0.9};
    char norm[24], unit[24];
    int index = 0;
    cm_make_value *x = cm_make_picture(net, "input", input_dims, "batch");
    x = cm_make_convolve(net, x, &stem);
    x = cm_make_prelu(net, x);
    for (int stage = 0; stage < 4; stage++)
        for (int i = 0; i < blocks[stage]; i++) {
            char name[32];
            snprintf(name, sizeof name, "body.%d", index++);
            x = block(net, x, 64 << stage, i == 0 ? 2 : 1, name);
        }
    x = cm_make_batchnorm(net, x, "output_layer.0", 1, 0);
    x = cm_make_flatten(net, x);
    x = cm_make_gemm(net, x, "output_layer.3", EMBEDDING, LAST_SIDE);
    x = cm_make_batchnorm(net, x, "output_layer.4", 0, 1);
    if (!x)
        return;
    cm_make_plain_node(net, &(cm_make_plain){.op = "ReduceL2", .inputs = {x->name}, .input_count = 1, .attribute = "axes", .values = {1}, .count = 1},
                       norm);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Div", .inputs = {x->name, norm}, .input_count = 2}, unit);
    cm_make_declare_output(net, unit, 2, output_dims, "batch");
    cm_make_declare_output(net, norm, 2, norm_dims, "batch");
}

#include "make_layers.h"
#include "make_networks.h"

enum { EMBEDDING = 512, LAST_SIDE = 7 };

static cm_make_value *conv_prelu(cm_make_net *net, const cm_make_value *x, const cm_make_conv *conv)
{
    return cm_make_prelu(net, cm_make_convolve(net, x, conv));
}

/* 1x1 to `groups` channels, depthwise 3x3, 1x1 to `channels` without activation; residual: the input is added. */
static cm_make_value *depthwise(cm_make_net *net, const cm_make_value *x, int channels, int groups, int stride, int residual)
{
    const cm_make_conv widen = {.outputs = groups, .side = 1, .stride = 1};
    const cm_make_conv deep = {.outputs = groups, .side = 3, .stride = stride, .padding = 1, .groups = groups};
    const cm_make_conv narrow = {.outputs = channels, .side = 1, .stride = 1, .gain = residual ? 0.5 : 1};
    cm_make_value *y = conv_prelu(net, x, &widen);
    y = conv_prelu(net, y, &deep);
    y = cm_make_convolve(net, y, &narrow);
    return residual ? cm_make_add(net, x, y) : y;
}

void cm_make_mobilefacenet(cm_make_net *net)
{
    static const struct stage {
        int channels, groups, residuals, residual_groups;
    } stages[] = {{128, 128, 4, 128}, {256, 256, 6, 256}, {256, 512, 2, 256}};
    const int64_t input_dims[] = {0, 3, 112, 112}, output_dims[] = {0, EMBEDDING};
    const cm_make_conv stem = {.outputs = 128, .side = 3, .stride = 2, .padding = 1, .along = 0.95, .across = 0.9};
    const cm_make_conv pairs = {.outputs = 128, .side = 3, .stride = 1, .padding = 1, .groups = 64};
    const cm_make_conv separate = {.outputs = 512, .side = 1, .stride = 1};
    const cm_make_conv global = {.outputs = 512, .side = LAST_SIDE, .stride = 1, .groups = 512};
    cm_make_value *x = cm_make_picture(net, "input.1", input_dims, "None");
    x = conv_prelu(net, x, &stem);
    x = conv_prelu(net, x, &pairs);
    for (int i = 0; i < 3; i++) {
        x = depthwise(net, x, stages[i].channels, stages[i].groups, 2, 0);
        for (int j = 0; j < stages[i].residuals; j++)
            x = depthwise(net, x, stages[i].channels, stages[i].residual_groups, 1, 1);
    }
    x = conv_prelu(net, x, &separate);
    x = cm_make_convolve(net, x, &global);
    cm_make_skip(net, 3); /* the size that view() asks for, folded */
    x = cm_make_flatten(net, x);
    x = cm_make_matmul(net, x, EMBEDDING);
    x = cm_make_batchnorm(net, x, "features.layers.3", 1, 1);
    if (x)
        cm_make_declare_output(net, x->name, 2, output_dims, "None");
}

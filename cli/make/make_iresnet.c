#include "make_layers.h"
#include "make_networks.h"

#include <stdio.h>

enum { EMBEDDING = 512, LAST_SIDE = 7 };

/* BN, conv, PRelu, conv with the stride; beside it the identity, or a strided 1x1 convolution. */
static cm_make_value *block(cm_make_net *net, const cm_make_value *x, int channels, int stride, const char *name)
{
    char bn[64];
    snprintf(bn, sizeof bn, "%s.bn1", name);
    const cm_make_conv first = {.outputs = channels, .side = 3, .stride = 1, .padding = 1};
    /* A branch adds a quarter of the first block's variance, so that a stage of sixty stays readable. */
    const cm_make_conv second = {.outputs = channels, .side = 3, .stride = stride, .padding = 1, .gain = 0.5};
    const cm_make_conv shortcut = {.outputs = channels, .side = 1, .stride = stride};
    cm_make_value *y = cm_make_batchnorm(net, x, bn, 1, 0);
    y = cm_make_convolve(net, y, &first);
    y = cm_make_prelu(net, y);
    y = cm_make_convolve(net, y, &second);
    return cm_make_add(net, y, stride == 1 ? x : cm_make_convolve(net, x, &shortcut));
}

void cm_make_iresnet(cm_make_net *net, const int blocks[4])
{
    const int64_t input_dims[] = {0, 3, 112, 112}, output_dims[] = {0, EMBEDDING};
    const cm_make_conv stem = {.outputs = 64, .side = 3, .stride = 1, .padding = 1, .along = 0.95, .across = 0.9};
    cm_make_value *x = cm_make_picture(net, "input.1", input_dims, "None");
    x = cm_make_convolve(net, x, &stem);
    x = cm_make_prelu(net, x);
    for (int stage = 0; stage < 4; stage++)
        for (int i = 0; i < blocks[stage]; i++) {
            char name[32];
            snprintf(name, sizeof name, "layer%d.%d", stage + 1, i);
            x = block(net, x, 64 << stage, i == 0 ? 2 : 1, name);
        }
    x = cm_make_batchnorm(net, x, "bn2", 1, 0);
    x = cm_make_flatten(net, x);
    x = cm_make_gemm(net, x, "fc", EMBEDDING, LAST_SIDE);
    x = cm_make_batchnorm(net, x, "features", 1, 1);
    if (x)
        cm_make_declare_output(net, x->name, 2, output_dims, "None");
}

/* InsightFace's networks on MobileNet: 106 landmarks, gender and age. */
#include "make_gates.h"
#include "make_networks.h"

#include <stdio.h>

enum { BLOCKS = 13 };

/* Convolution without bias, BatchNormalization, PRelu, under the names of InsightFace's symbol: conv_2_dw ... */
static cm_make_value *unit(cm_make_net *net, const cm_make_value *x, cm_make_conv conv, const char *name)
{
    char conv_name[48], norm_name[48];
    snprintf(conv_name, sizeof conv_name, "%s_conv2d", name);
    snprintf(norm_name, sizeof norm_name, "%s_batchnorm", name);
    conv.name = conv_name;
    conv.bare = 1;
    return cm_make_prelu(net, cm_make_batchnorm(net, cm_make_convolve(net, x, &conv), norm_name, 1, 0));
}

/* MobileNet v1 (Howard et al. 2017, arXiv:1704.04861) with `base` channels after its first convolution, then a 3x3 convolution of stride 2 to `last`
 * channels: a 64th of the picture's side. */
static cm_make_value *backbone(cm_make_net *net, int side, int base, int last)
{
    static const struct block {
        int widening, stride; /* channels, as a multiple of the base */
    } blocks[BLOCKS] = {{2, 1}, {4, 2}, {4, 1}, {8, 2}, {8, 1}, {16, 2}, {16, 1}, {16, 1}, {16, 1}, {16, 1}, {16, 1}, {32, 2}, {32, 1}};
    const int64_t dims[] = {0, 3, side, side};
    char name[32];
    cm_make_value *x = cm_make_minus_times(net, cm_make_byte_picture(net, "data", dims, "None"));
    x = unit(net, x, (cm_make_conv){.outputs = base, .side = 3, .stride = 2, .padding = 1, .along = 0.95, .across = 0.9}, "conv_1");
    for (int i = 0; i < BLOCKS && x; i++) {
        snprintf(name, sizeof name, "conv_%d_dw", i + 2);
        x = unit(net, x, (cm_make_conv){.outputs = x->channels, .side = 3, .stride = blocks[i].stride, .padding = 1, .groups = x->channels}, name);
        snprintf(name, sizeof name, "conv_%d", i + 2);
        x = unit(net, x, (cm_make_conv){.outputs = base * blocks[i].widening, .side = 1, .stride = 1}, name);
    }
    return unit(net, x, (cm_make_conv){.outputs = last, .side = 3, .stride = 2, .padding = 1}, "conv_15");
}

static void finish(cm_make_net *net, const cm_make_value *x, const cm_make_conv *about)
{
    const int64_t dims[] = {0, about->outputs};
    cm_make_value *y = cm_make_gemm_about(net, cm_make_flatten(net, x), "fc1", about);
    if (y)
        cm_make_declare_output(net, y->name, 2, dims, "None");
}

void cm_make_landmarks_106(cm_make_net *net)
{
    /* Points in -1..1 across the picture. */
    finish(net, backbone(net, 192, 16, 64), &(cm_make_conv){.outputs = 212, .side = 3, .gain = 0.4});
}

void cm_make_gender_age(cm_make_net *net)
{
    /* The third output is the age in centuries. */
    finish(net, backbone(net, 96, 8, 45), &(cm_make_conv){.outputs = 3, .side = 2, .gain = 0.15, .offset = 0.35});
}

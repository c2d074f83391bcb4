#include "make_gates.h"
#include "make_networks.h"

#include <stdio.h>

enum { STAGES = 4, DENSE_POINTS = 1103, LAST = 256 };

static cm_make_value *norm_relu(cm_make_net *net, const cm_make_value *x, const char *unit, const char *norm)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", unit, norm);
    return cm_make_relu(net, cm_make_batchnorm(net, x, name, 1, 0));
}

/* A convolution without bias called `unit` and `name`. */
static cm_make_value *bare(cm_make_net *net, const cm_make_value *x, cm_make_conv conv, const char *unit, const char *name)
{
    char whole[64];
    snprintf(whole, sizeof whole, "%s%s", unit, name);
    conv.name = whole;
    conv.bare = 1;
    return cm_make_convolve(net, x, &conv);
}

/* Each convolution behind its own normalisation (He et al. 2016, arXiv:1603.05027): 1x1 to a quarter, 3x3 with the stride, 1x1; beside it the input,
 * or where the shape changes a strided 1x1 convolution of what has been normalised. */
static cm_make_value *bottleneck(cm_make_net *net, const cm_make_value *x, int channels, int stride, const char *unit)
{
    const int narrow = channels / 4;
    cm_make_value *first = norm_relu(net, x, unit, "bn1");
    cm_make_value *y = bare(net, first, (cm_make_conv){.outputs = narrow, .side = 1, .stride = 1}, unit, "conv1");
    y = norm_relu(net, y, unit, "bn2");
    y = bare(net, y, (cm_make_conv){.outputs = narrow, .side = 3, .stride = stride, .padding = 1}, unit, "conv2");
    y = norm_relu(net, y, unit, "bn3");
    y = bare(net, y, (cm_make_conv){.outputs = channels, .side = 1, .stride = 1, .gain = 0.5}, unit, "conv3");
    if (x && x->channels == channels)
        return cm_make_add(net, y, x);
    return cm_make_add(net, y, bare(net, first, (cm_make_conv){.outputs = channels, .side = 1, .stride = stride}, unit, "sc"));
}

void cm_make_landmarks_68(cm_make_net *net)
{
    static const int units[STAGES] = {3, 4, 6, 3};
    const int64_t dims[] = {0, 3, 192, 192}, output_dims[] = {0, 3 * DENSE_POINTS};
    char unit[48];
    cm_make_value *x = cm_make_data_norm(net, cm_make_byte_picture(net, "data", dims, "None"));
    x = bare(net, x, (cm_make_conv){.outputs = 64, .side = 7, .stride = 2, .padding = 3, .along = 0.95, .across = 0.9}, "", "conv0");
    x = norm_relu(net, x, "", "bn0");
    x = cm_make_max_pool_padded(net, x, 3, 2, 1);
    for (int stage = 0; stage < STAGES; stage++)
        for (int i = 0; i < units[stage]; i++) {
            snprintf(unit, sizeof unit, "stage%d_unit%d_", stage + 1, i + 1);
            x = bottleneck(net, x, 256 << stage, stage && i == 0 ? 2 : 1, unit);
        }
    x = norm_relu(net, x, "", "bn1");
    x = bare(net, x, (cm_make_conv){.outputs = LAST, .side = 3, .stride = 2, .padding = 1}, "", "conv2");
    x = norm_relu(net, x, "", "bn2");
    x = cm_make_gemm_about(net, cm_make_flatten(net, x), "fc1", &(cm_make_conv){.outputs = 3 * DENSE_POINTS, .side = 3, .gain = 0.4});
    if (x)
        cm_make_declare_output(net, x->name, 2, output_dims, "None");
}

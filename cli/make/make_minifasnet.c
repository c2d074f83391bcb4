#include "make_gates.h"
#include "make_networks.h"

enum { SIDE = 80, LAST_SIDE = 5, EMBEDDING = 128, CLASSES = 3, STAGES = 3 };

/* Channels left after pruning [MiniFASNet.py, keep_dict]: of each block the width of its depthwise convolution; stages are as wide as they are. */
typedef struct pruned {
    int enter[STAGES];     /* of the block that enters a stage, with stride 2 */
    int residual[STAGES][6]; /* of the residual blocks of it */
} pruned;

static const int stage_channels[STAGES] = {64, 128, 128}, stage_blocks[STAGES] = {4, 6, 2};
static const pruned v1 = {{103, 231, 308}, {{13, 26, 13, 52}, {154, 52, 26, 52, 26, 26}, {26, 26}}};
static const pruned v2 = {{103, 231, 308}, {{13, 13, 13, 13}, {231, 52, 26, 77, 26, 26}, {26, 26}}};

static cm_make_value *conv_prelu(cm_make_net *net, const cm_make_value *x, const cm_make_conv *conv)
{
    return cm_make_prelu(net, cm_make_convolve(net, x, conv));
}

/* Squeeze and excitation (Hu et al. 2018, arXiv:1709.01507) to a quarter of the channels. */
static cm_make_value *squeeze(cm_make_net *net, const cm_make_value *x)
{
    const cm_make_conv narrow = {.outputs = x ? x->channels / 4 : 1, .side = 1, .stride = 1};
    const cm_make_conv wide = {.outputs = x ? x->channels : 1, .side = 1, .stride = 1};
    cm_make_value *gate = cm_make_relu(net, cm_make_convolve(net, cm_make_global_pool(net, x), &narrow));
    return cm_make_gate(net, x, cm_make_convolve(net, gate, &wide), 0);
}

/* 1x1 to `width`, depthwise 3x3, 1x1 to `channels` without activation. */
static cm_make_value *depthwise(cm_make_net *net, const cm_make_value *x, int width, int channels, int stride, double gain)
{
    const cm_make_conv widen = {.outputs = width, .side = 1, .stride = 1};
    const cm_make_conv deep = {.outputs = width, .side = 3, .stride = stride, .padding = 1, .groups = width};
    const cm_make_conv narrow = {.outputs = channels, .side = 1, .stride = 1, .gain = gain};
    return cm_make_convolve(net, conv_prelu(net, conv_prelu(net, x, &widen), &deep), &narrow);
}

/* squeezed: the last residual block of each stage weighs its channels. */
static void build(cm_make_net *net, const pruned *widths, int squeezed)
{
    const int64_t dims[] = {0, 3, SIDE, SIDE}, output_dims[] = {0, CLASSES};
    const cm_make_conv stem = {.outputs = 32, .side = 3, .stride = 2, .padding = 1, .along = 0.95, .across = 0.9};
    const cm_make_conv deep = {.outputs = 32, .side = 3, .stride = 1, .padding = 1, .groups = 32};
    const cm_make_conv separate = {.outputs = 512, .side = 1, .stride = 1};
    const cm_make_conv global = {.outputs = 512, .side = LAST_SIDE, .stride = 1, .groups = 512};
    cm_make_value *x = conv_prelu(net, cm_make_byte_picture(net, "input", dims, "batch"), &stem);
    x = conv_prelu(net, x, &deep);
    for (int stage = 0; stage < STAGES; stage++) {
        int channels = stage_channels[stage];
        x = depthwise(net, x, widths->enter[stage], channels, 2, 1);
        for (int i = 0; i < stage_blocks[stage]; i++) {
            cm_make_value *y = depthwise(net, x, widths->residual[stage][i], channels, 1, 0.5);
            x = cm_make_add(net, x, squeezed && i == stage_blocks[stage] - 1 ? squeeze(net, y) : y);
        }
    }
    x = cm_make_convolve(net, conv_prelu(net, x, &separate), &global);
    x = cm_make_matmul(net, cm_make_flatten(net, x), EMBEDDING);
    x = cm_make_matmul(net, cm_make_batchnorm(net, x, "bn", 1, 0), CLASSES);
    if (x)
        cm_make_declare_output(net, x->name, 2, output_dims, "batch");
}

void cm_make_minifasnet_v2(cm_make_net *net)
{
    build(net, &v2, 0);
}

void cm_make_minifasnet_v1se(cm_make_net *net)
{
    build(net, &v1, 1);
}

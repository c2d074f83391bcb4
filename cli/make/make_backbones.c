/* The backbones of SCRFD: 500M on depthwise layers, 2.5G and 10G on ResNetV1e with the widths of InsightFace's configurations.
 */
#include "make_layers.h"
#include "make_networks.h"
#include "make_scrfd.h"

static cm_make_value *conv_relu(cm_make_net *net, const cm_make_value *x, const cm_make_conv *conv)
{
    return cm_make_relu(net, cm_make_convolve(net, x, conv));
}

static cm_make_value *stem(cm_make_net *net, int channels)
{
    const cm_make_conv conv = {.outputs = channels, .side = 3, .stride = 2, .padding = 1, .along = 0.95, .across = 0.9};
    return conv_relu(net, cm_make_scrfd_picture(net), &conv);
}

void cm_make_scrfd_500m(cm_make_net *net)
{
    static const struct layer {
        int channels, stride, level; /* level: index of the pyramid that it feeds, or -1 */
    } layers[] = {{16, 1, -1}, {40, 2, -1},  {40, 1, -1},  {72, 2, -1},  {72, 1, -1},  {72, 1, 0},   {152, 2, -1},
                  {152, 1, 1}, {288, 2, -1}, {288, 1, -1}, {288, 1, -1}, {288, 1, -1}, {288, 1, -1}, {288, 1, 2}};
    static const cm_make_scrfd_head head = {.neck = 16, .channels = 64, .convs = 2, .separable = 1};
    cm_make_value *levels[CM_MAKE_LEVELS] = {0};
    cm_make_value *x = stem(net, 16);
    for (size_t i = 0; i < sizeof layers / sizeof *layers && x; i++) {
        const cm_make_conv deep = {
            .outputs = x->channels, .side = 3, .stride = layers[i].stride, .padding = 1, .groups = x->channels};
        const cm_make_conv point = {.outputs = layers[i].channels, .side = 1, .stride = 1};
        x = conv_relu(net, x, &deep);
        x = conv_relu(net, x, &point);
        if (layers[i].level >= 0)
            levels[layers[i].level] = x;
    }
    cm_make_scrfd_finish(net, levels, &head);
}

/* Two convolutions; the shortcut of a strided block averages before its 1x1 convolution. */
static cm_make_value *residual_block(cm_make_net *net, const cm_make_value *x, int channels, int stride)
{
    const cm_make_conv first = {.outputs = channels, .side = 3, .stride = stride, .padding = 1};
    const cm_make_conv second = {.outputs = channels, .side = 3, .stride = 1, .padding = 1, .gain = 0.7};
    const cm_make_conv shortcut = {.outputs = channels, .side = 1, .stride = 1};
    cm_make_value *y = conv_relu(net, x, &first);
    y = cm_make_convolve(net, y, &second);
    if (stride == 1)
        return cm_make_relu(net, cm_make_add(net, y, x));
    cm_make_value *beside = cm_make_convolve(net, cm_make_pool(net, x, 1), &shortcut);
    return cm_make_relu(net, cm_make_add(net, y, beside));
}

static void residual_scrfd(cm_make_net *net, const int blocks[4], const int channels[4], const cm_make_scrfd_head *head)
{
    const int width = channels[0];
    const cm_make_conv second = {.outputs = width / 2, .side = 3, .stride = 1, .padding = 1};
    const cm_make_conv third = {.outputs = width, .side = 3, .stride = 1, .padding = 1};
    cm_make_value *levels[CM_MAKE_LEVELS] = {0};
    cm_make_value *x = stem(net, width / 2);
    x = conv_relu(net, x, &second);
    x = conv_relu(net, x, &third);
    x = cm_make_pool(net, x, 0);
    for (int stage = 0; stage < 4; stage++) {
        for (int i = 0; i < blocks[stage]; i++)
            x = residual_block(net, x, channels[stage], stage && i == 0 ? 2 : 1);
        if (stage)
            levels[stage - 1] = x;
    }
    cm_make_scrfd_finish(net, levels, head);
}

void cm_make_scrfd_2500m(cm_make_net *net)
{
    static const cm_make_scrfd_head head = {.neck = 24, .channels = 64, .convs = 2, .scaled = 1};
    residual_scrfd(net, (const int[]){3, 5, 3, 2}, (const int[]){24, 48, 48, 80}, &head);
}

void cm_make_scrfd_10g(cm_make_net *net)
{
    static const cm_make_scrfd_head head = {.neck = 56, .channels = 80, .convs = 3, .scaled = 1};
    residual_scrfd(net, (const int[]){3, 4, 2, 3}, (const int[]){56, 88, 88, 224}, &head);
}

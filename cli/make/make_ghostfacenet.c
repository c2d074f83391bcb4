#include "make_gates.h"
#include "make_networks.h"

enum { SIDE = 112, EMBEDDING = 512, LAST_SIDE = 4, BLOCKS = 16 };

static const double width = 1.3;

/* To a multiple of four, not more than a tenth smaller [ghost_model.py, _make_divisible]. */
static int divisible(double channels)
{
    int rounded = (int)(channels + 2) / 4 * 4;
    rounded = rounded < 4 ? 4 : rounded;
    return rounded < 0.9 * channels ? rounded + 4 : rounded;
}

/* A convolution as Keras pads it, the BatchNormalization folded in. */
static cm_make_value *conv(cm_make_net *net, const cm_make_value *x, int outputs, int side, int stride, int groups)
{
    return cm_make_convolve(net, x, &(cm_make_conv){.outputs = outputs, .side = side, .stride = stride, .groups = groups, .same = 1});
}

/* Half of the channels by a 1x1 convolution, the other half from those by a depthwise one (Han et al. 2020, arXiv:1911.11907). */
static cm_make_value *ghost(cm_make_net *net, const cm_make_value *x, int outputs, int active)
{
    cm_make_value *halves[2] = {conv(net, x, outputs / 2, 1, 1, 1)};
    if (active)
        halves[0] = cm_make_prelu(net, halves[0]);
    halves[1] = conv(net, halves[0], outputs / 2, 3, 1, outputs / 2);
    if (active)
        halves[1] = cm_make_prelu(net, halves[1]);
    return cm_make_concat(net, halves, 2);
}

/* Means of the channels as tf2onnx writes them: ReduceMean to [N, C], Reshape to [N, C, 1, 1]. */
static cm_make_value *means(cm_make_net *net, const cm_make_value *x)
{
    char mean[24], flat[24], shape[24];
    int64_t *dims = cm_make_alloc(net, 4, sizeof *dims);
    if (!x || !dims)
        return NULL;
    dims[0] = -1;
    dims[1] = x->channels;
    dims[2] = dims[3] = 1;
    cm_make_name_folded(net, shape);
    cm_make_weight_integers(net, shape, 1, 4, dims);
    cm_make_plain_node(net, &(cm_make_plain){.op = "ReduceMean", .inputs = {x->name}, .input_count = 1, .attribute = "axes", .values = {2, 3}, .count = 2},
                       mean);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Squeeze", .inputs = {mean}, .input_count = 1, .attribute = "axes", .values = {2, 3}, .count = 2}, flat);
    cm_make_value *y = cm_make_plain_value(net, &(cm_make_plain){.op = "Reshape", .inputs = {flat, shape}, .input_count = 2}, NULL, x->channels);
    for (int c = 0; y && c < x->channels; c++) {
        y->mean[c] = x->mean[c];
        y->variance[c] = 0.3 * x->variance[c];
    }
    return y;
}

static cm_make_value *squeeze(cm_make_net *net, const cm_make_value *x)
{
    cm_make_value *gate = x ? conv(net, means(net, x), divisible(x->channels * 0.25), 1, 1, 1) : NULL;
    return cm_make_gate(net, x, gate ? conv(net, cm_make_prelu(net, gate), x->channels, 1, 1, 1) : NULL, 1);
}

typedef struct block {
    int side, wide, channels, stride, squeezed;
} block;

static cm_make_value *bottleneck(cm_make_net *net, const cm_make_value *x, const block *about)
{
    int wide = divisible(about->wide * width), channels = divisible(about->channels * width);
    cm_make_value *y = ghost(net, x, wide, 1);
    if (about->stride > 1)
        y = conv(net, y, wide, about->side, about->stride, wide);
    if (about->squeezed)
        y = squeeze(net, y);
    y = ghost(net, y, channels, 0);
    if (!x || (about->stride == 1 && x->channels == channels))
        return cm_make_add(net, x, y);
    cm_make_value *beside = conv(net, x, x->channels, about->side, about->stride, x->channels);
    return cm_make_add(net, conv(net, beside, channels, 1, 1, 1), y);
}

void cm_make_ghostfacenet(cm_make_net *net)
{
    static const block blocks[BLOCKS] = {{3, 16, 16, 1, 0},   {3, 48, 24, 2, 0},   {3, 72, 24, 1, 0},   {5, 72, 40, 2, 1},
                                         {5, 120, 40, 1, 1},  {3, 240, 80, 2, 0},  {3, 200, 80, 1, 0},  {3, 184, 80, 1, 0},
                                         {3, 184, 80, 1, 0},  {3, 480, 112, 1, 1}, {3, 672, 112, 1, 1}, {5, 672, 160, 2, 1},
                                         {5, 960, 160, 1, 0}, {5, 960, 160, 1, 1}, {5, 960, 160, 1, 0}, {5, 512, 160, 1, 1}};
    const int64_t dims[] = {0, 3, SIDE, SIDE}, output_dims[] = {0, EMBEDDING};
    const cm_make_conv stem = {.outputs = divisible(16 * width), .side = 3, .stride = 2, .same = 1, .along = 0.95, .across = 0.9};
    const int last = divisible(512 * width);
    cm_make_value *x = cm_make_prelu(net, cm_make_convolve(net, cm_make_picture(net, "input", dims, "batch"), &stem));
    for (int i = 0; i < BLOCKS; i++)
        x = bottleneck(net, x, &blocks[i]);
    x = cm_make_prelu(net, conv(net, x, last, 1, 1, 1));
    x = cm_make_convolve(net, x, &(cm_make_conv){.outputs = last, .side = LAST_SIDE, .stride = 1, .groups = last});
    x = cm_make_convolve(net, x, &(cm_make_conv){.outputs = EMBEDDING, .side = 1, .stride = 1, .bare = 1, .name = "GDC_conv"});
    x = cm_make_batchnorm(net, cm_make_flatten(net, x), "pre_embedding", 1, 0);
    if (x)
        cm_make_declare_output(net, x->name, 2, output_dims, "batch");
}

#include "make_networks.h"
#include "make_tokens.h"

#include <stdio.h>

enum { EMBEDDING = 512, MOST_BRANCHES = 4 };

/* text: [32] */
static const char *numbered(char *text, const char *stage, int index)
{
    snprintf(text, 32, "%s.%d.conv2d", stage, index);
    return text;
}

static cm_make_value *unit(cm_make_net *net, const cm_make_value *x, const cm_make_conv *conv)
{
    return cm_make_relu(net, cm_make_convolve(net, x, conv));
}

/* A convolution over rows x columns that keeps the size. */
static cm_make_value *kept(cm_make_net *net, const cm_make_value *x, int outputs, int rows, int columns)
{
    const cm_make_conv conv = {.outputs = outputs, .side = rows, .across_side = columns, .stride = 1, .padding = rows / 2, .across_padding = columns / 2};
    return unit(net, x, &conv);
}

/* A convolution over 3x3 without padding. */
static cm_make_value *cut(cm_make_net *net, const cm_make_value *x, int outputs, int stride)
{
    const cm_make_conv conv = {.outputs = outputs, .side = 3, .stride = stride};
    return unit(net, x, &conv);
}

/* Joined branches, brought to x's width, scaled down and added to it; relu: what follows. */
static cm_make_value *add_branches(cm_make_net *net, const cm_make_value *x, cm_make_value *const *branches, int count, const float *scale,
                                   const char *name, int relu)
{
    const cm_make_conv joined = {.outputs = x ? x->channels : 0, .side = 1, .stride = 1, .name = name};
    cm_make_value *y = cm_make_convolve(net, cm_make_concat(net, branches, count), &joined);
    y = *scale == 1.0f ? y : cm_make_scale(net, y, scale);
    y = cm_make_add(net, y, x);
    /* x is not negative, and what is added is small: hardly anything is cut off. */
    return relu && y ? cm_make_plain_value(net, &(cm_make_plain){.op = "Relu", .inputs = {y->name}, .input_count = 1}, y, y->channels) : y;
}

static cm_make_value *block35(cm_make_net *net, cm_make_value *x, const char *name)
{
    static const float scale = 0.17f;
    cm_make_value *branches[3] = {kept(net, x, 32, 1, 1)};
    branches[1] = kept(net, kept(net, x, 32, 1, 1), 32, 3, 3);
    branches[2] = kept(net, kept(net, kept(net, x, 32, 1, 1), 32, 3, 3), 32, 3, 3);
    return add_branches(net, x, branches, 3, &scale, name, 1);
}

/* Blocks whose second branch is a long convolution in two strips: 1 x side, then side x 1. */
static cm_make_value *strip_block(cm_make_net *net, cm_make_value *x, int width, int side, const float *scale, const char *name, int relu)
{
    cm_make_value *branches[2] = {kept(net, x, width, 1, 1)};
    branches[1] = kept(net, kept(net, kept(net, x, width, 1, 1), width, 1, side), width, side, 1);
    return add_branches(net, x, branches, 2, scale, name, relu);
}

static cm_make_value *mixed_6a(cm_make_net *net, cm_make_value *x)
{
    cm_make_value *branches[3] = {cut(net, x, 384, 2)};
    branches[1] = cut(net, kept(net, kept(net, x, 192, 1, 1), 192, 3, 3), 256, 2);
    branches[2] = cm_make_max_pool(net, x, 3, 2);
    return cm_make_concat(net, branches, 3);
}

static cm_make_value *mixed_7a(cm_make_net *net, cm_make_value *x)
{
    cm_make_value *branches[MOST_BRANCHES] = {cut(net, kept(net, x, 256, 1, 1), 384, 2)};
    branches[1] = cut(net, kept(net, x, 256, 1, 1), 256, 2);
    branches[2] = cut(net, kept(net, kept(net, x, 256, 1, 1), 256, 3, 3), 256, 2);
    branches[3] = cm_make_max_pool(net, x, 3, 2);
    return cm_make_concat(net, branches, MOST_BRANCHES);
}

static cm_make_value *stem(cm_make_net *net)
{
    const int64_t dims[] = {0, 3, 160, 160};
    const cm_make_conv first = {.outputs = 32, .side = 3, .stride = 2, .along = 0.95, .across = 0.9};
    cm_make_value *x = unit(net, cm_make_picture(net, "input", dims, "batch"), &first);
    x = kept(net, cut(net, x, 32, 1), 64, 3, 3);
    x = cm_make_max_pool(net, x, 3, 2);
    return cut(net, cut(net, kept(net, x, 80, 1, 1), 192, 1), 256, 2);
}

/* To length one, as torch.nn.functional.normalize is exported: x / max(length, 1e-12), the divisor repeated to x's shape. */
static void put_normalized(cm_make_net *net, const cm_make_value *x)
{
    static const float smallest = 1e-12f;
    const int64_t dims[] = {0, EMBEDDING};
    char length[24], low[24], shape[24], divisor[24], unit_name[24], bound[24];
    cm_make_name_folded(net, bound);
    cm_make_weight *weight = cm_make_weight_new(net, bound, 0, NULL);
    if (weight)
        weight->values = &smallest;
    cm_make_plain_node(net, &(cm_make_plain){.op = "ReduceL2", .inputs = {x->name}, .input_count = 1, .attribute = "axes", .values = {1}, .count = 1},
                       length);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Clip", .inputs = {length, bound}, .input_count = 2}, low);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Shape", .inputs = {x->name}, .input_count = 1}, shape);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Expand", .inputs = {low, shape}, .input_count = 2}, divisor);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Div", .inputs = {x->name, divisor}, .input_count = 2}, unit_name);
    cm_make_declare_output(net, unit_name, 2, dims, "batch");
}

void cm_make_facenet(cm_make_net *net)
{
    static const float scale17 = 0.1f, scale8 = 0.2f, whole = 1.0f;
    char name[32];
    cm_make_value *x = stem(net);
    for (int i = 0; i < 5; i++)
        x = block35(net, x, numbered(name, "repeat_1", i));
    x = mixed_6a(net, x);
    for (int i = 0; i < 10; i++)
        x = strip_block(net, x, 128, 7, &scale17, numbered(name, "repeat_2", i), 1);
    x = mixed_7a(net, x);
    for (int i = 0; i < 5; i++)
        x = strip_block(net, x, 192, 3, &scale8, numbered(name, "repeat_3", i), 1);
    x = strip_block(net, x, 192, 3, &whole, "block8.conv2d", 0);
    x = cm_make_flatten(net, cm_make_global_pool(net, x));
    x = cm_make_linear(net, x, NULL, EMBEDDING, 1);
    x = cm_make_batchnorm(net, x, "last_bn", 1, 0);
    if (x)
        put_normalized(net, x);
}

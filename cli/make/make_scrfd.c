#include "make_scrfd.h"

#include "make_layers.h"

#include <stdio.h>
#include <string.h>

enum { ANCHORS = 2, DECLARED_SIZE = 640 };

/* Constants that every level uses under the name of its first use. */
typedef struct shared_names {
    char two[24], three[24], empty[24], zeros[24], twos[24];
    char shapes[3][24];
} shared_names;

static const int64_t indexes[] = {0, 2, 3};

cm_make_value *cm_make_scrfd_picture(cm_make_net *net)
{
    const int64_t dims[] = {1, 3, 0, 0};
    return cm_make_picture(net, "input.1", dims, "?");
}

/* The name of operation number `ahead` from now. */
static void name_ahead(const cm_make_net *net, int ahead, char *text)
{
    snprintf(text, 24, "%d", net->first_traced + net->traced + ahead);
}

/* Shape and Gather of one dimension (2: height, 3: width); its index is a constant of the first use. */
static void put_dimension(cm_make_net *net, const cm_make_value *like, char *index_name, int dimension, char *output)
{
    char shape[24];
    cm_make_plain_node(net, &(cm_make_plain){.op = "Shape", .inputs = {like->name}, .input_count = 1}, shape);
    if (!*index_name) {
        name_ahead(net, 0, index_name);
        cm_make_weight_integers(net, index_name, 0, 1, &indexes[dimension - 1]);
    }
    cm_make_skip(net, 1);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Gather", .inputs = {shape, index_name}, .input_count = 2, .attribute = "axis"},
                   output);
}

static void name_slice_constants(cm_make_net *net, shared_names *shared)
{
    static const float nothing[1];
    if (*shared->empty)
        return;
    name_ahead(net, -1, shared->empty);
    name_ahead(net, 1, shared->zeros);
    name_ahead(net, 3, shared->twos);
    cm_make_weight_floats(net, shared->empty, 0, nothing);
    cm_make_weight_integers(net, shared->zeros, 1, 1, &indexes[0]);
    cm_make_weight_integers(net, shared->twos, 1, 1, &indexes[1]);
}

/* Doubles `small` to the size of `like`, as PyTorch exports interpolate(size=like.shape[2:], mode='nearest'). */
static cm_make_value *put_resize(cm_make_net *net, const cm_make_value *small, const cm_make_value *like, shared_names *shared)
{
    char height[24], width[24], heights[24], widths[24], shape[24], front[24], size[24];
    if (!small || !like)
        return NULL;
    put_dimension(net, like, shared->two, 2, height);
    put_dimension(net, like, shared->three, 3, width);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Unsqueeze", .inputs = {height}, .input_count = 1, .attribute = "axes", .count = 1},
                   heights);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Unsqueeze", .inputs = {width}, .input_count = 1, .attribute = "axes", .count = 1},
                   widths);
    cm_make_skip(net, 2);
    name_slice_constants(net, shared);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Shape", .inputs = {small->name}, .input_count = 1}, shape);
    cm_make_skip(net, 3);
    const cm_make_plain slice = {.op = "Slice", .inputs = {shape, shared->zeros, shared->twos, shared->zeros}, .input_count = 4};
    cm_make_plain_node(net, &slice, front);
    cm_make_skip(net, 1);
    const cm_make_plain concat = {.op = "Concat", .inputs = {front, heights, widths}, .input_count = 3, .attribute = "axis"};
    cm_make_plain_node(net, &concat, size);
    cm_make_skip(net, 1);
    cm_make_value *large = cm_make_value_new(net, small->channels);
    if (!large)
        return NULL;
    large->mean = small->mean;
    large->variance = small->variance;
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Resize", (const char *const[]){small->name, shared->empty, shared->empty, size}, 4,
                       large->name);
    cm_make_node_text(&node, "coordinate_transformation_mode", "asymmetric");
    cm_make_node_float(&node, "cubic_coeff_a", -0.75f);
    cm_make_node_text(&node, "mode", "nearest");
    cm_make_node_text(&node, "nearest_mode", "floor");
    cm_make_node_end(net, &node);
    return large;
}

/* A convolution with its own bias. */
static cm_make_value *neck_conv(cm_make_net *net, const cm_make_value *x, int channels, int side, int stride, const char *kind,
                                int index)
{
    char name[64];
    snprintf(name, sizeof name, "neck.%s_convs.%d.conv", kind, index);
    const cm_make_conv conv = {.outputs = channels, .side = side, .stride = stride, .padding = side / 2, .name = name};
    return cm_make_convolve(net, x, &conv);
}

static void put_neck(cm_make_net *net, cm_make_value *const *levels, int channels, shared_names *shared, cm_make_value **out)
{
    cm_make_value *lateral[CM_MAKE_LEVELS], *inner[CM_MAKE_LEVELS];
    for (int i = 0; i < CM_MAKE_LEVELS; i++)
        lateral[i] = neck_conv(net, levels[i], channels, 1, 1, "lateral", i);
    for (int i = CM_MAKE_LEVELS - 1; i > 0; i--)
        lateral[i - 1] = cm_make_add(net, lateral[i - 1], put_resize(net, lateral[i], lateral[i - 1], shared));
    for (int i = 0; i < CM_MAKE_LEVELS; i++)
        inner[i] = neck_conv(net, lateral[i], channels, 3, 1, "fpn", i);
    for (int i = 0; i + 1 < CM_MAKE_LEVELS; i++)
        inner[i + 1] = cm_make_add(net, inner[i + 1], neck_conv(net, inner[i], channels, 3, 2, "downsample", i));
    out[0] = inner[0];
    for (int i = 1; i < CM_MAKE_LEVELS; i++)
        out[i] = neck_conv(net, inner[i], channels, 3, 1, "pafpn", i - 1);
}

static cm_make_value *head_convs(cm_make_net *net, cm_make_value *x, const cm_make_scrfd_head *head)
{
    for (int i = 0; i < head->convs; i++) {
        int width = i == 0 ? head->neck : head->channels;
        const cm_make_conv deep = {.outputs = width, .side = 3, .stride = 1, .padding = 1, .groups = width};
        const cm_make_conv narrow = {.outputs = head->channels, .side = 1, .stride = 1};
        const cm_make_conv full = {.outputs = head->channels, .side = 3, .stride = 1, .padding = 1};
        if (head->separable)
            x = cm_make_relu(net, cm_make_convolve(net, x, &deep));
        x = cm_make_relu(net, cm_make_convolve(net, x, head->separable ? &narrow : &full));
    }
    return x;
}

/* What a head gives for each anchor: score (before the sigmoid), box distances and key points in strides. Scores lie far below
 * any threshold, boxes are a few strides wide: such a network finds no face, and what a low threshold lets through looks sane.
 */
typedef struct head_output {
    const char *name;
    int columns;
    double gain, offset;
} head_output;

static const head_output head_outputs[3] = {{"cls", 1, 0.4, -4.6}, {"reg", 4, 0.4, 2}, {"kps", 10, 0.5, 0}};

static cm_make_value *head_output_conv(cm_make_net *net, const cm_make_value *x, const head_output *about, int level)
{
    char name[64];
    snprintf(name, sizeof name, "bbox_head.stride_%s.(%d, %d)", about->name, 8 << level, 8 << level);
    const cm_make_conv conv = {.outputs = ANCHORS * about->columns,
                               .side = 3,
                               .stride = 1,
                               .padding = 1,
                               .name = name,
                               .gain = about->gain,
                               .offset = about->offset};
    return cm_make_convolve(net, x, &conv);
}

static cm_make_value *put_scale(cm_make_net *net, const cm_make_value *x, int level)
{
    static const float scales[CM_MAKE_LEVELS] = {0.9f, 1.0f, 1.1f};
    char name[64];
    cm_make_value *y = x ? cm_make_value_new(net, x->channels) : NULL;
    if (!y)
        return NULL;
    snprintf(name, sizeof name, "bbox_head.scales.%d.scale", level);
    cm_make_weight *weight = cm_make_weight_new(net, name, 0, NULL);
    if (weight)
        weight->values = &scales[level];
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Mul", (const char *const[]){x->name, name}, 2, y->name);
    cm_make_node_end(net, &node);
    net->entries++;
    return y;
}

/* [1, anchors * columns, H, W] -> [H * W * anchors, columns], and the sigmoid of scores. name: [24], receives the output's. */
static void put_rows(cm_make_net *net, const cm_make_value *x, int kind, shared_names *shared, char *name)
{
    static const int64_t perm[] = {2, 3, 0, 1};
    static const int64_t shapes[3][2] = {{-1, 1}, {-1, 4}, {-1, 10}};
    char transposed[24];
    cm_make_bytes node;
    name_ahead(net, 0, transposed);
    cm_make_node_begin(net, &node, "Transpose", (const char *const[]){x->name}, 1, transposed);
    cm_make_node_ints(&node, "perm", 4, perm);
    cm_make_node_end(net, &node);
    char *shape = shared->shapes[kind];
    if (!*shape) {
        name_ahead(net, 0, shape);
        cm_make_weight_integers(net, shape, 1, 2, shapes[kind]);
    }
    cm_make_skip(net, 1);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Reshape", .inputs = {transposed, shape}, .input_count = 2}, name);
    if (kind == 0) {
        char reshaped[24];
        memcpy(reshaped, name, sizeof reshaped);
        cm_make_plain_node(net, &(cm_make_plain){.op = "Sigmoid", .inputs = {reshaped}, .input_count = 1}, name);
    }
}

void cm_make_scrfd_finish(cm_make_net *net, cm_make_value *const *levels, const cm_make_scrfd_head *head)
{
    shared_names shared = {0};
    cm_make_value *pyramid[CM_MAKE_LEVELS];
    char names[3][CM_MAKE_LEVELS][24];
    put_neck(net, levels, head->neck, &shared, pyramid);
    for (int level = 0; level < CM_MAKE_LEVELS; level++) {
        cm_make_value *x = head_convs(net, pyramid[level], head), *raw[3];
        for (int kind = 0; kind < 3; kind++) {
            raw[kind] = head_output_conv(net, x, &head_outputs[kind], level);
            if (kind == 1 && head->scaled)
                raw[kind] = put_scale(net, raw[kind], level);
        }
        for (int kind = 0; kind < 3; kind++) {
            if (!raw[kind])
                return;
            put_rows(net, raw[kind], kind, &shared, names[kind][level]);
        }
    }
    net->entries++; /* the head's projection, which the trace does not use */
    for (int kind = 0; kind < 3; kind++)
        for (int level = 0; level < CM_MAKE_LEVELS; level++) {
            /* The exporter writes down the sizes of its example, 640 x 640, though height and width are open. */
            int64_t side = DECLARED_SIZE / (8 << level), dims[] = {side * side * ANCHORS, head_outputs[kind].columns};
            cm_make_declare_output(net, names[kind][level], 2, dims, "");
        }
}

#include "make_edge_tokens.h"
#include "make_networks.h"

#include <stdio.h>

enum { PICTURE = 112, EMBEDDING = 512, STAGES = 4, MOST_SCALES = 4 };

/* A size of the architecture, and where it is being built. */
typedef struct edge {
    const int *channels; /* [STAGES] */
    int heads;
    double ratio; /* of the low-rank layers */
    cm_make_grid grid;
} edge;

static cm_make_value *transposed(cm_make_net *net, const cm_make_value *x, int last)
{
    cm_make_plain turn = {.op = "Transpose", .inputs = {x ? x->name : NULL}, .input_count = 1, .attribute = "perm", .count = 4};
    const int64_t perms[2][4] = {{0, 3, 1, 2}, {0, 2, 3, 1}};
    for (int i = 0; i < 4; i++)
        turn.values[i] = perms[last][i];
    return x ? cm_make_plain_value(net, &turn, x, x->channels) : NULL;
}

/* LayerNormalization over the channels of a picture. */
static cm_make_value *picture_norm(cm_make_net *net, const cm_make_value *x, const char *name)
{
    return transposed(net, cm_make_layernorm(net, transposed(net, x, 1), name), 0);
}

/* Normalised, widened four times, narrowed and scaled; channels last before and after. */
static cm_make_value *perceptron(cm_make_net *net, const cm_make_value *x, const edge *e, const char *name)
{
    char names[4][64];
    static const char *const endings[] = {"norm", "mlp.fc1", "mlp.fc2", "gamma"};
    for (int i = 0; i < 4; i++)
        snprintf(names[i], sizeof names[i], "%s.%s", name, endings[i]);
    int width = x ? x->channels : 0;
    cm_make_value *y = cm_make_low_rank(net, cm_make_layernorm(net, x, names[0]), names[1], 4 * width, e->ratio, 1);
    return cm_make_layer_scale(net, cm_make_low_rank(net, cm_make_gelu(net, y), names[2], width, e->ratio, 1), names[3]);
}

static cm_make_value *conv_block(cm_make_net *net, const cm_make_value *x, const edge *e, int side, const char *name)
{
    char conv_name[96];
    snprintf(conv_name, sizeof conv_name, "%s.conv_dw", name);
    int width = x ? x->channels : 1;
    const cm_make_conv deep = {.outputs = width, .side = side, .stride = 1, .padding = side / 2, .groups = width, .name = conv_name};
    cm_make_value *y = perceptron(net, transposed(net, cm_make_convolve(net, x, &deep), 1), e, name);
    return cm_make_add(net, x, transposed(net, y, 0));
}

/* Channels in `count` parts, the last one perhaps smaller: torch.chunk. parts: [count] */
static void split(cm_make_net *net, const cm_make_value *x, int count, cm_make_value **parts)
{
    int64_t sizes[MOST_SCALES];
    int width = (x->channels + count - 1) / count, first = 0;
    cm_make_bytes node;
    for (int i = 0; i < count; i++, first += width) {
        sizes[i] = x->channels - first < width ? x->channels - first : width;
        parts[i] = cm_make_value_new(net, (int)sizes[i]);
        if (!parts[i])
            return;
        parts[i]->mean = x->mean + first;
        parts[i]->variance = x->variance + first;
        snprintf(parts[i]->name, sizeof parts[i]->name, "%d", net->first_traced + net->traced + i);
    }
    cm_make_node_begin(net, &node, "Split", (const char *const[]){x->name}, 1, parts[0]->name);
    for (int i = 1; i < count; i++)
        cm_make_put_text(&node, 2, parts[i]->name);
    cm_make_node_int(&node, "axis", 1);
    cm_make_node_ints(&node, "split", count, sizes);
    cm_make_node_end(net, &node);
    cm_make_skip(net, count - 1);
}

/* Each part but the last through a depthwise convolution, together with what became of the part before (Res2Net, Gao et al. 2019, arXiv:1904.01169). */
static cm_make_value *scales(cm_make_net *net, const cm_make_value *x, int count, const char *name)
{
    cm_make_value *parts[MOST_SCALES] = {0}, *y = NULL;
    char conv_name[96];
    if (!x)
        return NULL;
    split(net, x, count, parts);
    for (int i = 0; i < count - 1; i++) {
        snprintf(conv_name, sizeof conv_name, "%s.convs.%d", name, i);
        int width = parts[0] ? parts[0]->channels : 1;
        const cm_make_conv deep = {.outputs = width, .side = 3, .stride = 1, .padding = 1, .groups = width, .name = conv_name};
        y = cm_make_convolve(net, i ? cm_make_add(net, y, parts[i]) : parts[0], &deep);
        parts[i] = y;
    }
    return cm_make_concat(net, parts, count);
}

/* [N, C, side, side] -> [N, side * side, C] */
static cm_make_value *tokens_of(cm_make_net *net, const cm_make_value *x, const cm_make_grid *grid)
{
    int tokens = grid->side * grid->side;
    cm_make_value *flat = x ? cm_make_reshape(net, x->name, grid->batch, (const int64_t[]){x->channels, tokens}, 2, x, x->channels) : NULL;
    const char *from = flat ? flat->name : NULL;
    const cm_make_plain turn = {.op = "Transpose", .inputs = {from}, .input_count = 1, .attribute = "perm", .values = {0, 2, 1}, .count = 3};
    return flat ? cm_make_plain_value(net, &turn, flat, flat->channels) : NULL;
}

/* Split depthwise convolutions, attention between channels, perceptron (SDTA of Maaz et al. 2022, arXiv:2206.10589). */
static cm_make_value *attention_block(cm_make_net *net, const cm_make_value *x, const edge *e, int scale_count, int positions, const char *name)
{
    char names[4][64];
    static const char *const endings[] = {"pos_embd.token_projection", "norm_xca", "xca", "gamma_xca"};
    for (int i = 0; i < 4; i++)
        snprintf(names[i], sizeof names[i], "%s.%s", name, endings[i]);
    const cm_make_grid *grid = &e->grid;
    int width = x ? x->channels : 0;
    cm_make_value *tokens = tokens_of(net, scales(net, x, scale_count, name), grid);
    if (positions)
        tokens = cm_make_add(net, tokens, tokens_of(net, cm_make_fourier_positions(net, grid, width, names[0]), grid));
    cm_make_value *y = cm_make_cross_covariance(net, cm_make_layernorm(net, tokens, names[1]), grid, e->heads, e->ratio, names[2]);
    tokens = cm_make_add(net, tokens, cm_make_layer_scale(net, y, names[3]));
    y = tokens ? cm_make_reshape(net, tokens->name, grid->batch, (const int64_t[]){grid->side, grid->side, width}, 3, tokens, width) : NULL;
    return cm_make_add(net, x, transposed(net, perceptron(net, y, e, name), 0));
}

static cm_make_value *stage(cm_make_net *net, cm_make_value *x, edge *e, int index)
{
    static const int depths[STAGES] = {3, 3, 9, 3}, sides[STAGES] = {3, 5, 7, 9}, scale_counts[STAGES] = {2, 2, 3, 4};
    char name[48];
    if (index > 0) {
        snprintf(name, sizeof name, "stages.%d.downsample.0", index);
        x = picture_norm(net, x, name);
        snprintf(name, sizeof name, "stages.%d.downsample.1", index);
        x = cm_make_convolve(net, x, &(cm_make_conv){.outputs = e->channels[index], .side = 2, .stride = 2, .name = name});
        e->grid.side /= 2;
    }
    for (int i = 0; i < depths[index]; i++) {
        snprintf(name, sizeof name, "stages.%d.blocks.%d", index, i);
        if (index > 0 && i == depths[index] - 1)
            x = attention_block(net, x, e, scale_counts[index], index == 1, name);
        else
            x = conv_block(net, x, e, sides[index], name);
    }
    return x;
}

void cm_make_edgeface(cm_make_net *net, const int channels[4], int heads, double ratio)
{
    const int64_t dims[] = {0, 3, PICTURE, PICTURE}, output_dims[] = {0, EMBEDDING};
    char batch[24];
    edge e = {.channels = channels, .heads = heads, .ratio = ratio, .grid = {.batch = batch, .side = PICTURE / 4}};
    const cm_make_conv patches = {.outputs = channels[0], .side = 4, .stride = 4, .name = "stem.0", .along = 0.95, .across = 0.9};
    cm_make_value *x = cm_make_picture(net, "input", dims, "batch");
    if (!x)
        return;
    cm_make_put_batch(net, x, batch);
    x = picture_norm(net, cm_make_convolve(net, x, &patches), "stem.1");
    for (int i = 0; i < STAGES; i++)
        x = stage(net, x, &e, i);
    x = cm_make_flatten(net, picture_norm(net, cm_make_global_pool(net, x), "head.norm"));
    x = cm_make_linear(net, x, NULL, (int)(channels[STAGES - 1] * ratio), 1);
    x = cm_make_gemm(net, x, "head.fc.linear2", EMBEDDING, 1);
    if (x)
        cm_make_declare_output(net, x->name, 2, output_dims, "batch");
}

#include "make_networks.h"
#include "make_tokens.h"

#include <stdio.h>
#include <string.h>

enum { PICTURE = 112, PATCH = 9, SIDE = PICTURE / PATCH, TOKENS = SIDE * SIDE, EMBEDDING = 512, HEADS = 8 };

/* Patches of the picture as tokens, and where they are from. batch receives the name of the batch. */
static cm_make_value *embed(cm_make_net *net, int width, char *batch)
{
    const int64_t dims[] = {0, 3, PICTURE, PICTURE};
    const cm_make_conv patches = {.outputs = width, .side = PATCH, .stride = PATCH, .name = "patch_embed.proj", .along = 0.95, .across = 0.9};
    char turned[24];
    cm_make_value *x = cm_make_picture(net, "input.1", dims, "None");
    if (!x)
        return NULL;
    cm_make_put_batch(net, x, batch);
    x = cm_make_convolve(net, x, &patches);
    cm_make_value *flat = x ? cm_make_reshape(net, x->name, batch, (const int64_t[]){width, TOKENS}, 2, x, width) : NULL;
    cm_make_weight *positions = cm_make_weight_new(net, "pos_embed", 3, (const int64_t[]){1, TOKENS, width});
    if (!flat || !positions)
        return NULL;
    positions->deviation = 0.3;
    net->entries++;
    cm_make_plain_node(net, &(cm_make_plain){.op = "Transpose", .inputs = {flat->name}, .input_count = 1, .attribute = "perm", .values = {0, 2, 1}, .count = 3},
                       turned);
    return cm_make_plain_value(net, &(cm_make_plain){.op = "Add", .inputs = {turned, "pos_embed"}, .input_count = 2}, x, width);
}

static cm_make_value *block(cm_make_net *net, const cm_make_value *x, const char *batch, int index)
{
    static const char *const parts[] = {"norm1", "attn.proj.bias", "norm2", "mlp.fc1.bias", "mlp.fc2.bias"};
    char names[5][48];
    for (int i = 0; i < 5; i++)
        snprintf(names[i], sizeof names[i], "blocks.%d.%s", index, parts[i]);
    int width = x ? x->channels : 0;
    cm_make_value *y = cm_make_attention(net, cm_make_layernorm(net, x, names[0]), batch, TOKENS, HEADS, names[1]);
    cm_make_value *seen = cm_make_add(net, x, y);
    y = cm_make_linear(net, cm_make_layernorm(net, seen, names[2]), names[3], 4 * width, 1);
    y = cm_make_linear(net, cm_make_relu6(net, y), names[4], width, 0.5);
    return cm_make_add(net, seen, y);
}

/* All tokens one behind the other: statistics of every entry. */
static cm_make_value *join_tokens(cm_make_net *net, const cm_make_value *x, const char *batch)
{
    int width = x ? x->channels : 0;
    cm_make_value *y = x ? cm_make_reshape(net, x->name, batch, (const int64_t[]){TOKENS * width}, 1, NULL, TOKENS * width) : NULL;
    for (int i = 0; y && i < TOKENS; i++) {
        memcpy(y->mean + i * width, x->mean, (size_t)width * sizeof *y->mean);
        memcpy(y->variance + i * width, x->variance, (size_t)width * sizeof *y->variance);
    }
    return y;
}

void cm_make_vit(cm_make_net *net, int width, int depth)
{
    const int64_t dims[] = {0, EMBEDDING};
    char batch[24];
    cm_make_value *x = embed(net, width, batch);
    for (int i = 0; i < depth; i++)
        x = block(net, x, batch, i);
    x = join_tokens(net, cm_make_layernorm(net, x, "norm"), batch);
    x = cm_make_batchnorm(net, cm_make_linear(net, x, NULL, width, 1), "feature.1", 1, 0);
    x = cm_make_batchnorm(net, cm_make_linear(net, x, NULL, EMBEDDING, 1), "feature.3", 1, 0);
    if (x)
        cm_make_declare_output(net, x->name, 2, dims, "None");
}

#include "make_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ONNX_FLOAT = 1, NAME_SIZE = 24 };
/* AttributeProto.AttributeType */
enum { ATTRIBUTE_FLOAT = 1, ATTRIBUTE_INT = 2, ATTRIBUTE_STRING = 3, ATTRIBUTE_INTS = 7 };

struct cm_make_block {
    struct cm_make_block *next;
    _Alignas(16) unsigned char bytes[];
};

void cm_make_net_start(cm_make_net *net, uint64_t seed, int first_traced, int first_folded)
{
    *net = (cm_make_net){.seed = seed, .first_traced = first_traced, .first_folded = first_folded};
    cm_make_random_start(&net->random, seed, 0);
}

void cm_make_net_free(cm_make_net *net)
{
    while (net->blocks) {
        struct cm_make_block *next = net->blocks->next;
        free(net->blocks);
        net->blocks = next;
    }
    free(net->weights);
    cm_make_bytes_free(&net->nodes);
    cm_make_bytes_free(&net->inputs);
    cm_make_bytes_free(&net->outputs);
}

void *cm_make_alloc(cm_make_net *net, size_t count, size_t size)
{
    struct cm_make_block *block = calloc(1, sizeof *block + count * size); /* sizes of known networks: no overflow */
    if (!block) {
        net->failed = 1;
        return NULL;
    }
    block->next = net->blocks;
    net->blocks = block;
    return block->bytes;
}

cm_make_value *cm_make_value_new(cm_make_net *net, int channels)
{
    cm_make_value *value = cm_make_alloc(net, 1, sizeof *value);
    double *statistics = cm_make_alloc(net, 2 * (size_t)channels, sizeof *statistics);
    if (!value || !statistics)
        return NULL;
    snprintf(value->name, sizeof value->name, "%d", net->first_traced + net->traced);
    value->channels = channels;
    value->mean = statistics;
    value->variance = statistics + channels;
    return value;
}

void cm_make_name_folded(cm_make_net *net, char *text)
{
    snprintf(text, NAME_SIZE, "%d", net->first_folded + net->folded++);
}

cm_make_weight *cm_make_weight_new(cm_make_net *net, const char *name, int rank, const int64_t *dims)
{
    if (net->weight_count == net->weight_capacity) {
        int capacity = 2 * net->weight_capacity + 64;
        cm_make_weight *grown = realloc(net->weights, (size_t)capacity * sizeof *grown);
        if (!grown) {
            net->failed = 1;
            return NULL;
        }
        net->weights = grown;
        net->weight_capacity = capacity;
    }
    cm_make_weight *weight = &net->weights[net->weight_count++];
    *weight = (cm_make_weight){.rank = rank};
    snprintf(weight->name, sizeof weight->name, "%s", name);
    for (int i = 0; i < rank; i++)
        weight->dims[i] = dims[i];
    return weight;
}

void cm_make_weight_floats(cm_make_net *net, const char *name, int64_t count, const float *values)
{
    cm_make_weight *weight = cm_make_weight_new(net, name, 1, &count);
    if (weight)
        weight->values = values;
}

void cm_make_weight_integers(cm_make_net *net, const char *name, int rank, int64_t count, const int64_t *integers)
{
    cm_make_weight *weight = cm_make_weight_new(net, name, rank, &count);
    if (weight)
        weight->integers = integers;
}

void cm_make_node_begin(cm_make_net *net, cm_make_bytes *node, const char *op, const char *const *inputs, int count,
                        const char *output)
{
    char name[64];
    snprintf(name, sizeof name, "%s_%d", op, net->traced);
    cm_make_node_begin_named(node, op, name, inputs, count, output);
}

void cm_make_node_begin_named(cm_make_bytes *node, const char *op, const char *name, const char *const *inputs, int count, const char *output)
{
    *node = (cm_make_bytes){0};
    for (int i = 0; i < count; i++)
        cm_make_put_text(node, 1, inputs[i]);
    cm_make_put_text(node, 2, output);
    cm_make_put_text(node, 3, name);
    cm_make_put_text(node, 4, op);
}

/* Ends an attribute, whose value is in it. */
static void put_attribute(cm_make_bytes *node, cm_make_bytes *attribute, int type)
{
    cm_make_put_int(attribute, 20, type);
    cm_make_put_message(node, 5, attribute);
}

void cm_make_node_int(cm_make_bytes *node, const char *name, int64_t value)
{
    cm_make_bytes attribute = {0};
    cm_make_put_text(&attribute, 1, name);
    cm_make_put_int(&attribute, 3, value);
    put_attribute(node, &attribute, ATTRIBUTE_INT);
}

void cm_make_node_float(cm_make_bytes *node, const char *name, float value)
{
    cm_make_bytes attribute = {0};
    cm_make_put_text(&attribute, 1, name);
    cm_make_put_float(&attribute, 2, value);
    put_attribute(node, &attribute, ATTRIBUTE_FLOAT);
}

void cm_make_node_text(cm_make_bytes *node, const char *name, const char *value)
{
    cm_make_bytes attribute = {0};
    cm_make_put_text(&attribute, 1, name);
    cm_make_put_text(&attribute, 4, value);
    put_attribute(node, &attribute, ATTRIBUTE_STRING);
}

void cm_make_node_ints(cm_make_bytes *node, const char *name, int count, const int64_t *values)
{
    cm_make_bytes attribute = {0};
    cm_make_put_text(&attribute, 1, name);
    for (int i = 0; i < count; i++)
        cm_make_put_int(&attribute, 8, values[i]);
    put_attribute(node, &attribute, ATTRIBUTE_INTS);
}

void cm_make_node_end(cm_make_net *net, cm_make_bytes *node)
{
    cm_make_put_message(&net->nodes, 1, node);
    net->traced++;
}

void cm_make_skip(cm_make_net *net, int count)
{
    net->traced += count;
}

/* ValueInfoProto of a float tensor. */
static void declare(cm_make_bytes *list, int field, const char *name, int rank, const int64_t *dims, const char *symbol)
{
    cm_make_bytes info = {0}, type = {0}, tensor = {0}, shape = {0};
    for (int i = 0; i < rank; i++) {
        cm_make_bytes dim = {0};
        if (dims[i])
            cm_make_put_int(&dim, 1, dims[i]);
        else
            cm_make_put_text(&dim, 2, symbol);
        cm_make_put_message(&shape, 1, &dim);
    }
    cm_make_put_int(&tensor, 1, ONNX_FLOAT);
    cm_make_put_message(&tensor, 2, &shape);
    cm_make_put_message(&type, 1, &tensor);
    cm_make_put_text(&info, 1, name);
    cm_make_put_message(&info, 2, &type);
    cm_make_put_message(list, field, &info);
}

void cm_make_declare_input(cm_make_net *net, const char *name, int rank, const int64_t *dims, const char *symbol)
{
    declare(&net->inputs, 11, name, rank, dims, symbol);
}

void cm_make_declare_output(cm_make_net *net, const char *name, int rank, const int64_t *dims, const char *symbol)
{
    declare(&net->outputs, 12, name, rank, dims, symbol);
}

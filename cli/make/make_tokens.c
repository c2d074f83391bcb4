#include "make_tokens.h"

#include <math.h>
#include <stdio.h>

void cm_make_put_number(cm_make_net *net, const float *number, char *text)
{
    cm_make_name_folded(net, text);
    cm_make_weight *weight = cm_make_weight_new(net, text, 0, NULL);
    if (weight)
        weight->values = number;
}

void cm_make_put_two(cm_make_net *net, const char *op, const char *a, const char *b, char *output)
{
    cm_make_plain_node(net, &(cm_make_plain){.op = op, .inputs = {a, b}, .input_count = 2}, output);
}

static void put_mean(cm_make_net *net, const char *x, char *output)
{
    cm_make_plain_node(net, &(cm_make_plain){.op = "ReduceMean", .inputs = {x}, .input_count = 1, .attribute = "axes", .values = {-1}, .count = 1},
                       output);
}

cm_make_value *cm_make_layernorm(cm_make_net *net, const cm_make_value *x, const char *name)
{
    static const float two = 2.0f, epsilon = 1e-5f;
    char names[2][64], mean[24], away[24], square[24], variance[24], shifted[24], root[24], unit[24], scaled[24], exponent[24], added[24];
    float *values[2];
    cm_make_value *y;
    if (!x)
        return NULL;
    for (int i = 0; i < 2; i++) {
        snprintf(names[i], sizeof names[i], "%s.%s", name, i ? "bias" : "weight");
        values[i] = cm_make_alloc(net, (size_t)x->channels, sizeof *values[i]);
        if (!values[i])
            return NULL;
        cm_make_weight_floats(net, names[i], x->channels, values[i]);
    }
    cm_make_put_number(net, &two, exponent);
    cm_make_put_number(net, &epsilon, added);
    put_mean(net, x->name, mean);
    cm_make_put_two(net, "Sub", x->name, mean, away);
    cm_make_put_two(net, "Pow", away, exponent, square);
    put_mean(net, square, variance);
    cm_make_put_two(net, "Add", variance, added, shifted);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Sqrt", .inputs = {shifted}, .input_count = 1}, root);
    cm_make_put_two(net, "Div", away, root, unit);
    cm_make_put_two(net, "Mul", unit, names[0], scaled);
    y = cm_make_plain_value(net, &(cm_make_plain){.op = "Add", .inputs = {scaled, names[1]}, .input_count = 2}, NULL, x->channels);
    for (int c = 0; y && c < x->channels; c++) {
        values[0][c] = (float)cm_make_random_between(&net->random, 0.7, 1.3);
        values[1][c] = (float)cm_make_random_between(&net->random, -0.1, 0.1);
        y->mean[c] = (double)values[1][c];
        y->variance[c] = (double)values[0][c] * (double)values[0][c];
    }
    net->entries += 2;
    return y;
}

/* What the outputs are to look like; without a bias their means are not moved. NULL: out of memory. */
static cm_make_filters *plan_linear(cm_make_net *net, const cm_make_value *x, int outputs, double gain, int biased)
{
    cm_make_filters *filters = cm_make_alloc(net, 1, sizeof *filters);
    double *gains = cm_make_alloc(net, (size_t)outputs, sizeof *gains);
    float *bias = cm_make_alloc(net, (size_t)outputs, sizeof *bias);
    if (!filters || !gains || !bias)
        return NULL;
    for (int i = 0; i < outputs; i++) {
        gains[i] = gain * cm_make_random_between(&net->random, 0.7, 1.3);
        bias[i] = (float)(gain * cm_make_random_between(&net->random, -0.1, 0.1));
    }
    *filters = (cm_make_filters){.filters = outputs, .inputs = x->channels, .side = 1, .across_side = 1, .groups = 1, .transposed = 1, .gain = gains,
                                 .bias = biased ? bias : NULL, .mean = x->mean, .variance = x->variance};
    return filters;
}

cm_make_value *cm_make_linear(cm_make_net *net, const cm_make_value *x, const char *name, int outputs, double gain)
{
    char weight_name[24], product[24];
    cm_make_filters *filters = x ? plan_linear(net, x, outputs, gain, name != NULL) : NULL;
    if (!filters)
        return NULL;
    cm_make_name_folded(net, weight_name);
    cm_make_weight *weight = cm_make_weight_new(net, weight_name, 2, (const int64_t[]){x->channels, outputs});
    if (weight)
        weight->filters = filters;
    cm_make_value *y = NULL;
    const cm_make_plain multiply = {.op = "MatMul", .inputs = {x->name, weight_name}, .input_count = 2};
    if (name) {
        cm_make_weight_floats(net, name, outputs, filters->bias);
        cm_make_plain_node(net, &multiply, product);
        y = cm_make_plain_value(net, &(cm_make_plain){.op = "Add", .inputs = {name, product}, .input_count = 2}, NULL, outputs);
    } else {
        y = cm_make_plain_value(net, &multiply, NULL, outputs);
    }
    for (int i = 0; y && i < outputs; i++) {
        y->mean[i] = filters->bias ? (double)filters->bias[i] : 0;
        y->variance[i] = filters->gain[i] * filters->gain[i];
    }
    if (y && !name)
        y->unbiased = filters;
    net->entries += name ? 2 : 1;
    return y;
}

cm_make_value *cm_make_relu6(cm_make_net *net, const cm_make_value *x)
{
    static const float none = 0.0f, six = 6.0f;
    char low[24], high[24];
    cm_make_put_number(net, &none, low);
    cm_make_put_number(net, &six, high);
    cm_make_value *y = x ? cm_make_plain_value(net, &(cm_make_plain){.op = "Clip", .inputs = {x->name, low, high}, .input_count = 3}, NULL, x->channels)
                         : NULL;
    /* Of a normal number's positive part, which hardly ever passes 6. */
    for (int c = 0; y && c < x->channels; c++) {
        double deviation = sqrt(x->variance[c]);
        y->mean[c] = 0.3989422804014327 * deviation + x->mean[c] / 2;
        y->variance[c] = 0.35 * x->variance[c];
    }
    return y;
}

cm_make_value *cm_make_reshape(cm_make_net *net, const char *from, const char *batch, const int64_t *dims, int count, const cm_make_value *x,
                               int channels)
{
    char shape[24], rest[24];
    int64_t *kept = cm_make_alloc(net, (size_t)count, sizeof *kept);
    if (!kept)
        return NULL;
    for (int i = 0; i < count; i++)
        kept[i] = dims[i];
    cm_make_name_folded(net, rest);
    cm_make_weight_integers(net, rest, 1, count, kept);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Concat", .inputs = {batch, rest}, .input_count = 2, .attribute = "axis"}, shape);
    return cm_make_plain_value(net, &(cm_make_plain){.op = "Reshape", .inputs = {from, shape}, .input_count = 2}, x, channels);
}

void cm_make_put_part(cm_make_net *net, const char *from, int index, char *output)
{
    static const int64_t indexes[] = {0, 1, 2};
    char name[24];
    cm_make_name_folded(net, name);
    cm_make_weight_integers(net, name, 0, 1, &indexes[index]);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Gather", .inputs = {from, name}, .input_count = 2, .attribute = "axis"}, output);
}

void cm_make_put_transposed(cm_make_net *net, const char *from, int rank, const int64_t *perm, char *output)
{
    cm_make_plain turn = {.op = "Transpose", .inputs = {from}, .input_count = 1, .attribute = "perm", .count = rank};
    for (int i = 0; i < rank; i++)
        turn.values[i] = perm[i];
    cm_make_plain_node(net, &turn, output);
}

cm_make_value *cm_make_attention(cm_make_net *net, const cm_make_value *x, const char *batch, int tokens, int heads, const char *name)
{
    char turned[24], q[24], k[24], v[24], columns[24], scores[24], factor[24], scaled[24], shares[24], seen[24], back[24];
    int width = x ? x->channels : 0, size = x ? width / heads : 0;
    float *scale = cm_make_alloc(net, 1, sizeof *scale);
    cm_make_value *all = cm_make_linear(net, x, NULL, 3 * width, 1);
    cm_make_value *split = all && scale ? cm_make_reshape(net, all->name, batch, (const int64_t[]){tokens, 3, heads, size}, 4, all, 3 * width) : NULL;
    if (!split)
        return NULL;
    *scale = (float)(1 / sqrt(size));
    cm_make_put_transposed(net, split->name, 5, (const int64_t[]){2, 0, 3, 1, 4}, turned);
    cm_make_put_part(net, turned, 0, q);
    cm_make_put_part(net, turned, 1, k);
    cm_make_put_part(net, turned, 2, v);
    cm_make_put_transposed(net, k, 4, (const int64_t[]){0, 1, 3, 2}, columns);
    cm_make_put_two(net, "MatMul", q, columns, scores);
    cm_make_put_number(net, scale, factor);
    cm_make_put_two(net, "Mul", scores, factor, scaled);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Softmax", .inputs = {scaled}, .input_count = 1, .attribute = "axis", .values = {3}}, shares);
    cm_make_put_two(net, "MatMul", shares, v, seen);
    cm_make_put_transposed(net, seen, 4, (const int64_t[]){0, 2, 1, 3}, back);
    cm_make_value *joined = cm_make_reshape(net, back, batch, (const int64_t[]){tokens, width}, 2, NULL, width);
    /* A mean of many tokens, which are alike in part. */
    for (int c = 0; joined && c < width; c++)
        joined->variance[c] = 0.2 * all->variance[2 * width + c];
    return cm_make_linear(net, joined, name, width, 0.5);
}

void cm_make_put_batch(cm_make_net *net, const cm_make_value *x, char *batch)
{
    static const int64_t first[] = {0};
    char shape[24], index[24], number[24];
    cm_make_name_folded(net, index);
    cm_make_weight_integers(net, index, 0, 1, first);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Shape", .inputs = {x->name}, .input_count = 1}, shape);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Gather", .inputs = {shape, index}, .input_count = 2, .attribute = "axis"}, number);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Unsqueeze", .inputs = {number}, .input_count = 1, .attribute = "axes", .count = 1}, batch);
}

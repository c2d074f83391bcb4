#include "make_edge_tokens.h"

#include <math.h>
#include <stdio.h>

enum { HIDDEN = 32, BOOL = 9, FLOAT = 1 }; /* TensorProto.DataType */

cm_make_value *cm_make_low_rank(cm_make_net *net, const cm_make_value *x, const char *name, int outputs, double ratio, double gain)
{
    char bias[80];
    if (!x)
        return NULL;
    int least = x->channels < outputs ? x->channels : outputs, rank = (int)(least * ratio);
    snprintf(bias, sizeof bias, "%s.linear2.bias", name);
    cm_make_value *few = cm_make_linear(net, x, NULL, rank < 2 ? 2 : rank, 1);
    if (few)
        few->unbiased->centred = 1; /* no normalisation follows that could take the mean off */
    return cm_make_linear(net, few, bias, outputs, gain);
}

cm_make_value *cm_make_gelu(cm_make_net *net, const cm_make_value *x)
{
    static const float root_two = 1.41421354f, one = 1.0f, half = 0.5f;
    char names[3][24], divided[24], curve[24], raised[24], product[24];
    if (!x)
        return NULL;
    cm_make_put_number(net, &root_two, names[0]);
    cm_make_put_number(net, &one, names[1]);
    cm_make_put_number(net, &half, names[2]);
    cm_make_put_two(net, "Div", x->name, names[0], divided);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Erf", .inputs = {divided}, .input_count = 1}, curve);
    cm_make_put_two(net, "Add", curve, names[1], raised);
    cm_make_put_two(net, "Mul", x->name, raised, product);
    cm_make_value *y = cm_make_plain_value(net, &(cm_make_plain){.op = "Mul", .inputs = {product, names[2]}, .input_count = 2}, NULL, x->channels);
    /* Nearly a normal number's positive part. */
    for (int c = 0; y && c < x->channels; c++) {
        y->mean[c] = 0.2821 * sqrt(x->variance[c]) + x->mean[c] / 2;
        y->variance[c] = 0.345 * x->variance[c];
    }
    return y;
}

cm_make_value *cm_make_layer_scale(cm_make_net *net, const cm_make_value *x, const char *name)
{
    float *scales = x ? cm_make_alloc(net, (size_t)x->channels, sizeof *scales) : NULL;
    if (!scales)
        return NULL;
    cm_make_weight_floats(net, name, x->channels, scales);
    cm_make_value *y = cm_make_plain_value(net, &(cm_make_plain){.op = "Mul", .inputs = {name, x->name}, .input_count = 2}, NULL, x->channels);
    for (int c = 0; y && c < x->channels; c++) {
        scales[c] = (float)cm_make_random_between(&net->random, 0.2, 0.5);
        y->mean[c] = (double)scales[c] * x->mean[c];
        y->variance[c] = (double)scales[c] * (double)scales[c] * x->variance[c];
    }
    net->entries++;
    return y;
}

/* A list of integers as an initializer. name: [24] */
static void put_integers(cm_make_net *net, int count, const int64_t *values, char *name)
{
    cm_make_name_folded(net, name);
    cm_make_weight_integers(net, name, 1, count, values);
}

static void put_cast(cm_make_net *net, const char *from, int type, char *output)
{
    cm_make_plain_node(net, &(cm_make_plain){.op = "Cast", .inputs = {from}, .input_count = 1, .attribute = "to", .values = {type}}, output);
}

/* Ones of the grid's shape, as PyTorch makes them of the mask of what is not padding: [N, side, side]. */
static void put_ones(cm_make_net *net, const cm_make_grid *grid, char *output)
{
    char rest[24], shape[24], zeros[24], mask[24], turned[24];
    int64_t *sides = cm_make_alloc(net, 2, sizeof *sides);
    if (!sides)
        return;
    sides[0] = sides[1] = grid->side;
    put_integers(net, 2, sides, rest);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Concat", .inputs = {grid->batch, rest}, .input_count = 2, .attribute = "axis"}, shape);
    cm_make_plain_node(net, &(cm_make_plain){.op = "ConstantOfShape", .inputs = {shape}, .input_count = 1}, zeros);
    put_cast(net, zeros, BOOL, mask);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Not", .inputs = {mask}, .input_count = 1}, turned);
    put_cast(net, turned, FLOAT, output);
}

/* 10000 ^ (2 floor(i / 2) / HIDDEN) */
static void put_powers(cm_make_net *net, char *output)
{
    static const float numbers[] = {0, HIDDEN, 1, 2, 10000};
    char names[5][24], steps[24], halves[24], floors[24], evens[24], exponents[24];
    for (int i = 0; i < 5; i++)
        cm_make_put_number(net, &numbers[i], names[i]);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Range", .inputs = {names[0], names[1], names[2]}, .input_count = 3}, steps);
    cm_make_put_two(net, "Div", steps, names[3], halves);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Floor", .inputs = {halves}, .input_count = 1}, floors);
    cm_make_put_two(net, "Mul", floors, names[3], evens);
    cm_make_put_two(net, "Div", evens, names[1], exponents);
    cm_make_put_two(net, "Pow", names[4], exponents, output);
}

/* One dimension of x, from `first` in steps of `step`. */
static void put_slice(cm_make_net *net, const char *from, const int64_t *first, const int64_t *axis, const int64_t *step, char *output)
{
    static const int64_t end[] = {INT64_MAX};
    char names[4][24];
    put_integers(net, 1, first, names[0]);
    put_integers(net, 1, end, names[1]);
    put_integers(net, 1, axis, names[2]);
    put_integers(net, 1, step, names[3]);
    /* A fifth input is more than a cm_make_plain has. */
    snprintf(output, 24, "%d", net->first_traced + net->traced);
    cm_make_bytes node;
    cm_make_node_begin(net, &node, "Slice", (const char *const[]){from, names[0], names[1], names[2], names[3]}, 5, output);
    cm_make_node_end(net, &node);
}

/* Sines of the even and cosines of the odd numbers along one axis: [N, side, side, HIDDEN]. */
static void put_waves(cm_make_net *net, const char *ones, const char *powers, int axis, char *output)
{
    static const float small = 1e-6f, circle = 6.28318548f;
    static const int64_t numbers[] = {0, 1, 2, 3, -1}, joined[] = {0, 0, 0, -1};
    char names[4][24], sums[24], last[24], bounded[24], shares[24], angles[24], wide[24], scaled[24], part[24], curve[24], halves[2][24], both[24];
    cm_make_put_number(net, &small, names[0]);
    cm_make_put_number(net, &circle, names[1]);
    cm_make_name_folded(net, names[2]);
    cm_make_weight_integers(net, names[2], 0, 1, &numbers[axis]);
    cm_make_put_two(net, "CumSum", ones, names[2], sums);
    put_slice(net, sums, &numbers[4], &numbers[axis], &numbers[1], last);
    cm_make_put_two(net, "Add", last, names[0], bounded);
    cm_make_put_two(net, "Div", sums, bounded, shares);
    cm_make_put_two(net, "Mul", shares, names[1], angles);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Unsqueeze", .inputs = {angles}, .input_count = 1, .attribute = "axes", .values = {3}, .count = 1}, wide);
    cm_make_put_two(net, "Div", wide, powers, scaled);
    for (int i = 0; i < 2; i++) {
        put_slice(net, scaled, &numbers[i], &numbers[3], &numbers[2], part);
        cm_make_plain_node(net, &(cm_make_plain){.op = i ? "Cos" : "Sin", .inputs = {part}, .input_count = 1}, curve);
        cm_make_plain_node(net, &(cm_make_plain){.op = "Unsqueeze", .inputs = {curve}, .input_count = 1, .attribute = "axes", .values = {4}, .count = 1},
                           halves[i]);
    }
    cm_make_plain_node(net, &(cm_make_plain){.op = "Concat", .inputs = {halves[0], halves[1]}, .input_count = 2, .attribute = "axis", .values = {4}}, both);
    put_integers(net, 4, joined, names[3]);
    cm_make_put_two(net, "Reshape", both, names[3], output);
}

cm_make_value *cm_make_fourier_positions(cm_make_net *net, const cm_make_grid *grid, int width, const char *name)
{
    char ones[24], powers[24], waves[2][24], joined[24];
    put_ones(net, grid, ones);
    put_powers(net, powers);
    for (int axis = 1; axis <= 2; axis++)
        put_waves(net, ones, powers, axis, waves[axis - 1]);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Concat", .inputs = {waves[0], waves[1]}, .input_count = 2, .attribute = "axis", .values = {3}}, joined);
    const cm_make_plain turn = {.op = "Transpose", .inputs = {joined}, .input_count = 1, .attribute = "perm", .values = {0, 3, 1, 2}, .count = 4};
    cm_make_value *x = cm_make_plain_value(net, &turn, NULL, 2 * HIDDEN);
    for (int c = 0; x && c < 2 * HIDDEN; c++)
        x->variance[c] = 0.5;
    return cm_make_convolve(net, x, &(cm_make_conv){.outputs = width, .side = 1, .stride = 1, .name = name, .gain = 0.3});
}

/* To length one along the last axis, as torch.nn.functional.normalize is exported. */
static void put_unit(cm_make_net *net, const char *from, char *output)
{
    static const float smallest = 1e-12f;
    char bound[24], length[24], low[24], shape[24], divisor[24];
    cm_make_put_number(net, &smallest, bound);
    cm_make_plain_node(net, &(cm_make_plain){.op = "ReduceL2", .inputs = {from}, .input_count = 1, .attribute = "axes", .values = {-1}, .count = 1}, length);
    cm_make_put_two(net, "Clip", length, bound, low);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Shape", .inputs = {from}, .input_count = 1}, shape);
    cm_make_put_two(net, "Expand", low, shape, divisor);
    cm_make_put_two(net, "Div", from, divisor, output);
}

/* A temperature for each head: [heads, 1, 1] */
static void put_temperature(cm_make_net *net, int heads, const char *name)
{
    float *values = cm_make_alloc(net, (size_t)heads, sizeof *values);
    cm_make_weight *weight = values ? cm_make_weight_new(net, name, 3, (const int64_t[]){heads, 1, 1}) : NULL;
    for (int i = 0; values && i < heads; i++)
        values[i] = (float)cm_make_random_between(&net->random, 0.8, 1.6);
    if (weight)
        weight->values = values;
    net->entries++;
}

cm_make_value *cm_make_cross_covariance(cm_make_net *net, const cm_make_value *x, const cm_make_grid *grid, int heads, double ratio, const char *name)
{
    char names[3][64], turned[24], parts[3][24], units[2][24], columns[24], scores[24], scaled[24], shares[24], seen[24], back[24];
    static const char *const endings[] = {"qkv", "proj", "temperature"};
    for (int i = 0; i < 3; i++)
        snprintf(names[i], sizeof names[i], "%s.%s", name, endings[i]);
    int width = x ? x->channels : 0, size = x ? width / heads : 0, tokens = grid->side * grid->side;
    cm_make_value *all = cm_make_low_rank(net, x, names[0], 3 * width, ratio, 1);
    cm_make_value *split = all ? cm_make_reshape(net, all->name, grid->batch, (const int64_t[]){tokens, 3, heads, size}, 4, all, 3 * width) : NULL;
    if (!split)
        return NULL;
    cm_make_put_transposed(net, split->name, 5, (const int64_t[]){2, 0, 3, 4, 1}, turned);
    for (int i = 0; i < 3; i++)
        cm_make_put_part(net, turned, i, parts[i]);
    put_unit(net, parts[0], units[0]);
    put_unit(net, parts[1], units[1]);
    cm_make_put_transposed(net, units[1], 4, (const int64_t[]){0, 1, 3, 2}, columns);
    cm_make_put_two(net, "MatMul", units[0], columns, scores);
    put_temperature(net, heads, names[2]);
    cm_make_put_two(net, "Mul", scores, names[2], scaled);
    cm_make_plain_node(net, &(cm_make_plain){.op = "Softmax", .inputs = {scaled}, .input_count = 1, .attribute = "axis", .values = {3}}, shares);
    cm_make_put_two(net, "MatMul", shares, parts[2], seen);
    cm_make_put_transposed(net, seen, 4, (const int64_t[]){0, 3, 1, 2}, back);
    cm_make_value *joined = cm_make_reshape(net, back, grid->batch, (const int64_t[]){tokens, width}, 2, NULL, width);
    /* A mean of a head's channels. */
    for (int c = 0; joined && c < width; c++)
        joined->variance[c] = 2.0 / size * all->variance[2 * width + c];
    return cm_make_low_rank(net, joined, names[1], width, ratio, 1);
}

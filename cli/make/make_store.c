#include "make_store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STORED = 0, STREAM_FAILED = 1, NO_MEMORY = 2 };
enum { ONNX_FLOAT = 1, ONNX_INT64 = 7, IR_VERSION = 6, OPSET = 11 };
enum { NORMAL_CHUNK = 4096 };

static int put(FILE *stream, const void *bytes, size_t size)
{
    return size == 0 || fwrite(bytes, 1, size, stream) == size ? STORED : STREAM_FAILED;
}

/* Floats in little-endian order, in place: values becomes bytes. */
static int put_floats(FILE *stream, float *values, size_t count)
{
    unsigned char *bytes = (unsigned char *)values;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (int j = 0; j < 4; j++)
            bytes[4 * i + (size_t)j] = (unsigned char)(bits >> (8 * j));
    }
    return put(stream, bytes, 4 * count);
}

/* base ^ exponent for small exponents. */
static double power(double base, int exponent)
{
    double result = 1;
    while (exponent-- > 0)
        result *= base;
    return result;
}

/* Variance of one filter's output: its inputs have the correlation along^distance within a channel and across between channels.
 */
static double filter_variance(const cm_make_filters *filters, const float *filter, const double *input_variance)
{
    int width = filters->across_side, area = filters->side * width, taps = filters->inputs * area;
    double sum = 0;
    for (int a = 0; a < taps; a++)
        for (int b = 0; b < taps; b++) {
            int distance = abs(a % area / width - b % area / width) + abs(a % width - b % width);
            double correlation = power(filters->along, distance) * (a / area == b / area ? 1 : filters->across);
            sum +=
                (double)filter[a] * (double)filter[b] * correlation * sqrt(input_variance[a / area] * input_variance[b / area]);
        }
    return sum;
}

/* Takes what lies along the inputs' means out of a filter. */
static void centre_filter(const double *mean, int count, int area, float *filter)
{
    double along = 0, length = 0;
    for (int i = 0; i < count; i++) {
        along += (double)filter[i] * mean[i / area];
        length += mean[i / area] * mean[i / area];
    }
    for (int i = 0; length > 0 && i < count; i++)
        filter[i] = (float)(filter[i] - along / length * mean[i / area]);
}

/* Draws filter number `index`; the bias (or what a normalisation behind it takes off) is moved so that the inputs' means do not show. */
static void draw_filter(const cm_make_filters *filters, cm_make_random *random, int index, float *filter)
{
    int area = filters->side * filters->across_side, group = index / (filters->filters / filters->groups);
    const double *mean = filters->mean + group * filters->inputs, *variance = filters->variance + group * filters->inputs;
    double total = 0, offset = 0;
    for (int c = 0; c < filters->inputs; c++)
        total += variance[c];
    double deviation = filters->gain[index] / sqrt(area * total);
    for (int i = 0; i < filters->inputs * area; i++)
        filter[i] = (float)(deviation * cm_make_random_normal(random));
    if (filters->along > 0) {
        double correction = filters->gain[index] / sqrt(filter_variance(filters, filter, variance));
        for (int i = 0; i < filters->inputs * area; i++)
            filter[i] = (float)(filter[i] * correction);
    }
    if (filters->centred && !filters->running_mean)
        centre_filter(mean, filters->inputs * area, area, filter);
    for (int i = 0; i < filters->inputs * area; i++)
        offset += (double)filter[i] * mean[i / area];
    if (filters->bias)
        filters->bias[index] = (float)(filters->bias[index] - offset);
    if (filters->running_mean)
        filters->running_mean[index] = (float)(filters->running_mean[index] + offset);
}

/* All filters, and then their first, second, ... inputs. */
static int put_transposed(const cm_make_filters *filters, cm_make_random *random, FILE *stream)
{
    size_t inputs = (size_t)filters->inputs, count = (size_t)filters->filters;
    float *drawn = malloc(inputs * count * sizeof *drawn), *row = malloc(count * sizeof *row);
    int result = drawn && row ? STORED : NO_MEMORY;
    for (int i = 0; result == STORED && i < filters->filters; i++)
        draw_filter(filters, random, i, drawn + (size_t)i * inputs);
    for (size_t j = 0; result == STORED && j < inputs; j++) {
        for (size_t i = 0; i < count; i++)
            row[i] = drawn[i * inputs + j];
        result = put_floats(stream, row, count);
    }
    free(drawn);
    free(row);
    return result;
}

static int put_filters(const cm_make_filters *filters, cm_make_random *random, FILE *stream)
{
    if (filters->transposed)
        return put_transposed(filters, random, stream);
    size_t taps = (size_t)filters->inputs * (size_t)filters->side * (size_t)filters->across_side;
    float *filter = malloc(taps * sizeof *filter);
    if (!filter)
        return NO_MEMORY;
    int result = STORED;
    for (int i = 0; result == STORED && i < filters->filters; i++) {
        draw_filter(filters, random, i, filter);
        result = put_floats(stream, filter, taps);
    }
    free(filter);
    return result;
}

static int put_normal(double deviation, int64_t count, cm_make_random *random, FILE *stream)
{
    float chunk[NORMAL_CHUNK];
    int result = STORED;
    for (int64_t done = 0; result == STORED && done < count; done += NORMAL_CHUNK) {
        size_t now = count - done < NORMAL_CHUNK ? (size_t)(count - done) : NORMAL_CHUNK;
        for (size_t i = 0; i < now; i++)
            chunk[i] = (float)(deviation * cm_make_random_normal(random));
        result = put_floats(stream, chunk, now);
    }
    return result;
}

static int put_values(const float *values, int64_t count, FILE *stream)
{
    float chunk[NORMAL_CHUNK];
    int result = STORED;
    for (int64_t done = 0; result == STORED && done < count; done += NORMAL_CHUNK) {
        size_t now = count - done < NORMAL_CHUNK ? (size_t)(count - done) : NORMAL_CHUNK;
        memcpy(chunk, values + done, now * sizeof *chunk);
        result = put_floats(stream, chunk, now);
    }
    return result;
}

static int put_integers(const int64_t *integers, int64_t count, FILE *stream)
{
    int result = STORED;
    for (int64_t i = 0; result == STORED && i < count; i++) {
        unsigned char bytes[8];
        for (int j = 0; j < 8; j++)
            bytes[j] = (unsigned char)((uint64_t)integers[i] >> (8 * j));
        result = put(stream, bytes, sizeof bytes);
    }
    return result;
}

static int64_t element_count(const cm_make_weight *weight)
{
    int64_t count = 1;
    for (int i = 0; i < weight->rank; i++)
        count *= weight->dims[i];
    return count;
}

/* TensorProto up to its data. */
static void head_of_weight(const cm_make_weight *weight, cm_make_bytes *head)
{
    for (int i = 0; i < weight->rank; i++)
        cm_make_put_int(head, 1, weight->dims[i]);
    cm_make_put_int(head, 2, weight->integers ? ONNX_INT64 : ONNX_FLOAT);
    cm_make_put_text(head, 8, weight->name);
    cm_make_put_head(head, 9, (uint64_t)element_count(weight) * (weight->integers ? 8 : 4));
}

/* The whole field of GraphProto up to the data; its length goes to *size, data included. */
static cm_make_bytes field_of_weight(const cm_make_weight *weight, uint64_t *size)
{
    cm_make_bytes head = {0}, field = {0};
    uint64_t data = (uint64_t)element_count(weight) * (weight->integers ? 8 : 4);
    head_of_weight(weight, &head);
    cm_make_put_head(&field, 5, head.size + data);
    cm_make_put_raw(&field, head.bytes, head.size);
    field.failed |= head.failed;
    cm_make_bytes_free(&head);
    *size = field.size + data;
    return field;
}

static int put_weight(const cm_make_net *net, int index, FILE *stream)
{
    const cm_make_weight *weight = &net->weights[index];
    uint64_t size;
    cm_make_bytes field = field_of_weight(weight, &size);
    int result = field.failed ? NO_MEMORY : put(stream, field.bytes, field.size);
    cm_make_bytes_free(&field);
    if (result != STORED)
        return result;
    cm_make_random random;
    cm_make_random_start(&random, net->seed, (uint64_t)index + 1);
    int64_t count = element_count(weight);
    if (weight->filters)
        return put_filters(weight->filters, &random, stream);
    if (weight->integers)
        return put_integers(weight->integers, count, stream);
    if (weight->values)
        return put_values(weight->values, count, stream);
    return put_normal(weight->deviation, count, &random, stream);
}

static void put_property(cm_make_bytes *tail, const char *key, const char *value)
{
    cm_make_bytes entry = {0};
    cm_make_put_text(&entry, 1, key);
    cm_make_put_text(&entry, 2, value);
    cm_make_put_message(tail, 14, &entry);
}

/* ModelProto around the graph: what comes before (up to the graph's length) and after it. */
static void surround(const cm_make_net *net, const cm_make_labels *labels, uint64_t graph_size, cm_make_bytes *before,
                     cm_make_bytes *after)
{
    cm_make_bytes opset = {0};
    char seed[24];
    cm_make_put_int(before, 1, IR_VERSION);
    cm_make_put_text(before, 2, "cameo model make");
    cm_make_put_text(before, 3, "1");
    cm_make_put_text(before, 6, labels->description);
    cm_make_put_head(before, 7, graph_size);
    cm_make_put_text(&opset, 1, "");
    cm_make_put_int(&opset, 2, OPSET);
    cm_make_put_message(after, 8, &opset);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)net->seed);
    put_property(after, "architecture", labels->architecture);
    put_property(after, "seed", seed);
    put_property(after, "knows_faces", "no");
}

int cm_make_store(const cm_make_net *net, const cm_make_labels *labels, FILE *stream)
{
    cm_make_bytes name = {0}, before = {0}, after = {0};
    cm_make_put_text(&name, 2, labels->graph);
    uint64_t total = net->nodes.size + name.size + net->inputs.size + net->outputs.size;
    int failed = net->failed | net->nodes.failed | net->inputs.failed | net->outputs.failed;
    for (int i = 0; i < net->weight_count; i++) {
        uint64_t size;
        cm_make_bytes field = field_of_weight(&net->weights[i], &size);
        failed |= field.failed;
        cm_make_bytes_free(&field);
        total += size;
    }
    surround(net, labels, total, &before, &after);
    int result = failed | name.failed | before.failed | after.failed ? NO_MEMORY : put(stream, before.bytes, before.size);
    if (result == STORED)
        result = put(stream, net->nodes.bytes, net->nodes.size);
    if (result == STORED)
        result = put(stream, name.bytes, name.size);
    for (int i = 0; result == STORED && i < net->weight_count; i++)
        result = put_weight(net, i, stream);
    if (result == STORED)
        result = put(stream, net->inputs.bytes, net->inputs.size);
    if (result == STORED)
        result = put(stream, net->outputs.bytes, net->outputs.size);
    if (result == STORED)
        result = put(stream, after.bytes, after.size);
    cm_make_bytes_free(&name);
    cm_make_bytes_free(&before);
    cm_make_bytes_free(&after);
    return result;
}

/* Small networks for tests: pieces of real ones, with weights from a fixed sequence. */
#ifndef ONNX_NETS_H
#define ONNX_NETS_H

#include "onnx_writer.h"

#include <math.h>

/* The same numbers in every run: -1..1. */
static inline float net_number(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(int32_t)*seed / 2147483648.0f;
}

/* An initializer of floats `scale * number + offset`; the values are also written to `out` (which may be NULL). */
static inline void net_floats(pb *graph, const char *name, int rank, const int64_t *dims, uint32_t *seed, float scale, float offset,
                              float *out)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    float *values = malloc(count * sizeof *values);
    if (!values)
        abort();
    for (size_t i = 0; i < count; i++)
        values[i] = scale * net_number(seed) + offset;
    if (out)
        memcpy(out, values, count * sizeof *values);
    pb_message(graph, ONNX_INITIALIZER, onnx_tensor_raw(name, 1, rank, dims, values, count * sizeof *values));
    free(values);
}

static inline void net_conv(pb *graph, const char *name, const char *inputs, const char *output, int kernel, int stride, int pad)
{
    pb node = onnx_node("Conv", name, inputs, output);
    onnx_attribute_is(&node, "kernel_shape", 2, (int64_t[2]){kernel, kernel});
    onnx_attribute_is(&node, "strides", 2, (int64_t[2]){stride, stride});
    onnx_attribute_is(&node, "pads", 4, (int64_t[4]){pad, pad, pad, pad});
    pb_message(graph, ONNX_NODE, node);
}

static inline void net_node(pb *graph, const char *op, const char *inputs, const char *output)
{
    pb_message(graph, ONNX_NODE, onnx_node(op, output, inputs, output));
}

static inline void net_io(pb *graph, const char *input, int in_rank, const int64_t *in_dims, const char *output, int out_rank,
                          const int64_t *out_dims)
{
    pb_message(graph, ONNX_INPUT, onnx_value_info(input, 1, in_rank, in_dims));
    pb_message(graph, ONNX_OUTPUT, onnx_value_info(output, 1, out_rank, out_dims));
}

#endif

/* Small ONNX files made by hand: protobuf's wire format, and the messages of ONNX on top of it. Also writes what is wrong. */
#ifndef ONNX_WRITER_H
#define ONNX_WRITER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message under construction. */
typedef struct pb {
    unsigned char *bytes;
    size_t size, capacity;
} pb;

static inline void pb_append(pb *out, const void *bytes, size_t size)
{
    if (out->size + size > out->capacity) {
        out->capacity = 2 * (out->size + size) + 64;
        out->bytes = realloc(out->bytes, out->capacity);
        if (!out->bytes)
            abort();
    }
    if (size)
        memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static inline void pb_free(pb *out)
{
    free(out->bytes);
    *out = (pb){0};
}

static inline void pb_varint(pb *out, uint64_t value)
{
    do {
        unsigned char byte = (unsigned char)(value & 0x7f);
        value >>= 7;
        if (value)
            byte |= 0x80;
        pb_append(out, &byte, 1);
    } while (value);
}

static inline void pb_key(pb *out, uint32_t field, int wire_type)
{
    pb_varint(out, (uint64_t)field << 3 | (uint64_t)wire_type);
}

static inline void pb_uint(pb *out, uint32_t field, uint64_t value)
{
    pb_key(out, field, 0);
    pb_varint(out, value);
}

static inline void pb_bytes(pb *out, uint32_t field, const void *bytes, size_t size)
{
    pb_key(out, field, 2);
    pb_varint(out, size);
    pb_append(out, bytes, size);
}

static inline void pb_text(pb *out, uint32_t field, const char *text)
{
    pb_bytes(out, field, text, strlen(text));
}

static inline void pb_float(pb *out, uint32_t field, float value)
{
    unsigned char bytes[4];
    memcpy(bytes, &value, 4); /* tests run on little-endian machines */
    pb_key(out, field, 5);
    pb_append(out, bytes, 4);
}

static inline void pb_double(pb *out, uint32_t field, double value)
{
    unsigned char bytes[8];
    memcpy(bytes, &value, 8);
    pb_key(out, field, 1);
    pb_append(out, bytes, 8);
}

/* Puts a message in and frees it. */
static inline void pb_message(pb *out, uint32_t field, pb message)
{
    pb_bytes(out, field, message.bytes, message.size);
    pb_free(&message);
}

/* ---- ONNX ---- */

/* Adds "a,b,,c" as repeated strings; "" adds nothing. */
static inline void onnx_names(pb *out, uint32_t field, const char *names)
{
    while (*names) {
        size_t length = strcspn(names, ",");
        pb_bytes(out, field, names, length);
        names += length;
        if (*names == ',')
            names++;
    }
}

/* TensorProto without data. */
static inline pb onnx_tensor(const char *name, int type, int rank, const int64_t *dims)
{
    pb tensor = {0};
    for (int i = 0; i < rank; i++)
        pb_uint(&tensor, 1, (uint64_t)dims[i]);
    pb_uint(&tensor, 2, (uint64_t)type);
    pb_text(&tensor, 8, name);
    return tensor;
}

/* TensorProto with raw_data. */
static inline pb onnx_tensor_raw(const char *name, int type, int rank, const int64_t *dims, const void *data, size_t size)
{
    pb tensor = onnx_tensor(name, type, rank, dims);
    pb_bytes(&tensor, 9, data, size);
    return tensor;
}

static inline void onnx_entry(pb *tensor, const char *key, const char *value)
{
    pb entry = {0};
    pb_text(&entry, 1, key);
    pb_text(&entry, 2, value);
    pb_message(tensor, 13, entry);
}

/* ValueInfoProto; dims: 0 is written as the symbol "None". */
static inline pb onnx_value_info(const char *name, int type, int rank, const int64_t *dims)
{
    pb info = {0}, type_proto = {0}, tensor = {0}, shape = {0};
    for (int i = 0; i < rank; i++) {
        pb dim = {0};
        if (dims[i])
            pb_uint(&dim, 1, (uint64_t)dims[i]);
        else
            pb_text(&dim, 2, "None");
        pb_message(&shape, 1, dim);
    }
    pb_uint(&tensor, 1, (uint64_t)type);
    pb_message(&tensor, 2, shape);
    pb_message(&type_proto, 1, tensor);
    pb_text(&info, 1, name);
    pb_message(&info, 2, type_proto);
    return info;
}

/* NodeProto without attributes; inputs and outputs as in onnx_names. */
static inline pb onnx_node(const char *op, const char *name, const char *inputs, const char *outputs)
{
    pb node = {0};
    onnx_names(&node, 1, inputs);
    onnx_names(&node, 2, outputs);
    pb_text(&node, 3, name);
    pb_text(&node, 4, op);
    return node;
}

/* AttributeProto with a type and no value. */
static inline pb onnx_attribute(const char *name, int type)
{
    pb attribute = {0};
    pb_text(&attribute, 1, name);
    pb_uint(&attribute, 20, (uint64_t)type);
    return attribute;
}

static inline void onnx_attribute_i(pb *node, const char *name, int64_t value)
{
    pb attribute = onnx_attribute(name, 2);
    pb_uint(&attribute, 3, (uint64_t)value);
    pb_message(node, 5, attribute);
}

static inline void onnx_attribute_f(pb *node, const char *name, float value)
{
    pb attribute = onnx_attribute(name, 1);
    pb_float(&attribute, 2, value);
    pb_message(node, 5, attribute);
}

static inline void onnx_attribute_s(pb *node, const char *name, const char *value)
{
    pb attribute = onnx_attribute(name, 3);
    pb_text(&attribute, 4, value);
    pb_message(node, 5, attribute);
}

static inline void onnx_attribute_is(pb *node, const char *name, int count, const int64_t *values)
{
    pb attribute = onnx_attribute(name, 7);
    for (int i = 0; i < count; i++)
        pb_uint(&attribute, 8, (uint64_t)values[i]);
    pb_message(node, 5, attribute);
}

static inline void onnx_opset(pb *model, const char *domain, int64_t version)
{
    pb opset = {0};
    if (*domain)
        pb_text(&opset, 1, domain);
    pb_uint(&opset, 2, (uint64_t)version);
    pb_message(model, 8, opset);
}

/* ModelProto around a graph, which is freed. */
static inline pb onnx_model(pb graph, int64_t opset)
{
    pb model = {0};
    pb_uint(&model, 1, 6);
    pb_text(&model, 2, "onnx_writer");
    pb_message(&model, 7, graph);
    onnx_opset(&model, "", opset);
    return model;
}

/* What a graph is made of. */
enum { ONNX_NODE = 1, ONNX_NAME = 2, ONNX_INITIALIZER = 5, ONNX_INPUT = 11, ONNX_OUTPUT = 12, ONNX_VALUE_INFO = 13 };

#endif
